/* A tagger: what a model holds for it beside what all do, and its batches on the tape.
 * SPDX-License-Identifier: MIT */
#ifndef RI_MODEL_TAG_H
#define RI_MODEL_TAG_H

#include "data/tag_set.h"
#include "model/model.h"
#include "recur/crf.h"
#include "recur/tag.h"

/* Tags have numbers of the set: first the labels, then those that only the scheme of learning has. */
struct ri_tag_layers {
    ri_tag_set       set;
    recur_tag_scheme shown; /* that of the labels; plain: nothing is converted */
    recur_embedding *letters;
    recur_rnn       *speller;
    recur_crf       *crf; /* NULL: softmax */
};

/* A batch as packs, filled again and again. forms and characters are empty without characters. */
typedef struct ri_tag_batch {
    recur_pack *words, *forms, *characters, *targets;
    int64_t    *lengths; /* of forms as they are read, room for n_lengths */
    int64_t     n_lengths;
} ri_tag_batch;

/* Errors: RECUR_EMEMORY; ri_tag_batch_free is called in any case. */
recur_status ri_tag_batch_init(ri_tag_batch *batch, recur_ctx *ctx);
void         ri_tag_batch_free(ri_tag_batch *batch, recur_ctx *ctx);

/* Fill the packs with a batch of a dataset; ids [n][length] are its words', tags [n][length] of the set or NULL (no targets).
 * Errors: RECUR_EMEMORY. */
recur_status ri_tag_batch_fill(ri_tag_batch *batch, const recur_model *model, const recur_batch *from,
                               const int32_t *const *ids, const int32_t *const *tags);

/* Put the scores of all tags [N,K] on a tape; the loss that goes with them; the best tags [N] of the pack's rows, of the set.
 * Errors of decoding: the tape's, RECUR_EDIVERGED, RECUR_EMEMORY. */
recur_var ri_tag_scores(recur_tape *tape, const recur_model *model, const ri_tag_batch *batch);
recur_var ri_tag_loss(recur_tape *tape, const recur_model *model, recur_var scores, const ri_tag_batch *batch,
                      recur_reduction reduction);
recur_status ri_tag_decode(recur_tape *tape, const recur_model *model, recur_var scores,
                           const ri_tag_batch *batch, int32_t *tags);

/* Write n labels anew as tags to learn, or such tags as labels, in place; what breaks the scheme is repaired. *n_repaired (may be NULL)
 * rises by how many labels did. Errors: RECUR_EMEMORY. */
recur_status ri_tag_to_learn(const recur_model *model, int64_t n, int32_t *tags, int64_t *n_repaired);
recur_status ri_tag_to_show(const recur_model *model, int64_t n, int32_t *tags);

/* Check that a dataset was encoded for this tagger; with wants_labels, that it has tags too. Errors: RECUR_EARG. */
recur_status ri_tag_check_data(const recur_model *model, const recur_dataset *data, bool wants_labels);

/* The place of an item's first word among all words of its dataset. */
int64_t ri_tag_place(const recur_dataset *data, int64_t item);

#endif
