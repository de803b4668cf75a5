/* Inside a linear layer.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LINEAR_H
#define RI_LINEAR_H

#include "nn/params.h"

struct recur_linear {
    recur_params *params;
    int64_t       weight, bias; /* bias -1: none */
    int64_t       I, O;
};

#endif
