/* Packs: sequences of different lengths in one batch, without padding.
 *
 *   caller's order        inside: longest first, time-major
 *   b=0  a b              t=0   t=1   t=2
 *   b=1  c d e f          c a g d b h e i f      rows 0..8, N = 9
 *   b=2  g h i            ^     ^     ^   ^
 *
 * Row r of a packed variable [N,F] is one time step of one sequence; recur_pack_row says which. The sequences still
 * running at step t are always the first ones, so a recurrent product shrinks as they end. Length 0 is legal: such a sequence has no rows and its final
 * state is its initial one. Sequences of equal length in the caller's order are a plain [T,B,F] array.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_PACK_H
#define RECUR_PACK_H

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_pack recur_pack;

/* Create an empty pack, to be filled again and again; it grows to the largest batch. Errors: RECUR_EMEMORY. */
RECUR_API recur_status recur_pack_create(recur_ctx *ctx, recur_pack **pack);
RECUR_API void         recur_pack_destroy(recur_pack *pack); /* NULL is accepted */

/* Fill the pack with n sequences of the given lengths [n].
 *
 * tokens is NULL (the pack is then only a layout for real-valued rows) or n pointers to lengths[b] ids each.
 * Owner.   Everything is copied. While a tape that used the pack is not reset, the pack must not be filled again.
 * Errors.  RECUR_EARG if n or a length is negative or the rows exceed 2^31-1; RECUR_EMEMORY. The pack is then empty. */
RECUR_API recur_status recur_pack_set(recur_pack *pack, int64_t n, const int64_t *lengths,
                                      const int32_t *const *tokens);

/* Fill the pack with B sequences of T steps each: tokens is NULL or [T,B], row-major. Otherwise as recur_pack_set. */
RECUR_API recur_status recur_pack_set_grid(recur_pack *pack, int64_t T, int64_t B, const int32_t *tokens);

RECUR_API int64_t recur_pack_sequences(const recur_pack *pack); /* B */
RECUR_API int64_t recur_pack_steps(const recur_pack *pack);     /* T, the greatest length */
RECUR_API int64_t recur_pack_rows(const recur_pack *pack);      /* N, the sum of lengths */
RECUR_API int64_t recur_pack_length(const recur_pack *pack,
                                    int64_t           b); /* of the caller's sequence b; -1: no such */

/* Return the row that holds step t of the caller's sequence b, -1 if there is none. */
RECUR_API int64_t recur_pack_row(const recur_pack *pack, int64_t b, int64_t t);

#ifdef __cplusplus
}
#endif
#endif
