/* Packs: ranks by falling length (stable), rows time-major.
 * SPDX-License-Identifier: MIT */
#include "nn/pack.h"

recur_status recur_pack_create(recur_ctx *ctx, recur_pack **out)
{
    if (!ctx || !out) return RECUR_EARG;
    *out = NULL;
    recur_pack *p = ri_allocate(&ctx->allocator, 1, sizeof *p);
    if (!p) return ri_no_memory(ctx, "a pack");
    p->ctx = ctx;
    *out = p;
    return RECUR_OK;
}

void recur_pack_destroy(recur_pack *p)
{
    if (!p) return;
    const recur_allocator *a = &p->ctx->allocator;
    ri_release(a, p->length);
    ri_release(a, p->rank_of);
    ri_release(a, p->caller_of);
    ri_release(a, p->offset);
    ri_release(a, p->tokens);
    ri_release(a, p->sequence);
    ri_release(a, p->time);
    ri_release(a, p);
}

/* Replace an array by one of n elements; its content is not kept. */
static bool renew(const recur_allocator *a, void *array, int64_t n, size_t size)
{
    void **at = array;
    void  *fresh = ri_allocate(a, (size_t)n, size);
    if (!fresh) return false;
    ri_release(a, *at);
    *at = fresh;
    return true;
}

static recur_status reserve(recur_pack *p, int64_t B, int64_t T, int64_t N)
{
    const recur_allocator *a = &p->ctx->allocator;
    if (B > p->B_capacity) {
        p->B_capacity = 0;
        if (!renew(a, &p->length, B, sizeof *p->length) || !renew(a, &p->rank_of, B, sizeof *p->rank_of) ||
            !renew(a, &p->caller_of, B, sizeof *p->caller_of))
            return ri_no_memory(p->ctx, "a pack");
        p->B_capacity = B;
    }
    if (T >= p->T_capacity) {
        p->T_capacity = 0;
        if (!renew(a, &p->offset, T + 2, sizeof *p->offset)) return ri_no_memory(p->ctx, "a pack");
        p->T_capacity = T + 1;
    }
    if (N > p->N_capacity) {
        p->N_capacity = 0;
        if (!renew(a, &p->tokens, N, sizeof *p->tokens) || !renew(a, &p->sequence, N, sizeof *p->sequence) ||
            !renew(a, &p->time, N, sizeof *p->time))
            return ri_no_memory(p->ctx, "a pack");
        p->N_capacity = N;
    }
    return RECUR_OK;
}

/* A counting sort by length: offset[t+1] first counts the sequences of length t+1 or more, then becomes row offsets. */
static void sort_ranks(recur_pack *p)
{
    int64_t T = p->T;
    for (int64_t t = 0; t <= T + 1; t++) p->offset[t] = 0;
    for (int64_t b = 0; b < p->B; b++) p->offset[p->length[b]]++;
    int64_t longer = 0; /* offset[l] becomes the number of longer sequences: the first rank of length l */
    for (int64_t l = T; l >= 0; l--) {
        int64_t here = p->offset[l];
        p->offset[l] = longer;
        longer += here;
    }
    p->is_sorted = true;
    for (int64_t b = 0; b < p->B; b++) {
        int64_t rank = p->offset[p->length[b]]++;
        p->rank_of[b] = rank;
        p->caller_of[rank] = b;
        if (rank != b) p->is_sorted = false;
    }
}

static void place_rows(recur_pack *p)
{
    int64_t running = p->B, row = 0;
    for (int64_t t = 0; t < p->T; t++) {
        while (running > 0 && p->length[p->caller_of[running - 1]] <= t) running--;
        p->offset[t] = row;
        for (int64_t s = 0; s < running; s++, row++) {
            p->sequence[row] = (int32_t)p->caller_of[s];
            p->time[row] = (int32_t)t;
        }
    }
    p->offset[p->T] = row;
}

static void clear(recur_pack *p)
{
    p->B = p->T = p->N = 0;
    p->has_tokens = false;
}

recur_status recur_pack_set(recur_pack *p, int64_t n, const int64_t *lengths, const int32_t *const *tokens)
{
    if (!p) return RECUR_EARG;
    clear(p);
    if (n > 0 && !lengths) return RI_FAIL(p->ctx, RECUR_EARG, "a pack of sequences wants their lengths");
    if (n < 0 || n > INT32_MAX)
        return RI_FAIL(p->ctx, RECUR_EARG, "a pack of %lld sequences, wanted 0 to 2147483647", (long long)n);
    int64_t N = 0, T = 0;
    for (int64_t b = 0; b < n; b++) {
        if (lengths[b] < 0 || lengths[b] > INT32_MAX - N)
            return RI_FAIL(p->ctx, RECUR_EARG,
                           "sequence %lld has length %lld; wanted 0 or more, together below 2^31",
                           (long long)b, (long long)lengths[b]);
        if (tokens && !tokens[b] && lengths[b] > 0)
            return RI_FAIL(p->ctx, RECUR_EARG, "sequence %lld of %lld tokens has none", (long long)b,
                           (long long)lengths[b]);
        N += lengths[b];
        if (lengths[b] > T) T = lengths[b];
    }
    recur_status status = reserve(p, n, T, N);
    if (status) return status;
    p->B = n;
    p->T = T;
    p->N = N;
    for (int64_t b = 0; b < n; b++) p->length[b] = lengths[b];
    sort_ranks(p);
    place_rows(p);
    p->has_tokens = tokens != NULL;
    for (int64_t r = 0; tokens && r < N; r++) p->tokens[r] = tokens[p->sequence[r]][p->time[r]];
    return RECUR_OK;
}

recur_status recur_pack_set_grid(recur_pack *p, int64_t T, int64_t B, const int32_t *tokens)
{
    if (!p) return RECUR_EARG;
    clear(p);
    if (T < 0 || B < 0 || (B > 0 && T > INT32_MAX / B) || B > INT32_MAX || T > INT32_MAX)
        return RI_FAIL(p->ctx, RECUR_EARG, "a grid of %lld steps and %lld sequences, wanted 0 to 2^31-1 rows",
                       (long long)T, (long long)B);
    if (B == 0) T = 0; /* no sequence, no step */
    recur_status status = reserve(p, B, T, T * B);
    if (status) return status;
    p->B = B;
    p->T = T;
    p->N = T * B;
    for (int64_t b = 0; b < B; b++) p->length[b] = T;
    sort_ranks(p);
    place_rows(p);
    p->has_tokens = tokens != NULL;
    for (int64_t r = 0; tokens && r < p->N; r++) p->tokens[r] = tokens[r];
    return RECUR_OK;
}

int64_t recur_pack_sequences(const recur_pack *p)
{
    return p ? p->B : 0;
}

int64_t recur_pack_steps(const recur_pack *p)
{
    return p ? p->T : 0;
}

int64_t recur_pack_rows(const recur_pack *p)
{
    return p ? p->N : 0;
}

int64_t recur_pack_length(const recur_pack *p, int64_t b)
{
    return p && b >= 0 && b < p->B ? p->length[b] : -1;
}

int64_t recur_pack_row(const recur_pack *p, int64_t b, int64_t t)
{
    if (t < 0 || t >= recur_pack_length(p, b)) return -1;
    return p->offset[t] + p->rank_of[b];
}
