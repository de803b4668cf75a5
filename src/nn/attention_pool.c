/* Attention pooling as a layer: two linear layers, a softmax over each sequence, a weighted sum.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "nn/layers.h"
#include "nn/tape.h"

struct recur_attention_pool {
    recur_params *params;
    recur_linear *project, *score;
};

static recur_status add_layers(recur_attention_pool *pool, const char *name,
                               const recur_attention_pool_spec *spec)
{
    char    project[256], score[256];
    int64_t size = spec->size ? spec->size : spec->input;
    int     n = snprintf(project, sizeof project, "%s%sproject", name, *name ? "." : "");
    snprintf(score, sizeof score, "%s%sscore", name, *name ? "." : "");
    if (n < 0 || (size_t)n >= sizeof project)
        return RI_FAIL(pool->params->ctx, RECUR_EARG, "the name of an attention pool is too long");
    recur_status s = recur_linear_create(
        pool->params, project, &(recur_linear_spec){.input = spec->input, .output = size, .init = spec->init},
        &pool->project);
    if (s) return s;
    return recur_linear_create(
        pool->params, score,
        &(recur_linear_spec){.input = size, .output = 1, .no_bias = true, .init = spec->init}, &pool->score);
}

recur_status recur_attention_pool_create(recur_params *params, const char *name,
                                         const recur_attention_pool_spec *spec, recur_attention_pool **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_attention_pool *pool = ri_allocate(&params->ctx->allocator, 1, sizeof *pool);
    if (!pool) return ri_no_memory(params->ctx, "an attention pool");
    pool->params = params;
    int64_t      n = params->n_tensors;
    recur_status s = add_layers(pool, name, spec);
    if (s) {
        recur_attention_pool_destroy(pool);
        ri_params_truncate(params, n);
        return s;
    }
    *out = pool;
    return RECUR_OK;
}

void recur_attention_pool_destroy(recur_attention_pool *pool)
{
    if (!pool) return;
    recur_linear_destroy(pool->score);
    recur_linear_destroy(pool->project);
    ri_release(&pool->params->ctx->allocator, pool);
}

recur_var recur_attention_pool_apply(recur_tape *tape, const recur_attention_pool *pool, recur_var x,
                                     const recur_pack *pack, recur_var *weights)
{
    if (weights) *weights = RECUR_NONE;
    if (!ri_tape_given(tape, pool, "recur_attention_pool_apply")) return RECUR_NONE;
    recur_var inner = recur_tanh(tape, recur_linear_apply(tape, pool->project, x));
    recur_var share = recur_sequence_softmax(tape, recur_linear_apply(tape, pool->score, inner), pack);
    if (weights) *weights = share;
    return recur_weighted_sum(tape, share, x, pack);
}
