/* Text becomes tokens: a training part, a validation part and the vocabulary of both.
 *
 *   --split 0.8,0.1,0.1     [ training ........................ | valid | test ]     by tokens
 *                            `-- the vocabulary is made of these --'
 *
 * The test part is cut off before anything looks at it, apart from counting its tokens.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "lm.h"

/* ---- reading ---- */

int lm_data_read(app *a, options *o, void *data_of_run)
{
    lm_data            *d = data_of_run;
    const option_value *data = options_find(o, "data");
    const char         *valid = options_text(o, "valid");
    recur_unit          unit = train_unit(o);
    int                 n_stdin = 0;
    for (int i = 0; i < data->n_texts; i++) n_stdin += strcmp(data->texts[i], "-") == 0;
    if (valid) n_stdin += strcmp(valid, "-") == 0;
    if (n_stdin > 1)
        return output_error(a, RECUR_EARG, "stdin (-) can be read only once, found it %d times", n_stdin);

    recur_status status =
        recur_text_read(a->ctx, unit, data->n_texts, (const char *const *)data->texts, &d->text);
    if (!status && valid) status = recur_text_read(a->ctx, unit, 1, &valid, &d->valid_text);
    return status ? output_failure(a, status) : RECUR_OK;
}

/* ---- cutting ---- */

/* Move a place in UTF-8 back to the beginning of its character. */
static size_t begin_of_character(const char *text, size_t place)
{
    while (place > 0 && ((unsigned char)text[place] & 0xc0) == 0x80) place--;
    return place;
}

/* Find how many bytes of text hold the first n_wanted tokens, by bisection: the count grows with the length, and what a token is stays
 * the library's secret. */
static recur_status find_cut(app *a, const recur_vocab *vocab, const recur_text *text, int64_t n_wanted,
                             size_t *cut)
{
    size_t low = 0, high = text->size; /* low holds at most n_wanted tokens, everything above high more */
    while (low < high) {
        size_t  middle = low + (high - low + 1) / 2, place = middle;
        int64_t n = 0;
        if (middle < text->size && recur_vocab_unit(vocab) != RECUR_BYTE)
            place = begin_of_character(text->bytes, middle);
        recur_status status = recur_vocab_encode(a->ctx, vocab, text->bytes, place, NULL, &n, NULL);
        if (status) return status;
        if (n <= n_wanted)
            low = middle;
        else
            high = middle - 1;
    }
    *cut = low < text->size && recur_vocab_unit(vocab) != RECUR_BYTE ? begin_of_character(text->bytes, low)
                                                                     : low;
    return RECUR_OK;
}

/* Find where the test part begins. */
static recur_status cut_test(app *a, const options *o, lm_data *d)
{
    const option_value *split = options_find(o, "split");
    d->n_kept = d->text.size;
    if (split->n_numbers < 3 || split->numbers[2] <= 0) return RECUR_OK;
    recur_vocab *all = NULL;
    int64_t      n = 0;
    const char  *text = d->text.bytes;
    recur_unit   unit = train_unit(o) == RECUR_BPE
                            ? RECUR_CHAR
                            : train_unit(o); /* nothing may be learnt from the test part */
    recur_status status = recur_vocab_build(a->ctx, unit, 1, &text, &d->text.size, NULL, &all);
    if (!status) status = recur_vocab_encode(a->ctx, all, text, d->text.size, NULL, &n, NULL);
    int64_t n_wanted = (int64_t)((double)n * (split->numbers[0] + split->numbers[1]) + 0.5);
    if (!status) status = find_cut(a, all, &d->text, n_wanted, &d->n_kept);
    recur_vocab_destroy(all);
    return status;
}

/* ---- encoding ---- */

static recur_status build_vocab(app *a, const options *o, lm_data *d)
{
    const char            *texts[] = {d->text.bytes, d->valid_text.bytes};
    const size_t           bytes[] = {d->n_kept, d->valid_text.size};
    const recur_vocab_opts opts = {.min_count = options_int(o, "min-count"),
                                   .max_size = options_int(o, "vocab")};
    return recur_vocab_build(a->ctx, train_unit(o), d->valid_text.bytes ? 2 : 1, texts, bytes, &opts,
                             &d->vocab);
}

/* Cut the tokens in two by the fractions of --split. */
static recur_status split_tokens(app *a, const options *o, lm_data *d)
{
    const double *fractions = options_find(o, "split")->numbers;
    recur_corpus *all = d->train;
    int64_t       n = recur_corpus_size(all);
    int64_t       n_train = (int64_t)((double)n * (fractions[0] / (fractions[0] + fractions[1])) + 0.5);
    if (fractions[1] <= 0) return RECUR_OK;
    d->train = NULL;
    recur_status status = recur_corpus_slice(a->ctx, all, 0, n_train, &d->train);
    if (!status) status = recur_corpus_slice(a->ctx, all, n_train, n, &d->valid);
    recur_corpus_destroy(all);
    return status;
}

static recur_status encode(app *a, const options *o, lm_data *d)
{
    recur_status status = recur_corpus_encode(a->ctx, d->vocab, d->text.bytes, d->n_kept, &d->train);
    if (status) return status;
    if (!d->valid_text.bytes) return split_tokens(a, o, d);
    return recur_corpus_encode(a->ctx, d->vocab, d->valid_text.bytes, d->valid_text.size, &d->valid);
}

/* ---- enough of it ---- */

static int check_sizes(app *a, const options *o, const lm_data *d)
{
    const char *unit = train_units(train_unit(o));
    int64_t     T = options_int(o, "bptt"), n = d->valid ? recur_corpus_size(d->valid) : T + 1;
    int64_t     B = options_int(o, "batch"), n_train = recur_corpus_size(d->train);
    if (recur_vocab_size(d->vocab) < 2)
        return output_error(a, RECUR_EDATA,
                            "there is nothing to learn: wanted at least 2 different %s, found 1", unit);
    if (n <= T)
        return output_error(a, RECUR_EDATA,
                            "the validation part is shorter than one window: wanted at least %" PRId64
                            " %s (--bptt %" PRId64 " and the one after them), found %" PRId64
                            "; give more data, a smaller --bptt, or --split 1,0 for none",
                            T + 1, unit, T, n);
    if (n_train <= B)
        return output_error(a, RECUR_EDATA,
                            "the training part is too small for a batch: wanted at least %" PRId64
                            " %s (--batch %" PRId64 " and one more), found %" PRId64
                            "; give more data or a smaller --batch",
                            B + 1, unit, B, n_train);
    return RECUR_OK;
}

int lm_data_encode(app *a, const options *o, lm_data *d)
{
    recur_status status = cut_test(a, o, d);
    if (!status) status = build_vocab(a, o, d);
    if (!status) status = encode(a, o, d);
    return status ? output_failure(a, status) : check_sizes(a, o, d);
}

/* Keep a text that cannot be read again, and let the configuration name the copy. */
static int keep(app *a, options *o, const char *name, recur_text *text, store *s)
{
    const char *path;
    recur_text  copy = {0};
    if (!text->is_stream) return RECUR_OK;
    int code = store_text(a, s, text, &path);
    if (code) return code;
    options_set(o, name, SOURCE_COMMAND, path);
    recur_status status = recur_text_read(a->ctx, train_unit(o), 1, &path, &copy);
    text->checksum = copy.checksum; /* of the bytes that resuming will see */
    recur_text_free(a->ctx, &copy);
    return status ? output_failure(a, status) : RECUR_OK;
}

int lm_data_keep(app *a, options *o, void *data, store *s)
{
    lm_data *d = data;
    int      code = keep(a, o, "data", &d->text, s);
    return code ? code : keep(a, o, "valid", &d->valid_text, s);
}

void lm_data_free(app *a, void *data)
{
    lm_data *d = data;
    recur_text_free(a->ctx, &d->text);
    recur_text_free(a->ctx, &d->valid_text);
    recur_corpus_destroy(d->train);
    recur_corpus_destroy(d->valid);
    recur_vocab_destroy(d->vocab);
}

uint64_t lm_data_checksum(const void *data)
{
    const lm_data *d = data;
    return d->text.checksum ^
           d->valid_text.checksum * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
}
