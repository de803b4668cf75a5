/* Where attention lies: a decoder at work is told the right tokens, and its weights are kept pair by pair.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "model/decoder.h"
#include "model/seq2seq.h"
#include "recur/diag.h"

typedef struct alignment {
    const recur_model      *model;
    recur_ctx              *ctx;
    const recur_pair_batch *pairs;
    ri_decoder             *decoder;
    float                 **weights; /* [n]: of pair b [target + 1, source + 1] */
    int64_t *parents, *of_row;       /* [n]: rows of the step before; pairs of the rows of this one */
    int32_t *tokens;                 /* [n] */
} alignment;

static recur_status check(const alignment *a)
{
    const recur_pair_batch *p = a->pairs;
    recur_status            status = ri_model_want(a->model, RECUR_TASK_SEQ2SEQ, "attention");
    if (status) return status;
    if (a->model->spec.seq2seq.attention == RECUR_ATTENTION_NONE)
        return RI_FAIL(a->ctx, RECUR_EARG, "attention was asked of a model that has none");
    if (p->n < 1 || !p->targets)
        return RI_FAIL(a->ctx, RECUR_EARG, "attention wants pairs that have targets");
    return RECUR_OK;
}

static recur_status take(alignment *a)
{
    const recur_allocator  *allocator = &a->ctx->allocator;
    const recur_pair_batch *p = a->pairs;
    size_t                  n = (size_t)p->n;
    a->weights = ri_allocate(allocator, n, sizeof *a->weights);
    a->parents = ri_allocate(allocator, n, sizeof *a->parents);
    a->of_row = ri_allocate(allocator, n, sizeof *a->of_row);
    a->tokens = ri_allocate(allocator, n, sizeof *a->tokens);
    bool is_full = a->weights && a->parents && a->of_row && a->tokens;
    for (size_t b = 0; b < n && is_full; b++) {
        size_t width = (size_t)p->source_lengths[b] + 1;
        a->weights[b] = ri_allocate(allocator, (size_t)p->target_lengths[b] + 1, width * sizeof(float));
        is_full = a->weights[b];
    }
    return is_full ? RECUR_OK : ri_no_memory(a->ctx, "attention weights");
}

static void release(alignment *a)
{
    const recur_allocator *allocator = &a->ctx->allocator;
    for (int64_t b = 0; a->weights && b < a->pairs->n; b++) ri_release(allocator, a->weights[b]);
    ri_release(allocator, a->weights);
    ri_release(allocator, a->parents);
    ri_release(allocator, a->of_row);
    ri_release(allocator, a->tokens);
    ri_decoder_destroy(a->decoder);
}

/* The rows of step t: those of the step before whose targets, with </s>, go on. */
static int64_t next_rows(alignment *a, int64_t t, int64_t rows)
{
    const recur_pair_batch *p = a->pairs;
    int64_t                 n = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t b = t == 0 ? i : a->of_row[i];
        if (p->target_lengths[b] < t) continue;
        a->parents[n] = i;
        a->of_row[n] = b;
        a->tokens[n++] = t == 0 ? recur_seq2seq_mark(a->model) : p->targets[b][t - 1];
    }
    return n;
}

static recur_status walk(alignment *a)
{
    const recur_pair_batch *p = a->pairs;
    recur_status            status = ri_decoder_begin(a->decoder, p->n, p->sources, p->source_lengths);
    int64_t                 rows = p->n;
    for (int64_t t = 0; !status && (rows = next_rows(a, t, rows)) > 0; t++) {
        ri_decoder_view view;
        status = ri_decoder_step(a->decoder, rows, a->parents, a->tokens, true, &view);
        for (int64_t i = 0; i < rows && !status; i++) {
            int64_t b = a->of_row[i], width = p->source_lengths[b] + 1;
            memcpy(a->weights[b] + t * width, view.weights + i * view.S, (size_t)width * sizeof(float));
        }
    }
    return status;
}

recur_status recur_seq2seq_align(const recur_model *model, const recur_pair_batch                 *pairs,
                                 void (*each)(void *user, const recur_alignment *alignment), void *user)
{
    if (!model || !pairs || !each) return RECUR_EARG;
    alignment    a = {.model = model, .ctx = model->ctx, .pairs = pairs};
    recur_status status = check(&a);
    if (status) return status;
    status = take(&a);
    if (!status) status = ri_decoder_create(model, &a.decoder);
    if (!status) status = walk(&a);
    for (int64_t b = 0; b < pairs->n && !status; b++)
        each(user, &(recur_alignment){.item = pairs->items ? pairs->items[b] : b,
                                      .n_source = pairs->source_lengths[b],
                                      .n_target = pairs->target_lengths[b],
                                      .weights = a.weights[b]});
    release(&a);
    return status;
}

double recur_alignment_mass(const recur_alignment *a, bool is_reversed, int64_t within)
{
    double sum = 0;
    for (int64_t t = 0; t < a->n_target; t++) {
        int64_t right = is_reversed ? a->n_source - 1 - t : t;
        int64_t first = right > within ? right - within : 0;
        for (int64_t s = first; s <= right + within && s <= a->n_source; s++)
            sum += a->weights[t * (a->n_source + 1) + s];
    }
    return sum / (double)a->n_target;
}
