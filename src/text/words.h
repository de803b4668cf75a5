/* Words by the rule of recur/dataset.h, and the tokens of a vocabulary that they are.
 * SPDX-License-Identifier: MIT */
#ifndef RI_WORDS_H
#define RI_WORDS_H

#include "recur/dataset.h"
#include "text/split.h"

/* Complete a rule by its defaults: letters become lower-case or are kept. */
recur_text_rule ri_words_rule(recur_text_rule rule);

/* Find the next token of a text, from *at on, and move *at behind it. Returns false at the end. The text is UTF-8 without NUL
 * bytes, which the caller has checked, but for bytes. */
bool ri_words_next(const recur_text_rule *rule, ri_span text, size_t *at, ri_span *token);

/* Return how many runs of anything but white space a text has. */
int64_t ri_words_count(ri_span text);

/* Write the token that a form is in a vocabulary into folded, which holds 2 * form.size bytes, and return it: lower-case
 * letters as the (completed) rule says, and for tagged words white space as "_". */
ri_span ri_words_fold(const recur_text_rule *rule, bool is_tagged, ri_span form, char *folded);

#endif
