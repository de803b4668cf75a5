/* recur eval: what a model makes of data that it has not seen.
 * SPDX-License-Identifier: MIT */
#include "classify.h"
#include "metrics.h"
#include "rows.h"
#include "task.h"

static const option eval_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "data to score; several files are joined; - is stdin"},
    ROW_BY_LENGTH,
    ROW_ENCODING,
    ROW_END,
};

static const option_group        eval_group = {"Evaluation", eval_rows};
static const option_group *const eval_groups[] = {&eval_group, &text_columns_group, &common_group, NULL};

static int eval(app *a, options *o)
{
    recur_model *model = NULL;
    if (!options_find(o, "data")->n_texts)
        return output_error(a, RECUR_EARG, "recur eval wants --data FILE, found none");
    int code = app_open(a, o);
    if (code) return code;
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    code = status ? output_failure(a, status) : task_check_columns(a, o, task_of(model));
    if (!code) code = task_of(model)->eval(a, o, model);
    recur_model_destroy(model);
    return code;
}

const command eval_command = {
    .name = "eval",
    .synopsis = "RUN --data FILE [options]",
    .brief = "RUN --data FILE",
    .summary = "score a model on data",
    .notes = "RUN is a run or a model file. Of a language model loss and perplexity are per token: "
             "character, byte or\n"
             "word. A classifier reads the columns that it was trained on, unless others are given.\n",
    .groups = eval_groups,
    .args = "RUN",
    .run = eval,
};
