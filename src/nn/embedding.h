/* Inside an embedding.
 * SPDX-License-Identifier: MIT */
#ifndef RI_EMBEDDING_H
#define RI_EMBEDDING_H

#include "nn/params.h"

struct recur_embedding {
    recur_params *params;
    int64_t       weight, V, E;
};

#endif
