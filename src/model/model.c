/* The life of a model and what can be asked of it, whatever its task.
 * SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <string.h>

#include "nn/params.h"
#include "text/utf8.h"

static void free_note(const recur_allocator *a, ri_model_note note)
{
    ri_release(a, note.name);
    ri_release(a, note.text);
}

void ri_model_free_parts(ri_model_parts parts)
{
    recur_vocab_destroy(parts.vocab);
    recur_vocab_destroy(parts.characters);
    recur_vocab_destroy(parts.target);
    recur_labels_destroy(parts.labels);
}

static recur_status reserve(recur_params *params, const ri_st_file *file)
{
    int64_t n = 0, n_tensors = (int64_t)ri_st_count(file);
    for (int64_t i = 0; i < n_tensors; i++) n += ri_st_elements(file, (size_t)i);
    return ri_params_reserve(params, n_tensors, n);
}

recur_status ri_model_create(recur_ctx *ctx, const ri_model_kind *kind, const ri_model_spec *spec,
                             ri_model_parts parts, uint64_t seed, const ri_st_file *file, recur_model **model)
{
    recur_status status = kind->check(ctx, spec, &parts);
    recur_model *fresh = status ? NULL : ri_allocate(&ctx->allocator, 1, sizeof *fresh);
    if (!fresh) {
        ri_model_free_parts(parts);
        return status ? status : ri_no_memory(ctx, "a model");
    }
    fresh->ctx = ctx;
    fresh->kind = kind;
    fresh->parts = parts;
    fresh->spec = *spec;
    status = recur_params_create(ctx, seed, &fresh->params);
    if (!status && file) status = reserve(fresh->params, file);
    if (!status) status = kind->add_layers(fresh, file != NULL);
    if (status) {
        recur_model_destroy(fresh);
        return status;
    }
    *model = fresh;
    return RECUR_OK;
}

void recur_model_destroy(recur_model *model)
{
    if (!model) return;
    const recur_allocator *a = &model->ctx->allocator;
    recur_linear_destroy(model->head);
    recur_attention_pool_destroy(model->attention);
    recur_rnn_destroy(model->rnn);
    recur_embedding_destroy(model->embedding);
    ri_tag_layers_destroy(model->tag, a);
    ri_seq2seq_layers_destroy(model->seq2seq, a);
    recur_params_destroy(model->params);
    ri_model_free_parts(model->parts);
    for (size_t i = 0; i < model->n_notes; i++) free_note(a, model->notes[i]);
    ri_release(a, model->notes);
    ri_release(a, model);
}

recur_task recur_model_task(const recur_model *model)
{
    return model->kind->task;
}

int64_t recur_model_flops_per_step(const recur_model *model)
{
    return model->kind->flops(model);
}

const recur_vocab *recur_model_vocab(const recur_model *model)
{
    return model->parts.vocab;
}

const recur_vocab *recur_model_characters(const recur_model *model)
{
    return model->parts.characters;
}

const recur_labels *recur_model_labels(const recur_model *model)
{
    return model->parts.labels;
}

recur_params *recur_model_params(const recur_model *model)
{
    return model->params;
}

/* ---- notes ---- */

static size_t find_note(const recur_model *model, const char *name)
{
    size_t i = 0;
    while (i < model->n_notes && strcmp(model->notes[i].name, name) != 0) i++;
    return i;
}

const char *recur_model_note(const recur_model *model, const char *name)
{
    size_t i = find_note(model, name);
    return i < model->n_notes ? model->notes[i].text : NULL;
}

static void remove_note(recur_model *model, size_t i)
{
    if (i == model->n_notes) return;
    free_note(&model->ctx->allocator, model->notes[i]);
    model->notes[i] = model->notes[--model->n_notes];
}

recur_status recur_model_set_note(recur_model *model, const char *name, const char *text)
{
    if (!model) return RECUR_EARG;
    recur_ctx *ctx = model->ctx;
    if (!name || !*name) return RI_FAIL(ctx, RECUR_EARG, "a note wants a name");
    size_t i = find_note(model, name);
    if (!text) {
        remove_note(model, i);
        return RECUR_OK;
    }
    recur_status status = ri_utf8_check("the note's name: ", name, strlen(name), ri_ctx_error(ctx));
    if (!status) status = ri_utf8_check("the note's text: ", text, strlen(text), ri_ctx_error(ctx));
    if (status) return status;

    const recur_allocator *a = &ctx->allocator;
    ri_model_note          note = {ri_copy_string(a, name), ri_copy_string(a, text)};
    size_t                 n = model->n_notes;
    ri_model_note         *more = i < n ? model->notes : ri_grow(a, model->notes, n, n + 1, sizeof *more);
    if (more) model->notes = more;
    if (!note.name || !note.text || !more) {
        free_note(a, note);
        return ri_no_memory(ctx, "a note of the model");
    }
    if (i < n)
        free_note(a, model->notes[i]);
    else
        model->n_notes++;
    model->notes[i] = note;
    return RECUR_OK;
}

/* ---- vectors from elsewhere ---- */

recur_status recur_model_set_vectors(recur_model *model, const recur_vectors *vectors)
{
    if (!model || !vectors) return RECUR_EARG;
    recur_ctx        *ctx = model->ctx;
    recur_params     *params = model->params;
    int64_t           table = recur_params_find(params, "embedding.weight");
    recur_tensor_info info;
    if (table < 0) return RI_FAIL(ctx, RECUR_EARG, "word vectors want a model with an embedding");
    recur_status status = recur_params_info(params, table, &info);
    if (status) return status;
    if (info.shape.size[0] != vectors->words)
        return RI_FAIL(ctx, RECUR_EARG, "the vectors are of %lld words; wanted %lld, as the embedding has",
                       (long long)vectors->words, (long long)info.shape.size[0]);
    if (info.shape.size[1] != vectors->size)
        return RI_FAIL(ctx, RECUR_EARG, "the vectors are of %lld numbers; wanted %lld, as the embedding is",
                       (long long)vectors->size, (long long)info.shape.size[1]);
    double *row = ri_allocate(&ctx->allocator, (size_t)vectors->size, sizeof *row);
    if (!row) return ri_no_memory(ctx, "word vectors");
    for (int64_t v = 0; v < vectors->words && !status; v++) {
        if (!vectors->found[v]) continue;
        for (int64_t k = 0; k < vectors->size; k++) row[k] = (double)vectors->values[v * vectors->size + k];
        status = recur_params_set_rows(params, table, v, 1, row);
    }
    ri_release(&ctx->allocator, row);
    return status;
}
