/* Batches of pairs with their marks.
 *
 *   source   a b c        ->  a b c </s>,  or  c b a </s>
 *   target   x y          ->  </s> x y </s>: from its first on it is read, from its second on it is wanted
 *
 * SPDX-License-Identifier: MIT */
#include "model/seq2seq.h"

recur_status recur_seq2seq_batch_create(const recur_model *model, recur_seq2seq_batch **out)
{
    if (!model || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx   *ctx = model->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_SEQ2SEQ, "a batch of pairs");
    if (status) return status;
    recur_seq2seq_batch *b = ri_allocate(&ctx->allocator, 1, sizeof *b);
    if (!b) return ri_no_memory(ctx, "a batch of pairs");
    *b = (recur_seq2seq_batch){.model = model};
    status = recur_pack_create(ctx, &b->source);
    if (!status) status = recur_pack_create(ctx, &b->read);
    if (!status) status = recur_pack_create(ctx, &b->wanted);
    if (status) {
        recur_seq2seq_batch_destroy(b);
        return status;
    }
    *out = b;
    return RECUR_OK;
}

void recur_seq2seq_batch_destroy(recur_seq2seq_batch *b)
{
    if (!b) return;
    const recur_allocator *a = &b->model->ctx->allocator;
    recur_pack_destroy(b->source);
    recur_pack_destroy(b->read);
    recur_pack_destroy(b->wanted);
    ri_release(a, b->lengths);
    ri_release(a, b->ids);
    ri_release(a, (void *)b->starts);
    ri_release(a, b);
}

/* Room for n sequences and so many ids. */
static recur_status make_room(recur_seq2seq_batch *b, int64_t n, int64_t n_ids)
{
    const recur_allocator *a = &b->model->ctx->allocator;
    if (n > b->n) {
        ri_release(a, b->lengths);
        ri_release(a, (void *)b->starts);
        b->lengths = ri_allocate(a, (size_t)n, 3 * sizeof *b->lengths);
        b->starts = ri_allocate(a, (size_t)n, 3 * sizeof *b->starts);
        b->n = b->lengths && b->starts ? n : 0;
    }
    if (n_ids > b->n_ids) {
        ri_release(a, b->ids);
        b->ids = ri_allocate(a, (size_t)n_ids, sizeof *b->ids);
        b->n_ids = b->ids ? n_ids : 0;
    }
    return b->n < n || b->n_ids < n_ids ? ri_no_memory(b->model->ctx, "a batch of pairs") : RECUR_OK;
}

/* Check one side and count its tokens with their marks. */
static recur_status check(const recur_seq2seq_batch *b, int64_t n, const int32_t *const *ids,
                          const int64_t *lengths, int64_t V, const char *side, int64_t *total)
{
    recur_ctx *ctx = b->model->ctx;
    if (n < 1 || !ids || !lengths) return RI_FAIL(ctx, RECUR_EARG, "a batch of pairs wants at least one");
    for (int64_t i = 0; i < n; i++) {
        if (lengths[i] < 0 || lengths[i] > INT32_MAX / 4 || (lengths[i] > 0 && !ids[i]))
            return RI_FAIL(ctx, RECUR_EARG, "%s %lld has %lld tokens", side, (long long)i,
                           (long long)lengths[i]);
        for (int64_t t = 0; t < lengths[i]; t++)
            if (ids[i][t] < 0 || ids[i][t] >= V)
                return RI_FAIL(ctx, RECUR_EARG, "%s %lld holds token %d at step %lld, wanted 0 to %lld", side,
                               (long long)i, (int)ids[i][t], (long long)t, (long long)V - 1);
        *total += lengths[i] + 2;
    }
    return RECUR_OK;
}

/* Write one sequence with a mark at its end. */
static int32_t *put(const int32_t *ids, int64_t n, bool is_reversed, int32_t mark, int32_t *to)
{
    for (int64_t t = 0; t < n; t++) *to++ = ids[is_reversed ? n - 1 - t : t];
    *to++ = mark;
    return to;
}

static recur_status set_sources(recur_seq2seq_batch *b, int64_t n, const int32_t *const *ids,
                                const int64_t *lengths, int32_t **next)
{
    int32_t mark = (int32_t)recur_vocab_size(b->model->parts.vocab);
    for (int64_t i = 0; i < n; i++) {
        b->starts[i] = *next;
        b->lengths[i] = lengths[i] + 1;
        *next = put(ids[i], lengths[i], b->model->spec.seq2seq.reverse_source, mark, *next);
    }
    return recur_pack_set(b->source, n, b->lengths, b->starts);
}

static recur_status set_targets(recur_seq2seq_batch *b, int64_t n, const int32_t *const *ids,
                                const int64_t *lengths, int32_t **next)
{
    int32_t         mark = recur_seq2seq_mark(b->model);
    int64_t        *n_read = b->lengths + n;
    const int32_t **read = b->starts + n, **wanted = b->starts + 2 * n;
    for (int64_t i = 0; i < n; i++) {
        read[i] = *next;
        *(*next)++ = mark;
        wanted[i] = *next;
        n_read[i] = lengths[i] + 1;
        *next = put(ids[i], lengths[i], false, mark, *next);
    }
    recur_status status = recur_pack_set(b->read, n, n_read, read);
    return status ? status : recur_pack_set(b->wanted, n, n_read, wanted);
}

recur_status ri_seq2seq_fill_sources(recur_seq2seq_batch *b, int64_t n, const int32_t *const *ids,
                                     const int64_t *lengths)
{
    return recur_seq2seq_batch_fill(b,
                                    &(recur_pair_batch){.n = n, .sources = ids, .source_lengths = lengths});
}

recur_status recur_seq2seq_batch_fill(recur_seq2seq_batch *b, const recur_pair_batch *pairs)
{
    if (!b || !pairs) return RECUR_EARG;
    const recur_model *model = b->model;
    int64_t            n = pairs->n, total = 0;
    b->has_targets = false;
    recur_status status = check(b, n, pairs->sources, pairs->source_lengths,
                                recur_vocab_size(model->parts.vocab), "source", &total);
    if (!status && pairs->targets)
        status =
            check(b, n, pairs->targets, pairs->target_lengths, recur_seq2seq_mark(model), "target", &total);
    if (!status) status = make_room(b, n, total);
    if (status) return status;
    int32_t *next = b->ids;
    status = set_sources(b, n, pairs->sources, pairs->source_lengths, &next);
    if (!status && pairs->targets) {
        status = set_targets(b, n, pairs->targets, pairs->target_lengths, &next);
        b->has_targets = !status;
    }
    return status;
}
