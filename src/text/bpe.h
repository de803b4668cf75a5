/* Byte-pair encoding (Sennrich, Haddow and Birch 2016) over bytes.
 *
 * The 256 bytes are the first tokens; merge i makes token 256 + i of two earlier ones, so a table of merges cannot run in a circle. No two tokens
 * have the same bytes. Text is cut into pieces first (split.h), and no token reaches over the end of one.
 * SPDX-License-Identifier: MIT */
#ifndef RI_BPE_H
#define RI_BPE_H

#include "base/pairs.h"
#include "text/vocab.h"

enum { RI_BPE_BYTES = 256, RI_BPE_MOST_TOKENS = 1 << 20 };

/* Learn merges from counted pieces, most frequent pair first; of equally frequent ones the pair of the earlier tokens. merges is empty and
 * initialised. Errors: RECUR_EMEMORY. */
recur_status ri_bpe_learn(const ri_table *pieces, const recur_vocab_opts *opts, ri_pairs *merges,
                          ri_error *error);

/* Make the vocabulary of merges, which are foreign: each is checked.
 * Errors: RECUR_EDATA naming the merge that cannot be; RECUR_EMEMORY. */
recur_status ri_bpe_create(const recur_allocator *a, const ri_pair *merges, int64_t n, recur_vocab **vocab,
                           ri_error *error);

/* Encode a piece: of all pairs that can be merged, the one learned first, until there is none. Returns the number of ids. */
int ri_bpe_encode(const ri_pairs *merges, ri_span piece, int32_t ids[RI_PIECE_BYTES]);

#endif
