/* What a trainer holds: the completed options, two blocks of moments shaped like the parameters, and three counters.
 *
 *   values [....|pad][....]   params        moment1 [....|pad][....]   Adam: mean; SGD, RMSprop: momentum      or NULL
 *   grads  [....|pad][....]   params        moment2 [....|pad][....]   Adam, RMSprop: mean square              or NULL
 * SPDX-License-Identifier: MIT */
#ifndef RI_TRAINER_H
#define RI_TRAINER_H

#include "nn/params.h"
#include "recur/train.h"

struct recur_trainer {
    recur_ctx       *ctx;
    recur_params    *params;
    recur_train_opts opts; /* completed */
    int64_t          size; /* elements of each block, the params' when the trainer was made */
    void            *moment1, *moment2;
    int64_t          step, epoch; /* updates made; the epoch of the next one */
    int64_t          n_clipped;   /* updates clipped */
};

#endif
