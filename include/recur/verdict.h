/* Verdicts: what is wrong with a recurrent network, by written rules over measured numbers.
 *
 *   probe of a model on data (recur/diag.h) --.
 *   log of its training (recur/run.h) ---------+--> symptoms, a plain struct of numbers --> rules --> findings: illness, number, advice
 *   what it is: cell, span, rate --------------'
 *
 * A rule is a row of a table: an illness, a quantity, a threshold and why it is there. Every row is in docs/diagnose.md. The thresholds are
 * set so that a network which has learnt its task has no illness, at the price that a mild one is not named.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_VERDICT_H
#define RECUR_VERDICT_H

#include "diag.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the order in which they are told: what comes first may be the cause of what follows. */
typedef enum recur_illness {
    RECUR_RATE_TOO_HIGH = 0,
    RECUR_EXPLODING,
    RECUR_DEAD,
    RECUR_SATURATED,
    RECUR_FORGETTING,
    RECUR_VANISHING,
    RECUR_TRUNCATED,
    RECUR_RATE_TOO_LOW,
    RECUR_OVERFITTING,
    RECUR_LEARNS_NOTHING,
    RECUR_ILLNESSES
} recur_illness;

/* Return the name of an illness, "rate-too-high" for RECUR_RATE_TOO_HIGH. Never NULL. */
RECUR_API const char *recur_illness_name(recur_illness illness);

/* One rule: it is met where its quantity is above the threshold, or below it. An illness may have several. */
typedef struct recur_rule {
    recur_illness illness;
    const char   *quantity;
    bool          is_below;
    double        threshold;
    const char   *why;
} recur_rule;

/* Return the table of all rules, by illness; *n (NULL: not asked) receives how many there are. */
RECUR_API const recur_rule *recur_rules(int64_t *n);

/* ---- symptoms ---- */

/* The numbers that rules look at. What is not known is 0 where it is a count and NaN elsewhere; rules that want it are then silent. */
typedef struct recur_symptoms {
    /* said by the caller */
    recur_task task;
    recur_cell cell;
    int64_t
            span; /* steps over which the state has to carry something; 0: none, where pooling or attention sees every step */
    int64_t bptt;      /* steps after which training cuts sequences; 0: they are whole */
    double  lr, clip;  /* of training; clip 0: off */
    double  ignorance; /* loss of a model that gives every answer the same probability: ln of their number */
    double  guess;     /* loss of one that answers by the frequency of the answers */

    /* recur_symptoms_log */
    bool   has_diverged;
    double worst_loss; /* the greatest of the reports */
    double
           loss_rise; /* loss of the last quarter of the reports, their median, above the lowest running median of five */
    double norm;       /* median of the gradient norms before clipping */
    double worst_norm; /* the greatest */
    double clip_rate;  /* over all reports */
    double valid_rise; /* last validation loss over the lowest */

    /* recur_symptoms_flow: of each stack the lane that holds the gradient longest, of these the worst */
    double horizon; /* steps */
    double left;    /* gradient left at the span, or at the last lag below it, relative to lag 0 */
    double
        peak; /* greatest gradient of any lane at any lag, relative to lag 0; without a span of a decoder only */

    /* recur_symptoms_gates: of the worst lane */
    double
           kept; /* share of an LSTM's forget gates, over all steps, whose time constant is a step or more; of the lane with the least */
    double tau;  /* median time constant there */
    double saturated; /* share of its gates' values, or of its states where it has no gates */
    double dead;      /* share of its units */

    double
        loss; /* recur_symptoms_updates: of the probe's sequences, unless the caller has said one of more data */
    double update_ratio; /* median over weight matrices of the rate times the gradient, over the weight */
    double context_gain; /* recur_symptoms_context: share of the loss that context beyond bptt takes away */
    double lyapunov;     /* recur_symptoms_dynamics: largest exponent of any lane along the data, per step */
} recur_symptoms;

/* Set everything to unknown. */
RECUR_API void recur_symptoms_clear(recur_symptoms *symptoms);

/* Read symptoms off a log and off what a probe measured; what the caller says must be there before. None of them fails or allocates; NULL says
 * nothing. is_adaptive: the optimiser moves each weight by about the rate, whatever its gradient is (Adam, RMSprop). */
RECUR_API void recur_symptoms_log(recur_symptoms *symptoms, const recur_run_log *log);
RECUR_API void recur_symptoms_flow(recur_symptoms *symptoms, const recur_flow *flow);
RECUR_API void recur_symptoms_gates(recur_symptoms *symptoms, const recur_gates *gates);
RECUR_API void recur_symptoms_updates(recur_symptoms *symptoms, const recur_updates *updates,
                                      bool is_adaptive);
RECUR_API void recur_symptoms_context(recur_symptoms *symptoms, const recur_context *context);
RECUR_API void recur_symptoms_dynamics(recur_symptoms *symptoms, const recur_lanes_dynamics *dynamics);

/* ---- verdict ---- */

/* An illness that was found: by the first of its rules that is met. */
typedef struct recur_finding {
    const recur_rule *rule;
    double            value;
    bool              has_cause; /* it may follow from an illness found before it: */
    recur_illness     cause;
    char              says[256];   /* the numbers, in words */
    char              advice[256]; /* what to try, in the program's options */
} recur_finding;

/* Judge symptoms. Returns how many illnesses were found, at most one finding each, in their order; 0 for NULL. */
RECUR_API int recur_judge(const recur_symptoms *symptoms, recur_finding found[RECUR_ILLNESSES]);

#ifdef __cplusplus
}
#endif
#endif
