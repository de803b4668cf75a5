/* Data of a run that cannot be read again.
 *
 * A text from stdin or a pipe is kept in the run as "data-<checksum>.txt". The name follows from the content, so that a run which turns
 * out to be in use by another process never has its data replaced by others.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "app.h"

enum { STORE_MAX = 4 }; /* training and validation text, two sides of each */

/* Files that were written into a run before the run itself began, and the directories made for them. */
typedef struct store {
    const char *dir;
    char       *paths[STORE_MAX];
    bool        is_new[STORE_MAX]; /* it was not there before */
    int         n_paths, n_made;
} store;

/* Keep a text; *path, borrowed, is where. Returns an exit code, the error said. */
int store_text(app *a, store *s, const recur_text *text, const char **path);

/* Look what came of the run. If it holds this configuration, it needs the texts, and with is_replaced those of the run before it
 * are removed. Otherwise it did not begin, and what was written for it is taken back. */
void store_settle(store *s, const char *config, bool is_replaced);
void store_free(store *s);

#endif
