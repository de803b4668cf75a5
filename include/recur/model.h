/* Models: a specification, parameters and a vocabulary, in one file.
 *
 * A model is made for a task; this page has what all models share and the language model. Those of other tasks have pages of their own:
 * classify.h. A model file is .safetensors: tensors under PyTorch's names (embedding.weight, rnn.weight_ih_l0, head.weight ...) and, in
 * __metadata__, the specification, vocabularies, labels, a training summary and a checksum. Python's safetensors package opens it.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_MODEL_H
#define RECUR_MODEL_H

#include "dataset.h"
#include "layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_model recur_model;

typedef enum recur_task {
    RECUR_TASK_LM = 0,
    RECUR_TASK_CLASSIFY,
    RECUR_TASK_TAG,
    RECUR_TASK_SEQ2SEQ
} recur_task;

/* A language model: embedding or one-hot, a recurrent stack, a linear head over the vocabulary.
 * rnn.input is filled in by recur_lm_create. */
typedef struct recur_lm_spec {
    int64_t        embed; /* size of the embedding; 0: one-hot input */
    bool           tie;   /* the head uses the embedding's table; embed must equal the stack's output size */
    recur_rnn_spec rnn;   /* rnn.init UNIFORM, NORMAL and CONSTANT hold for embedding and head as well */
    double         dropout; /* on the embedding and on the stack's output (between layers: rnn.dropout) */
} recur_lm_spec;

/* Create a language model with fresh weights.
 *
 * Owner.   The caller destroys it. The model takes the vocabulary over, also when this fails.
 * Errors.  RECUR_EARG: sizes, a bidirectional stack (generation has no future), tie without matching sizes; RECUR_EMEMORY. */
RECUR_API recur_status recur_lm_create(recur_ctx *ctx, const recur_lm_spec *spec, recur_vocab *vocab,
                                       uint64_t seed, recur_model **model);
RECUR_API void         recur_model_destroy(recur_model *model); /* NULL is accepted */

/* Return a language model's spec as completed by the defaults, NULL for another task's model. It stays the model's. */
RECUR_API const recur_lm_spec *recur_lm_get_spec(const recur_model *model);

/* ---- any model ---- */

RECUR_API recur_task recur_model_task(const recur_model *model); /* what it was made for */

/* Return the vocabulary of what is read, that of the characters of words, the labels or tags, the parameters. They stay the model's; what its
 * task has no use for is NULL. */
RECUR_API const recur_vocab  *recur_model_vocab(const recur_model *model);
RECUR_API const recur_vocab  *recur_model_characters(const recur_model *model);
RECUR_API const recur_labels *recur_model_labels(const recur_model *model);
RECUR_API recur_params       *recur_model_params(const recur_model *model);

/* Return the floating-point operations of one step of one sequence (multiply and add are two). */
RECUR_API int64_t recur_model_flops_per_step(const recur_model *model);

/* Attach a line of text to the model, stored in its file under a name ("training", "config" ...); NULL removes it. Copied.
 * Errors: RECUR_EARG without a name, RECUR_EDATA for what is not UTF-8, RECUR_EMEMORY. */
RECUR_API recur_status recur_model_set_note(recur_model *model, const char *name, const char *text);
RECUR_API const char  *recur_model_note(const recur_model *model, const char *name); /* NULL: none */

/* Save to a file, atomically: path holds the old file or the whole new one. Errors: RECUR_EIO, RECUR_EMEMORY. */
RECUR_API recur_status recur_model_save(const recur_model *model, const char *path);

/* Load a model; path is the file or a run directory that holds model.safetensors.
 *
 * Errors. RECUR_EMODEL: whatever is wrong with the file, named; RECUR_EIO; RECUR_EMEMORY. */
RECUR_API recur_status recur_model_load(recur_ctx *ctx, const char *path, recur_model **model);

/* ---- a language model on a tape ---- */

/* Put the model's loss over a batch on a tape.
 *
 * tokens and targets are packs of the same lengths: ids read and ids to predict. state is the state before the first step.
 * final (may be NULL) receives the state after the last. */
RECUR_API recur_var recur_lm_loss(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                                  const recur_pack *targets, recur_state state, recur_reduction reduction,
                                  recur_state *final);

/* Put the model's logits [N,V] over a batch on a tape. */
RECUR_API recur_var recur_lm_logits(recur_tape *tape, const recur_model *model, const recur_pack *tokens,
                                    recur_state state, recur_state *final);

#ifdef __cplusplus
}
#endif
#endif
