/* Real numbers in text.
 * SPDX-License-Identifier: MIT */
#ifndef RI_NUMBER_H
#define RI_NUMBER_H

#include <stdbool.h>

#include "text/split.h"

/* Read a decimal number that fills the text but for spaces and tabs around it: digits, "." and "e", in every locale. Returns
 * false for anything else, also for what float cannot hold, NaN and infinity. */
bool ri_number_parse(ri_span text, float *number);

#endif
