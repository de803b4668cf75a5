/* The tasks that models are made for, and what their layers have in common.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "model/params_file.h"
#include "nn/layers.h"

static const ri_model_kind *const kinds[] = {&ri_lm_kind, &ri_classify_kind, &ri_tag_kind, &ri_seq2seq_kind};

const ri_model_kind *ri_model_kind_find(const char *name)
{
    for (int i = 0; i < RI_COUNT(kinds); i++)
        if (strcmp(kinds[i]->form->kind, name) == 0) return kinds[i];
    return NULL;
}

recur_status ri_model_want(const recur_model *model, recur_task task, const char *what)
{
    static const char *const wanted[] = {[RECUR_TASK_LM] = "a language model",
                                         [RECUR_TASK_CLASSIFY] = "a model that classifies",
                                         [RECUR_TASK_TAG] = "a tagger",
                                         [RECUR_TASK_SEQ2SEQ] = "an encoder-decoder"};
    static const char *const found[] = {[RECUR_TASK_LM] = "is a language model",
                                        [RECUR_TASK_CLASSIFY] = "classifies",
                                        [RECUR_TASK_TAG] = "tags words",
                                        [RECUR_TASK_SEQ2SEQ] = "is an encoder-decoder"};
    if (model->kind->task == task) return RECUR_OK;
    return RI_FAIL(model->ctx, RECUR_EARG, "%s wants %s, and this one %s", what, wanted[task],
                   found[model->kind->task]);
}

/* ---- stacks ---- */

recur_init ri_model_outer_init(recur_init init, bool is_blank)
{
    if (is_blank) return (recur_init){.kind = RECUR_INIT_CONSTANT};
    bool holds =
        init.kind == RECUR_INIT_UNIFORM || init.kind == RECUR_INIT_NORMAL || init.kind == RECUR_INIT_CONSTANT;
    return holds ? init : (recur_init){.kind = RECUR_INIT_DEFAULT};
}

recur_status ri_model_add_rnn(recur_model *model, const char *name, bool is_blank, recur_rnn_spec *spec,
                              recur_rnn **rnn)
{
    recur_rnn_spec made = *spec;
    if (is_blank) {
        made.init = (recur_init){.kind = RECUR_INIT_CONSTANT};
        made.set_forget_bias = false;
    }
    recur_status status = recur_rnn_create(model->params, name, &made, rnn);
    if (status) return status;
    made = *recur_rnn_get_spec(*rnn);
    made.init = spec->init;
    made.set_forget_bias = spec->set_forget_bias;
    *spec = made;
    return RECUR_OK;
}

recur_status ri_model_check_rnn(recur_ctx *ctx, const recur_rnn_spec *spec, double dropout)
{
    if (!(dropout >= 0 && dropout < 1))
        return RI_FAIL(ctx, RECUR_EARG, "dropout must be at least 0 and below 1, found %g", dropout);
    if (!isfinite(spec->init.value) || !isfinite(spec->forget_bias))
        return RI_FAIL(ctx, RECUR_EARG, "init.value and forget_bias must be finite, found %g and %g",
                       spec->init.value, spec->forget_bias);
    return RECUR_OK;
}

recur_status ri_model_check_rnn_shapes(recur_ctx *ctx, const char *name, const recur_rnn_spec *spec,
                                       int64_t input, const ri_st_file *file, const char *path)
{
    static const char *const reversed[] = {"", "_reverse"};
    int64_t                  P = ri_rnn_output(spec), D = spec->bidirectional ? 2 : 1;
    int64_t                  rows = ri_rnn_gates(spec->cell) * spec->hidden; /* sizes are below 2^31 */
    for (int64_t k = 0; k < spec->layers * D; k++) {
        int64_t     l = k / D;
        const char *direction = reversed[k % D];
        char        tensor[96];
        snprintf(tensor, sizeof tensor, "%s.weight_ih_l%" PRId64 "%s", name, l, direction);
        recur_status status =
            ri_params_want(ctx, file, path, tensor, RECUR_SHAPE(rows, l ? D * P : input), RECUR_EMODEL);
        if (status) return status;
        snprintf(tensor, sizeof tensor, "%s.weight_hh_l%" PRId64 "%s", name, l, direction);
        status = ri_params_want(ctx, file, path, tensor, RECUR_SHAPE(rows, P), RECUR_EMODEL);
        if (status) return status;
    }
    return RECUR_OK;
}

/* Matrix products only, as the literature counts. */
int64_t ri_model_rnn_flops(const recur_rnn_spec *spec, int64_t input)
{
    int64_t P = ri_rnn_output(spec), D = spec->bidirectional ? 2 : 1, total = 0;
    for (int64_t l = 0; l < spec->layers; l++) {
        total += D * 2 * ri_rnn_gates(spec->cell) * spec->hidden * ((l ? D * P : input) + P);
        if (spec->projection) total += D * 2 * P * spec->hidden;
    }
    return total;
}
