/* Sequence to sequence: an encoder reads a source, a decoder writes a target, token by token.
 *
 *   source -> embedding -> encoder -> outputs [N,D*P] ------------- attention ------.
 *                             '- last state, the summary vector -> bridge -.        | context vector
 *                                                                          v        v
 *   </s> y1 y2 ..  -> embedding --------------------------------------> decoder -> readout -> head -> y1 y2 .. </s>
 *
 *   attention none     the decoder starts from the summary vector and sees nothing else of the source (Sutskever et al. 2014)
 *   additive           the top state before step t asks; the context is read beside the token; the readout sees state, context and
 *                      embedding (Bahdanau et al. 2015)
 *   dot, general       the top state after step t asks; the readout is tanh(W [context; state]); with input feeding it is read beside
 *                      the next token (Luong et al. 2015)
 *
 * One mark, </s>, has the id behind those of a vocabulary, recur_seq2seq_mark. Behind a source it is its end; before a target its
 * beginning and behind it its end. So tables and head have one row more than a vocabulary, and no source is empty.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_SEQ2SEQ_H
#define RECUR_SEQ2SEQ_H

#include "attention.h"
#include "model.h"
#include "pairs.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the encoder's final state becomes the decoder's first. */
typedef enum recur_bridge {
    RECUR_BRIDGE_DEFAULT = 0, /* copy where that is possible, else linear */
    RECUR_BRIDGE_COPY,        /* as it is: one direction, equal cells, layers and sizes */
    RECUR_BRIDGE_LINEAR, /* h = tanh(W h' + b), c = W c' + b for each layer of the decoder, from both directions of the same layer of the
                                 encoder (of its top layer where they have different numbers of layers) */
    RECUR_BRIDGE_SUM     /* the sum of the two directions: equal cells, layers and sizes */
} recur_bridge;

/* What an encoder-decoder is. All zeros but the two hidden sizes: one LSTM layer each, one direction, additive attention. */
typedef struct recur_seq2seq_spec {
    recur_text_rule
            rule; /* how texts of both sides become tokens; kept for whoever reads data for the model */
    int64_t source_embed;         /* size of a source token's vector; 0: 256 */
    int64_t target_embed;         /* 0: 256 */
    recur_rnn_spec       encoder; /* input is filled in */
    recur_rnn_spec       decoder; /* input is filled in; one direction */
    recur_bridge         bridge;
    recur_attention_kind attention;
    int64_t              attention_size; /* additive: A; 0: the decoder's hidden size */
    bool                 input_feeding;  /* dot and general only */
    int64_t
         readout; /* size R of tanh(W z) before the head, where z is all that the readout sees; 0: none, but dot and general
                                 have one of the size of the decoder's output, and tie one of target_embed */
    bool shared_embeddings; /* one table for both sides; wants one vocabulary for both */
    bool tie;               /* the head uses the table of targets */
    bool reverse_source;    /* sources are read from their end to their beginning */
    double
        dropout; /* on both embeddings, and on the readout (between layers: encoder.dropout, decoder.dropout) */
} recur_seq2seq_spec;

/* Create an encoder-decoder with fresh weights. Names: source.weight, target.weight (or embedding.weight), encoder.weight_ih_l0 ...,
 * decoder.weight_ih_l0 ..., bridge.h_l0.weight ..., bridge.c_l0.weight ..., attention.*, readout.weight, head.weight, head.bias.
 *
 * target NULL: one vocabulary for both sides. encoder.init holds for the encoder; decoder.init for the decoder and, where it is of a kind
 * that has a meaning for them, for all other tensors; by default tables start from N(0, 0.1^2).
 * Owner.   The caller destroys it by recur_model_destroy. The model takes the vocabularies over, also when this fails.
 * Errors.  RECUR_EARG: sizes, a bidirectional decoder (writing has no future), a bridge that does not fit, input feeding with attention that
 *          has none, shared embeddings of two vocabularies or sizes, a vocabulary of another unit than the rule's; RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_create(recur_ctx *ctx, const recur_seq2seq_spec *spec,
                                            recur_vocab *source, recur_vocab *target, uint64_t seed,
                                            recur_model **model);

/* Return the spec as completed by the defaults, NULL for another task's model. It stays the model's. */
RECUR_API const recur_seq2seq_spec *recur_seq2seq_get_spec(const recur_model *model);

/* Return the vocabulary of what is written, which may be recur_model_vocab itself. NULL for another task's model. */
RECUR_API const recur_vocab *recur_seq2seq_target_vocab(const recur_model *model);

/* Return the id of </s> among targets: the size of their vocabulary. Logits have one more column than that. -1 for another
 * task's model. */
RECUR_API int32_t recur_seq2seq_mark(const recur_model *model);

/* ---- on a tape ---- */

/* A batch with its marks, as packs. */
typedef struct recur_seq2seq_batch recur_seq2seq_batch;

/* Create an empty batch for a model, to be filled again and again. Errors: RECUR_EARG for a model of another task; RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_batch_create(const recur_model *model, recur_seq2seq_batch **batch);
RECUR_API void         recur_seq2seq_batch_destroy(recur_seq2seq_batch *batch); /* NULL is accepted */

/* Fill it. While a tape that used it is not reset, it must not be filled again. Errors: RECUR_EARG for an id outside of its vocabulary;
 * RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_batch_fill(recur_seq2seq_batch *batch, const recur_pair_batch *pairs);

/* What a loss may also do. All zeros: teacher forcing throughout, nothing else. */
typedef struct recur_seq2seq_loss_opts {
    double
           own; /* share of the tokens read that are the model's own most likely ones instead of the target's (scheduled sampling; Bengio et
                   al. 2015), drawn by the tape's noise for each sequence and step */
    double label_smoothing;
} recur_seq2seq_loss_opts;

/* Put the loss over a filled batch on a tape: cross-entropy of all target tokens and marks. opts may be NULL. */
RECUR_API recur_var recur_seq2seq_loss(recur_tape *tape, const recur_model *model, recur_seq2seq_batch *batch,
                                       const recur_seq2seq_loss_opts *opts, recur_reduction reduction);

/* Put the logits [N,V+1] on a tape, rows of the targets with their marks: longest first, step by step, as recur_pack has them. */
RECUR_API recur_var recur_seq2seq_logits(recur_tape *tape, const recur_model *model,
                                         recur_seq2seq_batch *batch);

/* ---- training ---- */

/* How an encoder-decoder learns. All zeros: one update for each batch. */
typedef struct recur_seq2seq_opts {
    double  own;             /* see recur_seq2seq_loss_opts */
    double  label_smoothing; /* of training; validation has none */
    int64_t accumulate;      /* batches per update: as if they were one, to rounding; 0: 1 */

    /* Judge the model at each validation by a figure of one's own, such as BLEU, reported as "score"; NULL: none. */
    recur_status (*judge)(void *user, const recur_model *model, double *score);
    void *user;
} recur_seq2seq_opts;

/* Train on the batches of a feed. The loss is nats per target token, marks included.
 *
 * valid may be NULL. Validation reports have the loss with teacher forcing, accuracy (share of tokens that would have been chosen after the right
 * ones before) and score; the model with the best figure opts->stop_on is kept. Otherwise as recur_lm_train. */
RECUR_API recur_status recur_seq2seq_train(recur_model *model, const recur_pair_feed *train,
                                           const recur_pair_feed *valid, const recur_seq2seq_opts *opts,
                                           const recur_run_opts *run, const recur_run_hooks *hooks,
                                           recur_report *done);

/* What a model makes of one pair, each token told the right ones before it. */
typedef struct recur_pair_score {
    int64_t item;
    int64_t tokens;  /* of the target, mark included */
    int64_t correct; /* of these, how many would have been chosen */
    double  nats;    /* sum of their losses */
} recur_pair_score;

/* Score the pairs of a feed in its plain order; each() (may be NULL) is told of every pair. hooks' tick may be given for progress.
 *
 * total (may be NULL) receives the sums; its item is the number of pairs. Errors: RECUR_EDIVERGED, RECUR_STOPPED, RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_evaluate(const recur_model *model, const recur_pair_feed *feed,
                                              const recur_run_hooks *hooks,
                                              void (*each)(void *user, const recur_pair_score *score),
                                              void *user, recur_pair_score *total);

#ifdef __cplusplus
}
#endif
#endif
