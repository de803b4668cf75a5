/* Attention as one operation. Rows of the sources are put one sequence after the other first: then a query meets its keys in a row, and a
 * thread owns all that a sequence's gradients are added to.
 *
 *   rows [N,K] of a pack -> values [N,K] by sequence -> keys: U k + b [N,A], W k [N,Q], or the values themselves
 *   queries [M,Q] -> W q [M,A] or as they are -> scores -> softmax over the source -> contexts [M,K]
 *
 * SPDX-License-Identifier: MIT */
#include "recur/attention.h"

#include <stdio.h>
#include <string.h>

#include "nn/params.h"
#include "nn/tape.h"

struct recur_attention {
    recur_params        *params;
    recur_attention_spec spec; /* completed */
    recur_linear        *query, *key;
    int64_t              score; /* tensor of v, -1: none */
};

/* ---- the layer ---- */

static recur_status check_spec(recur_ctx *ctx, const recur_attention_spec *s)
{
    if ((unsigned)s->kind > RECUR_ATTENTION_GENERAL)
        return RI_FAIL(ctx, RECUR_EARG, "there is no attention of number %d", (int)s->kind);
    if (s->query < 1 || s->key < 1 || s->size < 0 || s->query > INT32_MAX || s->key > INT32_MAX ||
        s->size > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "attention of queries of %lld and keys of %lld, size %lld",
                       (long long)s->query, (long long)s->key, (long long)s->size);
    if (s->size && s->kind != RECUR_ATTENTION_ADDITIVE)
        return RI_FAIL(ctx, RECUR_EARG, "only additive attention has a size of its own, found %lld",
                       (long long)s->size);
    if (s->kind == RECUR_ATTENTION_DOT && s->query != s->key)
        return RI_FAIL(ctx, RECUR_EARG,
                       "dot attention wants queries and keys of one size, found %lld and %lld",
                       (long long)s->query, (long long)s->key);
    return RECUR_OK;
}

static recur_status add_linear(recur_attention *a, const char *name, const char *part,
                               const recur_linear_spec *spec, recur_linear **linear)
{
    char full[256];
    int  n = snprintf(full, sizeof full, "%s%s%s", name, *name ? "." : "", part);
    if (n < 0 || (size_t)n >= sizeof full)
        return RI_FAIL(a->params->ctx, RECUR_EARG, "the name of an attention layer is too long");
    return recur_linear_create(a->params, full, spec, linear);
}

static recur_status add_tensors(recur_attention *a, const char *name)
{
    const recur_attention_spec *s = &a->spec;
    recur_linear_spec query = {.input = s->query, .output = s->size, .no_bias = true, .init = s->init};
    recur_linear_spec key = {.input = s->key, .output = s->size, .init = s->init};
    recur_linear     *v = NULL;
    if (s->kind == RECUR_ATTENTION_DOT) return RECUR_OK;
    if (s->kind == RECUR_ATTENTION_GENERAL) {
        key.output = s->query;
        key.no_bias = true;
        return add_linear(a, name, "key", &key, &a->key);
    }
    recur_status status = add_linear(a, name, "query", &query, &a->query);
    if (!status) status = add_linear(a, name, "key", &key, &a->key);
    if (status) return status;
    a->score = a->params->n_tensors; /* a linear layer's weight, for its name and its start */
    query = (recur_linear_spec){.input = s->size, .output = 1, .no_bias = true, .init = s->init};
    status = add_linear(a, name, "score", &query, &v);
    recur_linear_destroy(v);
    return status;
}

recur_status recur_attention_create(recur_params *params, const char *name, const recur_attention_spec *spec,
                                    recur_attention **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_status status = check_spec(params->ctx, spec);
    if (status) return status;
    recur_attention *a = ri_allocate(&params->ctx->allocator, 1, sizeof *a);
    if (!a) return ri_no_memory(params->ctx, "an attention layer");
    *a = (recur_attention){.params = params, .spec = *spec, .score = -1};
    if (a->spec.kind == RECUR_ATTENTION_ADDITIVE && !a->spec.size) a->spec.size = spec->query;
    int64_t n = params->n_tensors;
    status = add_tensors(a, name);
    if (status) {
        recur_attention_destroy(a);
        ri_params_truncate(params, n);
        return status;
    }
    *out = a;
    return RECUR_OK;
}

void recur_attention_destroy(recur_attention *a)
{
    if (!a) return;
    recur_linear_destroy(a->query);
    recur_linear_destroy(a->key);
    ri_release(&a->params->ctx->allocator, a);
}

const recur_attention_spec *recur_attention_get_spec(const recur_attention *a)
{
    return &a->spec;
}

/* ---- sources ---- */

recur_memory recur_attention_memory(recur_tape *tape, const recur_attention *a, recur_var keys,
                                    const recur_pack *pack)
{
    const recur_memory none = {NULL, NULL, {0}, {0}};
    const ri_node     *node = ri_tape_node(tape, keys, "recur_attention_memory");
    if (!node || !ri_tape_given(tape, a, "recur_attention_memory")) return none;
    int64_t K = a->spec.key;
    if (!pack || node->ids || node->shape.rank != 2 || node->shape.size[0] != pack->N ||
        node->shape.size[1] != K) {
        RI_TAPE_FAIL(
            tape, RECUR_EARG,
            "recur_attention_memory: wanted the pack's %lld rows of %lld, found rank %d, %lld first, "
            "%lld last",
            (long long)recur_pack_rows(pack), (long long)K, node->shape.rank,
            (long long)(node->shape.rank ? node->shape.size[0] : 1), (long long)ri_shape_last(node->shape));
        return none;
    }
    int64_t *index = ri_tape_take(tape, pack->N, sizeof *index), at = 0;
    if (!index) return none;
    for (int64_t b = 0; b < pack->B; b++)
        for (int64_t t = 0; t < pack->length[b]; t++) index[at++] = pack->offset[t] + pack->rank_of[b];
    recur_memory m = {.attention = a, .pack = pack};
    m.keys = m.values = ri_tape_gather(tape, keys, RECUR_SHAPE(pack->N, K), pack->N, K, index);
    if (a->key) m.keys = recur_linear_apply(tape, a->key, m.values);
    return tape->status ? none : m;
}

/* ---- queries ---- */

typedef struct attend_saved {
    const recur_attention *attention;
    recur_var              queries, keys, values, weights, contexts;
    ri_attend_pass         pass;
} attend_saved;

/* Queries by the sequence they ask (a counting sort). */
static bool sort_queries(recur_tape *tape, ri_attend_pass *p)
{
    int64_t *asked = ri_tape_take(tape, p->B + 2, sizeof *asked);
    int64_t *order = ri_tape_take(tape, p->M, sizeof *order);
    if (!asked || !order) return false;
    memset(asked, 0, (size_t)(p->B + 2) * sizeof *asked);
    for (int64_t i = 0; i < p->M; i++) asked[p->sequence[i] + 2]++;
    for (int64_t b = 0; b < p->B; b++) asked[b + 2] += asked[b + 1];
    for (int64_t i = 0; i < p->M; i++) order[asked[p->sequence[i] + 1]++] = i;
    p->asked = asked;
    p->order = order;
    return true;
}

static void attend_backward(recur_tape *tape, void *saved)
{
    attend_saved   *s = saved;
    ri_attend_pass *p = &s->pass;
    if (!sort_queries(tape, p)) return;
    p->dweights = ri_tape_at(tape, s->weights)->grad;
    p->dcontexts = ri_tape_at(tape, s->contexts)->grad;
    p->dqueries = ri_tape_at(tape, s->queries)->grad;
    p->dkeys = ri_tape_at(tape, s->keys)->grad;
    p->dvalues = ri_tape_at(tape, s->values)->grad;
    p->dscores = ri_tape_elements(tape, p->M * p->S);
    if (p->v) {
        p->dv = ri_params_grad_of(s->attention->params, s->attention->score);
        p->dv_parts = ri_tape_elements(tape, p->B * p->A);
    }
    if (!tape->status) tape->ctx->dev->attend_backward(tape->ctx, p);
}

/* Where each sequence of a pack begins, one after the other. */
static const int64_t *starts_of(recur_tape *tape, const recur_pack *pack)
{
    int64_t *first = ri_tape_take(tape, pack->B + 1, sizeof *first);
    if (!first) return NULL;
    first[0] = 0;
    for (int64_t b = 0; b < pack->B; b++) first[b + 1] = first[b] + pack->length[b];
    return first;
}

/* The sequences that the queries ask, checked and copied. */
static const int32_t *sequences_of(recur_tape *tape, const recur_pack *pack, int64_t M,
                                   const int32_t *sequences)
{
    int32_t *copy = ri_tape_take(tape, M, sizeof *copy);
    for (int64_t i = 0; copy && i < M; i++) {
        copy[i] = sequences ? sequences[i] : (int32_t)i;
        if (copy[i] >= 0 && copy[i] < pack->B) continue;
        RI_TAPE_FAIL(tape, RECUR_EARG, "attention: query %lld asks sequence %d of %lld", (long long)i,
                     (int)copy[i], (long long)pack->B);
        return NULL;
    }
    return copy;
}

recur_var recur_attend_step(recur_tape *tape, const recur_memory *memory, recur_var queries,
                            const int32_t *sequences, recur_var *weights)
{
    if (weights) *weights = RECUR_NONE;
    const ri_node *node = ri_tape_node(tape, queries, "attention");
    if (!node || !ri_tape_given(tape, memory, "attention")) return RECUR_NONE;
    const recur_attention *a = memory->attention;
    if (!a || node->ids || node->shape.rank != 2 || node->shape.size[1] != a->spec.query)
        return RI_TAPE_FAIL(
            tape, RECUR_EARG, "attention: wanted a memory and queries [M,%lld], found rank %d and %lld last",
            (long long)(a ? a->spec.query : 0), node->shape.rank, (long long)ri_shape_last(node->shape));
    int64_t M = node->shape.size[0];
    if (a->query) queries = recur_linear_apply(tape, a->query, queries);
    attend_saved s = {.attention = a, .queries = queries, .keys = memory->keys, .values = memory->values};
    const recur_pack *pack = memory->pack;
    s.pass = (ri_attend_pass){.B = pack->B, .M = M, .C = a->spec.key, .S = pack->T};
    s.pass.first = starts_of(tape, pack);
    s.pass.sequence = sequences_of(tape, pack, M, sequences);
    s.weights = ri_tape_var(tape, RECUR_SHAPE(M, pack->T), NULL);
    s.contexts = ri_tape_var(tape, RECUR_SHAPE(M, a->spec.key), NULL);
    if (tape->status) return RECUR_NONE;
    s.pass.A = ri_shape_last(ri_tape_at(tape, queries)->shape);
    s.pass.queries = ri_tape_at(tape, queries)->value;
    s.pass.keys = ri_tape_at(tape, s.keys)->value;
    s.pass.values = ri_tape_at(tape, s.values)->value;
    s.pass.v = a->score < 0 ? NULL : ri_params_value(a->params, a->score);
    s.pass.weights = ri_tape_at(tape, s.weights)->value;
    s.pass.contexts = ri_tape_at(tape, s.contexts)->value;
    tape->ctx->dev->attend_forward(tape->ctx, &s.pass);
    ri_tape_push(tape, attend_backward, &s, sizeof s);
    if (weights) *weights = s.weights;
    return s.contexts;
}

recur_var recur_attend(recur_tape *tape, const recur_attention *attention, recur_var queries,
                       const recur_pack *query_pack, recur_var keys, const recur_pack *key_pack)
{
    recur_memory memory = recur_attention_memory(tape, attention, keys, key_pack);
    if (tape->status) return RECUR_NONE;
    if (!query_pack || query_pack->B != key_pack->B)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_attend: wanted queries of %lld sequences, found %lld",
                            (long long)key_pack->B, (long long)recur_pack_sequences(query_pack));
    if (!ri_tape_check_rows(tape, ri_tape_at(tape, queries), query_pack, "recur_attend")) return RECUR_NONE;
    return recur_attend_step(tape, &memory, queries, query_pack->sequence, NULL);
}
