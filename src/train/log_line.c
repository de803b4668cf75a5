/* Reports and training notes as JSON.
 *
 * Reals have 17 digits, so that equal lines mean equal bits. Lines are written into the caller's buffer.
 * SPDX-License-Identifier: MIT */
#include "train/log_line.h"

#include <math.h>

#include <jansson.h>

enum { FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(17) };

const char *const ri_event_names[RI_EVENTS] = {[RECUR_EVENT_STEP] = "step",
                                               [RECUR_EVENT_VALID] = "valid",
                                               [RECUR_EVENT_DONE] = "done",
                                               [RECUR_EVENT_DIAGNOSE] = "diagnose",
                                               [RECUR_EVENT_DIVERGED] = "diverged"};

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static size_t dump(json_t *object, bool is_whole, char *text, size_t size)
{
    size_t n = is_whole ? json_dumpb(object, text, size, FLAGS) : 0;
    json_decref(object);
    return n < size ? n : 0;
}

/* What a look at the model found. */
static bool add_pulse(json_t *o, const recur_pulse *p)
{
    return !json_object_set_new(o, "horizon", json_integer(p->horizon)) &&
           !json_object_set_new(o, "lags", json_integer(p->lags)) &&
           !json_object_set_new(o, "is_open", json_boolean(p->is_open)) &&
           !json_object_set_new(o, "rate", number(p->rate)) &&
           !json_object_set_new(o, "saturated", number(p->saturated)) &&
           !json_object_set_new(o, "dead", number(p->dead));
}

static bool add_figures(json_t *o, const recur_report *r)
{
    bool ok = true;
    if (!isnan(r->accuracy)) ok = ok && !json_object_set_new(o, "accuracy", number(r->accuracy));
    if (!isnan(r->f1)) ok = ok && !json_object_set_new(o, "f1", number(r->f1));
    if (!isnan(r->score)) ok = ok && !json_object_set_new(o, "score", number(r->score));
    ok = ok && !json_object_set_new(o, "grad_norm", number(r->grad_norm));
    ok = ok && !json_object_set_new(o, "clip_rate", number(r->clip_rate));
    ok = ok && !json_object_set_new(o, "lr", number(r->lr));
    return ok && !json_object_set_new(o, "items_per_s", number(r->items_per_s));
}

size_t recur_report_json(const recur_report *r, const char *dir, char *text, size_t size)
{
    if (!r || !text || size == 0) return 0;
    bool    is_pulse = r->event == RECUR_EVENT_DIAGNOSE;
    json_t *o = json_object();
    bool    ok = o != NULL;
    ok = ok && !json_object_set_new(o, "event", json_string(ri_event_names[r->event]));
    ok = ok && !json_object_set_new(o, "step", json_integer(r->step));
    ok = ok && !json_object_set_new(o, "epoch", json_integer(r->epoch));
    ok = ok && !json_object_set_new(o, "loss", number(r->loss));
    ok = ok && (is_pulse ? add_pulse(o, &r->pulse) : add_figures(o, r));
    ok = ok && !json_object_set_new(o, "seconds", number(r->seconds));
    if (r->event == RECUR_EVENT_VALID || r->event == RECUR_EVENT_DONE)
        ok = ok && !json_object_set_new(o, "best_valid", number(r->best_valid));
    if (r->event == RECUR_EVENT_DONE) {
        json_t *run = json_string(dir); /* NULL also where the path is not UTF-8 */
        ok = ok && !json_object_set_new(o, "run", run ? run : json_null());
    }
    size_t n = dump(o, ok, text, size - 1);
    if (n > 0) text[n++] = '\n';
    return n;
}

bool ri_training_note(int64_t step, int64_t epoch, double loss, double best_valid,
                      char text[RECUR_REPORT_BYTES])
{
    json_t *o = json_object();
    bool    ok = o != NULL;
    ok = ok && !json_object_set_new(o, "step", json_integer(step));
    ok = ok && !json_object_set_new(o, "epoch", json_integer(epoch));
    ok = ok && !json_object_set_new(o, "loss", number(loss));
    ok = ok && !json_object_set_new(o, "best_valid", number(best_valid));
    size_t n = dump(o, ok, text, RECUR_REPORT_BYTES - 1);
    text[n] = '\0';
    return n > 0;
}
