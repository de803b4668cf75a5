/* Words in pictures: any bytes, as they can be shown.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LABEL_H
#define RI_LABEL_H

#include "recur/picture.h"

enum { RI_LABEL_LETTERS = 18, RI_LABEL_BYTES = 4 * RI_LABEL_LETTERS + 8 };

/* Write a word as it can be shown: of bounded length, valid UTF-8, a space in front visible. Returns its width in letters. */
int ri_label(recur_map_word word, char label[RI_LABEL_BYTES]);

#endif
