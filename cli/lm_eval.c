/* recur eval for a language model.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "lm.h"

static bool on_tick(void *user, double share, const recur_report *last)
{
    app *a = user;
    progress_draw(a, share, last);
    return true;
}

static void print_score(app *a, recur_unit unit, const recur_lm_score *s, int64_t n_unknown)
{
    static const char *const names[] = {"character", "byte", "word", "subword"};
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

int lm_eval(app *a, options *o, const recur_model *model)
{
    if (options_given(o, "by-length"))
        return output_error(a, RECUR_EARG,
                            "--by-length is not for a language model: its data are one long text, without "
                            "items of different lengths");
    recur_status status = score(a, o, model);
    return status ? output_failure(a, status) : RECUR_OK;
}
