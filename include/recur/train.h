/* Training: optimisers, schedules, clipping, and the trainer that applies them to the parameters of a model.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_TRAIN_H
#define RECUR_TRAIN_H

#include "tape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The update rules are PyTorch's torch.optim, bias corrections and places of epsilon included.
 * Adam: Kingma & Ba 2015. AdamW: Loshchilov & Hutter 2019. RMSprop: Tieleman & Hinton 2012. */
typedef enum recur_optim { RECUR_ADAM = 0, RECUR_ADAMW, RECUR_RMSPROP, RECUR_SGD } recur_optim;

typedef enum recur_schedule_kind {
    RECUR_CONSTANT = 0,
    RECUR_STEP,        /* times factor at every epoch after epoch `after` (epochs count from 1) */
    RECUR_EXPONENTIAL, /* times factor at every epoch */
    RECUR_COSINE       /* from lr to 0 along half a cosine over `epochs` */
} recur_schedule_kind;

typedef struct recur_schedule {
    recur_schedule_kind kind;
    double              factor;
    int64_t             after;
    int64_t             epochs; /* of a cosine; 0 in a run: as many as its budget has */
    int64_t             warmup; /* steps over which the rate climbs linearly from 0; for every kind */
} recur_schedule;

/* How to train. All zeros: Adam, rate 0.002, constant, no clipping, no decay. */
typedef struct recur_train_opts {
    recur_optim    optim;
    double         lr;           /* 0: 0.002 */
    double         momentum;     /* SGD, RMSprop */
    double         beta1, beta2; /* Adam: 0: 0.9, 0.999 */
    double         epsilon;      /* 0: 1e-8 */
    double         decay_rate;   /* RMSprop's average; 0: 0.99 */
    double         weight_decay; /* AdamW: decoupled; the others: added to the gradient */
    double         clip_norm;    /* greatest global norm; 0: off (Pascanu et al. 2013) */
    double         clip_value; /* greatest size of one element, applied before the norm is clipped; 0: off */
    recur_schedule schedule;
} recur_train_opts;

/* What one step did. */
typedef struct recur_step_report {
    int64_t step; /* updates made so far, this one included */
    double  loss;
    double  grad_norm; /* global norm before clipping */
    bool    was_clipped;
    int64_t n_clipped; /* updates clipped so far, by norm or by value */
    double  lr;        /* the rate used */
    double  seconds;   /* time of backward and update */
} recur_step_report;

typedef struct recur_trainer recur_trainer;

/* Create a trainer for params, its moments zero. Owner: the caller destroys it, before params; params stay the caller's.
 * Errors: RECUR_EARG for an option out of range, RECUR_EMEMORY. */
RECUR_API recur_status recur_trainer_create(recur_params *params, const recur_train_opts *opts,
                                            recur_trainer **trainer);
RECUR_API void         recur_trainer_destroy(recur_trainer *trainer); /* NULL is accepted */

/* Go backwards from loss, clip, update the parameters, clear the gradients.
 *
 * Errors. The tape's sticky error; RECUR_EDIVERGED if the loss or the gradient norm is not finite: parameters and moments
 *         are then unchanged. report may be NULL. */
RECUR_API recur_status recur_trainer_step(recur_trainer *trainer, recur_tape *tape, recur_var loss,
                                          recur_step_report *report);

/* Say which epoch (from 1) the next steps belong to; schedules look at it. 1 at creation. */
RECUR_API void recur_trainer_set_epoch(recur_trainer *trainer, int64_t epoch);

RECUR_API int64_t recur_trainer_steps(const recur_trainer *trainer); /* how many updates so far */

/* Return the learning rate of a schedule at an epoch and step (both from 1). */
RECUR_API double recur_schedule_rate(const recur_schedule *schedule, double lr, int64_t epoch, int64_t step);

/* Save parameters, moments, counters and options; load them into a trainer made with the same options for the same tensors,
 * which then goes on to the bit as if it had never stopped.
 * Errors. RECUR_EIO, RECUR_EMEMORY; load also RECUR_EMODEL for a malformed file and RECUR_EMISMATCH for one of other tensors or options:
 *         nothing is changed then. */
RECUR_API recur_status recur_trainer_save(const recur_trainer *trainer, const char *path);
RECUR_API recur_status recur_trainer_load(recur_trainer *trainer, const char *path);

#ifdef __cplusplus
}
#endif
#endif
