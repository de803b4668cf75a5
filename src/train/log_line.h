/* A report as one line of JSON, for log.jsonl. Numbers that an event does not have are null.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LOG_LINE_H
#define RI_LOG_LINE_H

#include "recur/run.h"

enum { RI_LOG_LINE_BYTES = 32768 }; /* room for the longest path, every byte of it escaped */

/* Write the line, its line feed included, into text; dir goes into the line of RECUR_EVENT_DONE. A path that is not
 * UTF-8 is null. Returns the bytes; 0: no memory. */
size_t ri_log_line(const recur_report *report, const char *dir, char text[RI_LOG_LINE_BYTES]);

/* Write the note of a model file about its training, terminated. Returns false if there is no memory. */
bool ri_training_note(int64_t step, int64_t epoch, double loss, double best_valid,
                      char text[RI_LOG_LINE_BYTES]);

#endif
