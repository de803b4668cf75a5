/* Taggers: a tag for each word of a sentence, such as its part of speech, or marks of chunks and names (see recur/score.h).
 *
 *   word -> vector [E] ----------------------.
 *                                             > joined -> recurrent stack -> a score for each tag -> softmax of each word,
 *   its characters -> LSTM both ways [2C] ---'                                                       or a random field (recur/crf.h)
 *
 * A word is read twice: as one of the vocabulary, and letter by letter, which also says something of words that training never met
 * (Ling et al. 2015; Lample et al. 2016). Each different word of a batch is spelt once.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_TAG_H
#define RECUR_TAG_H

#include "batches.h"
#include "model.h"
#include "run.h"
#include "score.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a tagger is. All zeros but rnn.hidden: words alone, one LSTM layer in one direction, softmax, tags as they are.
 *
 * With a scheme the tags mark spans and are learnt in that scheme: where the labels are BIO and the scheme is BIOES they are converted,
 * and predictions are converted back. Sequences that break the labels' scheme are repaired as conlleval reads them, those of training and
 * those that are predicted. With a random field, transitions that break the scheme are impossible. */
typedef struct recur_tag_spec {
    recur_text_rule rule;       /* only its letters count; characters are always read as they are written */
    int64_t         embed;      /* E; 0: 100 */
    int64_t         char_embed; /* size of a character's vector; 0: words alone */
    int64_t
        char_hidden; /* C: units of each direction over characters; 0 where char_embed is 0, and only there */
    bool frozen_embedding;    /* words' vectors do not learn: for such from elsewhere; saved and kept */
    recur_rnn_spec   rnn;     /* input is filled in by recur_tagger_create */
    double           dropout; /* on what the stack reads and on its output (between layers: rnn.dropout) */
    bool             crf;
    recur_tag_scheme scheme;
} recur_tag_spec;

/* Return the scheme that labels are of: plain where one of them is neither O nor has B, I, E or S in front. */
RECUR_API recur_status recur_labels_scheme(recur_ctx *ctx, const recur_labels *labels,
                                           recur_tag_scheme *scheme);

/* Create a tagger with fresh weights. Vectors of words and characters start from U(-sqrt(3/size), sqrt(3/size)) where rnn.init says
 * nothing else of them. Tags that the labels' scheme has and the labels lack (I-X beside B-X) are added behind them.
 *
 * characters are those of recur_part_characters, NULL where spec has none.
 * Owner.   The caller destroys it. The model takes vocab, characters and labels over, also when this fails.
 * Errors.  RECUR_EARG: sizes; a vocabulary without "<unk>"; characters missing or left over. RECUR_EDATA: labels that are of no scheme
 *          where spec has one. RECUR_EMEMORY. */
RECUR_API recur_status recur_tagger_create(recur_ctx *ctx, const recur_tag_spec *spec, recur_vocab *vocab,
                                           recur_vocab *characters, recur_labels *labels, uint64_t seed,
                                           recur_model **model);

/* Return a tagger's spec as completed by the defaults, NULL for another task's model. It stays the model's. */
RECUR_API const recur_tag_spec *recur_tag_get_spec(const recur_model *model);

/* ---- training ---- */

/* How a tagger learns. All zeros: batches of 32 sentences, nothing else. */
typedef struct recur_tag_opts {
    recur_batch_opts batches; /* its seed orders them and draws the words that are hidden */
    double
        hide; /* in training, a word that occurs once becomes "<unk>" with this probability, so that "<unk>" is learnt */
} recur_tag_opts;

/* Train a tagger on a part of a dataset that was encoded with its vocabulary, characters and labels.
 *
 * valid may be NULL; its sentences may have tags that the labels do not hold: they count as wrong and are left out of the loss.
 * Validation reports have accuracy, and F1 where spans are learnt.
 * Errors. As recur_lm_train; RECUR_EARG: a dataset without tags or that is not encoded, tags that the labels do not hold. */
RECUR_API recur_status recur_tag_train(recur_model *model, const recur_part *train, const recur_part *valid,
                                       const recur_tag_opts *opts, const recur_run_opts *run,
                                       const recur_run_hooks *hooks, recur_report *done);

/* ---- using ---- */

/* Tag the sentences of a part: ids of the model's labels, written to tags where the words stand in the dataset: word t of an item has the
 * place of all words of the items before it, and t. What other items have there is left alone.
 *
 * Shapes.  tags [recur_dataset_tokens].
 * Errors.  RECUR_EARG: a dataset that is not encoded. RECUR_EDIVERGED: scores that are no numbers. RECUR_STOPPED; RECUR_EMEMORY. */
RECUR_API recur_status recur_tag_predict(const recur_model *model, const recur_part *part,
                                         const recur_run_hooks *hooks, int32_t *tags);

/* Predict the tags of a part and let a scorer count them. It must be new: the model's labels are named to it first, then the tags that
 * the dataset has beside.
 *
 * loss (may be NULL) receives the nats per word, over the sentences whose tags are all known; NaN if there are none.
 * Errors. As recur_tag_predict; RECUR_EARG: a dataset without tags, a scorer that knows tags. */
RECUR_API recur_status recur_tag_evaluate(const recur_model *model, const recur_part *part,
                                          const recur_run_hooks *hooks, recur_tag_scorer *scorer,
                                          double *loss);

#ifdef __cplusplus
}
#endif
#endif
