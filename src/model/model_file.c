/* Models to and from .safetensors: tensors under PyTorch's names, everything else in the metadata.
 *
 *   recur.format   "1"
 *   recur.model    the specification, JSON
 *   recur.vocab    the vocabulary, JSON
 *   recur.note.*   lines of text about the model
 *
 * A file is believed only as far as it has proved itself: first its own format, then specification and vocabulary, then the
 * shapes of the large tensors, and only then is memory taken for the model; last every tensor and value.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "model/model.h"
#include "model/params_file.h"
#include "text/vocab.h"

static const char format_key[] = "recur.format", format_value[] = "1";
static const char model_key[] = "recur.model", vocab_key[] = "recur.vocab";
static const char note_prefix[] = "recur.note.";

/* Return a and b in one string; NULL: no memory. */
static char *join(const recur_allocator *allocator, const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    char  *both = ri_allocate(allocator, n + m + 1, 1);
    if (!both) return NULL;
    memcpy(both, a, n);
    memcpy(both + n, b, m + 1);
    return both;
}

/* ---- saving ---- */

enum { N_FIXED = 3 };

static recur_status fill_notes(const recur_model *model, ri_st_note *notes, char **keys)
{
    for (size_t i = 0; i < model->n_notes; i++) {
        keys[i] = join(&model->ctx->allocator, note_prefix, model->notes[i].name);
        if (!keys[i]) return ri_no_memory(model->ctx, "saving the model");
        notes[N_FIXED + i] = (ri_st_note){keys[i], model->notes[i].text};
    }
    return RECUR_OK;
}

recur_status recur_model_save(const recur_model *model, const char *path)
{
    if (!model) return RECUR_EARG;
    recur_ctx *ctx = model->ctx;
    if (!path) return RI_FAIL(ctx, RECUR_EARG, "no path to save the model to");
    const recur_allocator *a = &ctx->allocator;
    size_t                 n = model->n_notes;
    ri_st_note            *notes = ri_allocate(a, N_FIXED + n, sizeof *notes);
    char                 **keys = ri_allocate(a, n, sizeof *keys);
    char                  *spec = ri_lm_spec_to_json(&model->lm, a);
    char                  *vocab = NULL;
    recur_status           status = RECUR_OK;
    if (!notes || !keys || !spec) status = ri_no_memory(ctx, "saving the model");
    if (!status) status = ri_vocab_to_json(model->vocab, a, &vocab, ri_ctx_error(ctx));
    if (!status) status = fill_notes(model, notes, keys);
    if (!status) {
        notes[0] = (ri_st_note){format_key, format_value};
        notes[1] = (ri_st_note){model_key, spec};
        notes[2] = (ri_st_note){vocab_key, vocab};
        status = ri_params_write(model->params, path, NULL, 0, notes, N_FIXED + n);
    }
    for (size_t i = 0; keys && i < n; i++) ri_release(a, keys[i]);
    ri_release(a, vocab);
    ri_release(a, spec);
    ri_release(a, keys);
    ri_release(a, notes);
    return status;
}

/* ---- loading ---- */

/* Say of the last failure where in the file it lies. A model that cannot be is the file's fault here, not the caller's. */
static recur_status blame(recur_ctx *ctx, recur_status status, const char *path, const char *key)
{
    if (status == RECUR_OK || status == RECUR_EMEMORY) return status;
    ri_error *error = ri_ctx_error(ctx);
    char      why[sizeof error->text];
    memcpy(why, error->text, sizeof why);
    return ri_fail(error, RECUR_EMODEL, "%s: metadata \"%s\": %s", path, key, why);
}

static recur_status check_format(recur_ctx *ctx, const ri_st_file *file, const char *path)
{
    const char *const keys[N_FIXED] = {format_key, model_key, vocab_key};
    for (int i = 0; i < N_FIXED; i++)
        if (!ri_st_note_of(file, keys[i]))
            return RI_FAIL(
                ctx, RECUR_EMODEL,
                "%s: metadata \"%s\" is missing: the file holds tensors but no model saved by recur", path,
                keys[i]);
    const char *found = ri_st_note_of(file, format_key);
    if (strcmp(found, format_value) != 0)
        return RI_FAIL(ctx, RECUR_EMODEL, "%s: metadata \"%s\" is \"%s\", this version reads \"%s\"", path,
                       format_key, found, format_value);
    return RECUR_OK;
}

/* Create the model that a spec describes without computing random starts, which the file replaces. */
static recur_status create_blank(recur_ctx *ctx, const recur_lm_spec *spec, recur_vocab *vocab,
                                 recur_model **model)
{
    recur_lm_spec blank = *spec;
    blank.rnn.init = (recur_init){.kind = RECUR_INIT_CONSTANT};
    blank.rnn.set_forget_bias = false;
    recur_status status = recur_lm_create(ctx, &blank, vocab, 0, model);
    if (status) return status;
    recur_rnn_spec *rnn = &(*model)->lm.rnn;
    rnn->init = spec->rnn.init;
    rnn->set_forget_bias = spec->rnn.set_forget_bias;
    return RECUR_OK;
}

static recur_status read_notes(recur_model *model, const ri_st_file *file)
{
    size_t     prefix = sizeof note_prefix - 1;
    ri_st_note note = ri_st_note_after(file, NULL);
    for (; note.key; note = ri_st_note_after(file, note.key)) {
        if (strncmp(note.key, note_prefix, prefix) != 0 || !note.key[prefix]) continue;
        recur_status status = recur_model_set_note(model, note.key + prefix, note.value);
        if (status) return status;
    }
    return RECUR_OK;
}

static recur_status read_model(recur_ctx *ctx, const ri_st_file *file, const char *path, recur_model **model)
{
    recur_lm_spec spec;
    recur_vocab  *vocab = NULL;
    recur_status  status = check_format(ctx, file, path);
    if (status) return status;
    status = ri_lm_spec_from_json(ri_st_note_of(file, model_key), &spec, ri_ctx_error(ctx));
    if (status) return blame(ctx, status, path, model_key);
    status = ri_vocab_from_json(&ctx->allocator, ri_st_note_of(file, vocab_key), &vocab, ri_ctx_error(ctx));
    if (status) return blame(ctx, status, path, vocab_key);
    status = ri_lm_check_shapes(ctx, &spec, recur_vocab_size(vocab), file, path);
    if (status) {
        recur_vocab_destroy(vocab);
        return status;
    }
    status = blame(ctx, create_blank(ctx, &spec, vocab, model), path, model_key);
    if (!status) status = ri_params_check((*model)->params, file, path, NULL, RECUR_EMODEL);
    if (!status) status = ri_params_fill((*model)->params, file);
    if (!status) status = read_notes(*model, file);
    if (!status) return RECUR_OK;
    recur_model_destroy(*model);
    *model = NULL;
    return status;
}

recur_status recur_model_load(recur_ctx *ctx, const char *path, recur_model **model)
{
    if (!ctx || !model) return RECUR_EARG;
    *model = NULL;
    if (!path) return RI_FAIL(ctx, RECUR_EARG, "no path to load a model from");
    const recur_allocator *a = &ctx->allocator;
    struct stat            about;
    bool                   is_dir = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    char                  *file_path = join(a, path, is_dir ? "/model.safetensors" : "");
    if (!file_path) return ri_no_memory(ctx, "the path of a model");
    ri_st_file  *file = NULL;
    recur_status status = ri_st_open(a, file_path, &file, ri_ctx_error(ctx));
    if (!status) status = read_model(ctx, file, file_path, model);
    ri_st_close(file);
    ri_release(a, file_path);
    return status;
}
