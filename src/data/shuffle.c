/* Random orders, and the division of items into parts by one.
 *
 * SPDX-License-Identifier: MIT */
#include "data/shuffle.h"

#include <inttypes.h>
#include <math.h>

#include "base/rng.h"
#include "dev/ctx.h"
#include "recur/dataset.h"

/* The streams of a seed are many; these lie apart from those of weights and dropout. */
static const uint64_t FIRST_STREAM = UINT64_C(0x64617461) << 32;

void ri_shuffle(int64_t *numbers, int64_t n, uint64_t seed, ri_order order, int64_t epoch, int64_t first)
{
    uint64_t stream = FIRST_STREAM + ((uint64_t)order << 60) + (uint64_t)epoch;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(ri_uniform(seed, stream, (uint64_t)(first + i)) * (double)(i + 1));
        int64_t kept = numbers[i];
        numbers[i] = numbers[j];
        numbers[j] = kept;
    }
}

static recur_status check_fractions(recur_ctx *ctx, int n_parts, const double *fractions)
{
    double sum = 0;
    for (int k = 0; k < n_parts; k++) {
        if (!(fractions[k] >= 0))
            return RI_FAIL(ctx, RECUR_EARG, "part %d is a fraction of %g; wanted 0 or more", k + 1,
                           fractions[k]);
        sum += fractions[k];
    }
    if (!(sum <= 1 + 1e-9))
        return RI_FAIL(ctx, RECUR_EARG, "the fractions of the parts sum to %g; wanted at most 1", sum);
    return RECUR_OK;
}

recur_status recur_split_items(recur_ctx *ctx, int64_t n, int n_parts, const double *fractions, uint64_t seed,
                               int64_t *order, int64_t *sizes)
{
    if (!ctx) return RECUR_EARG;
    if (n < 0 || n_parts < 1 || !fractions || !sizes || (n > 0 && !order))
        return RI_FAIL(ctx, RECUR_EARG,
                       "dividing items wants their number, fractions and places for the parts");
    recur_status status = check_fractions(ctx, n_parts, fractions);
    if (status != RECUR_OK) return status;
    double  sum = 0;
    int64_t begin = 0;
    for (int k = 0; k < n_parts; k++) {
        sum += fractions[k];
        int64_t end = llround(fmin(sum, 1) * (double)n);
        sizes[k] = end - begin;
        begin = end;
        if (sizes[k] == 0 && fractions[k] > 0)
            return RI_FAIL(ctx, RECUR_EDATA,
                           "%" PRId64
                           " items are too few to divide: part %d, a fraction of %g, would be empty",
                           n, k + 1, fractions[k]);
    }
    for (int64_t i = 0; i < n; i++) order[i] = i;
    ri_shuffle(order, n, seed, RI_ORDER_SPLIT, 0, 0);
    return RECUR_OK;
}
