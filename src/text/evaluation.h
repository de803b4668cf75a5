/* How metrics of translations and summaries cut a text into words: as sacreBLEU and rouge-score do, in Python's sense of characters and white space.
 *
 * Texts are UTF-8, which the caller has checked.
 * SPDX-License-Identifier: MIT */
#ifndef RI_EVALUATION_H
#define RI_EVALUATION_H

#include "text/split.h"

/* Return the text without white space at its ends. */
ri_span ri_eval_strip(ri_span text);

/* Find the next run of anything but white space from *at on, and move *at behind it. Returns false at the end. */
bool ri_eval_next(ri_span text, size_t *at, ri_span *word);

/* Write a text as the tokenisation 13a of sacreBLEU has it (that of mteval-v13a, used by WMT), words between white space. room holds
 * RI_EVAL_13A_BYTES(text.size) bytes. */
#define RI_EVAL_13A_BYTES(n) (10 * (n) + 20)
ri_span ri_eval_13a(ri_span text, char *room);

/* Find the next word of rouge-score's tokenizer, which knows the letters a to z in lower-case and digits, and write it into word, which holds the
 * text's size. Returns its size, 0 at the end. */
size_t ri_eval_rouge(ri_span text, size_t *at, char *word);

#endif
