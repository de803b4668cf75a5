/* Sampling with one token left out.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SAMPLE_H
#define RI_SAMPLE_H

#include "recur/stream.h"

/* recur_sample that never returns the token `banned` (-1: none). Errors also: RECUR_EARG if no token is left. */
recur_status ri_sample_without(const recur_sampling *sampling, uint64_t draw, int64_t V, const float *logits,
                               int32_t banned, int32_t *scratch, int32_t *id);

#endif
