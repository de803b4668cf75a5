/* Diagnostics: what a model does with its gradients, its memory and its gates, and where attention lies. recur/picture.h draws it.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DIAG_H
#define RECUR_DIAG_H

#include "seq2seq.h"
#include "tag.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Return the Euclidean norm of n floats, summed in double: squares of 1e-29 do not underflow. */
RECUR_API double recur_norm(const float *x, int64_t n);

/* Norms [T] of the gradient at every step of a variable [T,...], after recur_backward, summed in double.
 * Errors: RECUR_EARG if the variable has no time axis or no gradient yet. */
RECUR_API recur_status recur_gradient_flow(const recur_tape *tape, recur_var v, double *norms);

/* ---- a probe: measures of a model on data ---- */

/* A probe holds a model and some sequences of data to look at it with. Every measure runs the model as it is, without dropout, in batches
 * whose size follows from the model's: what is found does not depend on them. Measures that go backwards use the gradients of the model's
 * parameters and leave them zero.
 *
 * A probe's results are plain structs; their arrays are the probe's and last until it is destroyed. */
typedef struct recur_probe recur_probe;

/* What to look at: the one that the model's task reads. Datasets and pairs are encoded with the model's vocabularies and labels, series
 * standardised; all must live as long as the probe. */
typedef struct recur_probe_data {
    const recur_corpus *corpus; /* language models */
    recur_part          part;   /* classifiers and taggers */
    recur_pair_part     pairs;  /* encoder-decoders */
} recur_probe_data;

/* How much of it. All zeros: 32 sequences of at most 256 steps.
 *
 * Of a corpus, windows spread evenly over it, each from a zero state. Of items, those of the longer half, spread evenly over their
 * lengths; a longer one than `steps` is cut to what the model reads last of it (a target to its beginning). Items without a
 * step, a label, a target or with tags that the model does not know are passed over. */
typedef struct recur_probe_opts {
    int64_t  sequences;
    int64_t  steps;
    uint64_t seed; /* of what is drawn at random */
} recur_probe_opts;

/* Create a probe. opts may be NULL.
 *
 * Owner.   The caller destroys it, before the model. The model is not changed but for the gradients of its parameters.
 * Errors.  RECUR_EARG: no data, data of another task, that are not encoded, or that the model cannot read; a model without a stack.
 *          RECUR_EDATA: too few: no item that can be looked at, a corpus of less than 3 tokens. RECUR_EMEMORY.
 * Threads. One at a time, and while nothing else computes gradients of the model. */
RECUR_API recur_status recur_probe_create(recur_model *model, const recur_probe_data *data,
                                          const recur_probe_opts *opts, recur_probe **probe);
RECUR_API void         recur_probe_destroy(recur_probe *probe); /* NULL is accepted */

/* A lane: one layer of one of a model's stacks in one direction. Its time runs as it reads: of a reverse lane from the end. */
typedef struct recur_lane {
    const char *stack; /* as in the names of its tensors: "rnn"; "encoder", "decoder"; "characters.rnn" */
    int64_t     layer;
    bool        is_reverse;
    recur_cell  cell;
    int64_t     units, outputs; /* H and P */
} recur_lane;

/* How many sequences a probe looks at, and how long those of the data are, in steps of what is read: tokens or rows. */
typedef struct recur_lengths {
    int64_t items; /* of the data; a corpus is one */
    int64_t shortest, median, longest;
    double  mean;
    int64_t sequences;  /* that the probe looks at, */
    int64_t most_steps; /* and the longest of them, marks included */
} recur_lengths;

/* Say how long the data are, and what of them the probe looks at. Errors: RECUR_EARG for NULL. */
RECUR_API recur_status recur_probe_lengths(const recur_probe *probe, recur_lengths *lengths);

/* ---- gradient flow ---- */

/* How the gradient of the loss at one step fades, going back. The step is: of a language model the last one of a window; of a
 * tagger the last word for lanes that read forwards and the first for reverse ones (its own softmax, also where a random field is on top);
 * of an encoder-decoder the last token of a target, "</s>" aside; a classifier has one loss. Lag 0 is that step in the same stack,
 * or the last that the lane has read where the loss is elsewhere (classifier, encoder).
 *
 * At each lag k stands the norm of the gradient by the state relative to that at lag 0 of the same sequence: the geometric mean over the
 * sequences that reach so far. A norm below 1e-38, the least that float32 holds, counts as that. Sequences without any gradient at lag 0 are left out.
 *
 * horizon is the greatest lag at which the state (the greater of h and c) still has 1/100 of the gradient of lag 0. A step's share in a weight's
 * gradient is then below the differences between the shares of the nearest steps, which batches do not average out: such a
 * lag is not learnt. rate is the factor per step, by least squares through log10 of the same curve as long as it is above 1e-12; above 1 it grows. */
typedef struct recur_lane_flow {
    recur_lane     lane;
    int64_t        lags;             /* at 0, 1 .. lags-1 */
    const int64_t *count;            /* [lags] sequences */
    const double  *h, *c;            /* [lags] relative norms; c NULL unless LSTM */
    double         h_start, c_start; /* geometric means of the norms at lag 0; c_start NaN unless LSTM */
    int64_t        horizon;
    bool           is_open; /* the horizon is the last lag there is: it may lie further */
    double         rate;    /* NaN with one lag */
    double         peak;    /* greatest value of the curve, 1 or more */
} recur_lane_flow;

typedef struct recur_flow {
    int64_t                n; /* lanes; a tagger's characters are not among them */
    const recur_lane_flow *lanes;
} recur_flow;

/* Follow the gradient of the loss at one step back through every lane.
 * Errors. RECUR_EARG for NULL; RECUR_EMEMORY. Cost: a pass forwards and back over the sequences. */
RECUR_API recur_status recur_probe_flow(recur_probe *probe, recur_flow *flow);

/* ---- gates and units ---- */

enum { RECUR_TAU_BINS = 16 };

/* A gate's values over all steps and units. Saturated: a sigmoid below .05 or above .95, where its slope is less than a fifth of the
 * greatest; a tanh beyond -.99 or .99, where its slope is 2 % of it. */
typedef struct recur_gate_use {
    const char *name;      /* "i" "f" "g" "o", "r" "z" "n" */
    double      low, high; /* shares */
    double      mean;
} recur_gate_use;

/* What a lane does over the data.
 *
 * A forget gate f (an LSTM's f, a GRU's z) that stays as it is keeps a share 1/e of the state over tau = -1/ln f steps. Bin 0 has the share
 * of values with tau below 1, bin j those from 2^(j-1) to below 2^j, the last all above. A unit's own tau is -1/mean(ln f),
 * infinite where f is 1 throughout.
 *
 * A state is saturated where |h| (LSTM: |tanh c|) is above .99; of relu, never. A unit is dead where h is 0 at every step (relu), or its
 * standard deviation is below 1e-4 (the others). */
typedef struct recur_lane_gates {
    recur_lane     lane;
    int64_t        rows; /* steps of all sequences */
    int            n_gates;
    recur_gate_use gates[4];
    bool           has_tau; /* LSTM, GRU */
    double         tau[RECUR_TAU_BINS];
    double         tau_median; /* of the units */
    const double  *unit_tau;   /* [H]; NULL without */
    double         saturated;  /* share of states */
    int64_t        n_dead;
    const bool    *is_dead;          /* [P] */
    const double  *mean, *deviation; /* [P] of h */
} recur_lane_gates;

typedef struct recur_gates {
    int64_t                 n; /* lanes, all of them */
    const recur_lane_gates *lanes;
} recur_gates;

/* Look at every gate, state and unit while the sequences are read. Errors: as recur_probe_flow. Cost: a pass forwards over the sequences. */
RECUR_API recur_status recur_probe_gates(recur_probe *probe, recur_gates *gates);

/* ---- dynamics ---- */

/* A lane as a dynamical system driven by the data: what it reads is given, its state is h, and c of an LSTM (recur/dynamics.h). Layers below drive those
 * above and nothing comes back, so the exponents of a stack are those of its lanes together.
 *
 * lyapunov is the largest exponent per step along the data, the mean over at most 4 sequences, and error its standard error (NaN of one sequence):
 * below 0 the lane forgets its past state at rate exp(lyapunov), above 0 it is chaotic. singular has the singular values of the Jacobian of a step,
 * greatest first, each the mean over three steps; NULL where the state has more than 256 numbers.
 *
 * All of it in float64. Cost: beside one pass, for each lane as many products with a Jacobian as there are steps. */
typedef struct recur_lane_dynamics {
    recur_lane lane;
    int64_t    n;     /* numbers in the state */
    int64_t    steps; /* that counted; 0: sequences are too short, below 4 steps, and the numbers are NaN */
    double     lyapunov, error;
    const double *singular; /* [n] */
} recur_lane_dynamics;

typedef struct recur_lanes_dynamics {
    int64_t                    n; /* lanes, as of recur_flow */
    const recur_lane_dynamics *lanes;
} recur_lanes_dynamics;

/* Measure singular values of step Jacobians and the greatest Lyapunov exponent of each lane along the data, in float64.
 * Errors: as recur_probe_flow; RECUR_EDIVERGED for states that are not finite. Cost: the slowest of the measures. */
RECUR_API recur_status recur_probe_dynamics(recur_probe *probe, recur_lanes_dynamics *dynamics);

/* ---- updates ---- */

/* A tensor's gradient of the mean loss over the probe's sequences beside its weights. */
typedef struct recur_tensor_update {
    const char *name;
    int64_t     count;
    bool        is_frozen;
    double      weight_norm, grad_norm;
    double ratio; /* lr * grad_norm / weight_norm: of plain gradient descent. NaN where the weights are 0 */
    double
        adam_ratio; /* lr * sqrt(elements that have a gradient) / weight_norm: Adam moves each by about lr */
} recur_tensor_update;

typedef struct recur_updates {
    int64_t                    n;
    const recur_tensor_update *tensors;
    double                     loss, grad_norm; /* of all tensors that learn */
} recur_updates;

/* Measure every tensor's gradient of the mean loss; lr is the rate that the ratios are for.
 * Errors: as recur_probe_flow. Cost: a pass forwards and back over the sequences. */
RECUR_API recur_status recur_probe_updates(recur_probe *probe, double lr, recur_updates *updates);

/* ---- context ---- */

/* The loss where only the last so many steps are read, 1, 2, 4 ... up to the longest sequence (a tagger: so many words on each side of a word, from
 * 0 on; an encoder-decoder: so many tokens of the source, and its end). The same tokens are predicted at every context: those for which the longest is there
 * or the sequence begins.
 *
 * effective is the least context that has 98 % of the gain from the shortest to the best. */
typedef struct recur_context {
    int64_t        n;
    const int64_t *steps;  /* [n] */
    const double  *loss;   /* [n] nats per token or item */
    int64_t        tokens; /* predicted at each */
    int64_t        effective;
} recur_context;

/* Measure the loss with the context cut to 1, 2, 4 ... steps.
 * Errors: as recur_probe_flow; RECUR_EDIVERGED if a loss is not finite. Cost: a pass forwards over the data for each cut, and for a cut to few steps many short ones. */
RECUR_API recur_status recur_probe_context(recur_probe *probe, recur_context *context);

/* ---- forgetting ---- */

/* One input is exchanged for another of the data; k steps later the state differs by difference[k] = |h' - h| / |h|, the mean over places and
 * sequences. Of an encoder a source token is exchanged, of a decoder one of those that it reads.
 *
 * reach is the greatest k with at least 1/100 of the difference at k = 0. */
typedef struct recur_lane_memory {
    recur_lane     lane;
    int64_t        lags;
    const int64_t *count;      /* [lags] */
    const double  *difference; /* [lags] */
    int64_t        reach;
    bool           is_open;
} recur_lane_memory;

typedef struct recur_forgetting {
    int64_t                  n; /* lanes, as of recur_flow */
    const recur_lane_memory *lanes;
} recur_forgetting;

/* Change one input and see how far on the states still show it. Errors: as recur_probe_flow. Cost: two passes forwards over the sequences. */
RECUR_API recur_status recur_probe_forgetting(recur_probe *probe, recur_forgetting *forgetting);

/* ---- cells that track text ---- */

/* What a language model's cell may follow. After each token: whether a quotation by " is open (0 or 1), how many of ( [ { are open, how many characters
 * stand in the line so far. */
typedef enum recur_feature {
    RECUR_IN_QUOTES = 0,
    RECUR_BRACKET_DEPTH,
    RECUR_LINE_POSITION,
    RECUR_FEATURES
} recur_feature;

/* Which value of a lane at a step. */
typedef enum recur_value_kind {
    RECUR_VALUE_H = 0,
    RECUR_VALUE_C,   /* tanh(c) */
    RECUR_VALUE_GATE /* gate 0, 1 .. as recur_lane_gates has them */
} recur_value_kind;

/* One number of a model at each step. */
typedef struct recur_trait {
    int64_t          lane; /* of recur_gates */
    recur_value_kind kind;
    int              gate;
    int64_t          unit;
} recur_trait;

/* A unit that follows a feature. */
typedef struct recur_tracker {
    recur_trait trait;       /* h, or c of LSTM */
    double      correlation; /* of its value and the feature */
    double      auc;         /* of quotes: that a value inside is above one outside; NaN for the others */
} recur_tracker;

enum { RECUR_TRACKERS = 3 };

/* The units that follow each feature best, by |correlation|, over all of the passage. */
typedef struct recur_trackers {
    bool          is_there[RECUR_FEATURES];             /* the feature takes different values there */
    recur_tracker best[RECUR_FEATURES][RECUR_TRACKERS]; /* trait.unit is -1 where there are no more */
} recur_trackers;

/* Find them over n tokens of the corpus from `begin` on. Errors: RECUR_EARG: no language model, no such tokens; RECUR_EMEMORY. */
RECUR_API recur_status recur_probe_trackers(recur_probe *probe, int64_t begin, int64_t n,
                                            recur_trackers *trackers);

/* Write chosen numbers over such a passage: values [n_traits,n], after each token read, from a zero state.
 * Errors: as above, and for a lane, gate or unit that there is not. Cost: a pass forwards over the passage. */
RECUR_API recur_status recur_probe_passage(recur_probe *probe, int64_t begin, int64_t n, int64_t n_traits,
                                           const recur_trait *traits, double *values);

/* ---- the cheap part, for a training under way ---- */

/* Take a pulse (recur/run.h). Its horizon is of each stack that of the furthest of its lanes, and of these the least; rate is that lane's.
 * Numbers of a model that has diverged are not finite.
 *
 * Cost. One pass forwards and back over the probe's sequences; no memory once the first has been taken. */
RECUR_API recur_status recur_probe_pulse(recur_probe *probe, recur_pulse *pulse);

/* ---- attention ---- */

/* Where attention lies while a pair's right target is written. */
typedef struct recur_alignment {
    int64_t item;
    int64_t n_source, n_target; /* tokens */
    const float
        *weights; /* [n_target+1,n_source+1]: of each token and </s>, over the source's tokens and its end */
} recur_alignment;

/* Ask a model that has attention for its weights, each target token read after the right ones; each() is told of every pair.
 *
 * Owner.   The weights are valid during the call of each().
 * Errors.  RECUR_EARG: another task's model, one without attention, no pairs or targets, an id outside of its vocabulary;
 *          RECUR_EDIVERGED; RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_align(const recur_model *model, const recur_pair_batch *pairs,
                                           void (*each)(void *user, const recur_alignment *alignment),
                                           void *user);

/* Return the share of the weights that lies within so many places of the diagonal: of place t for token t, or of the t-th place from the
 * end where is_reversed. The tokens of the target count, </s> does not; NaN where there are none. */
RECUR_API double recur_alignment_mass(const recur_alignment *alignment, bool is_reversed, int64_t within);

#ifdef __cplusplus
}
#endif
#endif
