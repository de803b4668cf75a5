/* Learning rates over epochs, and the warm-up over steps: closed forms, so that a resumed run needs no state for them.
 *
 *   step         lr factor^max(0, epoch - after)
 *   exponential  lr factor^(epoch - 1)
 *   cosine       lr (1 + cos(pi (epoch - 1) / epochs)) / 2, and 0 past the last epoch     Loshchilov & Hutter 2017, without restarts
 *   warm-up      times min(1, step / warmup)
 *
 * Epochs and steps count from 1, so the first epoch has the full rate and the first step of a warm-up is not lost on a rate of 0.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "recur/train.h"

static double epoch_factor(const recur_schedule *s, int64_t epoch)
{
    const double pi = 3.14159265358979323846;
    switch (s->kind) {
    case RECUR_STEP:
        return epoch > s->after ? pow(s->factor, (double)(epoch - s->after)) : 1;
    case RECUR_EXPONENTIAL:
        return pow(s->factor, (double)(epoch - 1));
    case RECUR_COSINE:
        return epoch > s->epochs ? 0 : 0.5 * (1 + cos(pi * (double)(epoch - 1) / (double)s->epochs));
    case RECUR_CONSTANT:
        break;
    }
    return 1;
}

double recur_schedule_rate(const recur_schedule *schedule, double lr, int64_t epoch, int64_t step)
{
    double rate = lr * epoch_factor(schedule, epoch);
    return step < schedule->warmup ? rate * ((double)step / (double)schedule->warmup) : rate;
}
