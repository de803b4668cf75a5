/* Cells that track the text: each unit's values over a passage against what may be said of the text at each token, as Karpathy, Johnson and
 * Li (2016) found such cells by eye.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diag/passage.h"

/* ---- chosen numbers over a passage ---- */

/* What a trait is at a row. row has room for the widest variable. */
static double value_of(const recur_probe *p, const ri_passage_step *step, const recur_trait *trait,
                       double *row)
{
    const recur_trace *v = &step->trace->values;
    recur_var from = trait->kind == RECUR_VALUE_H ? v->h : trait->kind == RECUR_VALUE_C ? v->c : v->gates;
    int64_t   at = trait->unit;
    ri_probe_read(p, from, trait->lane, step->row, false, row);
    if (trait->kind == RECUR_VALUE_GATE) at += trait->gate * p->lanes[trait->lane].units;
    return trait->kind == RECUR_VALUE_C ? tanh(row[at]) : row[at];
}

typedef struct chosen {
    recur_probe       *p;
    int64_t            n, n_traits;
    const recur_trait *traits;
    double            *row, *values;
} chosen;

static void write_values(void *user, const ri_passage_step *step)
{
    chosen *c = user;
    for (int64_t i = 0; i < c->n_traits; i++)
        c->values[i * c->n + step->t] = value_of(c->p, step, &c->traits[i], c->row);
}

static recur_status check_trait(const recur_probe *p, const recur_trait *t)
{
    if (t->lane < 0 || t->lane >= p->n_lanes)
        return RI_FAIL(p->ctx, RECUR_EARG, "the model has %" PRId64 " lanes, there is no number %" PRId64,
                       p->n_lanes, t->lane);
    const recur_lane *lane = &p->lanes[t->lane];
    bool              is_lstm = lane->cell == RECUR_LSTM;
    int               gates = is_lstm ? 4 : lane->cell == RECUR_GRU ? 3 : 0;
    int64_t           units = t->kind == RECUR_VALUE_H ? lane->outputs : lane->units;
    if ((unsigned)t->kind > RECUR_VALUE_GATE || (t->kind == RECUR_VALUE_C && !is_lstm) ||
        (t->kind == RECUR_VALUE_GATE && (t->gate < 0 || t->gate >= gates)))
        return RI_FAIL(p->ctx, RECUR_EARG, "the lane has no value of kind %d and gate %d", (int)t->kind,
                       t->gate);
    if (t->unit < 0 || t->unit >= units)
        return RI_FAIL(p->ctx, RECUR_EARG, "the lane has %" PRId64 " units, there is no number %" PRId64,
                       units, t->unit);
    return RECUR_OK;
}

static recur_status read_traits(recur_probe *p, int64_t begin, int64_t n, int64_t n_traits,
                                const recur_trait *traits, double *values)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < n_traits && !status; i++) status = check_trait(p, &traits[i]);
    if (status) return status;
    chosen c = {.p = p, .n = n, .n_traits = n_traits, .traits = traits, .values = values};
    c.row = ri_probe_spare(p, 4 * p->lanes[0].units, sizeof *c.row);
    return c.row ? ri_passage_read(p, begin, n, write_values, &c) : ri_probe_no_memory(p);
}

recur_status recur_probe_passage(recur_probe *p, int64_t begin, int64_t n, int64_t n_traits,
                                 const recur_trait *traits, double *values)
{
    if (!p) return RECUR_EARG;
    if (n_traits < 1 || !traits || !values)
        return RI_FAIL(p->ctx, RECUR_EARG, "a passage wants traits and a place for their values");
    return ri_probe_end(p, read_traits(p, begin, n, n_traits, traits, values));
}

/* ---- correlations ---- */

/* Sums over the passage of one unit: of its value x, relative to the first, and of its products with each feature's. */
typedef struct unit_sum {
    recur_trait trait;
    double      first, x, xx, xf[RECUR_FEATURES];
} unit_sum;

typedef struct search {
    recur_probe *p;
    int64_t      n, n_units;
    const float *features; /* [RECUR_FEATURES][n] */
    unit_sum    *units;
    double      *row;
    double       f[RECUR_FEATURES], ff[RECUR_FEATURES];
} search;

static unit_sum *list_units(unit_sum *at, int64_t lane, recur_value_kind kind, int64_t n)
{
    for (int64_t j = 0; j < n; j++) *at++ = (unit_sum){.trait = {.lane = lane, .kind = kind, .unit = j}};
    return at;
}

static recur_status make_units(search *s)
{
    recur_probe *p = s->p;
    for (int64_t l = 0; l < p->n_lanes; l++)
        s->n_units += p->lanes[l].outputs + (p->lanes[l].cell == RECUR_LSTM ? p->lanes[l].units : 0);
    s->units = ri_probe_spare(p, s->n_units, sizeof *s->units);
    s->row = ri_probe_spare(p, p->lanes[0].units, sizeof *s->row);
    if (!s->units || !s->row) return ri_probe_no_memory(p);
    unit_sum *at = s->units;
    for (int64_t l = 0; l < p->n_lanes; l++) {
        at = list_units(at, l, RECUR_VALUE_H, p->lanes[l].outputs);
        if (p->lanes[l].cell == RECUR_LSTM) at = list_units(at, l, RECUR_VALUE_C, p->lanes[l].units);
    }
    return RECUR_OK;
}

/* The units of one lane and kind at a row, which are side by side in the list. */
static int64_t add_row(search *s, const ri_passage_step *step, int64_t at)
{
    recur_trait head = s->units[at].trait;
    recur_var   v = head.kind == RECUR_VALUE_C ? step->trace->values.c : step->trace->values.h;
    int64_t n = head.kind == RECUR_VALUE_C ? s->p->lanes[head.lane].units : s->p->lanes[head.lane].outputs;
    ri_probe_read(s->p, v, head.lane, step->row, false, s->row);
    for (int64_t j = 0; j < n; j++) {
        unit_sum *u = &s->units[at + j];
        double    value = head.kind == RECUR_VALUE_C ? tanh(s->row[j]) : s->row[j];
        if (step->t == 0) u->first = value;
        double x = value - u->first;
        u->x += x;
        u->xx += x * x;
        for (int f = 0; f < RECUR_FEATURES; f++) u->xf[f] += x * s->features[f * s->n + step->t];
    }
    return n;
}

static void add_step(void *user, const ri_passage_step *step)
{
    search *s = user;
    for (int64_t at = 0; at < s->n_units;) at += add_row(s, step, at);
    for (int f = 0; f < RECUR_FEATURES; f++) {
        double value = s->features[f * s->n + step->t];
        s->f[f] += value;
        s->ff[f] += value * value;
    }
}

/* Pearson's; 0 of a unit that stands still: less than rounding leaves of its own size. */
static double correlation(const search *s, const unit_sum *u, int f)
{
    double n = (double)s->n;
    double xx = u->xx - u->x * u->x / n, ff = s->ff[f] - s->f[f] * s->f[f] / n;
    double xf = u->xf[f] - u->x * s->f[f] / n;
    return xx > 1e-12 * n && ff > 0 ? xf / sqrt(xx * ff) : 0;
}

static void rank(const search *s, int f, recur_tracker *best)
{
    for (int i = 0; i < RECUR_TRACKERS; i++) best[i] = (recur_tracker){.trait.unit = -1, .auc = NAN};
    for (int64_t j = 0; j < s->n_units; j++) {
        double r = correlation(s, &s->units[j], f);
        int    i = RECUR_TRACKERS;
        while (i > 0 && fabs(r) > fabs(best[i - 1].correlation)) i--;
        if (i == RECUR_TRACKERS) continue;
        memmove(best + i + 1, best + i, (size_t)(RECUR_TRACKERS - 1 - i) * sizeof *best);
        best[i] = (recur_tracker){.trait = s->units[j].trait, .correlation = r, .auc = NAN};
    }
}

/* ---- the area under the curve ---- */

typedef struct marked {
    double value;
    bool   is_inside;
} marked;

static int by_value(const void *a, const void *b)
{
    double x = ((const marked *)a)->value, y = ((const marked *)b)->value;
    return (x > y) - (x < y);
}

/* The share of pairs, one inside and one outside, of which the one inside has the greater value; equal ones count half. Sorts. */
static double area(marked *all, int64_t n)
{
    double inside = 0, outside = 0, won = 0;
    qsort(all, (size_t)n, sizeof *all, by_value);
    for (int64_t i = 0, j; i < n; i = j) {
        double in = 0, out = 0;
        for (j = i; j < n && all[j].value == all[i].value; j++) all[j].is_inside ? in++ : out++;
        won += in * (outside + out / 2);
        inside += in;
        outside += out;
    }
    return won / (inside * outside);
}

static recur_status measure_areas(search *s, int64_t begin, recur_tracker *best)
{
    recur_probe *p = s->p;
    recur_trait  traits[RECUR_TRACKERS];
    int64_t      n = 0;
    while (n < RECUR_TRACKERS && best[n].trait.unit >= 0) {
        traits[n] = best[n].trait;
        n++;
    }
    double *values = ri_probe_spare(p, n * s->n, sizeof *values);
    marked *all = ri_probe_spare(p, s->n, sizeof *all);
    if (!values || !all) return ri_probe_no_memory(p);
    recur_status status = read_traits(p, begin, s->n, n, traits, values);
    for (int64_t i = 0; i < n && !status; i++) {
        for (int64_t t = 0; t < s->n; t++)
            all[t] = (marked){values[i * s->n + t], s->features[RECUR_IN_QUOTES * s->n + t] > 0};
        best[i].auc = area(all, s->n);
    }
    return status;
}

/* ---- all of it ---- */

static recur_status find(recur_probe *p, int64_t begin, int64_t n, recur_trackers *trackers)
{
    search s = {.p = p, .n = n};
    if (!p->corpus || begin < 0 || n < 1 || n > recur_corpus_size(p->corpus) - begin)
        return ri_passage_read(p, begin, n, NULL, NULL); /* which says what is wrong */
    float *features = ri_probe_spare(p, n, RECUR_FEATURES * sizeof *features);
    if (!features) return ri_probe_no_memory(p);
    ri_passage_features(p->model->parts.vocab, recur_corpus_tokens(p->corpus) + begin, n, features);
    s.features = features;
    recur_status status = make_units(&s);
    if (!status) status = ri_passage_read(p, begin, n, add_step, &s);
    if (status) return status;
    for (int f = 0; f < RECUR_FEATURES; f++) {
        trackers->is_there[f] = s.ff[f] * (double)n > s.f[f] * s.f[f];
        rank(&s, f, trackers->best[f]);
    }
    if (!trackers->is_there[RECUR_IN_QUOTES]) return RECUR_OK;
    return measure_areas(&s, begin, trackers->best[RECUR_IN_QUOTES]);
}

recur_status recur_probe_trackers(recur_probe *p, int64_t begin, int64_t n, recur_trackers *trackers)
{
    return p && trackers ? ri_probe_end(p, find(p, begin, n, trackers)) : RECUR_EARG;
}
