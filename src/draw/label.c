/* Words in pictures: see label.h.
 * SPDX-License-Identifier: MIT */
#include "draw/label.h"

#include <string.h>

#include "text/utf8.h"

int ri_label(recur_map_word word, char label[RI_LABEL_BYTES])
{
    size_t at = 0, n = 0;
    int    letters = 0;
    for (; at < word.size && letters < RI_LABEL_LETTERS; letters++) {
        int32_t     code_point = 0;
        size_t      size = ri_utf8_next(word.bytes + at, word.size - at, &code_point);
        const char *shown = word.bytes + at;
        size_t      n_shown = size;
        if (size == 0 || code_point == 0) {
            shown = "\xef\xbf\xbd"; /* U+FFFD */
            n_shown = 3;
        } else if (at == 0 && code_point == ' ') {
            shown = "\xc2\xb7";
            n_shown = 2;
        } else if (code_point == 0x7f || (code_point >= 0x80 && code_point < 0xa0)) {
            shown = "?"; /* as the writer does with those below a space */
            n_shown = 1;
        }
        memcpy(label + n, shown, n_shown);
        n += n_shown;
        letters += code_point >= 0x1100; /* scripts from here on are wide, most of them */
        at += size > 0 ? size : 1;
    }
    memcpy(label + n, "\xe2\x80\xa6", 4);
    if (at == word.size) label[n] = '\0';
    return letters + (at < word.size);
}
