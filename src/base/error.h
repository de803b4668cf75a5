/* A status and its sentence.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ERROR_H
#define RI_ERROR_H

#include "recur/status.h"

typedef struct ri_error {
    recur_status status;
    char         text[512];
} ri_error;

/* Keep a sentence (truncated to fit) and return its status: "return ri_fail(e, RECUR_EIO, "cannot read %s", path);".
 * Bytes below 0x20 that came in through arguments are shown as '?', so that a hostile name cannot move a terminal's cursor. */
recur_status ri_fail(ri_error *error, recur_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
