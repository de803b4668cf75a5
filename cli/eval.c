/* recur eval: what a model makes of data that it has not seen.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "app.h"
#include "rows.h"

static const option eval_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "text to score; several files are joined; - is stdin"},
    {.name = "by-length",
     .type = OPTION_REFUSED,
     .help = "is not for a language model: its data are one long text, without items of different lengths"},
    ROW_END,
};

static const option_group        eval_group = {"Evaluation", eval_rows};
static const option_group *const eval_groups[] = {&eval_group, &common_group, NULL};

static bool on_tick(void *user, double share, const recur_report *last)
{
    app *a = user;
    progress_draw(a, share, last);
    return true;
}

static void print_score(app *a, recur_unit unit, const recur_lm_score *s, int64_t n_unknown)
{
    static const char *const names[] = {"character", "byte", "word"};
    if (a->json) {
        output_json(a, json_pack("{s:s,s:I,s:I,s:o,s:o,s:o}", "task", "lm", "tokens", (json_int_t)s->tokens,
                                 "unknown", (json_int_t)n_unknown, "loss", output_number(s->loss),
                                 "perplexity", output_number(s->perplexity), "bits_per_char",
                                 output_number(s->bits_per_char)));
        return;
    }
    output_format(a, "tokens      %" PRId64 " %ss", s->tokens, names[unit]);
    if (n_unknown) output_format(a, ", %" PRId64 " of them unknown", n_unknown);
    output_format(a, "\nloss        %.4f nats per %s\n", s->loss, names[unit]);
    output_format(a, "            %.4f bits per %s\n", s->bits_per_char, names[unit]);
    output_format(a, "perplexity  %.4f\n", s->perplexity);
}

static recur_status score(app *a, const options *o, const recur_model *model)
{
    const option_value   *data = options_find(o, "data");
    const recur_vocab    *vocab = recur_model_vocab(model);
    recur_unit            unit = recur_vocab_unit(vocab);
    recur_text            text = {0};
    recur_corpus         *corpus = NULL;
    recur_lm_score        result;
    const recur_run_hooks hooks = {.user = a, .tick = on_tick};
    recur_status          status =
        recur_text_read(a->ctx, unit, data->n_texts, (const char *const *)data->texts, &text);
    if (!status) status = recur_corpus_encode(a->ctx, vocab, text.bytes, text.size, &corpus);
    progress_begin(a);
    if (!status) status = recur_lm_evaluate(model, corpus, &hooks, &result);
    if (!status) print_score(a, unit, &result, recur_corpus_unknown(corpus));
    recur_corpus_destroy(corpus);
    recur_text_free(a->ctx, &text);
    return status;
}

static int eval(app *a, options *o)
{
    recur_model *model = NULL;
    if (!options_find(o, "data")->n_texts)
        return output_error(a, RECUR_EARG, "recur eval wants --data FILE, found none");
    int code = app_open(a, o);
    if (code) return code;
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    if (!status) status = score(a, o, model);
    if (status) code = output_failure(a, status);
    recur_model_destroy(model);
    return code;
}

const command eval_command = {
    .name = "eval",
    .synopsis = "RUN --data FILE [options]",
    .brief = "RUN --data FILE",
    .summary = "score a model on data",
    .notes = "RUN is a run or a model file. Loss and perplexity are per token: character, byte or word.\n",
    .groups = eval_groups,
    .args = "RUN",
    .run = eval,
};
