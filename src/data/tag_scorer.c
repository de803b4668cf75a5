/* Spans are counted sentence by sentence; whether tags mark spans at all is known only when all have been seen, and asked when reporting.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "data/scorer.h"
#include "data/tag_set.h"
#include "score/rate.h"

enum { FIRST_CAPACITY = 32 };

typedef struct counts {
    int64_t gold, predicted, correct;
} counts;

struct recur_tag_scorer {
    recur_ctx     *ctx;
    ri_tag_set     set;
    int64_t        capacity;     /* of both counts */
    counts        *tags, *types; /* of tokens by tag, of spans by type */
    int64_t        n_trained, sentences, tokens, correct;
    int64_t        gold_broken, predicted_broken;
    ri_score_lists lists;
};

recur_status recur_tag_scorer_create(recur_ctx *ctx, const recur_scorer_opts *opts, recur_tag_scorer **scorer)
{
    if (!ctx || !scorer) return RECUR_EARG;
    *scorer = NULL;
    if (opts && (opts->n_trained < 0 || opts->n_edges != 0))
        return RI_FAIL(ctx, RECUR_EARG, "a scorer of tags wants a count of 0 or more, and no lengths");
    recur_tag_scorer *s = ri_allocate(&ctx->allocator, 1, sizeof *s);
    if (!s) return ri_no_memory(ctx, "a scorer");
    s->ctx = ctx;
    s->n_trained = opts ? opts->n_trained : 0;
    ri_tag_set_init(&s->set, &ctx->allocator);
    *scorer = s;
    return RECUR_OK;
}

void recur_tag_scorer_destroy(recur_tag_scorer *scorer)
{
    if (!scorer) return;
    const recur_allocator *a = &scorer->ctx->allocator;
    ri_score_lists_free(&scorer->lists, a);
    ri_release(a, scorer->tags);
    ri_release(a, scorer->types);
    ri_tag_set_destroy(&scorer->set);
    ri_release(a, scorer);
}

/* Make room for the counts of one more tag; there are never more types than tags. */
static bool make_room(recur_tag_scorer *s)
{
    const recur_allocator *a = &s->ctx->allocator;
    int64_t n = s->set.names.table.n, capacity = s->capacity ? 2 * s->capacity : FIRST_CAPACITY;
    if (n < s->capacity) return true;
    counts *tags = ri_grow(a, s->tags, (size_t)n, (size_t)capacity, sizeof *tags);
    if (!tags) return false;
    s->tags = tags;
    counts *types = ri_grow(a, s->types, (size_t)n, (size_t)capacity, sizeof *types);
    if (!types) return false;
    s->types = types;
    s->capacity = capacity;
    return true;
}

recur_status recur_tag_scorer_tag(recur_tag_scorer *scorer, const char *name, size_t bytes, int32_t *tag)
{
    if (!scorer) return RECUR_EARG;
    if (!tag || (!name && bytes > 0))
        return RI_FAIL(scorer->ctx, RECUR_EARG, "a tag wants a name and a place for its number");
    *tag = make_room(scorer) ? ri_tag_set_add(&scorer->set, name, bytes) : -1;
    return *tag < 0 ? ri_no_memory(scorer->ctx, "the tags") : RECUR_OK;
}

/* ---- counting ---- */

static bool is_broken(const recur_tag_scorer *s, int32_t first)
{
    char prefix = s->set.tag_of[first].prefix;
    return prefix == 'I' || prefix == 'E';
}

/* Walk over the spans of both at once, always on with the one that begins first. */
static void count_spans(recur_tag_scorer *s, int64_t n, const int32_t *gold, const int32_t *predicted)
{
    ri_span_walk walk_g = {s->set.tag_of, gold, n, 0}, walk_p = {s->set.tag_of, predicted, n, 0};
    ri_tag_span  g, p;
    bool         has_g = ri_span_next(&walk_g, &g), has_p = ri_span_next(&walk_p, &p);
    while (has_g || has_p) {
        bool take_g = has_g && (!has_p || g.begin <= p.begin),
             take_p = has_p && (!has_g || p.begin <= g.begin);
        if (take_g && take_p && g.end == p.end && g.type == p.type) s->types[g.type].correct++;
        if (take_g) {
            s->types[g.type].gold++;
            s->gold_broken += is_broken(s, gold[g.begin]);
            has_g = ri_span_next(&walk_g, &g);
        }
        if (take_p) {
            s->types[p.type].predicted++;
            s->predicted_broken += is_broken(s, predicted[p.begin]);
            has_p = ri_span_next(&walk_p, &p);
        }
    }
}

recur_status recur_tag_scorer_add(recur_tag_scorer *scorer, int64_t n, const int32_t *gold,
                                  const int32_t *predicted)
{
    if (!scorer) return RECUR_EARG;
    int64_t n_tags = scorer->set.names.table.n;
    if (n < 0 || (n > 0 && (!gold || !predicted)))
        return RI_FAIL(scorer->ctx, RECUR_EARG, "a sentence of %" PRId64 " tokens wants its tags twice", n);
    for (int64_t t = 0; t < n; t++)
        if (gold[t] < 0 || gold[t] >= n_tags || predicted[t] < 0 || predicted[t] >= n_tags)
            return RI_FAIL(scorer->ctx, RECUR_EARG,
                           "tags %d and %d of a token; wanted numbers from 0 to %" PRId64, (int)gold[t],
                           (int)predicted[t], n_tags - 1);
    for (int64_t t = 0; t < n; t++) {
        scorer->tags[gold[t]].gold++;
        scorer->tags[predicted[t]].predicted++;
        scorer->tags[gold[t]].correct += gold[t] == predicted[t];
        scorer->correct += gold[t] == predicted[t];
    }
    count_spans(scorer, n, gold, predicted);
    scorer->sentences++;
    scorer->tokens += n;
    return RECUR_OK;
}

/* ---- the report ---- */

static recur_tag_scheme find_scheme(const recur_tag_scorer *s)
{
    recur_tag_scheme scheme = RECUR_TAGS_PLAIN;
    for (int64_t id = 0; id < s->set.names.table.n; id++) {
        const counts *c = &s->tags[id];
        char          prefix = s->set.tag_of[id].prefix;
        if (c->gold && s->set.is_foreign[id]) return RECUR_TAGS_PLAIN;
        if ((!c->gold && !c->predicted) || prefix == 'O') continue;
        if (scheme == RECUR_TAGS_PLAIN || prefix == 'E' || prefix == 'S')
            scheme = prefix == 'E' || prefix == 'S' ? RECUR_TAGS_BIOES : RECUR_TAGS_BIO;
    }
    return scheme;
}

/* List what occurs, of tags or of types. Returns how many do. */
static int64_t gather(ri_score_lists *lists, const ri_intern *names, const counts *of)
{
    int64_t n = 0;
    for (int64_t id = 0; id < names->table.n; id++) {
        ri_span       name = names->table.entries[id].span;
        const counts *c = &of[id];
        if (!c->gold && !c->predicted) continue;
        lists->classes[n++] = (recur_class_score){.name = name.size ? name.bytes : "_",
                                                  .name_bytes = name.size ? name.size : 1,
                                                  .gold = c->gold,
                                                  .predicted = c->predicted,
                                                  .correct = c->correct};
    }
    return n;
}

static void report_spans(const recur_tag_scorer *s, recur_tag_report *report)
{
    recur_class_score all = {0};
    for (int64_t i = 0; i < report->n_types; i++) {
        all.gold += report->types[i].gold;
        all.predicted += report->types[i].predicted;
        all.correct += report->types[i].correct;
    }
    ri_score_class(&all);
    report->gold_spans = all.gold;
    report->predicted_spans = all.predicted;
    report->correct_spans = all.correct;
    report->precision = all.precision;
    report->recall = all.recall;
    report->f1 = all.f1;
    report->gold_broken = s->gold_broken;
    report->predicted_broken = s->predicted_broken;
    for (int64_t id = 0; id < s->set.names.table.n; id++)
        if (s->set.is_foreign[id]) report->foreign += s->tags[id].predicted;
}

recur_status recur_tag_scorer_report(recur_tag_scorer *scorer, recur_tag_report *report)
{
    if (!scorer) return RECUR_EARG;
    recur_tag_scorer *s = scorer;
    const ri_intern  *names = &s->set.names;
    if (!report) return RI_FAIL(s->ctx, RECUR_EARG, "a report wants a place");
    if (!ri_score_lists_begin(&s->lists, &s->ctx->allocator, names->table.n))
        return ri_no_memory(s->ctx, "the report of a scorer");
    recur_tag_scheme scheme = find_scheme(s);
    bool             is_plain = scheme == RECUR_TAGS_PLAIN;
    for (int64_t id = 0; id < names->table.n; id++)
        ri_score_lists_see(&s->lists, names, id, s->tags[id].gold, s->n_trained);
    int64_t n = is_plain ? gather(&s->lists, names, s->tags) : gather(&s->lists, &s->set.types, s->types);
    ri_score_lists_end(&s->lists, n);
    *report = (recur_tag_report){.sentences = s->sentences,
                                 .tokens = s->tokens,
                                 .correct = s->correct,
                                 .accuracy = ri_score_accuracy(s->correct, s->tokens),
                                 .scheme = scheme,
                                 .precision = NAN,
                                 .recall = NAN,
                                 .f1 = NAN,
                                 .n_types = n,
                                 .types = s->lists.classes,
                                 .unseen_tokens = s->lists.unseen_items,
                                 .n_unseen = s->lists.n_unseen,
                                 .unseen = s->lists.unseen};
    if (!is_plain) report_spans(s, report);
    return RECUR_OK;
}
