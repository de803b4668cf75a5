/* Configuration files: options read from one, and written into a run.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "options.h"

/* Take values from a file, where the command line has not given them. Returns RECUR_EARG, or RECUR_EIO for a file that cannot be read, with
 * the sentence in o->error. */
recur_status config_read(options *o, const char *path);

/* Take values from text that a model holds; origin is how a sentence calls it. Otherwise as config_read. */
recur_status config_take(options *o, const char *origin, const char *text);

/* Read of a file only the first value of a name, "" if it has none; what is longer than fits is cut. Errors: as config_read. */
recur_status config_peek(options *o, const char *path, const char *name, char *value, size_t size);

/* Return a path from the root, which the caller frees; NULL if the working directory has no name. */
char *config_absolute(const char *path);

/* Return the effective configuration as lines "name = value"; the caller frees it. NULL: o->error says why. */
char *config_write(options *o);

/* Return only the values of n names, as config_write does. */
char *config_write_some(options *o, const char *const *names, size_t n);

#endif
