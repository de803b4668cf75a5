/* What a model holds: the layers of its task over one set of parameters, a vocabulary, and lines of text about itself.
 * SPDX-License-Identifier: MIT */
#ifndef RI_MODEL_H
#define RI_MODEL_H

#include "dev/ctx.h"
#include "io/safetensors.h"
#include "recur/model.h"

typedef struct ri_model_note {
    char *name, *text;
} ri_model_note;

struct recur_model {
    recur_ctx     *ctx;
    recur_params  *params;
    recur_vocab   *vocab;
    ri_model_note *notes;
    size_t         n_notes;

    recur_lm_spec    lm;        /* completed by the defaults */
    recur_embedding *embedding; /* NULL: one-hot input */
    recur_rnn       *rnn;
    recur_linear    *head;
};

/* Return the spec as one line of JSON, for the file; NULL: no memory. The caller releases it. */
char *ri_lm_spec_to_json(const recur_lm_spec *spec, const recur_allocator *a);

/* Read a spec from JSON: every field must be there, with its type and in its range, and no other.
 * Errors: RECUR_EMODEL naming the field, RECUR_EMEMORY. */
recur_status ri_lm_spec_from_json(const char *json, recur_lm_spec *spec, ri_error *error);

/* Check that a file holds the large tensors of such a model in their shapes, so that creating it takes no more memory than the
 * file's own size justifies. Errors: RECUR_EMODEL naming the first that is missing or has another shape. */
recur_status ri_lm_check_shapes(recur_ctx *ctx, const recur_lm_spec *spec, int64_t vocabulary,
                                const ri_st_file *file, const char *path);

#endif
