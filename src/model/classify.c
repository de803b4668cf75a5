/* The classifier: p(label | sequence).
 *
 *   tokens [N] -> embedding [N,E] -> dropout -> stack [N,D*P] -> pooling [B,D*P] -> dropout -> head [B,K]
 *              or one-hot rows [N,V], never stored;  or the rows [N,F] of series
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "model/model.h"
#include "model/params_file.h"
#include "nn/layers.h"
#include "nn/tape.h"
#include "text/labels.h"

/* ---- the spec ---- */

static const char *const pooling_words[] = {"last", "mean", "max", "attention", NULL};

_Static_assert(sizeof(recur_pooling) == sizeof(int), "the table reads and writes enumerations as int");

#define AT(member) offsetof(recur_classify_spec, member)

static const ri_field fields[] = {
    {"features", RI_INTEGER, AT(features), 0, INT32_MAX, NULL},
    {"embed", RI_INTEGER, AT(embed), 0, INT32_MAX, NULL},
    {"frozen_embedding", RI_BOOLEAN, AT(frozen_embedding), 0, 0, NULL},
    {"no_stack", RI_BOOLEAN, AT(no_stack), 0, 0, NULL},
    {"pooling", RI_WORD, AT(pooling), 0, 0, pooling_words},
    {"embed_dropout", RI_REAL, AT(embed_dropout), 0, 1, NULL},
    {"dropout", RI_REAL, AT(dropout), 0, 1, NULL},
    {"bidirectional", RI_BOOLEAN, AT(rnn.bidirectional), 0, 0, NULL},
};

static const ri_spec_form form = {"classify",
                                  {{fields, RI_COUNT(fields), 0, NULL},
                                   {ri_rule_fields, RI_RULE_FIELDS, AT(rule), NULL},
                                   {ri_rnn_fields, RI_RNN_FIELDS, AT(rnn), NULL}}};

/* The width of what the stack reads, and of what is pooled. */
static int64_t input_width(const recur_classify_spec *spec, const ri_model_parts *parts)
{
    return spec->features ? spec->features : spec->embed ? spec->embed : recur_vocab_size(parts->vocab);
}

static int64_t pooled_width(const recur_classify_spec *spec, const ri_model_parts *parts)
{
    if (spec->no_stack) return input_width(spec, parts);
    return ri_rnn_output(&spec->rnn) * (spec->rnn.bidirectional ? 2 : 1);
}

static recur_status check_parts(recur_ctx *ctx, const recur_classify_spec *spec, const ri_model_parts *parts)
{
    if (!parts->labels || recur_labels_count(parts->labels) < 2)
        return RI_FAIL(ctx, RECUR_EARG, "a classifier wants at least two labels");
    if (!spec->features && !parts->vocab)
        return RI_FAIL(ctx, RECUR_EARG, "a classifier of texts wants a vocabulary");
    if (spec->features && (parts->vocab || spec->embed || spec->frozen_embedding))
        return RI_FAIL(ctx, RECUR_EARG, "a classifier of series has no vocabulary and no embedding");
    if (parts->vocab && recur_vocab_unit(parts->vocab) != spec->rule.unit)
        return RI_FAIL(ctx, RECUR_EARG, "the vocabulary is of another unit than the spec's rule");
    return RECUR_OK;
}

static recur_status check(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts)
{
    const recur_classify_spec *spec = &specs->classify;
    if (spec->features < 0 || spec->features > INT32_MAX || spec->embed < 0 || spec->embed > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "features and embed must be 0 to %d, found %" PRId64 " and %" PRId64,
                       INT32_MAX, spec->features, spec->embed);
    if (spec->frozen_embedding && !spec->embed)
        return RI_FAIL(ctx, RECUR_EARG, "there is no embedding to be frozen");
    if ((unsigned)spec->pooling > RECUR_POOL_ATTENTION)
        return RI_FAIL(ctx, RECUR_EARG, "pooling %d is none", (int)spec->pooling);
    if (spec->no_stack && spec->pooling == RECUR_POOL_LAST)
        return RI_FAIL(ctx, RECUR_EARG, "without a stack there is no last state to take");
    if (spec->no_stack && !spec->features && !spec->embed)
        return RI_FAIL(ctx, RECUR_EARG,
                       "without a stack one-hot input cannot be pooled; wanted an embedding");
    if (!(spec->embed_dropout >= 0 && spec->embed_dropout < 1))
        return RI_FAIL(ctx, RECUR_EARG, "embed_dropout must be at least 0 and below 1, found %g",
                       spec->embed_dropout);
    recur_status status = ri_model_check_rnn(ctx, &spec->rnn, spec->dropout);
    return status ? status : check_parts(ctx, spec, parts);
}

/* Tensors that hold what is known of the data and do not learn: the moments of series. */
static recur_status add_fixed(recur_model *model, const char *name, double value)
{
    int64_t      index;
    recur_status status = recur_params_add(model->params, name, RECUR_SHAPE(model->spec.classify.features),
                                           (recur_init){.kind = RECUR_INIT_CONSTANT, .value = value}, &index);
    return status ? status : recur_params_freeze(model->params, index, true);
}

static recur_status add_input(recur_model *model, bool is_blank)
{
    static const recur_init    small = {.kind = RECUR_INIT_NORMAL, .value = 0.1};
    const recur_classify_spec *spec = &model->spec.classify;
    if (spec->features) {
        recur_status status = add_fixed(model, "input.mean", 0);
        return status ? status : add_fixed(model, "input.deviation", 1);
    }
    if (!spec->embed) return RECUR_OK;
    recur_init           init = ri_model_outer_init(spec->rnn.init, is_blank);
    recur_embedding_spec table = {.vocabulary = recur_vocab_size(model->parts.vocab),
                                  .size = spec->embed,
                                  .init = init.kind == RECUR_INIT_DEFAULT ? small : init};
    recur_status status = recur_embedding_create(model->params, "embedding", &table, &model->embedding);
    if (status || !spec->frozen_embedding) return status;
    return recur_params_freeze(model->params, recur_params_find(model->params, "embedding.weight"), true);
}

static recur_status add_layers(recur_model *model, bool is_blank)
{
    recur_classify_spec *spec = &model->spec.classify;
    recur_init           outer = ri_model_outer_init(spec->rnn.init, is_blank);
    recur_status         status = add_input(model, is_blank);
    if (spec->no_stack) spec->rnn = (recur_rnn_spec){.hidden = 1, .layers = 1, .init = spec->rnn.init};
    spec->rnn.input = input_width(spec, &model->parts);
    if (!status && !spec->no_stack)
        status = ri_model_add_rnn(model, "rnn", is_blank, &spec->rnn, &model->rnn);
    if (status) return status;

    int64_t width = pooled_width(spec, &model->parts);
    if (spec->pooling == RECUR_POOL_ATTENTION)
        status = recur_attention_pool_create(model->params, "attention",
                                             &(recur_attention_pool_spec){.input = width, .init = outer},
                                             &model->attention);
    if (status) return status;
    recur_linear_spec head = {
        .input = width, .output = recur_labels_count(model->parts.labels), .init = outer};
    return recur_linear_create(model->params, "head", &head, &model->head);
}

recur_status recur_classify_create(recur_ctx *ctx, const recur_classify_spec *spec, recur_vocab *vocab,
                                   recur_labels *labels, uint64_t seed, recur_model **model)
{
    if (model) *model = NULL;
    ri_model_parts parts = {.vocab = vocab, .labels = labels};
    if (ctx && model && spec)
        return ri_model_create(ctx, &ri_classify_kind, &(ri_model_spec){.classify = *spec}, parts, seed, NULL,
                               model);
    ri_model_free_parts(parts);
    return ctx && model ? RI_FAIL(ctx, RECUR_EARG, "a classifier wants a spec") : RECUR_EARG;
}

const recur_classify_spec *recur_classify_get_spec(const recur_model *model)
{
    return model->kind == &ri_classify_kind ? &model->spec.classify : NULL;
}

/* ---- moments of series ---- */

static recur_status check_moments(const recur_model *model, const double *mean, const double *deviation,
                                  recur_status wrong)
{
    for (int64_t f = 0; f < model->spec.classify.features; f++)
        if (!isfinite(mean[f]) || !(deviation[f] > 0 && deviation[f] < INFINITY))
            return RI_FAIL(model->ctx, wrong,
                           "column %" PRId64 " of the series has mean %g and deviation %g; wanted finite "
                           "numbers, and a deviation above 0",
                           f + 1, mean[f], deviation[f]);
    return RECUR_OK;
}

static recur_status check_series(const recur_model *model, const double *mean, const double *deviation)
{
    recur_status status = ri_model_want(model, RECUR_TASK_CLASSIFY, "standardising");
    if (status) return status;
    if (!model->spec.classify.features || !mean || !deviation)
        return RI_FAIL(model->ctx, RECUR_EARG, "moments want a model for series and two places");
    return RECUR_OK;
}

recur_status recur_classify_set_moments(recur_model *model, const double *mean, const double *deviation)
{
    if (!model) return RECUR_EARG;
    recur_params *params = model->params;
    recur_status  status = check_series(model, mean, deviation);
    if (!status) status = check_moments(model, mean, deviation, RECUR_EARG);
    if (!status) status = recur_params_set(params, recur_params_find(params, "input.mean"), mean);
    if (!status) status = recur_params_set(params, recur_params_find(params, "input.deviation"), deviation);
    return status;
}

recur_status recur_classify_moments(const recur_model *model, double *mean, double *deviation)
{
    if (!model) return RECUR_EARG;
    const recur_params *params = model->params;
    recur_status        status = check_series(model, mean, deviation);
    if (!status) status = recur_params_get(params, recur_params_find(params, "input.mean"), mean);
    if (!status) status = recur_params_get(params, recur_params_find(params, "input.deviation"), deviation);
    return status ? status : check_moments(model, mean, deviation, RECUR_EMODEL);
}

/* ---- on the tape ---- */

static recur_var drop(recur_tape *tape, recur_var x, const recur_pack *pack, double p)
{
    return p > 0 ? recur_dropout(tape, x, pack, p) : x;
}

/* What the stack reads, [N,I]. */
static recur_var input(recur_tape *tape, const recur_model *model, const recur_pack *pack, recur_var rows)
{
    const recur_classify_spec *spec = &model->spec.classify;
    if (spec->features) return drop(tape, rows, pack, spec->embed_dropout);
    if (!spec->embed) return recur_one_hot(tape, pack, recur_vocab_size(model->parts.vocab));
    return drop(tape, recur_embed(tape, model->embedding, pack), pack, spec->embed_dropout);
}

static recur_var pool(recur_tape *tape, const recur_model *model, recur_var x, recur_seq seq,
                      const recur_pack *pack, recur_var *weights)
{
    switch (model->spec.classify.pooling) {
    case RECUR_POOL_MEAN:
        return recur_pool_mean(tape, x, pack);
    case RECUR_POOL_MAX:
        return recur_pool_max(tape, x, pack);
    case RECUR_POOL_ATTENTION:
        return recur_attention_pool_apply(tape, model->attention, x, pack, weights);
    case RECUR_POOL_LAST:
        break;
    }
    return recur_pool_last(tape, model->rnn, seq);
}

recur_var recur_classify_logits(recur_tape *tape, const recur_model *model, const recur_pack *pack,
                                recur_var rows, recur_var *weights)
{
    if (!ri_tape_given(tape, model, "recur_classify_logits")) return RECUR_NONE;
    recur_status status = ri_model_want(model, RECUR_TASK_CLASSIFY, "classifying");
    if (status) return ri_tape_failed(tape, status);
    const recur_classify_spec *spec = &model->spec.classify;
    recur_var                  x = input(tape, model, pack, rows);
    recur_seq                  seq = {.output = x};
    if (weights) *weights = RECUR_NONE;
    if (!spec->no_stack) seq = recur_rnn_apply(tape, model->rnn, x, pack, RECUR_NO_STATE);
    recur_var y = drop(tape, pool(tape, model, seq.output, seq, pack, weights), NULL, spec->dropout);
    return recur_linear_apply(tape, model->head, y);
}

/* Of one step; attention's two products are of each step too, the head's is of the whole sequence and does not count. */
static int64_t flops(const recur_model *model)
{
    const recur_classify_spec *spec = &model->spec.classify;
    int64_t width = pooled_width(spec, &model->parts), input = spec->features ? spec->features : spec->embed;
    int64_t total = spec->no_stack ? 0 : ri_model_rnn_flops(&spec->rnn, input);
    return spec->pooling == RECUR_POOL_ATTENTION ? total + 2 * width * (width + 1) : total;
}

/* ---- before loading ---- */

static recur_status check_shapes(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts,
                                 const ri_st_file *file, const char *path)
{
    const recur_classify_spec *spec = &specs->classify;
    int64_t                    I = input_width(spec, parts), W = pooled_width(spec, parts);
    recur_status               status = RECUR_OK;
    if (spec->features)
        status = ri_params_want(ctx, file, path, "input.mean", RECUR_SHAPE(I), RECUR_EMODEL);
    else if (spec->embed)
        status = ri_params_want(ctx, file, path, "embedding.weight",
                                RECUR_SHAPE(recur_vocab_size(parts->vocab), I), RECUR_EMODEL);
    if (!status && !spec->no_stack) status = ri_model_check_rnn_shapes(ctx, "rnn", &spec->rnn, I, file, path);
    if (!status && spec->pooling == RECUR_POOL_ATTENTION)
        status = ri_params_want(ctx, file, path, "attention.project.weight", RECUR_SHAPE(W, W), RECUR_EMODEL);
    if (!status)
        status = ri_params_want(ctx, file, path, "head.weight",
                                RECUR_SHAPE(recur_labels_count(parts->labels), W), RECUR_EMODEL);
    return status;
}

const ri_model_kind ri_classify_kind = {.task = RECUR_TASK_CLASSIFY,
                                        .form = &form,
                                        .check_shapes = check_shapes,
                                        .add_layers = add_layers,
                                        .check = check,
                                        .flops = flops};
