/* Pairs become a training part, a validation part, and a model made of the training part alone: a vocabulary of each side or of both.
 *
 * A part of the data that --split names last is not looked at.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"
#include "seq2seq.h"

/* ---- reading ---- */

/* The options that name files: of tables, or of parallel lines. */
static const char *const table_names[] = {"data", "valid"}, *const parallel_names[] = {"source", "target",
                                                                                       "valid-source",
                                                                                       "valid-target"};

static int file_options(const options *o, const char *const **names)
{
    bool is_table = options_find(o, "data")->n_texts > 0;
    *names = is_table ? table_names : parallel_names;
    return is_table ? 2 : PAIR_STREAMS;
}

static int check_stdin(app *a, const options *o)
{
    const char *const *names;
    int                n = 0;
    for (int i = 0, n_names = file_options(o, &names); i < n_names; i++) {
        const option_value *v = options_find(o, names[i]);
        for (int k = 0; k < v->n_texts; k++) n += strcmp(v->texts[k], "-") == 0;
    }
    if (n > 1) return output_error(a, RECUR_EARG, "stdin (-) can be read only once, found it %d times", n);
    return RECUR_OK;
}

static int read_pairs(app *a, const options *o, bool is_valid, recur_pairs **pairs)
{
    recur_pair_source s;
    int code = seq2seq_source(a, o, is_valid ? "valid" : "data", is_valid ? "valid-source" : "source",
                              is_valid ? "valid-target" : "target", false, &s);
    if (code || s.n == 0) return code;
    s.keep_text = seq2seq_keeps_text(o);
    recur_status status = recur_pairs_read(a->ctx, &s, pairs);
    return status ? output_failure(a, status) : RECUR_OK;
}

int seq2seq_data_read(app *a, options *o, void *data)
{
    pair_data         *d = data;
    const char *const *names;
    int                code = check_stdin(a, o);
    for (int i = 0, n = file_options(o, &names); i < n && !code; i++)
        code = spool_take(a, o, names[i], &d->streams[i]);
    if (!code) code = read_pairs(a, o, false, &d->train);
    return code ? code : read_pairs(a, o, true, &d->valid);
}

int seq2seq_data_keep(app *a, options *o, void *data, store *s)
{
    pair_data         *d = data;
    const char *const *names;
    int                code = RECUR_OK;
    for (int i = 0, n = file_options(o, &names); i < n && !code; i++)
        code = spool_keep(a, o, names[i], &d->streams[i], s);
    return code;
}

void seq2seq_data_free(app *a, void *data)
{
    pair_data *d = data;
    for (int i = 0; i < PAIR_STREAMS; i++) spool_free(a, &d->streams[i]);
    for (int i = 0; i < 2; i++) {
        recur_pair_batches_destroy(d->batches[i]);
        free(d->kept[i]);
    }
    recur_pairs_destroy(d->train);
    recur_pairs_destroy(d->valid);
    free(d->order);
}

uint64_t seq2seq_data_checksum(const void *data)
{
    const pair_data *d = data;
    uint64_t         valid = d->valid ? recur_pairs_checksum(d->valid) : 0;
    return recur_pairs_checksum(d->train) ^ valid * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
}

/* ---- parts ---- */

static recur_status divide(app *a, const options *o, pair_data *d)
{
    const option_value *split = options_find(o, "split");
    int64_t             n = recur_pairs_items(d->train), sizes[3];
    d->parts[0] = (recur_pair_part){.pairs = d->train};
    if (d->valid) d->parts[1] = (recur_pair_part){.pairs = d->valid};
    if (!split->n_texts) return RECUR_OK;
    d->order = need_memory((size_t)n, sizeof *d->order);
    recur_status status = recur_split_items(a->ctx, n, split->n_numbers, split->numbers,
                                            (uint64_t)options_int(o, "seed"), d->order, sizes);
    if (status) return status;
    d->parts[0] = (recur_pair_part){d->train, d->order, sizes[0]};
    if (sizes[1] > 0) d->parts[1] = (recur_pair_part){d->train, d->order + sizes[0], sizes[1]};
    return RECUR_OK;
}

/* Keep of a part what can be learnt from. Validation loses what has an empty side, no more. */
static recur_status choose(app *a, const options *o, pair_data *d, int i)
{
    recur_pair_part  *part = &d->parts[i];
    recur_pair_limits limits = {.max_target = options_int(o, "max-target"),
                                .max_ratio = options_number(o, "max-ratio")};
    if (!part->pairs) return RECUR_OK;
    int64_t n = part->items ? part->n : recur_pairs_items(part->pairs);
    d->kept[i] = need_memory((size_t)n, sizeof **d->kept);
    recur_status status =
        recur_pairs_select(a->ctx, part, i ? NULL : &limits, d->kept[i], &n, i ? NULL : &d->counts);
    if (status) return status;
    *part = (recur_pair_part){part->pairs, d->kept[i], n};
    recur_batch_opts opts = seq2seq_batch_opts(o);
    return recur_pair_batches_create(a->ctx, part, &opts, &d->batches[i]);
}

/* ---- the model ---- */

static recur_status build_vocabs(app *a, const options *o, const pair_data *d, recur_vocab *vocabs[2])
{
    const recur_vocab_opts opts = {.min_count = options_int(o, "min-count"),
                                   .max_size = options_int(o, "vocab")};
    const recur_pair_part *part = &d->parts[0];
    recur_unit             unit = seq2seq_unit(o);
    if (options_on(o, "joint"))
        return recur_pairs_vocab(a->ctx, part, RECUR_BOTH_SIDES, unit, &opts, &vocabs[0]);
    recur_status status = recur_pairs_vocab(a->ctx, part, RECUR_SOURCE, unit, &opts, &vocabs[0]);
    return status ? status : recur_pairs_vocab(a->ctx, part, RECUR_TARGET, unit, &opts, &vocabs[1]);
}

static recur_status create(app *a, const options *o, const pair_data *d, recur_model **model)
{
    recur_vocab *vocabs[2] = {NULL, NULL};
    recur_status status = build_vocabs(a, o, d, vocabs);
    if (status) {
        recur_vocab_destroy(vocabs[0]);
        recur_vocab_destroy(vocabs[1]);
        return status;
    }
    recur_seq2seq_spec spec = seq2seq_spec(o);
    return recur_seq2seq_create(a->ctx, &spec, vocabs[0], vocabs[1], (uint64_t)options_int(o, "seed"), model);
}

/* Write into the model how its data are read: columns where they were a table. */
static int note_columns(app *a, options *o, recur_model *model)
{
    static const char *const names[] = {"encoding", "max-source", "source", "target"};
    bool                     is_table = options_find(o, "data")->n_texts > 0;
    char                    *text = config_write_some(o, names, is_table ? 4 : 2);
    if (!text) return output_error(a, RECUR_EARG, "%s", o->error);
    recur_status status = recur_model_set_note(model, "columns", text);
    free(text);
    return status ? output_failure(a, status) : RECUR_OK;
}

int seq2seq_data_make(app *a, options *o, void *data, recur_model **model)
{
    pair_data *d = data;
    d->ctx = a->ctx;
    recur_status status = divide(a, o, d);
    if (!status) status = create(a, o, d, model);
    if (!status) status = seq2seq_encode(d->train, *model, o);
    if (!status && d->valid) status = seq2seq_encode(d->valid, *model, o);
    for (int i = 0; i < 2 && !status; i++) status = choose(a, o, d, i);
    return status ? output_failure(a, status) : note_columns(a, o, *model);
}
