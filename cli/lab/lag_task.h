/* Tasks that want a long memory, made up from a seed: the answer depends on something read `lag` steps ago.
 *
 *   recall   a b c d e f            -> a           the first of lag+1 random symbols out of 8, told at the end
 *   adding   .3 .9 .1 .5 .2 .7                      lag pairs of a number from U(0,1) and a mark; one mark in the first half, one in the
 *            0  1  0  0  1  0       -> .9 + .2     second: the sum of the marked numbers (Hochreiter & Schmidhuber 1997; Le et al. 2015)
 *   copy     a b c - - - - : - - -                  10 random symbols out of 8, lag-1 blanks, a sign, 10 blanks: blanks, and from the
 *            - - - - - - - - a b c                  step after the sign on the 10 symbols (Arjovsky et al. 2016; drawn here with 3)
 *
 * Each has a best answer of those who remember nothing, its baseline: known without any experiment.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LAG_TASK_H
#define CLI_LAG_TASK_H

#include "recur/recur.h"

typedef enum lag_kind { LAG_RECALL = 0, LAG_ADDING, LAG_COPY } lag_kind;

#define LAG_KINDS "recall|adding|copy" /* as an option has them */

enum { LAG_SYMBOLS = 8, LAG_COPIED = 10 };

typedef struct lag_task {
    lag_kind kind;
    int64_t  lag; /* at least 1; adding: 2 */
    int64_t  batch;
    uint64_t seed;
} lag_task;

/* What is drawn for what, so that tests are never training's. */
typedef enum lag_stream { LAG_TRAINING = 0, LAG_TESTS, LAG_GRADIENTS } lag_stream;

/* Loss: recall nats of the answer; adding mean squared error; copy nats per step, blanks counted.
 * Accuracy: recall, and copy's 10 symbols: share that is right; adding: share with an error below 0.04 (Hochreiter & Schmidhuber 1997). */
typedef struct lag_score {
    double loss, accuracy;
} lag_score;

const char *lag_kind_name(lag_kind kind);
const char *lag_loss_name(lag_kind kind);    /* "nats" or "MSE" */
int64_t     lag_inputs(lag_kind kind);       /* I of a stack for it */
int64_t     lag_outputs(lag_kind kind);      /* of a linear layer behind it */
int64_t     lag_steps(const lag_task *task); /* T */
int64_t     lag_last(const lag_task *task);  /* the step, from 0, of the first answer that wants memory */

/* The best that can be had without memory: recall ln 8 nats, 1/8 right; adding: always 1, so 1/6, the variance of two uniform numbers' sum;
 * copy: 10 ln 8 / (lag+20) nats, 1/8 right. */
lag_score lag_baseline(const lag_task *task);

typedef struct lag_batch lag_batch;

/* Create room for batches of a task. Owner: the caller destroys it; NULL is accepted. Errors: RECUR_EMEMORY. */
recur_status lag_batch_create(recur_ctx *ctx, const lag_task *task, lag_batch **batch);
void         lag_batch_destroy(lag_batch *batch);

/* Draw the batch with that number of a stream. The tape that used the last one must be reset before. */
recur_status lag_batch_draw(lag_batch *batch, lag_stream stream, int64_t number);

/* The same without the answers that everybody knows: copy's blanks, which then do not count in the loss. */
recur_status lag_batch_draw_distant(lag_batch *batch, lag_stream stream, int64_t number);

const recur_pack *lag_batch_pack(const lag_batch *batch); /* T steps of B sequences */
recur_var         lag_batch_input(const lag_batch *batch, recur_tape *tape);

/* What a stack that has read the input says, by a linear layer: recall and adding at the last step [B,outputs], copy at each [T*B,outputs]. */
recur_var lag_batch_answer(const lag_batch *batch, recur_tape *tape, const recur_rnn *rnn, recur_seq seq,
                           const recur_linear *out);
recur_var lag_batch_loss(const lag_batch *batch, recur_tape *tape, recur_var answer);

/* Score an answer. */
lag_score lag_batch_score(const lag_batch *batch, recur_tape *tape, recur_var answer);

#endif
