/* Models to and from .safetensors: tensors under PyTorch's names, everything else in the metadata.
 *
 *   recur.format   "1"
 *   recur.model    the specification, JSON
 *   recur.vocab    the vocabulary of what is read, JSON; recur.characters that of the characters of words
 *   recur.target   the vocabulary of what is written, where it is another one
 *   recur.labels   the labels or tags, JSON
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
#include "text/labels.h"
#include "text/vocab.h"

static const char format_key[] = "recur.format", format_value[] = "1";
static const char model_key[] = "recur.model", vocab_key[] = "recur.vocab";
static const char characters_key[] = "recur.characters", labels_key[] = "recur.labels";
static const char target_key[] = "recur.target";
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

enum { N_PARTS = 4, MOST_FIXED = 2 + N_PARTS };

/* Turn the parts that there are into notes; *n counts. */
static recur_status fill_parts(const recur_model *model, ri_st_note *notes, size_t *n, char *texts[N_PARTS])
{
    const recur_allocator *a = &model->ctx->allocator;
    ri_error              *error = ri_ctx_error(model->ctx);
    const ri_model_parts  *parts = &model->parts;
    const char *const      keys[N_PARTS] = {vocab_key, characters_key, labels_key, target_key};
    recur_status           status = RECUR_OK;
    if (parts->vocab) status = ri_vocab_to_json(parts->vocab, a, &texts[0], error);
    if (!status && parts->characters) status = ri_vocab_to_json(parts->characters, a, &texts[1], error);
    if (!status && parts->labels) status = ri_labels_to_json(parts->labels, a, &texts[2], error);
    if (!status && parts->target) status = ri_vocab_to_json(parts->target, a, &texts[3], error);
    for (int i = 0; i < N_PARTS; i++)
        if (texts[i]) notes[(*n)++] = (ri_st_note){keys[i], texts[i]};
    return status;
}

static recur_status fill_notes(const recur_model *model, ri_st_note *notes, char **keys)
{
    for (size_t i = 0; i < model->n_notes; i++) {
        keys[i] = join(&model->ctx->allocator, note_prefix, model->notes[i].name);
        if (!keys[i]) return ri_no_memory(model->ctx, "saving the model");
        notes[i] = (ri_st_note){keys[i], model->notes[i].text};
    }
    return RECUR_OK;
}

recur_status recur_model_save(const recur_model *model, const char *path)
{
    if (!model) return RECUR_EARG;
    recur_ctx *ctx = model->ctx;
    if (!path) return RI_FAIL(ctx, RECUR_EARG, "no path to save the model to");
    const recur_allocator *a = &ctx->allocator;
    size_t                 n = 2;
    ri_st_note            *notes = ri_allocate(a, MOST_FIXED + model->n_notes, sizeof *notes);
    char                 **keys = ri_allocate(a, model->n_notes, sizeof *keys);
    char                  *spec = ri_spec_to_json(model->kind->form, &model->spec, a);
    char                  *texts[N_PARTS] = {NULL};
    recur_status           status = RECUR_OK;
    if (!notes || !keys || !spec) status = ri_no_memory(ctx, "saving the model");
    if (!status) status = fill_parts(model, notes, &n, texts);
    if (!status) status = fill_notes(model, notes + n, keys);
    if (!status) {
        notes[0] = (ri_st_note){format_key, format_value};
        notes[1] = (ri_st_note){model_key, spec};
        status = ri_params_write(model->params, path, NULL, 0, notes, n + model->n_notes);
    }
    for (size_t i = 0; keys && i < model->n_notes; i++) ri_release(a, keys[i]);
    for (int i = 0; i < N_PARTS; i++) ri_release(a, texts[i]);
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

/* Refuse a file without a note that every model, or every model of a task, has. */
static recur_status want_note(recur_ctx *ctx, const ri_st_file *file, const char *path, const char *key)
{
    if (ri_st_note_of(file, key)) return RECUR_OK;
    return RI_FAIL(ctx, RECUR_EMODEL,
                   "%s: metadata \"%s\" is missing: the file holds tensors but no model saved by recur", path,
                   key);
}

static recur_status check_format(recur_ctx *ctx, const ri_st_file *file, const char *path)
{
    recur_status status = want_note(ctx, file, path, format_key);
    if (!status) status = want_note(ctx, file, path, model_key);
    if (status) return status;
    const char *found = ri_st_note_of(file, format_key);
    if (strcmp(found, format_value) != 0)
        return RI_FAIL(ctx, RECUR_EMODEL, "%s: metadata \"%s\" is \"%s\", this version reads \"%s\"", path,
                       format_key, found, format_value);
    return RECUR_OK;
}

static recur_status read_spec(recur_ctx *ctx, const ri_st_file *file, const ri_model_kind **kind,
                              ri_model_spec *spec)
{
    char         name[RI_KIND_BYTES];
    const char  *json = ri_st_note_of(file, model_key);
    recur_status status = ri_spec_kind(json, name, ri_ctx_error(ctx));
    if (status) return status;
    *kind = ri_model_kind_find(name);
    if (!*kind)
        return RI_FAIL(ctx, RECUR_EMODEL, "\"kind\" is \"%s\", which this version does not read", name);
    return ri_spec_from_json((*kind)->form, json, spec, ri_ctx_error(ctx));
}

static recur_status read_vocab(recur_ctx *ctx, const ri_st_file *file, const char *path, const char *key,
                               recur_vocab **vocab)
{
    const char *json = ri_st_note_of(file, key);
    if (!json) return RECUR_OK;
    return blame(ctx, ri_vocab_from_json(&ctx->allocator, json, vocab, ri_ctx_error(ctx)), path, key);
}

/* Read the parts that the file has; the task says whether it has what is wanted. */
static recur_status read_parts(recur_ctx *ctx, const ri_st_file *file, const char *path,
                               ri_model_parts *parts)
{
    recur_status status = read_vocab(ctx, file, path, vocab_key, &parts->vocab);
    if (!status) status = read_vocab(ctx, file, path, characters_key, &parts->characters);
    if (!status) status = read_vocab(ctx, file, path, target_key, &parts->target);
    const char *labels = ri_st_note_of(file, labels_key);
    if (!status && labels)
        status = blame(ctx, ri_labels_from_json(&ctx->allocator, labels, &parts->labels, ri_ctx_error(ctx)),
                       path, labels_key);
    return status;
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
    ri_model_spec        spec = {0};
    ri_model_parts       parts = {0};
    const ri_model_kind *kind = NULL;
    recur_status         status = check_format(ctx, file, path);
    if (!status) status = blame(ctx, read_spec(ctx, file, &kind, &spec), path, model_key);
    if (!status && kind->has_vocab) status = want_note(ctx, file, path, vocab_key);
    if (!status) status = read_parts(ctx, file, path, &parts);
    if (!status) status = blame(ctx, kind->check(ctx, &spec, &parts), path, model_key);
    if (!status) status = kind->check_shapes(ctx, &spec, &parts, file, path);
    if (status) {
        ri_model_free_parts(parts);
        return status;
    }
    status = blame(ctx, ri_model_create(ctx, kind, &spec, parts, 0, file, model), path, model_key);
    if (!status) status = ri_params_take((*model)->params, file, path);
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
