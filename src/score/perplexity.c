/* Perplexity and bits from sums of nats: see perplexity.h.
 * SPDX-License-Identifier: MIT */
#include "score/perplexity.h"

#include <math.h>

void ri_score_add(ri_score_nats *nats, double sum, int64_t tokens)
{
    double total = nats->sum + sum;
    if (fabs(nats->sum) >= fabs(sum))
        nats->lost += (nats->sum - total) + sum;
    else
        nats->lost += (sum - total) + nats->sum;
    nats->sum = total;
    nats->tokens += tokens;
}

double ri_score_mean(const ri_score_nats *nats)
{
    if (nats->tokens == 0) return NAN;
    double total = isfinite(nats->sum) ? nats->sum + nats->lost : nats->sum; /* past infinity, lost is NaN */
    return total / (double)nats->tokens;
}

double ri_score_perplexity(double mean)
{
    return exp(mean);
}

double ri_score_bits(double mean)
{
    return mean / 0.69314718055994530942;
}
