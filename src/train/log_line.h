/* Names of reports, and the note of a model file about its training, as JSON like the lines of the log (recur_report_json).
 * SPDX-License-Identifier: MIT */
#ifndef RI_LOG_LINE_H
#define RI_LOG_LINE_H

#include "recur/run.h"

enum { RI_EVENTS = 5 };

extern const char *const ri_event_names[RI_EVENTS];

/* Write the note, terminated. Returns false if there is no memory. */
bool ri_training_note(int64_t step, int64_t epoch, double loss, double best_valid,
                      char text[RECUR_REPORT_BYTES]);

#endif
