/* Where pairs are, and what becomes of them for a model and of its ids for a reader.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"
#include "seq2seq.h"

static const char *const *texts_of(const options *o, const char *name)
{
    return (const char *const *)options_find(o, name)->texts;
}

int seq2seq_source(app *a, const options *o, const char *data, const char *source, const char *target,
                   bool is_bare, recur_pair_source *s)
{
    const option_value *tables = options_find(o, data);
    bool                has_columns = !is_bare || options_find(o, "source")->n_texts > 0;
    *s = (recur_pair_source){.bare = is_bare,
                             .encoding = options_find(o, "encoding")->choice ? RECUR_LATIN1 : RECUR_UTF8};
    if (tables->n_texts && has_columns) {
        const char *const *columns[] = {texts_of(o, "source"), texts_of(o, "target")};
        if (!columns[0] || (!columns[1] && !is_bare))
            return output_error(a, RECUR_EARG,
                                "a table wants --source COLUMN%s; the model was not trained on one",
                                is_bare ? "" : " and --target COLUMN");
        s->n = tables->n_texts;
        s->tables = (const char *const *)tables->texts;
        s->source_column = columns[0][0];
        s->target_column = is_bare ? NULL : columns[1][0];
        return RECUR_OK;
    }
    s->n = is_bare ? tables->n_texts : options_find(o, source)->n_texts;
    s->sources = texts_of(o, is_bare ? data : source);
    if (!is_bare) s->targets = texts_of(o, target);
    return RECUR_OK;
}

int seq2seq_take_columns(app *a, options *o, const recur_model *model)
{
    const char *note = recur_model_note(model, "columns");
    if (!note || config_take(o, "the model's columns", note) == RECUR_OK) return RECUR_OK;
    return output_error(a, RECUR_EMODEL, "%s", o->error);
}

recur_status seq2seq_encode(recur_pairs *pairs, const recur_model *model, const options *o)
{
    return recur_pairs_encode(pairs, recur_model_vocab(model), recur_seq2seq_target_vocab(model),
                              options_int(o, "max-source"));
}

/* Make bytes text: parts of words may break a character off, which becomes U+FFFD. Takes over what it is given. */
static char *mend(char *text, size_t *bytes)
{
    json_t *whole = output_string(text, *bytes);
    *bytes = json_string_length(whole);
    free(text);
    text = need_memory(*bytes + 1, 1);
    memcpy(text, json_string_value(whole), *bytes);
    json_decref(whole);
    return text;
}

char *seq2seq_text(recur_ctx *ctx, const recur_model *model, const int32_t *ids, int64_t n, size_t *bytes)
{
    const recur_vocab *vocab = recur_seq2seq_target_vocab(model);
    if (recur_vocab_decode(ctx, vocab, ids, n, NULL, bytes)) abort(); /* the library's own ids */
    char *text = need_memory(*bytes + 1, 1);
    recur_vocab_decode(ctx, vocab, ids, n, text, bytes);
    if (recur_vocab_unit(vocab) == RECUR_BPE) text = mend(text, bytes);
    for (size_t i = 0; i < *bytes; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) text[i] = ' ';
    return text;
}
