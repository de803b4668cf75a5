/* What a pack holds.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PACK_H
#define RI_PACK_H

#include <stdbool.h>

#include "dev/dev.h"
#include "recur/pack.h"

struct recur_pack {
    recur_ctx *ctx;
    int64_t    B, T, N;
    bool       has_tokens, is_sorted; /* sorted: ranks are the caller's numbers */
    int64_t   *length;                /* [B], caller's order */
    int64_t   *rank_of;               /* [B]: rank of a caller's sequence */
    int64_t   *caller_of;             /* [B]: caller's number of a rank */
    int64_t   *offset;                /* [T+1]: first row of each step */
    int32_t   *tokens;                /* [N] */
    int32_t   *sequence, *time;       /* [N]: what a row holds, in the caller's numbers */
    int64_t    B_capacity, T_capacity, N_capacity;
};

static inline ri_steps ri_pack_steps(const recur_pack *pack)
{
    return (ri_steps){pack->T, pack->B, pack->offset};
}

static inline ri_sequences ri_pack_sequences(const recur_pack *pack)
{
    return (ri_sequences){pack->B, pack->N, pack->length, pack->rank_of, pack->offset};
}

#endif
