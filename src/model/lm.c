/* The language model: p(next token | tokens so far).
 *
 *   tokens [N] -> embedding [N,E] -> dropout -> recurrent stack [N,P] -> dropout -> head [N,V] -> softmax
 *              or one-hot rows [N,V], never stored
 *
 * With tie the head's weight is the embedding's table (Press & Wolf 2017; Inan et al. 2017).
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/model.h"
#include "model/params_file.h"
#include "nn/layers.h"

/* How embedding and head start: as the stack does where that has a meaning for them, else by their own default. */
static recur_init outer_init(recur_init init)
{
    bool holds =
        init.kind == RECUR_INIT_UNIFORM || init.kind == RECUR_INIT_NORMAL || init.kind == RECUR_INIT_CONSTANT;
    return holds ? init : (recur_init){.kind = RECUR_INIT_DEFAULT};
}

static recur_status check_spec(recur_ctx *ctx, const recur_lm_spec *spec)
{
    if (spec->rnn.bidirectional)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a language model cannot be bidirectional: generation has no future to read");
    if (spec->embed < 0 || spec->embed > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "embed must be 0 (one-hot) to %d, found %" PRId64, INT32_MAX,
                       spec->embed);
    if (!(spec->dropout >= 0 && spec->dropout < 1))
        return RI_FAIL(ctx, RECUR_EARG, "dropout must be at least 0 and below 1, found %g", spec->dropout);
    if (!isfinite(spec->rnn.init.value) || !isfinite(spec->rnn.forget_bias))
        return RI_FAIL(ctx, RECUR_EARG, "init.value and forget_bias must be finite, found %g and %g",
                       spec->rnn.init.value, spec->rnn.forget_bias);
    if (spec->tie && spec->embed != ri_rnn_output(&spec->rnn))
        return RI_FAIL(ctx, RECUR_EARG,
                       "tie wants an embedding of the stack's output size %" PRId64 ", found embed %" PRId64,
                       ri_rnn_output(&spec->rnn), spec->embed);
    return RECUR_OK;
}

static recur_status add_layers(recur_model *model)
{
    recur_lm_spec *spec = &model->lm;
    int64_t        V = recur_vocab_size(model->vocab);
    recur_init     outer = outer_init(spec->rnn.init);
    recur_status   status;
    if (spec->embed) {
        recur_embedding_spec table = {.vocabulary = V, .size = spec->embed, .init = outer};
        status = recur_embedding_create(model->params, "embedding", &table, &model->embedding);
        if (status) return status;
    }
    spec->rnn.input = spec->embed ? spec->embed : V;
    status = recur_rnn_create(model->params, "rnn", &spec->rnn, &model->rnn);
    if (status) return status;
    spec->rnn = *recur_rnn_get_spec(model->rnn);

    recur_linear_spec head = {.input = ri_rnn_output(&spec->rnn), .output = V, .init = outer};
    if (spec->tie) head.tie = model->embedding;
    return recur_linear_create(model->params, "head", &head, &model->head);
}

recur_status recur_lm_create(recur_ctx *ctx, const recur_lm_spec *spec, recur_vocab *vocab, uint64_t seed,
                             recur_model **model)
{
    if (!ctx || !model) {
        recur_vocab_destroy(vocab);
        return RECUR_EARG;
    }
    *model = NULL;
    recur_model *fresh = NULL;
    recur_status status;
    if (!spec || !vocab)
        status = RI_FAIL(ctx, RECUR_EARG, "a language model wants a %s", spec ? "vocabulary" : "spec");
    else
        status = check_spec(ctx, spec);
    if (!status) {
        fresh = ri_allocate(&ctx->allocator, 1, sizeof *fresh);
        if (!fresh) status = ri_no_memory(ctx, "a language model");
    }
    if (status) {
        recur_vocab_destroy(vocab);
        return status;
    }
    fresh->ctx = ctx;
    fresh->vocab = vocab;
    fresh->lm = *spec;
    status = recur_params_create(ctx, seed, &fresh->params);
    if (!status) status = add_layers(fresh);
    if (status) {
        recur_model_destroy(fresh);
        return status;
    }
    *model = fresh;
    return RECUR_OK;
}

const recur_lm_spec *recur_lm_get_spec(const recur_model *model)
{
    return &model->lm;
}

/* ---- on the tape ---- */

static recur_var drop(recur_tape *tape, const recur_model *model, recur_var x, const recur_pack *pack)
{
    return model->lm.dropout > 0 ? recur_dropout(tape, x, pack, model->lm.dropout) : x;
}

/* Return what the head reads, [N,P]. */
static recur_var hidden(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                        recur_state state, recur_state *final)
{
    recur_var x;
    if (model->embedding)
        x = drop(tape, model, recur_embed(tape, model->embedding, tokens), tokens);
    else
        x = recur_one_hot(tape, tokens, recur_vocab_size(model->vocab));
    recur_seq seq = recur_rnn_apply(tape, model->rnn, x, tokens, state);
    if (final) *final = recur_final(seq);
    return drop(tape, model, seq.output, tokens);
}

recur_var recur_lm_loss(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                        const recur_pack *targets, recur_state state, recur_reduction reduction,
                        recur_state *final)
{
    recur_var y = hidden(tape, model, tokens, state, final);
    return recur_linear_cross_entropy(tape, model->head, y, targets, reduction);
}

recur_var recur_lm_logits(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                          recur_state state, recur_state *final)
{
    return recur_linear_apply(tape, model->head, hidden(tape, model, tokens, state, final));
}

/* Matrix products only, as the literature counts: reading a row of the embedding or a column for a one-hot input is none. */
int64_t recur_model_flops_per_step(const recur_model *model)
{
    const recur_rnn_spec *rnn = &model->lm.rnn;
    int64_t               P = ri_rnn_output(rnn);
    int64_t               total = 0;
    for (int64_t l = 0; l < rnn->layers; l++) {
        int64_t input = l ? P : model->lm.embed;
        total += 2 * ri_rnn_gates(rnn->cell) * rnn->hidden * (input + P);
        if (rnn->projection) total += 2 * P * rnn->hidden;
    }
    return total + 2 * P * recur_vocab_size(model->vocab);
}

/* ---- before loading ---- */

/* The layers are walked only as far as the file has them, so a spec that claims a thousand of them ends at the first missing one. */
recur_status ri_lm_check_shapes(recur_ctx *ctx, const recur_lm_spec *spec, int64_t vocabulary,
                                const ri_st_file *file, const char *path)
{
    const recur_rnn_spec *rnn = &spec->rnn;
    int64_t               P = ri_rnn_output(rnn);
    int64_t               rows = ri_rnn_gates(rnn->cell) * rnn->hidden; /* sizes are below 2^31 */
    recur_status          status = RECUR_OK;
    if (spec->embed)
        status = ri_params_want(ctx, file, path, "embedding.weight", RECUR_SHAPE(vocabulary, spec->embed),
                                RECUR_EMODEL);
    for (int64_t l = 0; l < rnn->layers && !status; l++) {
        int64_t input = l ? P : spec->embed ? spec->embed : vocabulary;
        char    name[64];
        snprintf(name, sizeof name, "rnn.weight_ih_l%" PRId64, l);
        status = ri_params_want(ctx, file, path, name, RECUR_SHAPE(rows, input), RECUR_EMODEL);
        if (status) break;
        snprintf(name, sizeof name, "rnn.weight_hh_l%" PRId64, l);
        status = ri_params_want(ctx, file, path, name, RECUR_SHAPE(rows, P), RECUR_EMODEL);
    }
    if (!status && !spec->tie)
        status = ri_params_want(ctx, file, path, "head.weight", RECUR_SHAPE(vocabulary, P), RECUR_EMODEL);
    return status;
}
