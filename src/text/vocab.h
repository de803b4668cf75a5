/* What a vocabulary holds, and its functions for those who have no context.
 *
 * Tokens are numbered as they stand in the table. All their bytes lie in one block. In a vocabulary of characters or words every
 * token is UTF-8 without NUL bytes, because it came from such a text or from JSON; one of bytes holds the 256 bytes in order. One of
 * byte pairs holds them, too, and token 256 + i is what merge i makes.
 * SPDX-License-Identifier: MIT */
#ifndef RI_VOCAB_H
#define RI_VOCAB_H

#include "base/alloc.h"
#include "base/error.h"
#include "base/pairs.h"
#include "recur/text.h"
#include "text/table.h"

struct recur_vocab {
    recur_allocator allocator;
    recur_unit      unit;
    char           *bytes;
    ri_table        table;
    int32_t         unknown, line_feed; /* ids, -1: none */
    ri_pairs        merges;             /* of byte pairs: ids of earlier tokens */
};

#define RI_VOCAB_UNKNOWN "<unk>"

/* Make a vocabulary of n tokens, whose bytes are copied. Errors: RECUR_EDATA if two are equal, RECUR_EMEMORY. */
recur_status ri_vocab_create(const recur_allocator *a, recur_unit unit, const ri_entry *tokens, int64_t n,
                             recur_vocab **vocab, ri_error *error);

/* As recur_vocab_build, recur_vocab_encode and recur_vocab_decode. */
recur_status ri_vocab_build(const recur_allocator *a, recur_unit unit, int64_t n, const char *const *texts,
                            const size_t *bytes, const recur_vocab_opts *opts, recur_vocab **vocab,
                            ri_error *error);
recur_status ri_vocab_check_opts(const recur_vocab_opts *opts, ri_error *error);

/* Make a vocabulary of counted tokens, whose order and numbers in the table are lost. With needs_unknown one of characters has "<unk>" even if nothing is
 * cut. opts are checked. Errors: RECUR_EDATA for no tokens, RECUR_EMEMORY. */
recur_status ri_vocab_from_counts(const recur_allocator *a, recur_unit unit, ri_table *counted,
                                  const recur_vocab_opts *opts, bool needs_unknown, recur_vocab **vocab,
                                  ri_error *error);

recur_status ri_vocab_encode(const recur_vocab *vocab, const char *text, size_t bytes, int32_t *ids,
                             int64_t *n, int64_t *n_unknown, ri_error *error);
recur_status ri_vocab_decode(const recur_vocab *vocab, const int32_t *ids, int64_t n, char *text,
                             size_t *bytes, ri_error *error);

/* A vocabulary as JSON: {"unit":"char","tokens":["\n"," ","!"]}, the tokens in the order of their ids; {"unit":"byte"} says all;
 * {"unit":"bpe","merges":[[116,104],[256,101]]}: "th" and "the", ids 256 and 257.
 *
 * to_json: the caller releases the text with ri_release. Errors: RECUR_EMEMORY.
 * from_json: RECUR_EMODEL for whatever is wrong, named; RECUR_EMEMORY. */
recur_status ri_vocab_to_json(const recur_vocab *vocab, const recur_allocator *a, char **json,
                              ri_error *error);
recur_status ri_vocab_from_json(const recur_allocator *a, const char *json, recur_vocab **vocab,
                                ri_error *error);

#endif
