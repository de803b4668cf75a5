/* A probe at work: some sequences of data, put on an examined tape whole or in part, and where the inner values of each stack then are.
 *
 *   ri_sequence ...  -> ri_probe_put -> loss on the tape -> recur_backward -> ri_probe_row -> values and gradients of a step
 *
 * Models are not written twice here: the tape is told to examine (nn/tape.h), the models put themselves on it as in training, and each
 * application of a stack leaves its trace. A measure goes through the sequences in groups that a tape has room for; sequences do not
 * depend on their batch mates, so groups change no number.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PROBE_H
#define RI_PROBE_H

#include "base/arena.h"
#include "model/classify_feed.h"
#include "model/model.h"
#include "model/seq2seq.h"
#include "model/tag.h"
#include "nn/rnn.h"
#include "recur/diag.h"

enum { RI_MOST_STACKS = 2 };

/* One sequence; what its task does not have is NULL. */
typedef struct ri_sequence {
    int64_t        n; /* steps read: tokens or rows; a source without its mark */
    const int32_t *ids;
    const float   *rows;   /* [n,F] */
    const int32_t *wanted; /* lm, tagger: [n] */
    const int32_t *forms;  /* tagger: [n], of the dataset */
    int32_t        label;  /* classifier */
    const int32_t *target;
    int64_t        n_target;
} ri_sequence;

/* One of a model's stacks. */
typedef struct ri_stack {
    const char      *name;
    const recur_rnn *rnn;
    bool             is_speller; /* over characters of words: its sequences are not the probe's */
    bool             is_decoder;
} ri_stack;

struct recur_probe {
    recur_ctx    *ctx;
    recur_model  *model;
    ri_arena      kept;  /* sequences and results */
    ri_arena      spare; /* what a measure needs while it works; empty between measures */
    ri_arena      group; /* what one group of sequences needs; empty before each */
    recur_lengths lengths;

    ri_stack    stacks[RI_MOST_STACKS];
    int         n_stacks;
    recur_lane *lanes; /* [n_lanes] of all stacks in order: layer, then direction */
    int64_t     n_lanes;

    const recur_corpus  *corpus;
    const recur_dataset *dataset;
    ri_sequence         *sequences; /* [n] longest first */
    int64_t              n;
    uint64_t             seed;

    /* What puts sequences on the tape. */
    recur_tape          *tape;
    recur_pack          *read, *wanted, *asked;
    ri_classify_feed     classify;
    ri_tag_batch         tag;
    recur_seq2seq_batch *pairs;
};

/* Memory that lasts as long as the probe, until the measure ends, until the next group: n things of `size`, set to zero. NULL: there is none. */
void *ri_probe_keep(recur_probe *p, int64_t n, size_t size);
void *ri_probe_spare(recur_probe *p, int64_t n, size_t size);
void *ri_probe_group_take(recur_probe *p, int64_t n, size_t size);

/* One of these: where results go. */
typedef void *(*ri_take)(recur_probe *p, int64_t n, size_t size);

/* Let go of what a measure took and return its status. */
recur_status ri_probe_end(recur_probe *p, recur_status status);

/* Return RECUR_EMEMORY with its sentence. */
recur_status ri_probe_no_memory(const recur_probe *p);

/* How many of sequences[first] ... fit on a tape together, at least 1. */
int64_t ri_probe_group(const recur_probe *p, const ri_sequence *sequences, int64_t first, int64_t n);

/* Choose the sequences. Errors: see recur_probe_create. */
recur_status ri_probe_choose(recur_probe *p, const recur_probe_data *data, const recur_probe_opts *opts);

/* What is wanted of a run: traces for backward, traces of values, the loss alone. */
typedef enum ri_probe_mode { RI_GRADIENTS = 0, RI_VALUES, RI_LOSSES } ri_probe_mode;

/* Run n sequences on the probe's tape, which is reset, and say their loss: with asked [n], the sum of each sequence's loss at that one step
 * (of its targets; a classifier's only loss); without, the mean over all steps. Errors: the tape's. */
recur_status ri_probe_put(recur_probe *p, int64_t n, const ri_sequence *sequences, const int64_t *asked,
                          ri_probe_mode mode, recur_var *loss);

/* How many losses a sequence has: of its steps, of its targets with their mark, or one. */
int64_t ri_probe_losses(const recur_probe *p, const ri_sequence *sequence);

/* The sequence's steps in a stack that is not the speller's, marks included. */
int64_t ri_probe_steps(const recur_probe *p, const ri_stack *stack, const ri_sequence *sequence);

/* Where the values of a stack are on the tape: one application over all steps, or one for each step. */
typedef struct ri_walk {
    const ri_rnn_trace **traces; /* [n] */
    int64_t              n;
    const int64_t       *rank_of; /* where there are many: of all of them; NULL: the same */
} ri_walk;

recur_status ri_probe_walk(recur_probe *p, const ri_stack *stack, ri_walk *walk);

/* The trace and the row of step t of sequence b of what was put. */
int64_t ri_walk_row(const ri_walk *walk, int64_t b, int64_t t, const ri_rnn_trace **trace);

/* Copy the values, or the gradient, of one row of lane k of a stack out of a traced variable [K,N,width]. */
void ri_probe_read(const recur_probe *p, recur_var v, int64_t k, int64_t row, bool is_gradient, double *out);

/* Norm of the gradient there. */
double ri_probe_gradient(const recur_probe *p, recur_var v, int64_t k, int64_t row);

/* ---- measures in parts, for those that share a pass ---- */

/* Gradient flow: what is summed of each lane, then lanes. */
typedef struct ri_flow_sums ri_flow_sums;

/* Which loss of each sequence is followed: a tagger's reverse lanes begin at its first word. */
typedef enum ri_flow_pass { RI_FLOW_LAST = 0, RI_FLOW_FIRST } ri_flow_pass;

/* Errors: RECUR_EMEMORY. */
recur_status ri_flow_begin(recur_probe *p, ri_take take, ri_flow_sums **sums);
recur_status ri_flow_end(recur_probe *p, ri_take take, const ri_flow_sums *sums, recur_flow *flow);

/* Whether lanes of that pass are there; run it over n sequences from `first` on, and add. loss (may be NULL) is added to. */
bool         ri_flow_wants(const recur_probe *p, ri_flow_pass pass);
recur_status ri_flow_run(recur_probe *p, ri_flow_pass pass, int64_t first, int64_t n, ri_flow_sums *sums,
                         double *loss);

/* Gates and units: all values of what is on the tape are added. Without gates, of states alone. */
typedef struct ri_gate_sums ri_gate_sums;

recur_status ri_gates_begin(recur_probe *p, ri_take take, bool with_gates, ri_gate_sums **sums);
recur_status ri_gates_add(recur_probe *p, ri_gate_sums *sums);
recur_status ri_gates_end(recur_probe *p, ri_take take, const ri_gate_sums *sums, recur_gates *gates);

#endif
