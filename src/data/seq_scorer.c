/* Every metric is a function of sums over items. So its interval is found by drawing items again and again, adding up their counts and computing the
 * metric anew: no text is looked at twice.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "data/scorer.h"
#include "data/seq_counts.h"
#include "score/rate.h"
#include "text/utf8.h"

enum { RESAMPLES = 1000, TAIL = RESAMPLES / 40, SEED = 1 };

typedef struct item {
    int64_t       length;
    ri_seq_counts counts;
} item;

struct recur_seq_scorer {
    recur_ctx       *ctx;
    ri_seq_counter   counter;
    ri_vec           items;
    int64_t         *edges; /* [n_edges] */
    int64_t          n_edges;
    recur_seq_score *lengths; /* [n_edges + 1] when there are edges */
};

static recur_status check_opts(recur_ctx *ctx, const recur_seq_scorer_opts *o)
{
    if (o->n_references < 1 || (unsigned)o->tokenise > RECUR_TOKENISE_NONE || o->n_edges < 0 ||
        (o->n_edges > 0 && !o->edges))
        return RI_FAIL(ctx, RECUR_EARG,
                       "a scorer wants a reference or more, a tokenisation, and edges where it has some");
    return ri_score_check_edges(ctx, o->n_edges, o->edges);
}

recur_status recur_seq_scorer_create(recur_ctx *ctx, const recur_seq_scorer_opts *opts,
                                     recur_seq_scorer **scorer)
{
    if (!ctx || !scorer) return RECUR_EARG;
    *scorer = NULL;
    recur_seq_scorer_opts o = opts ? *opts : (recur_seq_scorer_opts){0};
    if (o.n_references == 0) o.n_references = 1;
    recur_status status = check_opts(ctx, &o);
    if (status) return status;
    recur_seq_scorer *s = ri_allocate(&ctx->allocator, 1, sizeof *s);
    if (!s) return ri_no_memory(ctx, "a scorer");
    s->ctx = ctx;
    s->n_edges = o.n_edges;
    status = ri_seq_counter_init(&s->counter, ctx, &o);
    s->edges = ri_allocate(&ctx->allocator, (size_t)o.n_edges, sizeof *s->edges);
    s->lengths = ri_allocate(&ctx->allocator, (size_t)o.n_edges + 1, sizeof *s->lengths);
    if (!status && (!s->edges || !s->lengths)) status = ri_no_memory(ctx, "a scorer");
    if (status) {
        recur_seq_scorer_destroy(s);
        return status;
    }
    for (int64_t i = 0; i < o.n_edges; i++) s->edges[i] = o.edges[i];
    *scorer = s;
    return RECUR_OK;
}

void recur_seq_scorer_destroy(recur_seq_scorer *scorer)
{
    if (!scorer) return;
    const recur_allocator *a = &scorer->ctx->allocator;
    ri_release(a, scorer->lengths);
    ri_release(a, scorer->edges);
    ri_vec_free(a, &scorer->items);
    ri_seq_counter_destroy(&scorer->counter);
    ri_release(a, scorer);
}

/* ---- adding ---- */

static recur_status check_text(recur_ctx *ctx, const char *what, ri_span text)
{
    int32_t code_point;
    if (!text.bytes && text.size > 0) return RI_FAIL(ctx, RECUR_EARG, "%s is missing", what);
    for (size_t at = 0, n; at < text.size; at += n) {
        n = ri_utf8_next(text.bytes + at, text.size - at, &code_point);
        if (n == 0) return RI_FAIL(ctx, RECUR_EDATA, "%s is not UTF-8 at byte %zu", what, at);
    }
    return RECUR_OK;
}

recur_status recur_seq_scorer_add(recur_seq_scorer *scorer, const char *hypothesis, size_t bytes,
                                  const char *const *references, const size_t *reference_bytes,
                                  int64_t length)
{
    if (!scorer) return RECUR_EARG;
    recur_ctx *ctx = scorer->ctx;
    int        n = scorer->counter.opts.n_references;
    if (!references || !reference_bytes)
        return RI_FAIL(ctx, RECUR_EARG, "an item to score wants its references");
    if (scorer->n_edges && length < 0)
        return RI_FAIL(ctx, RECUR_EARG, "an item is %" PRId64 " long; wanted 0 or more", length);
    ri_span     *texts = ri_allocate(&ctx->allocator, (size_t)n + 1, sizeof *texts);
    recur_status status = texts ? RECUR_OK : ri_no_memory(ctx, "an item to score");
    for (int k = 0; k <= n && !status; k++) {
        texts[k] =
            k == 0 ? (ri_span){hypothesis, bytes} : (ri_span){references[k - 1], reference_bytes[k - 1]};
        char what[40] = "the hypothesis";
        if (k > 0) snprintf(what, sizeof what, "reference %d", k);
        status = check_text(ctx, what, texts[k]);
    }
    item new = {.length = length};
    if (!status) status = ri_seq_count(&scorer->counter, texts, &new.counts);
    if (!status) {
        item *added = ri_vec_add(&ctx->allocator, &scorer->items, 1, sizeof *added);
        if (added)
            *added = new;
        else
            status = ri_no_memory(ctx, "the counts of an item");
    }
    ri_release(&ctx->allocator, texts);
    return status;
}

/* ---- the report ---- */

enum { EXACT, TOKENS, BLEU, CHRF, ROUGE, N_MEASURES = ROUGE + RI_ROUGE_KINDS };

/* Compute every measure that has an interval, from the sums over n items. */
static void compute(const ri_seq_counts *sum, int64_t n, double values[N_MEASURES])
{
    double precisions[RI_BLEU_ORDERS], brevity;
    values[EXACT] = ri_score_accuracy(sum->exact, n);
    values[TOKENS] = ri_score_accuracy(sum->right, sum->places);
    values[BLEU] = n > 0 ? ri_score_bleu(&sum->bleu, precisions, &brevity) : NAN;
    values[CHRF] = n > 0 ? ri_score_chrf(sum->chrf, RI_CHRF_ORDERS) : NAN;
    for (int i = 0; i < RI_ROUGE_KINDS; i++) values[ROUGE + i] = n > 0 ? sum->f1[i] / (double)n : NAN;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b) + isnan(b) - isnan(a); /* what is no number comes first */
}

/* Find the intervals; samples is [N_MEASURES][RESAMPLES] of room. */
static void resample(const item *const *items, int64_t n, double *samples, double low[N_MEASURES],
                     double high[N_MEASURES])
{
    for (int r = 0; r < RESAMPLES; r++) {
        ri_seq_counts sum = {0};
        double        values[N_MEASURES];
        for (int64_t i = 0; i < n; i++) {
            int64_t drawn = (int64_t)(ri_uniform(SEED, (uint64_t)r, (uint64_t)i) * (double)n);
            ri_seq_counts_add(&sum, &items[drawn]->counts);
        }
        compute(&sum, n, values);
        for (int m = 0; m < N_MEASURES; m++) samples[m * RESAMPLES + r] = values[m];
    }
    for (int m = 0; m < N_MEASURES; m++) {
        double *sorted = samples + (ptrdiff_t)m * RESAMPLES;
        qsort(sorted, RESAMPLES, sizeof *sorted, by_value);
        low[m] = sorted[TAIL];
        high[m] = sorted[RESAMPLES - TAIL - 1];
    }
}

/* Score n items. */
static void score(const item *const *items, int64_t n, double *samples, recur_seq_score *s)
{
    ri_seq_counts sum = {0};
    double        value[N_MEASURES], low[N_MEASURES], high[N_MEASURES];
    for (int64_t i = 0; i < n; i++) ri_seq_counts_add(&sum, &items[i]->counts);
    compute(&sum, n, value);
    resample(items, n, samples, low, high);
    recur_measure *const places[N_MEASURES] = {&s->exact_match, &s->token_accuracy, &s->bleu,       &s->chrf,
                                               &s->rouge[0].f1, &s->rouge[1].f1,    &s->rouge[2].f1};
    for (int m = 0; m < N_MEASURES; m++) *places[m] = (recur_measure){value[m], low[m], high[m]};
    for (int i = 0; i < RI_ROUGE_KINDS; i++) {
        s->rouge[i].precision = n > 0 ? sum.precision[i] / (double)n : NAN;
        s->rouge[i].recall = n > 0 ? sum.recall[i] / (double)n : NAN;
    }
    s->items = n;
    s->hypothesis_tokens = sum.bleu.hypothesis;
    s->reference_tokens = sum.bleu.reference;
    ri_score_bleu(&sum.bleu, s->precisions, &s->brevity_penalty);
    for (int i = 0; n == 0 && i < RI_BLEU_ORDERS; i++) s->precisions[i] = NAN;
    if (n == 0) s->brevity_penalty = NAN;
}

/* Score the items whose length lies in s. */
static void score_range(const recur_seq_scorer *scorer, const item **chosen, double *samples,
                        recur_seq_score *s)
{
    const item *items = scorer->items.data;
    int64_t     n = 0;
    for (int64_t i = 0; i < scorer->items.n; i++)
        if (items[i].length >= s->from && items[i].length < s->to) chosen[n++] = &items[i];
    score(chosen, n, samples, s);
}

static void score_all(recur_seq_scorer *scorer, const item **chosen, double *samples,
                      recur_seq_report *report)
{
    const item *items = scorer->items.data;
    for (int64_t i = 0; i < scorer->items.n; i++) chosen[i] = &items[i];
    report->all = (recur_seq_score){.to = INT64_MAX};
    score(chosen, scorer->items.n, samples, &report->all);
    report->lengths = scorer->lengths;
    report->n_lengths = scorer->n_edges ? scorer->n_edges + 1 : 0;
    for (int64_t i = 0; i < report->n_lengths; i++) {
        scorer->lengths[i] = (recur_seq_score){.from = i > 0 ? scorer->edges[i - 1] : 0,
                                               .to = i < scorer->n_edges ? scorer->edges[i] : INT64_MAX};
        score_range(scorer, chosen, samples, &scorer->lengths[i]);
    }
}

recur_status recur_seq_scorer_report(recur_seq_scorer *scorer, recur_seq_report *report)
{
    if (!scorer) return RECUR_EARG;
    const recur_allocator       *a = &scorer->ctx->allocator;
    const recur_seq_scorer_opts *o = &scorer->counter.opts;
    if (!report) return RI_FAIL(scorer->ctx, RECUR_EARG, "a report wants a place");
    *report = (recur_seq_report){0};
    const item **chosen = ri_allocate(a, (size_t)scorer->items.n, sizeof *chosen);
    double      *samples = ri_allocate(a, N_MEASURES * RESAMPLES, sizeof *samples);
    if (chosen && samples) score_all(scorer, chosen, samples, report);
    ri_release(a, samples);
    ri_release(a, chosen);
    if (!chosen || !samples) return ri_no_memory(scorer->ctx, "the report of a scorer");
    snprintf(report->signature, sizeof report->signature,
             "nrefs:%d|case:mixed|eff:no|tok:%s|smooth:exp|version:recur-" RECUR_VERSION, o->n_references,
             o->tokenise == RECUR_TOKENISE_NONE ? "none" : "13a");
    return RECUR_OK;
}
