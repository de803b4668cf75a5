/* Updates of packed and padded taggers, timed in turns.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "dice.h"
#include "memory.h"
#include "packing.h"

enum { MIN_ROUNDS = 3 };

typedef struct session {
    const packing_job *job;
    packing_timing    *found;
    tagger            *taggers[N_LANES];
    dice               dice;
    int64_t            capacity;
    double            *us[N_LANES], *ratios;           /* [rounds] */
    double             words[N_LANES], cells[N_LANES]; /* of all rounds */
} session;

static recur_status time_step(session *s, packing_lane which, const int64_t *lengths)
{
    const int64_t n = s->found->batch, at = s->found->rounds;
    int64_t       words = 0;
    for (int64_t b = 0; b < n; b++) words += lengths[b];
    tagger_lay_out(s->taggers[which], n, lengths, which != PACKED);
    const double began = progress_seconds(s->job->app);
    recur_status status = tagger_step(s->taggers[which], &s->found->loss[which]);
    s->us[which][at] = 1e6 * (progress_seconds(s->job->app) - began) / (double)words;
    s->words[which] += (double)words;
    s->cells[which] += (double)(which == PACKED ? words : n * packing_longest(lengths, n));
    return status;
}

static void make_room(session *s)
{
    if (s->found->rounds < s->capacity) return;
    s->capacity = s->capacity ? 2 * s->capacity : 64;
    for (int i = 0; i < N_LANES; i++) s->us[i] = need_more(s->us[i], (size_t)s->capacity, sizeof *s->us[i]);
    s->ratios = need_more(s->ratios, (size_t)s->capacity, sizeof *s->ratios);
}

/* One update of each lane, the first by turns. */
static recur_status time_round(session *s)
{
    const int64_t  at = s->found->rounds, last = s->job->n - s->found->batch;
    const int64_t *random = s->job->random + dice_below(&s->dice, last + 1);
    const int64_t *like = s->job->sorted + dice_below(&s->dice, last + 1);
    recur_status   status = RECUR_OK;
    make_room(s);
    for (int k = 0; k < N_LANES && !status; k++) {
        const packing_lane which = (packing_lane)((at + k) % N_LANES);
        status = time_step(s, which, which == SORTED ? like : random);
    }
    s->ratios[at] = s->us[PACKED][at] / s->us[PADDED][at];
    s->found->rounds++;
    return status;
}

/* The first rounds do not count. */
static recur_status warm_up(session *s)
{
    recur_status status = RECUR_OK;
    for (int i = 0; i < N_LANES && !status; i++) status = time_round(s);
    s->found->rounds = 0;
    for (int i = 0; i < N_LANES; i++) s->words[i] = s->cells[i] = 0;
    return status;
}

static recur_status time_rounds(session *s)
{
    const packing_job *job = s->job;
    recur_status       status = warm_up(s);
    const double       began = progress_seconds(job->app);
    while (!status) {
        const double share = (progress_seconds(job->app) - began) / job->seconds;
        progress_draw(job->app, (job->number + fmin(share, 1)) / job->of, NULL);
        if (share >= 1 && s->found->rounds >= MIN_ROUNDS) break;
        status = time_round(s);
    }
    return status;
}

/* ---- medians ---- */

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int64_t n)
{
    qsort(values, (size_t)n, sizeof *values, rising);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void conclude(session *s)
{
    packing_timing *found = s->found;
    for (int i = 0; i < N_LANES; i++) {
        found->us[i] = median(s->us[i], found->rounds);
        found->padding[i] = 1 - s->words[i] / s->cells[i];
    }
    found->saved = 1 - median(s->ratios, found->rounds);
}

recur_status packing_time(const packing_job *job, packing_timing *found)
{
    session      s = {.job = job, .found = found, .dice = dice_at(job->seed, 3, (uint64_t)found->batch)};
    tagger_sizes sizes = job->sizes;
    recur_status status = RECUR_OK;
    sizes.batch = found->batch;
    for (int i = 0; i < N_LANES && !status; i++)
        status = tagger_create(job->app->ctx, &sizes, job->seed, &s.taggers[i]);
    if (!status) status = time_rounds(&s);
    if (!status) conclude(&s);
    for (int i = 0; i < N_LANES; i++) {
        tagger_destroy(s.taggers[i]);
        free(s.us[i]);
    }
    free(s.ratios);
    return status;
}
