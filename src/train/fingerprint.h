/* A fingerprint: the options that a result depends on, as text, one "name = value" per line. A checkpoint carries it, so that
 * going on with other options is refused by naming the one that differs.
 *
 * Reals are written with 17 digits, so that equal text means equal bits.
 * SPDX-License-Identifier: MIT */
#ifndef RI_FINGERPRINT_H
#define RI_FINGERPRINT_H

#include <stdint.h>

#include "dev/ctx.h"
#include "recur/rnn.h"

enum { RI_FINGERPRINT_BYTES = 4096 }; /* some 60 lines of a name and a short value */

typedef struct ri_fingerprint {
    char   text[RI_FINGERPRINT_BYTES];
    size_t used;
} ri_fingerprint;

void ri_fingerprint_name(ri_fingerprint *fingerprint, const char *name, const char *value);
void ri_fingerprint_int(ri_fingerprint *fingerprint, const char *name, int64_t value);
void ri_fingerprint_real(ri_fingerprint *fingerprint, const char *name, double value);
void ri_fingerprint_hex(ri_fingerprint *fingerprint, const char *name, uint64_t value);

/* What a stack is, line by line. */
void ri_fingerprint_stack(ri_fingerprint *fingerprint, const recur_rnn_spec *spec);

/* Compare what the file at path was made with (stored) and what is asked for now. Errors: RECUR_EMISMATCH with the first line that differs. */
recur_status ri_fingerprint_compare(recur_ctx *ctx, const char *path, const char *stored, const char *now);

#endif
