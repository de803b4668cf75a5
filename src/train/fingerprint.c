/* Fingerprints: see fingerprint.h.
 * SPDX-License-Identifier: MIT */
#include "train/fingerprint.h"

#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names are the library's and values short, so a line that does not fit is a bug here and not the caller's; it is cut. */
__attribute__((format(printf, 2, 3))) static void add(ri_fingerprint *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t left = sizeof f->text - f->used;
    int    n = vsnprintf(f->text + f->used, left, format, args);
    va_end(args);
    f->used += (size_t)n < left ? (size_t)n : left - 1;
}

void ri_fingerprint_name(ri_fingerprint *f, const char *name, const char *value)
{
    add(f, "%s = %s\n", name, value);
}

void ri_fingerprint_int(ri_fingerprint *f, const char *name, int64_t value)
{
    add(f, "%s = %" PRId64 "\n", name, value);
}

void ri_fingerprint_real(ri_fingerprint *f, const char *name, double value)
{
    char text[48], *point;
    snprintf(text, sizeof text, "%.17g", value);
    const char *of_host = localeconv()->decimal_point; /* in a host's locale perhaps a comma, or two bytes */
    if ((point = strstr(text, of_host)) != NULL) {
        *point = '.';
        memmove(point + 1, point + strlen(of_host), strlen(point + strlen(of_host)) + 1);
    }
    ri_fingerprint_name(f, name, text);
}

void ri_fingerprint_hex(ri_fingerprint *f, const char *name, uint64_t value)
{
    add(f, "%s = %016" PRIx64 "\n", name, value);
}

void ri_fingerprint_stack(ri_fingerprint *f, const recur_rnn_spec *spec)
{
    static const char *const cells[] = {
        [RECUR_LSTM] = "lstm", [RECUR_GRU] = "gru", [RECUR_RNN_TANH] = "rnn", [RECUR_RNN_RELU] = "relu"};
    ri_fingerprint_name(f, "cell", cells[spec->cell]);
    ri_fingerprint_int(f, "layers", spec->layers);
    ri_fingerprint_int(f, "hidden", spec->hidden);
    ri_fingerprint_int(f, "projection", spec->projection);
    ri_fingerprint_int(f, "bidirectional", spec->bidirectional);
    ri_fingerprint_int(f, "reset before", spec->reset_before);
    ri_fingerprint_real(f, "dropout between layers", spec->dropout);
}

recur_status ri_fingerprint_compare(recur_ctx *ctx, const char *path, const char *stored, const char *now)
{
    while (*stored || *now) {
        size_t n_stored = strcspn(stored, "\n"), n_now = strcspn(now, "\n");
        if (n_stored != n_now || memcmp(stored, now, n_now) != 0)
            return RI_FAIL(ctx, RECUR_EMISMATCH, "%s was made with \"%.*s\", but now \"%.*s\" is asked for",
                           path, (int)(n_stored < 80 ? n_stored : 80), stored, (int)n_now, now);
        stored += n_stored + (stored[n_stored] == '\n');
        now += n_now + (now[n_now] == '\n');
    }
    return RECUR_OK;
}
