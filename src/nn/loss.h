/* What losses share.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LOSS_H
#define RI_LOSS_H

#include "nn/tape.h"

/* Say by what a sum over rows is multiplied, where `counted` rows (or their weights) of n sequences are reduced. False: a sticky error. */
bool ri_loss_scale(recur_tape *tape, double counted, int64_t n, recur_reduction reduction, double *scale);

/* Check the targets of n rows of V classes and say by what every row's loss is multiplied. False: a sticky error. */
bool ri_loss_targets(recur_tape *tape, int64_t n, int64_t V, const recur_pack *targets,
                     recur_reduction reduction, double *scale);

#endif
