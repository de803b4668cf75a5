/* Labelled data of a run: see labelled.h.
 * SPDX-License-Identifier: MIT */
#include "labelled.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"

/* ---- files ---- */

static int check_stdin(app *a, const options *o)
{
    const option_value *data = options_find(o, "data");
    const char         *valid = options_text(o, "valid");
    int                 n = valid && strcmp(valid, "-") == 0;
    for (int i = 0; i < data->n_texts; i++) n += strcmp(data->texts[i], "-") == 0;
    if (n > 1) return output_error(a, RECUR_EARG, "stdin (-) can be read only once, found it %d times", n);
    return RECUR_OK;
}

int labelled_take(app *a, options *o, labelled *of)
{
    int code = check_stdin(a, o);
    if (!code) code = spool_take(a, o, "data", &of->streams[0]);
    return code ? code : spool_take(a, o, "valid", &of->streams[1]);
}

int labelled_read(app *a, const options *o, const char *name, const recur_source *source,
                  recur_dataset **data)
{
    const option_value *v = options_find(o, name);
    if (!v->n_texts) return RECUR_OK;
    recur_status status = recur_dataset_read(a->ctx, source, v->n_texts, (const char *const *)v->texts, data);
    return status ? output_failure(a, status) : RECUR_OK;
}

int labelled_keep(app *a, options *o, void *data, store *s)
{
    labelled *of = data;
    int       code = spool_keep(a, o, "data", &of->streams[0], s);
    return code ? code : spool_keep(a, o, "valid", &of->streams[1], s);
}

void labelled_free(app *a, void *data)
{
    labelled *of = data;
    spool_free(a, &of->streams[0]);
    spool_free(a, &of->streams[1]);
    recur_dataset_destroy(of->train);
    recur_dataset_destroy(of->valid);
    free(of->order);
}

uint64_t labelled_checksum(const void *data)
{
    const labelled *of = data;
    uint64_t        valid = of->valid ? recur_dataset_checksum(of->valid) : 0;
    return recur_dataset_checksum(of->train) ^
           valid * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
}

/* ---- parts ---- */

recur_status labelled_divide(app *a, const options *o, labelled *of)
{
    const option_value *split = options_find(o, "split");
    int64_t             n = recur_dataset_items(of->train), sizes[3];
    of->parts[0] = (recur_part){.data = of->train};
    if (of->valid) of->parts[1] = (recur_part){.data = of->valid};
    if (!split->n_texts) return RECUR_OK;
    of->order = need_memory((size_t)n, sizeof *of->order);
    recur_status status = recur_split_items(a->ctx, n, split->n_numbers, split->numbers,
                                            (uint64_t)options_int(o, "seed"), of->order, sizes);
    if (status) return status;
    of->parts[0] = (recur_part){of->train, of->order, sizes[0]};
    if (sizes[1] > 0) of->parts[1] = (recur_part){of->train, of->order + sizes[0], sizes[1]};
    return RECUR_OK;
}

int64_t labelled_items(const recur_part *part)
{
    return part->items || !part->data ? part->n : recur_dataset_items(part->data);
}

recur_batch_opts labelled_batches(const options *o)
{
    bool has_items = options_given(o, "batch") || !options_find(o, "batch-tokens")->n_texts;
    return (recur_batch_opts){.items = has_items ? options_int(o, "batch") : 0,
                              .tokens = options_int(o, "batch-tokens"),
                              .seed = (uint64_t)options_int(o, "seed")};
}

/* ---- beside the items ---- */

recur_status labelled_vectors(app *a, options *o, const recur_vocab *vocab, recur_vectors *vectors)
{
    char        size[32];
    const char *path = options_text(o, "vectors");
    if (!path) return RECUR_OK;
    recur_status status = recur_vectors_read(a->ctx, path, vocab, vectors);
    if (status || options_given(o, "embed")) return status;
    snprintf(size, sizeof size, "%" PRId64, vectors->size);
    options_set(o, "embed", SOURCE_DEFAULT, size);
    return RECUR_OK;
}

int labelled_note_columns(app *a, options *o, recur_model *model, const char *const *names, size_t n)
{
    char *text = config_write_some(o, names, n);
    if (!text) return output_error(a, RECUR_EARG, "%s", o->error);
    recur_status status = recur_model_set_note(model, "columns", text);
    free(text);
    return status ? output_failure(a, status) : RECUR_OK;
}

int labelled_take_columns(app *a, options *o, const recur_model *model)
{
    const char *note = recur_model_note(model, "columns");
    if (!note || config_take(o, "the model's columns", note) == RECUR_OK) return RECUR_OK;
    return output_error(a, RECUR_EMODEL, "%s", o->error);
}
