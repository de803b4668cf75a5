/* Tokens into rows: a table looked up, or one-hot rows that are never stored.
 * SPDX-License-Identifier: MIT */
#include "nn/embedding.h"

#include <string.h>

#include "nn/init.h"
#include "nn/layers.h"
#include "nn/tape.h"

recur_status recur_embedding_create(recur_params *params, const char *name, const recur_embedding_spec *spec,
                                    recur_embedding **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx *ctx = params->ctx;
    if (spec->vocabulary < 1 || spec->vocabulary > INT32_MAX || spec->size < 1)
        return RI_FAIL(ctx, RECUR_EARG,
                       "an embedding of %lld tokens in %lld numbers, wanted at least 1 of each",
                       (long long)spec->vocabulary, (long long)spec->size);
    recur_embedding *e = ri_allocate(&ctx->allocator, 1, sizeof *e);
    if (!e) return ri_no_memory(ctx, "an embedding");
    *e = (recur_embedding){.params = params, .V = spec->vocabulary, .E = spec->size};
    int64_t    first = params->n_tensors;
    recur_init init = spec->init;
    if (!ri_init_is_simple(init)) init = (recur_init){RECUR_INIT_NORMAL, 1};
    recur_status s = ri_params_add(params, name, "weight", RECUR_SHAPE(e->V, e->E), &e->weight);
    if (!s) s = ri_init_simple(params, e->weight, init);
    if (s) {
        ri_params_truncate(params, first);
        recur_embedding_destroy(e);
        return s;
    }
    *out = e;
    return RECUR_OK;
}

void recur_embedding_destroy(recur_embedding *e)
{
    if (e) ri_release(&e->params->ctx->allocator, e);
}

const void *ri_embedding_table(const recur_embedding *e)
{
    return ri_params_value(e->params, e->weight);
}

/* The tokens of a pack, all within the vocabulary; NULL and a sticky error otherwise. */
static const int32_t *tokens_of(recur_tape *tape, const recur_pack *pack, int64_t V, const char *what)
{
    if (tape->status) return NULL;
    if (!pack || !pack->has_tokens) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted a pack with tokens", what);
        return NULL;
    }
    for (int64_t r = 0; r < pack->N; r++)
        if (pack->tokens[r] < 0 || pack->tokens[r] >= V) {
            RI_TAPE_FAIL(tape, RECUR_EARG, "%s: sequence %d holds token %d at step %d, wanted 0 to %lld",
                         what, (int)pack->sequence[r], (int)pack->tokens[r], (int)pack->time[r],
                         (long long)V - 1);
            return NULL;
        }
    return pack->tokens ? pack->tokens : (const int32_t *)""; /* an empty pack has no array */
}

typedef struct embed_saved {
    const recur_embedding *embedding;
    const int32_t         *ids;
    recur_var              y;
    int64_t                n;
} embed_saved;

static void embed_backward(recur_tape *tape, void *saved)
{
    const embed_saved *s = saved;
    tape->ctx->dev->embed_backward(tape->ctx, s->n, s->embedding->E, s->ids, ri_tape_at(tape, s->y)->grad,
                                   ri_params_grad_of(s->embedding->params, s->embedding->weight));
}

recur_var recur_embed(recur_tape *tape, const recur_embedding *e, const recur_pack *pack)
{
    if (!ri_tape_given(tape, e, "recur_embed")) return RECUR_NONE;
    const int32_t *ids = tokens_of(tape, pack, e->V, "recur_embed");
    return ids ? ri_embed_ids(tape, e, pack->N, ids) : RECUR_NONE;
}

recur_var ri_embed_ids(recur_tape *tape, const recur_embedding *e, int64_t n, const int32_t *ids)
{
    if (tape->status || !ri_tape_fits(tape, e->params, "recur_embed")) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, RECUR_SHAPE(n, e->E), NULL);
    if (!y.id) return y;
    tape->ctx->dev->embed_forward(tape->ctx, n, e->E, ids, ri_embedding_table(e), ri_tape_at(tape, y)->value);
    if (!recur_params_is_frozen(e->params, e->weight))
        ri_tape_push(tape, embed_backward, &(embed_saved){e, ids, y, n}, sizeof(embed_saved));
    return y;
}

typedef struct pick_saved {
    recur_var      x, y;
    const int32_t *ids;
    int64_t        n, width;
} pick_saved;

static void pick_backward(recur_tape *tape, void *saved)
{
    const pick_saved *s = saved;
    tape->ctx->dev->embed_backward(tape->ctx, s->n, s->width, s->ids, ri_tape_at(tape, s->y)->grad,
                                   ri_tape_at(tape, s->x)->grad);
}

recur_var recur_pick_rows(recur_tape *tape, recur_var x, const recur_pack *pack)
{
    const ri_node *node = ri_tape_node(tape, x, "recur_pick_rows");
    if (!node) return RECUR_NONE;
    if (node->ids || node->shape.rank != 2)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_pick_rows: wanted rows [V,F], found %s of rank %d",
                            node->ids ? "one-hot rows" : "an array", node->shape.rank);
    int64_t        width = node->shape.size[1];
    const int32_t *ids = tokens_of(tape, pack, node->shape.size[0], "recur_pick_rows");
    if (!ids) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, RECUR_SHAPE(pack->N, width), NULL);
    if (!y.id) return y;
    tape->ctx->dev->embed_forward(tape->ctx, pack->N, width, ids, ri_tape_at(tape, x)->value,
                                  ri_tape_at(tape, y)->value);
    ri_tape_push(tape, pick_backward, &(pick_saved){x, y, ids, pack->N, width}, sizeof(pick_saved));
    return y;
}

/* The rows in the order of their ids (a counting sort), so that a gradient by columns goes through each column once. */
static const int32_t *sort_by_id(recur_tape *tape, const int32_t *ids, int64_t n, int64_t V)
{
    int32_t *sorted = ri_tape_take(tape, n, sizeof *sorted), *next = ri_tape_take(tape, V + 1, sizeof *next);
    if (tape->status) return NULL;
    memset(next, 0, (size_t)(V + 1) * sizeof *next);
    for (int64_t r = 0; r < n; r++) next[ids[r] + 1]++;
    for (int64_t v = 0; v < V; v++) next[v + 1] += next[v];
    for (int64_t r = 0; r < n; r++) sorted[next[ids[r]]++] = (int32_t)r;
    return sorted;
}

recur_var recur_one_hot(recur_tape *tape, const recur_pack *pack, int64_t vocabulary)
{
    const int32_t *ids = tokens_of(tape, pack, vocabulary, "recur_one_hot");
    if (!ids) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, RECUR_SHAPE(pack->N, vocabulary), (void *)(uintptr_t)ids);
    if (!y.id) return y;
    const int32_t *by_id = sort_by_id(tape, ids, pack->N, vocabulary);
    ri_node       *node = ri_tape_at(tape, y);
    node->ids = ids;
    node->by_id = by_id;
    node->value = NULL;
    return by_id ? y : RECUR_NONE;
}
