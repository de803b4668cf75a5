/* Classifiers: one label for a text, or for a series of rows of numbers.
 *
 *   tokens -> embedding (or one-hot) -> dropout -> stack -> pooling -> dropout -> linear -> softmax over the labels
 *   series -> standardised rows      ----------^
 *
 * Without a stack the pooled embeddings are classified: a bag of words, the baseline without recurrence.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_CLASSIFY_H
#define RECUR_CLASSIFY_H

#include "batches.h"
#include "model.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the outputs of a stack become one vector. */
typedef enum recur_pooling {
    RECUR_POOL_LAST = 0, /* the final state; of two directions each one's, joined */
    RECUR_POOL_MEAN,
    RECUR_POOL_MAX,
    RECUR_POOL_ATTENTION /* recur_attention_pool */
} recur_pooling;

/* What a classifier is. Series have features, texts a vocabulary with the rule that their words follow. */
typedef struct recur_classify_spec {
    recur_text_rule rule;     /* text: how it becomes tokens; kept for whoever reads data for the model */
    int64_t         features; /* F: numbers in a row of a series; 0: text */
    int64_t         embed;    /* text: size of the embedding; 0: one-hot input */
    bool            frozen_embedding; /* it does not learn: for vectors from elsewhere; saved and kept */
    bool            no_stack;         /* pool the input itself; of rnn only init counts then */
    recur_rnn_spec
                  rnn; /* rnn.input is filled in; init as recur_lm_spec's, but by default the embedding starts from N(0, 0.1^2) */
    recur_pooling pooling;       /* without a stack: not RECUR_POOL_LAST */
    double        embed_dropout; /* on the elements of the embedding, or of the rows */
    double        dropout;       /* on the pooled vector */
} recur_classify_spec;

/* Create a classifier with fresh weights.
 *
 * vocab is NULL for series. A series' columns are standardised by tensors of the model, input.mean and input.deviation [F], which
 * start as 0 and 1, do not learn, and are set by recur_classify_set_moments.
 * Owner.   The caller destroys it by recur_model_destroy. The model takes vocabulary and labels over, also when this fails.
 * Errors.  RECUR_EARG: sizes, less than two labels, text without vocabulary, a series with one, a pooling without what it pools;
 *          RECUR_EMEMORY. */
RECUR_API recur_status recur_classify_create(recur_ctx *ctx, const recur_classify_spec *spec,
                                             recur_vocab *vocab, recur_labels *labels, uint64_t seed,
                                             recur_model **model);

/* Return a classifier's spec as completed by the defaults, NULL for another task's model. It stays the model's. */
RECUR_API const recur_classify_spec *recur_classify_get_spec(const recur_model *model);

/* Tell a model for series the mean and deviation of each column, [F] each, as recur_part_moments finds them; and read them back.
 * Errors: RECUR_EARG: no series, a number that is not finite, a deviation that is not above 0; RECUR_EMODEL for a deviation in the file that
 * is none. */
RECUR_API recur_status recur_classify_set_moments(recur_model *model, const double *mean,
                                                  const double *deviation);
RECUR_API recur_status recur_classify_moments(const recur_model *model, double *mean, double *deviation);

/* Start the embedding of a model's words from vectors: words without one keep their random start. A model of any task.
 * Errors: RECUR_EARG: no embedding, or vectors of another size or vocabulary. */
RECUR_API recur_status recur_model_set_vectors(recur_model *model, const recur_vectors *vectors);

/* Put the logits [B,K] of a batch on a tape, in the caller's order.
 *
 * pack holds the tokens, or for series is the layout of rows [N,F], which are standardised already. weights (may be NULL) receives
 * with RECUR_POOL_ATTENTION the weight [N,1] of each step, otherwise RECUR_NONE. A sequence without steps is legal. */
RECUR_API recur_var recur_classify_logits(recur_tape *tape, const recur_model *model, const recur_pack *pack,
                                          recur_var rows, recur_var *weights);

/* ---- training ---- */

/* How a classifier learns. All zeros: batches of 32 items, nothing else. */
typedef struct recur_classify_opts {
    recur_batch_opts batches;
    double           word_dropout; /* share of the tokens that are read as "<unk>", drawn anew in each step */
    double           label_smoothing;
    const double    *class_weights; /* [K]; NULL: 1 each */
} recur_classify_opts;

/* Train a classifier on a part of a dataset, which is encoded and, for series, standardised.
 *
 * valid may be NULL. Validation reports have accuracy; the model with the best figure opts->stop_on is kept. Otherwise as recur_lm_train.
 * Errors. RECUR_EARG, RECUR_EDATA: options, a training item without a known label, data of another kind; those of recur_lm_train. */
RECUR_API recur_status recur_classify_train(recur_model *model, const recur_part *train,
                                            const recur_part *valid, const recur_classify_opts *batches,
                                            const recur_run_opts *opts, const recur_run_hooks *hooks,
                                            recur_report *done);

/* ---- predicting ---- */

/* What a model says of an item. */
typedef struct recur_class_guess {
    int64_t       item;  /* of the dataset */
    int32_t       label; /* the most likely one; of equal ones the first */
    double        loss;  /* -log p of the item's own label; NaN where it has none that the model knows */
    const double *probabilities; /* [K] */
    const double *attention;     /* [length]: how much each step counted; NULL without RECUR_POOL_ATTENTION */
} recur_class_guess;

/* Predict the items of a part, in batches of similar length: each is told once, by the order of batches, to each().
 *
 * The dataset is encoded and, for series, standardised. What is said of an item does not depend on the others. opts (may be NULL) bounds the batches,
 * hooks' tick may be given for progress. The arrays of a guess are valid during the call.
 * Errors. RECUR_EARG; RECUR_EMEMORY; RECUR_EDIVERGED where a logit is not finite; RECUR_STOPPED. */
RECUR_API recur_status recur_classify_predict(const recur_model *model, const recur_part *part,
                                              const recur_batch_opts *opts, const recur_run_hooks *hooks,
                                              void (*each)(void *user, const recur_class_guess *guess),
                                              void *user);

#ifdef __cplusplus
}
#endif
#endif
