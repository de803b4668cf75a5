/* Text and tokens: vocabularies of characters, bytes, words or byte pairs.
 *
 *   char   one token per Unicode code point
 *   byte   one token per byte, always 256 of them; loses nothing and never fails
 *   word   maximal runs of anything but white space; every line feed is a token of its own, other white space only separates
 *   bpe    parts of words: the 256 bytes, and what grew from them by merging the most frequent neighbours (Sennrich, Haddow and Birch 2016);
 *          loses nothing and never fails
 *
 * Words unknown to a vocabulary become "<unk>". A character vocabulary has "<unk>" only if characters were cut from it.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_TEXT_H
#define RECUR_TEXT_H

#include <stdbool.h>

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum recur_unit { RECUR_CHAR = 0, RECUR_BYTE, RECUR_WORD, RECUR_BPE } recur_unit;

typedef struct recur_vocab recur_vocab;

/* What goes into a vocabulary. All zeros: everything that occurs, and for byte pairs every pair that occurs twice. */
typedef struct recur_vocab_opts {
    int64_t min_count; /* rarer tokens are cut; rarer pairs are not merged, below 2 counts as 2 */
    int64_t
        max_size; /* at most so many, the most frequent ones, "<unk>" included; 0: no limit, for byte pairs 2^20 */
} recur_vocab_opts;

/* Build the vocabulary of n texts, of bytes[i] bytes each. Characters are ordered by code point, words by falling count, then by
 * bytes; "<unk>" where needed comes first. Byte pairs are the 256 bytes, then merged tokens in the order of their merging, whatever the order of
 * the texts: two sides of a translation share a vocabulary that is built of both.
 *
 * Owner.   The caller destroys it; the texts are not kept.
 * Errors.  RECUR_EDATA for invalid UTF-8 (naming the byte offset) or a NUL byte, unless unit is RECUR_BYTE or RECUR_BPE, and for texts without
 *          a token; RECUR_EARG; RECUR_EMEMORY.
 * Cost.    Byte pairs: a second for some ten million bytes and 10,000 tokens. */
RECUR_API recur_status recur_vocab_build(recur_ctx *ctx, recur_unit unit, int64_t n, const char *const *texts,
                                         const size_t *bytes, const recur_vocab_opts *opts,
                                         recur_vocab **vocab);
RECUR_API void         recur_vocab_destroy(recur_vocab *vocab); /* NULL is accepted */

/* Return the unit; how many tokens there are; the token that stands for unknown ones. */
RECUR_API recur_unit recur_vocab_unit(const recur_vocab *vocab);
RECUR_API int64_t    recur_vocab_size(const recur_vocab *vocab);
RECUR_API int32_t recur_vocab_unknown(const recur_vocab *vocab); /* the id of "<unk>", -1 if there is none */

/* Return the bytes of a token and their number; not terminated. NULL if there is no such id. */
RECUR_API const char *recur_vocab_token(const recur_vocab *vocab, int32_t id, size_t *bytes);

/* Turn text into ids.
 *
 * Call with ids NULL to learn the count alone. n_unknown (may be NULL) counts tokens that became "<unk>".
 * Errors. RECUR_EDATA for invalid UTF-8 or a NUL byte, or for a token the vocabulary neither holds nor can replace: line and offset are named. */
RECUR_API recur_status recur_vocab_encode(recur_ctx *ctx, const recur_vocab *vocab, const char *text,
                                          size_t bytes, int32_t *ids, int64_t *n, int64_t *n_unknown);

/* Turn ids back into text: the tokens one after the other, words with a space between them where recur_vocab_spaced says so. Of bytes and
 * byte pairs this is the text that was encoded.
 *
 * Call with text NULL to learn the number of bytes alone; the text is not terminated.
 * Errors. RECUR_EARG for a number that is no id. */
RECUR_API recur_status recur_vocab_decode(recur_ctx *ctx, const recur_vocab *vocab, const int32_t *ids,
                                          int64_t n, char *text, size_t *bytes);

/* Return whether a space separates token id from the one printed before it (words only, not at line ends). previous is -1 at the start. */
RECUR_API bool recur_vocab_spaced(const recur_vocab *vocab, int32_t previous, int32_t id);

#ifdef __cplusplus
}
#endif
#endif
