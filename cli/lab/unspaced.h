/* Text without its spaces: letters in a row, and beside it where words begin.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_UNSPACED_H
#define CLI_UNSPACED_H

#include "lines.h"

enum { UNSPACED_WORDS = 24 }; /* of the sentences that are made up */

/* All zeros: nothing to free. */
typedef struct unspaced {
    int64_t      n;         /* letters of the text */
    int32_t     *ids;       /* [n] */
    bool        *is_first;  /* [n]: of a word */
    int64_t      n_letters; /* different ones */
    recur_vocab *vocab;     /* what a letter looks like: */
    int32_t     *looks;     /* [n_letters] its token */
} unspaced;

/* Make up sentences of two or three words, as Elman (1990, table 3) did. */
recur_status unspaced_make_up(recur_ctx *ctx, int64_t sentences, uint64_t seed, unspaced *text);

/* Read the letters of a file, A to Z as small ones. Apostrophes are left out; all other signs and white space end a word.
 * Returns an exit code, the error said. */
int unspaced_read(app *a, const char *path, unspaced *text);

slice unspaced_letter(const unspaced *text, int64_t i);
void  unspaced_free(unspaced *text);

#endif
