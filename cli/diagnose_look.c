/* What recur diagnose looks at closely: cells over a passage of text.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { SHOWN = 320, SEARCHED = 4000, LOOKED_AT = 200000 };
static const double FOLLOWS = 0.5; /* |correlation| from which a unit is said to follow something */

static const char *const feature_names[RECUR_FEATURES] = {"quotations", "brackets", "place in the line"};

/* Whether a token holds a sign that a unit may follow. */
static bool has_sign(const recur_vocab *vocab, int32_t id)
{
    size_t      n;
    const char *bytes = recur_vocab_token(vocab, id, &n);
    for (size_t i = 0; bytes && i < n; i++)
        if (strchr("\"()[]{}", bytes[i]) && bytes[i]) return true;
    return false;
}

/* Begin where a piece of that many tokens has most signs. */
static int64_t best_begin(const diagnosis *d, int64_t from, int64_t to, int64_t n)
{
    const recur_vocab *vocab = recur_model_vocab(d->model);
    const int32_t     *tokens = recur_corpus_tokens(d->data.corpus);
    int64_t            best = from, most = -1;
    for (int64_t begin = from; begin + n <= to; begin += n) {
        int64_t signs = 0;
        for (int64_t t = 0; t < n; t++) signs += has_sign(vocab, tokens[begin + t]);
        if (signs > most) best = begin;
        if (signs > most) most = signs;
    }
    return best;
}

static void add_trait(passage *p, recur_trait trait, const char *name)
{
    p->traits[p->n_traits] = trait;
    snprintf(p->names[p->n_traits++], sizeof *p->names, "%s", name);
}

/* The unit whose forget gate holds longest: its gate is shown beside the units that follow something. */
static void add_slowest(const diagnosis *d, passage *p)
{
    char    name[96];
    double  most = 0;
    int64_t lane = -1, unit = 0;
    for (int64_t i = 0; i < d->gates.n; i++)
        for (int64_t u = 0; d->gates.lanes[i].has_tau && u < d->gates.lanes[i].lane.units; u++) {
            if (!(d->gates.lanes[i].unit_tau[u] > most)) continue;
            most = d->gates.lanes[i].unit_tau[u];
            lane = i;
            unit = u;
        }
    if (lane < 0) return;
    snprintf(name, sizeof name, "%s gate of unit %" PRId64 ", which holds longest (%.3g steps)",
             d->gates.lanes[lane].lane.cell == RECUR_LSTM ? "forget" : "update", unit, most);
    add_trait(p, (recur_trait){.lane = lane, .kind = RECUR_VALUE_GATE, .gate = 1, .unit = unit}, name);
}

static void choose_traits(const diagnosis *d, passage *p)
{
    for (int f = 0; f < RECUR_FEATURES; f++) {
        const recur_tracker *best = &p->trackers.best[f][0];
        char                 name[96];
        if (!p->trackers.is_there[f] || best->trait.unit < 0 || fabs(best->correlation) < FOLLOWS) continue;
        snprintf(name, sizeof name, "%s of unit %" PRId64 " follows %s (correlation %+.2f)",
                 best->trait.kind == RECUR_VALUE_C ? "cell" : "state", best->trait.unit, feature_names[f],
                 best->correlation);
        add_trait(p, best->trait, name);
    }
    add_slowest(d, p);
    if (p->n_traits == 0)
        add_trait(p, (recur_trait){.lane = 0, .kind = RECUR_VALUE_H},
                  "state of unit 0, for no unit follows quotations, brackets or the place in the line");
}

int find_passage(diagnosis *d)
{
    passage *p = &d->passage;
    if (d->task->kind != RECUR_TASK_LM) return RECUR_OK;
    int64_t      size = d->data.size, within = size < LOOKED_AT ? size : LOOKED_AT;
    int64_t      n = within < SEARCHED ? within : SEARCHED;
    int64_t      begin = best_begin(d, 0, within, n);
    recur_status status = recur_probe_trackers(d->probe, begin, n, &p->trackers);
    if (status) return output_failure(d->app, status);
    choose_traits(d, p);
    p->n = n < SHOWN ? n : SHOWN;
    p->begin = best_begin(d, begin, begin + n, p->n);
    p->values = need_memory((size_t)(p->n_traits * p->n), sizeof *p->values);
    status = recur_probe_passage(d->probe, p->begin, p->n, p->n_traits, p->traits, p->values);
    return status ? output_failure(d->app, status) : RECUR_OK;
}
