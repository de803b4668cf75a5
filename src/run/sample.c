/* Drawing a token from logits.
 *
 *   p(v) ~ exp((logit_v - max) / temperature), in double, over the tokens that are left after two cuts:
 *   top_k   the k largest
 *   top_p   of these the fewest largest that hold mass p together (Holtzman et al. 2020)
 *
 * The largest are taken from a heap ordered by logit, among equals by smaller id: the order is total, so results do not depend on
 * anything but the arguments. Without cuts nothing is sorted. The heap lies in scratch; tokens taken gather at its end:
 *
 *   scratch  [ heap ........ | taken: last ... second first ]
 *
 * One number of a counter-based generator decides each draw.
 * SPDX-License-Identifier: MIT */
#include "run/sample.h"

#include <math.h>

#include "base/rng.h"

#define SAMPLE_STREAM UINT64_C(0x73616d706c65) /* "sample": apart from the streams of initialisation */

/* ---- the heap: the most likely token is at 0 ---- */

static bool is_before(const float *logits, int32_t a, int32_t b)
{
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
}

static void sink(const float *logits, int32_t *heap, int64_t n, int64_t i)
{
    int32_t id = heap[i];
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && is_before(logits, heap[child + 1], heap[child])) child++;
        if (!is_before(logits, heap[child], id)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = id;
}

static void make_heap(const float *logits, int32_t *heap, int64_t n)
{
    for (int64_t i = n / 2; i-- > 0;) sink(logits, heap, n, i);
}

/* Take the most likely of n: it moves to place n - 1. */
static int32_t take(const float *logits, int32_t *heap, int64_t n)
{
    int32_t best = heap[0];
    heap[0] = heap[n - 1];
    heap[n - 1] = best;
    sink(logits, heap, n - 1, 0);
    return best;
}

/* ---- the draw ---- */

typedef struct draw_from {
    const float *logits;
    double       max, temperature;
} draw_from;

static double weight(const draw_from *d, int32_t id)
{
    return exp(((double)d->logits[id] - d->max) / d->temperature);
}

static double mass(const draw_from *d, const int32_t *ids, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += weight(d, ids[i]);
    return sum;
}

/* Keep what the cuts leave of the n candidates, at the start of the returned part of ids; *n becomes their number. */
static int32_t *cut(const recur_sampling *s, const draw_from *d, int32_t *ids, int64_t *n)
{
    int64_t all = *n;
    bool    has_k = s->top_k > 0 && s->top_k<all, has_p = s->top_p> 0 && s->top_p < 1;
    if (!has_k && !has_p) return ids;
    int64_t kept = has_k ? s->top_k : all;
    make_heap(d->logits, ids, all);
    if (has_k)
        for (int64_t i = 0; i < kept; i++) take(d->logits, ids, all - i);
    if (has_p) {
        double wanted = s->top_p * mass(d, ids + all - kept, kept), held = 0;
        for (int64_t i = 0; i < kept; i++) {
            held += weight(d, has_k ? ids[all - 1 - i] : take(d->logits, ids, all - i));
            if (held >= wanted) kept = i + 1;
        }
    }
    *n = kept;
    return ids + all - kept;
}

/* Walk along the candidates until u of their mass lies behind. Rounding may leave u ahead at the end: then the last one that has mass. */
static int32_t pick(const draw_from *d, const int32_t *ids, int64_t n, double u)
{
    double  wanted = u * mass(d, ids, n), held = 0;
    int32_t last = ids[0];
    for (int64_t i = 0; i < n; i++) {
        double w = weight(d, ids[i]);
        if (w > 0) last = ids[i];
        held += w;
        if (held > wanted) break;
    }
    return last;
}

static bool is_valid(const recur_sampling *s)
{
    return isfinite(s->temperature) && s->temperature >= 0 && s->top_k >= 0 && s->top_p >= 0 && s->top_p <= 1;
}

recur_status ri_sample_without(const recur_sampling *sampling, uint64_t draw, int64_t V, const float *logits,
                               int32_t banned, int32_t *scratch, int32_t *id)
{
    if (!sampling || !is_valid(sampling) || V < 1 || V > INT32_MAX || !logits || !scratch || !id)
        return RECUR_EARG;
    int64_t n = 0;
    int32_t best = -1;
    for (int32_t v = 0; v < V; v++) {
        if (!isfinite(logits[v])) return RECUR_EDIVERGED;
        if (v == banned) continue;
        scratch[n++] = v;
        if (best < 0 || is_before(logits, v, best)) best = v;
    }
    if (n == 0) return RECUR_EARG;
    *id = best;
    if (sampling->greedy) return RECUR_OK;

    draw_from d = {logits, logits[best], sampling->temperature > 0 ? sampling->temperature : 1};
    int32_t  *kept = cut(sampling, &d, scratch, &n);
    *id = pick(&d, kept, n, ri_uniform(sampling->seed, SAMPLE_STREAM, draw));
    return RECUR_OK;
}

recur_status recur_sample(const recur_sampling *sampling, uint64_t draw, int64_t V, const float *logits,
                          int32_t *scratch, int32_t *id)
{
    return ri_sample_without(sampling, draw, V, logits, -1, scratch, id);
}
