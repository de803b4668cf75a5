/* recur predict: what a model says of each line, sentence or series.
 * SPDX-License-Identifier: MIT */
#include "classify.h"
#include "rows.h"
#include "seq2seq.h"
#include "tag.h"

static const option predict_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY,
     .default_says = "stdin",
     .help = "what to predict; several files follow one another; - is stdin"},
    ROW_ENCODING,
    ROW_END,
};

static const option_group        predict_group = {"Prediction", predict_rows};
static const option_group *const predict_groups[] = {
    &predict_group,     &text_columns_group, &label_choices_group,
    &tag_columns_group, &pair_columns_group, &decoding_group,
    &telling_group,     &common_group,       NULL};

static int predict(app *a, options *o)
{
    recur_model *model = NULL;
    int          code = app_open(a, o);
    if (code) return code;
    if (!options_find(o, "data")->n_texts) options_set(o, "data", SOURCE_DEFAULT, "-");
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    if (status) return output_failure(a, status);
    const task *t = task_of(model);
    if (!t->predict)
        code = output_error(a, RECUR_EARG, "%s", t->no_predict);
    else
        code = task_check_options(a, o, t);
    if (!code) code = t->predict(a, o, model);
    recur_model_destroy(model);
    return code;
}

const command predict_command = {
    .name = "predict",
    .synopsis = "RUN [FILE|-] [options]",
    .brief = "RUN [FILE]",
    .summary = "say what a model makes of each line",
    .notes =
        "RUN is a run or a model file. One line is written for each line that is read, an empty one too.\n",
    .groups = predict_groups,
    .args = "RUN",
    .rest = "data",
    .run = predict,
};
