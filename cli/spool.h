/* Data that cannot be read twice: stdin and pipes.
 *
 * Training reads its data, and resuming must read them again. So what comes from stdin or a pipe is taken whole, put where the library can read
 * it, and kept in the run once that stands.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "store.h"

/* At most one file of an option. All zeros: nothing. */
typedef struct spool {
    recur_text text;
    int        place; /* of the option's texts */
    bool       is_used;
    FILE      *file; /* of a pipe; of stdin: its own */
} spool;

/* Take what option `name` cannot read twice; its text then names a file that can be read. Returns an exit code, the error said. */
int spool_take(app *a, options *o, const char *name, spool *s);

/* Keep it in the run, and let the option name the copy. */
int  spool_keep(app *a, options *o, const char *name, spool *s, store *run);
void spool_free(app *a, spool *s);

#endif
