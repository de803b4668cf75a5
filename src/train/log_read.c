/* Reading the log of a run.
 *
 * The file may be at work: its last line may not be whole yet. It may also have been written by hand or damaged, so a line that is no JSON
 * object is refused with its number, and a number that is missing is NaN.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "dev/ctx.h"
#include "train/log_line.h"

enum { PATH_BYTES = 8192 };

/* The lines of a log, and the reports that they gave so far. */
typedef struct reading {
    recur_ctx    *ctx;
    const char   *path;
    recur_report *reports;
    int64_t       n, room, line;
} reading;

static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int64_t count_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    json_int_t    count = json_is_integer(value) ? json_integer_value(value) : 0;
    return count > 0 ? (int64_t)count : 0;
}

/* Which event a line reports; RI_EVENTS: another one. */
static int event_of(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "event"));
    int         i = 0;
    while (name && i < RI_EVENTS && strcmp(name, ri_event_names[i]) != 0) i++;
    return name ? i : RI_EVENTS;
}

static recur_pulse pulse_of(const json_t *object)
{
    return (recur_pulse){
        .loss = number_of(object, "loss"),
        .horizon = count_of(object, "horizon"),
        .lags = count_of(object, "lags"),
        .is_open = json_is_true(json_object_get(object, "is_open")),
        .rate = number_of(object, "rate"),
        .saturated = number_of(object, "saturated"),
        .dead = number_of(object, "dead"),
    };
}

static recur_report report_of(const json_t *object, int event)
{
    return (recur_report){
        .event = (recur_event)event,
        .step = count_of(object, "step"),
        .epoch = count_of(object, "epoch"),
        .loss = number_of(object, "loss"),
        .accuracy = number_of(object, "accuracy"),
        .f1 = number_of(object, "f1"),
        .score = number_of(object, "score"),
        .grad_norm = number_of(object, "grad_norm"),
        .clip_rate = number_of(object, "clip_rate"),
        .lr = number_of(object, "lr"),
        .items_per_s = number_of(object, "items_per_s"),
        .seconds = number_of(object, "seconds"),
        .progress = NAN,
        .best_valid = number_of(object, "best_valid"),
        .pulse = event == RECUR_EVENT_DIAGNOSE ? pulse_of(object) : (recur_pulse){0},
    };
}

static recur_status keep(reading *r, recur_report report)
{
    if (r->n == r->room) {
        int64_t       room = r->room ? 2 * r->room : 256;
        recur_report *more =
            ri_grow(&r->ctx->allocator, r->reports, (size_t)r->n, (size_t)room, sizeof *more);
        if (!more) return ri_no_memory(r->ctx, "the log of a run");
        r->reports = more;
        r->room = room;
    }
    r->reports[r->n++] = report;
    return RECUR_OK;
}

static recur_status take_line(reading *r, const char *text, size_t size)
{
    json_error_t why;
    json_t      *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    recur_status status = RECUR_OK;
    if (!json_is_object(object))
        status = RI_FAIL(r->ctx, RECUR_EDATA,
                         "%s, line %" PRId64 ": wanted a JSON object, found \"%.*s\"%s%s", r->path, r->line,
                         (int)(size < 40 ? size : 40), text, object ? "" : ": ", object ? "" : why.text);
    int event = status ? RI_EVENTS : event_of(object);
    if (event < RI_EVENTS) status = keep(r, report_of(object, event));
    json_decref(object);
    return status;
}

static recur_status take_all(reading *r, const char *text, size_t size)
{
    recur_status status = RECUR_OK;
    while (size > 0 && !status) {
        const char *end = memchr(text, '\n', size);
        if (!end) break;
        r->line++;
        status = take_line(r, text, (size_t)(end - text));
        size -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    return status;
}

recur_status recur_run_log_read(recur_ctx *ctx, const char *dir, recur_run_log *log)
{
    char    path[PATH_BYTES];
    ri_file file;
    if (!ctx || !dir || !log) return RECUR_EARG;
    *log = (recur_run_log){0};
    if (snprintf(path, sizeof path, "%s/log.jsonl", dir) >= (int)sizeof path)
        return RI_FAIL(ctx, RECUR_EIO, "the name of the run is too long: %.80s...", dir);
    recur_status status = ri_file_open(&ctx->allocator, path, &file, ri_ctx_error(ctx));
    if (status) return status;
    reading r = {.ctx = ctx, .path = path};
    status = take_all(&r, file.bytes, file.size);
    ri_file_close(&file);
    *log = (recur_run_log){r.n, r.reports};
    if (status) recur_run_log_free(ctx, log);
    return status;
}

void recur_run_log_free(recur_ctx *ctx, recur_run_log *log)
{
    if (!ctx || !log) return;
    ri_release(&ctx->allocator, log->reports);
    *log = (recur_run_log){0};
}
