/* recur eval: what a model makes of data that it has not seen.
 * SPDX-License-Identifier: MIT */
#include "classify.h"
#include "metrics.h"
#include "rows.h"
#include "seq2seq.h"
#include "tag.h"

static const option eval_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "data to score; several files are joined; - is stdin"},
    ROW_BY_LENGTH("accuracy"),
    ROW_TOKENISE(NULL, "none where words are the unit, else 13a", 0,
                 "how BLEU cuts targets into words, by sacreBLEU's names"),
    ROW_ENCODING,
    ROW_END,
};

static const option_group        eval_group = {"Evaluation", eval_rows};
static const option_group *const eval_groups[] = {
    &eval_group, &text_columns_group, &tag_columns_group, &pair_columns_group, &decoding_group, &common_group,
    NULL};

static int eval(app *a, options *o)
{
    recur_model *model = NULL;
    if (!options_find(o, "data")->n_texts && !options_find(o, "source")->n_texts)
        return output_error(a, RECUR_EARG,
                            "recur eval wants --data FILE, or --source FILE and --target FILE; found none");
    int code = app_open(a, o);
    if (code) return code;
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    if (status) return output_failure(a, status);
    const task *t = task_of(model);
    code = task_check_options(a, o, t);
    if (!code && !task_has_data(o, t))
        code = output_error(a, RECUR_EARG, "recur eval wants %s; found none",
                            t->wants ? t->wants : "--data FILE");
    if (!code) code = t->eval(a, o, model);
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
             "word. A classifier reads the columns that it was trained on, unless others are given. An "
             "encoder-decoder reads\n"
             "--source FILE and --target FILE, writes its own targets and compares.\n",
    .groups = eval_groups,
    .args = "RUN",
    .run = eval,
};
