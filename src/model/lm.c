/* The language model: p(next token | tokens so far).
 *
 *   tokens [N] -> embedding [N,E] -> dropout -> recurrent stack [N,P] -> dropout -> head [N,V] -> softmax
 *              or one-hot rows [N,V], never stored
 *
 * With tie the head's weight is the embedding's table (Press & Wolf 2017; Inan et al. 2017).
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stddef.h>

#include "model/model.h"
#include "model/params_file.h"
#include "nn/layers.h"
#include "nn/tape.h"

/* ---- the spec ---- */

#define AT(member) offsetof(recur_lm_spec, member)

static const ri_field fields[] = {
    {"embed", RI_INTEGER, AT(embed), 0, INT32_MAX, NULL},
    {"tie", RI_BOOLEAN, AT(tie), 0, 0, NULL},
    {"dropout", RI_REAL, AT(dropout), 0, 1, NULL},
};

static const ri_spec_form form = {
    "lm", {{fields, RI_COUNT(fields), 0, NULL}, {ri_rnn_fields, RI_RNN_FIELDS, AT(rnn), NULL}}};

static recur_status check(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts)
{
    const recur_lm_spec *spec = &specs->lm;
    if (!parts->vocab) return RI_FAIL(ctx, RECUR_EARG, "a language model wants a vocabulary");
    if (spec->rnn.bidirectional)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a language model cannot be bidirectional: generation has no future to read");
    if (spec->embed < 0 || spec->embed > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "embed must be 0 (one-hot) to %d, found %" PRId64, INT32_MAX,
                       spec->embed);
    if (spec->tie && spec->embed != ri_rnn_output(&spec->rnn))
        return RI_FAIL(ctx, RECUR_EARG,
                       "tie wants an embedding of the stack's output size %" PRId64 ", found embed %" PRId64,
                       ri_rnn_output(&spec->rnn), spec->embed);
    return ri_model_check_rnn(ctx, &spec->rnn, spec->dropout);
}

static recur_status add_layers(recur_model *model, bool is_blank)
{
    recur_lm_spec *spec = &model->spec.lm;
    int64_t        V = recur_vocab_size(model->parts.vocab);
    recur_init     outer = ri_model_outer_init(spec->rnn.init, is_blank);
    recur_status   status;
    if (spec->embed) {
        recur_embedding_spec table = {.vocabulary = V, .size = spec->embed, .init = outer};
        status = recur_embedding_create(model->params, "embedding", &table, &model->embedding);
        if (status) return status;
    }
    spec->rnn.input = spec->embed ? spec->embed : V;
    status = ri_model_add_rnn(model, "rnn", is_blank, &spec->rnn, &model->rnn);
    if (status) return status;

    recur_linear_spec head = {.input = ri_rnn_output(&spec->rnn), .output = V, .init = outer};
    if (spec->tie) head.tie = model->embedding;
    return recur_linear_create(model->params, "head", &head, &model->head);
}

recur_status recur_lm_create(recur_ctx *ctx, const recur_lm_spec *spec, recur_vocab *vocab, uint64_t seed,
                             recur_model **model)
{
    if (model) *model = NULL;
    if (ctx && model && spec)
        return ri_model_create(ctx, &ri_lm_kind, &(ri_model_spec){.lm = *spec},
                               (ri_model_parts){.vocab = vocab}, seed, NULL, model);
    recur_vocab_destroy(vocab);
    return ctx && model ? RI_FAIL(ctx, RECUR_EARG, "a language model wants a spec") : RECUR_EARG;
}

const recur_lm_spec *recur_lm_get_spec(const recur_model *model)
{
    return model->kind == &ri_lm_kind ? &model->spec.lm : NULL;
}

/* ---- on the tape ---- */

static recur_var drop(recur_tape *tape, const recur_model *model, recur_var x, const recur_pack *pack)
{
    return model->spec.lm.dropout > 0 ? recur_dropout(tape, x, pack, model->spec.lm.dropout) : x;
}

recur_var ri_lm_top(recur_tape *tape, const recur_model *model, const recur_pack *tokens, recur_state state,
                    recur_state *final)
{
    if (!ri_tape_given(tape, model, "a language model")) return RECUR_NONE;
    recur_status status = ri_model_want(model, RECUR_TASK_LM, "predicting the next token");
    if (status) return ri_tape_failed(tape, status);
    recur_var x;
    if (model->embedding)
        x = drop(tape, model, recur_embed(tape, model->embedding, tokens), tokens);
    else
        x = recur_one_hot(tape, tokens, recur_vocab_size(model->parts.vocab));
    recur_seq seq = recur_rnn_apply(tape, model->rnn, x, tokens, state);
    if (final) *final = recur_final(seq);
    return drop(tape, model, seq.output, tokens);
}

recur_var recur_lm_loss(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                        const recur_pack *targets, recur_state state, recur_reduction reduction,
                        recur_state *final)
{
    recur_var y = ri_lm_top(tape, model, tokens, state, final);
    return y.id ? recur_linear_cross_entropy(tape, model->head, y, targets, reduction) : RECUR_NONE;
}

recur_var recur_lm_logits(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                          recur_state state, recur_state *final)
{
    recur_var y = ri_lm_top(tape, model, tokens, state, final);
    return y.id ? recur_linear_apply(tape, model->head, y) : RECUR_NONE;
}

/* Matrix products only, as the literature counts: reading a row of the embedding or a column for a one-hot input is none. */
static int64_t flops(const recur_model *model)
{
    const recur_lm_spec *spec = &model->spec.lm;
    return ri_model_rnn_flops(&spec->rnn, spec->embed) +
           2 * ri_rnn_output(&spec->rnn) * recur_vocab_size(model->parts.vocab);
}

/* ---- before loading ---- */

static recur_status check_shapes(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts,
                                 const ri_st_file *file, const char *path)
{
    const recur_lm_spec *spec = &specs->lm;
    int64_t              V = recur_vocab_size(parts->vocab);
    recur_status         status = RECUR_OK;
    if (spec->embed)
        status =
            ri_params_want(ctx, file, path, "embedding.weight", RECUR_SHAPE(V, spec->embed), RECUR_EMODEL);
    if (!status)
        status = ri_model_check_rnn_shapes(ctx, "rnn", &spec->rnn, spec->embed ? spec->embed : V, file, path);
    if (!status && !spec->tie)
        status = ri_params_want(ctx, file, path, "head.weight", RECUR_SHAPE(V, ri_rnn_output(&spec->rnn)),
                                RECUR_EMODEL);
    return status;
}

const ri_model_kind ri_lm_kind = {.task = RECUR_TASK_LM,
                                  .form = &form,
                                  .has_vocab = true,
                                  .check_shapes = check_shapes,
                                  .add_layers = add_layers,
                                  .check = check,
                                  .flops = flops};
