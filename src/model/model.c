/* The life of a model and what can be asked of it, whatever its task.
 * SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <string.h>

#include "text/utf8.h"

static void free_note(const recur_allocator *a, ri_model_note note)
{
    ri_release(a, note.name);
    ri_release(a, note.text);
}

void recur_model_destroy(recur_model *model)
{
    if (!model) return;
    const recur_allocator *a = &model->ctx->allocator;
    recur_linear_destroy(model->head);
    recur_rnn_destroy(model->rnn);
    recur_embedding_destroy(model->embedding);
    recur_params_destroy(model->params);
    recur_vocab_destroy(model->vocab);
    for (size_t i = 0; i < model->n_notes; i++) free_note(a, model->notes[i]);
    ri_release(a, model->notes);
    ri_release(a, model);
}

const recur_vocab *recur_model_vocab(const recur_model *model)
{
    return model->vocab;
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
