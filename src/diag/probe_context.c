/* How much context a model makes use of: the loss with the context cut short.
 *
 * What is predicted is the same at every length, so that losses differ by context alone. A cut sequence begins from the model's own
 * first state.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "diag/probe.h"

enum { PER_SEQUENCE = 8 }; /* tokens of each window or sentence that are predicted */

static const double SHARE_OF_GAIN = 0.98;

/* A token to predict: where it stands in the data. */
typedef struct spot {
    const ri_sequence *s; /* tagger, classifier, encoder-decoder */
    int64_t            t; /* lm: place in the corpus; tagger: in the sentence */
} spot;

/* ---- what is predicted ---- */

static int64_t longest_of(const recur_probe *p)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < p->n; i++)
        if (p->sequences[i].n > longest) longest = p->sequences[i].n;
    return longest;
}

/* The tokens of a corpus that have `longest` before them, at even distances. */
static spot *spots_of_corpus(recur_probe *p, int64_t longest, int64_t *n)
{
    int64_t room = recur_corpus_size(p->corpus) - longest, wanted = PER_SEQUENCE * p->n;
    *n = room < wanted ? room : wanted;
    spot *spots = ri_probe_spare(p, *n, sizeof *spots);
    for (int64_t i = 0; spots && i < *n; i++)
        spots[i].t = longest + (*n > 1 ? i * ((room - 1) / (*n - 1)) : 0);
    return spots;
}

/* Words of each sentence at even distances; of what is no sentence, the whole. */
static spot *spots_of_sequences(recur_probe *p, int64_t *n)
{
    int64_t each = p->model->tag ? PER_SEQUENCE : 1;
    spot   *spots = ri_probe_spare(p, each * p->n, sizeof *spots);
    *n = 0;
    for (int64_t i = 0; spots && i < p->n; i++) {
        const ri_sequence *s = &p->sequences[i];
        int64_t            here = s->n < each ? s->n : each;
        for (int64_t k = 0; k < here; k++)
            spots[(*n)++] = (spot){s, p->model->tag ? (2 * k + 1) * s->n / (2 * here) : s->n - 1};
    }
    return spots;
}

/* ---- one context ---- */

/* The steps first .. first+n-1 of a sequence. */
static ri_sequence part_of(const recur_probe *p, const ri_sequence *s, int64_t first, int64_t n)
{
    ri_sequence part = *s;
    int64_t     F = s->rows ? p->model->spec.classify.features : 0;
    part.n = n;
    part.ids = s->ids ? s->ids + first : NULL;
    part.rows = s->rows ? s->rows + first * F : NULL;
    part.wanted = s->wanted ? s->wanted + first : NULL;
    part.forms = s->forms ? s->forms + first : NULL;
    return part;
}

static ri_sequence cut(const recur_probe *p, const spot *at, int64_t context, int64_t *asked)
{
    if (p->corpus) {
        const int32_t *tokens = recur_corpus_tokens(p->corpus) + at->t - context;
        *asked = context - 1;
        return (ri_sequence){.n = context, .ids = tokens, .wanted = tokens + 1};
    }
    int64_t first = at->t - context, last = at->t;
    if (p->model->tag) {
        last = at->t + context < at->s->n ? at->t + context : at->s->n - 1;
    } else {
        first++;
    }
    if (first < 0) first = 0;
    *asked = p->model->tag ? at->t - first : 0;
    int64_t n = last - first + 1;
    bool    reads_backwards = p->model->seq2seq && p->model->spec.seq2seq.reverse_source;
    return part_of(p, at->s, reads_backwards ? 0 : first, n);
}

/* The loss of all spots at one context; sequences and asked have room for them. */
static recur_status loss_at(recur_probe *p, const spot *spots, int64_t n_spots, int64_t context,
                            ri_sequence *sequences, int64_t *asked, double *loss, int64_t *tokens)
{
    recur_status status = RECUR_OK;
    double       sum = 0;
    *tokens = 0;
    for (int64_t i = 0; i < n_spots; i++) sequences[i] = cut(p, &spots[i], context, &asked[i]);
    for (int64_t first = 0, n; first < n_spots && !status; first += n) {
        recur_var v;
        int64_t   here = 0;
        n = ri_probe_group(p, sequences, first, n_spots);
        for (int64_t i = first; i < first + n; i++)
            here += p->model->seq2seq ? ri_probe_losses(p, &sequences[i]) : 1;
        status =
            ri_probe_put(p, n, sequences + first, p->model->seq2seq ? NULL : asked + first, RI_LOSSES, &v);
        if (status) return status;
        sum += recur_scalar(p->tape, v) * (p->model->seq2seq ? (double)here : 1);
        *tokens += here;
    }
    *loss = sum / (double)*tokens;
    return status;
}

/* ---- all of them ---- */

/* 1, 2, 4 ... and the longest itself; a tagger's begin at 0. */
static int64_t *contexts_of(recur_probe *p, int64_t longest, int64_t *n)
{
    int64_t *steps = ri_probe_keep(p, 66, sizeof *steps);
    *n = 0;
    if (!steps) return NULL;
    if (p->model->tag) {
        steps[(*n)++] = 0;
        longest--; /* so many words there are at most on a side */
    }
    for (int64_t k = 1; k < longest; k *= 2) steps[(*n)++] = k;
    if (longest > 0) steps[(*n)++] = longest;
    return steps;
}

static void conclude(recur_context *c)
{
    double best = c->loss[0];
    for (int64_t i = 1; i < c->n; i++) best = fmin(best, c->loss[i]);
    int64_t i = 0;
    while (c->loss[i] > c->loss[0] - SHARE_OF_GAIN * (c->loss[0] - best)) i++;
    c->effective = c->steps[i];
}

static recur_status run_all(recur_probe *p, recur_context *context)
{
    int64_t      n_spots, n, tokens = 0, longest = longest_of(p);
    spot        *spots = p->corpus ? spots_of_corpus(p, longest, &n_spots) : spots_of_sequences(p, &n_spots);
    ri_sequence *sequences = spots ? ri_probe_spare(p, n_spots, sizeof *sequences) : NULL;
    int64_t     *asked = spots ? ri_probe_spare(p, n_spots, sizeof *asked) : NULL;
    int64_t     *steps = contexts_of(p, longest, &n);
    double      *loss = steps ? ri_probe_keep(p, n, sizeof *loss) : NULL;
    if (!sequences || !asked || !loss) return ri_probe_no_memory(p);
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < n && !status; i++)
        status = loss_at(p, spots, n_spots, steps[i], sequences, asked, &loss[i], &tokens);
    if (status) return status;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(loss[i])) return RI_FAIL(p->ctx, RECUR_EDIVERGED, "the model's loss is not finite");
    *context = (recur_context){.n = n, .steps = steps, .loss = loss, .tokens = tokens};
    conclude(context);
    return RECUR_OK;
}

recur_status recur_probe_context(recur_probe *p, recur_context *context)
{
    return p && context ? ri_probe_end(p, run_all(p, context)) : RECUR_EARG;
}
