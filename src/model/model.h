/* What a model holds: the layers of its task over one set of parameters, what it reads and says, and lines of text about itself.
 *
 * A task is a row of the table in model_kinds.c: how its spec is written, how it is created. Files, notes and life know no task.
 * SPDX-License-Identifier: MIT */
#ifndef RI_MODEL_H
#define RI_MODEL_H

#include "dev/ctx.h"
#include "io/safetensors.h"
#include "model/spec_json.h"
#include "recur/classify.h"
#include "recur/model.h"
#include "recur/seq2seq.h"
#include "recur/tag.h"

typedef struct ri_model_note {
    char *name, *text;
} ri_model_note;

/* The spec of some task; it lies at the union's beginning. */
typedef union ri_model_spec {
    recur_lm_spec       lm;
    recur_classify_spec classify;
    recur_tag_spec      tag;
    recur_seq2seq_spec  seq2seq;
} ri_model_spec;

/* What a tagger has beside layers that others have too (tag.h). Destroy accepts NULL. */
typedef struct ri_tag_layers ri_tag_layers;

void ri_tag_layers_destroy(ri_tag_layers *layers, const recur_allocator *a);

/* The layers of an encoder-decoder (seq2seq.h). Destroy accepts NULL. */
typedef struct ri_seq2seq_layers ri_seq2seq_layers;

void ri_seq2seq_layers_destroy(ri_seq2seq_layers *layers, const recur_allocator *a);

/* What a model is made of beside its spec; what its task has no use for is NULL. */
typedef struct ri_model_parts {
    recur_vocab  *vocab, *characters;
    recur_vocab  *target; /* of what is written; NULL: vocab */
    recur_labels *labels;
} ri_model_parts;

void ri_model_free_parts(ri_model_parts parts);

typedef struct ri_model_kind {
    recur_task          task;
    const ri_spec_form *form;      /* its kind is the task's name */
    bool                has_vocab; /* every model of it has one */

    /* Check that a file holds the large tensors of such a model in their shapes, so that creating it takes no more memory than the
     * file's own size justifies. The parts are there as the file has them.
     * Errors: RECUR_EMODEL naming the first that is missing or has another shape. */
    recur_status (*check_shapes)(recur_ctx *ctx, const ri_model_spec *spec, const ri_model_parts *parts,
                                 const ri_st_file *file, const char *path);

    /* Add the layers to a model that has its spec, parts and params. With is_blank random starts are not computed. */
    recur_status (*add_layers)(recur_model *model, bool is_blank);

    /* Refuse a spec or parts that cannot be. Errors: RECUR_EARG. */
    recur_status (*check)(recur_ctx *ctx, const ri_model_spec *spec, const ri_model_parts *parts);

    int64_t (*flops)(const recur_model *model);
} ri_model_kind;

extern const ri_model_kind ri_lm_kind, ri_classify_kind, ri_tag_kind, ri_seq2seq_kind;

/* Return the kind of that name, NULL if there is none. */
const ri_model_kind *ri_model_kind_find(const char *name);

struct recur_model {
    recur_ctx           *ctx;
    const ri_model_kind *kind;
    recur_params        *params;
    ri_model_parts       parts;
    ri_model_note       *notes;
    size_t               n_notes;
    ri_model_spec        spec; /* completed by the defaults */

    /* Layers; NULL: the task or the spec has none. */
    recur_embedding      *embedding; /* of tokens; lm, classify: else one-hot input */
    recur_rnn            *rnn;
    recur_attention_pool *attention;
    recur_linear         *head;
    ri_tag_layers        *tag;
    ri_seq2seq_layers    *seq2seq;
};

/* Create a model of a kind; it takes the parts over, also when this fails. With a file, whose values are to be taken next, it is blank: zeros,
 * and room for what the file holds. Errors: those of the kind's check and layers; RECUR_EMEMORY. */
recur_status ri_model_create(recur_ctx *ctx, const ri_model_kind *kind, const ri_model_spec *spec,
                             ri_model_parts parts, uint64_t seed, const ri_st_file *file,
                             recur_model **model);

/* Refuse a model of another task: RECUR_EARG, "<what> wants a language model; this one classifies". */
recur_status ri_model_want(const recur_model *model, recur_task task, const char *what);

/* Put what a language model's head reads, [N,P], on a tape; otherwise as recur_lm_logits. */
recur_var ri_lm_top(recur_tape *tape, const recur_model *model, const recur_pack *tokens, recur_state state,
                    recur_state *final);

/* ---- what the kinds share ---- */

/* Create the stack "<name>", completing its spec. Where it is blank its random starts are not computed; the spec keeps what it says of them. */
recur_status ri_model_add_rnn(recur_model *model, const char *name, bool is_blank, recur_rnn_spec *spec,
                              recur_rnn **rnn);

/* How the layers around a stack start: as the stack does where that has a meaning for them, else by their own default. */
recur_init ri_model_outer_init(recur_init init, bool is_blank);

/* Refuse numbers of a stack's spec that the layer itself does not look at. */
recur_status ri_model_check_rnn(recur_ctx *ctx, const recur_rnn_spec *spec, double dropout);

/* Check the shapes of a stack's matrices. The layers are walked only as far as the file has them, so a spec that claims a thousand of them
 * ends at the first missing one. */
recur_status ri_model_check_rnn_shapes(recur_ctx *ctx, const char *name, const recur_rnn_spec *spec,
                                       int64_t input, const ri_st_file *file, const char *path);

/* The operations of one step of a stack: its matrix products. */
int64_t ri_model_rnn_flops(const recur_rnn_spec *spec, int64_t input);

#endif
