/* Beam search over a table: against every target there is, against a plain beam that stops for nothing, and greedily; what must not occur,
 * what must not matter, what goes wrong.
 *
 * The model is a function: how likely a token is after a beginning is drawn from a hash of the source and the beginning.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "base/rng.h"
#include "run/search.h"

enum { V = 5, MARK = 4, MOST = 6, SOURCES = 7, ROWS = 4096, S = 3 };

typedef struct fake {
    memory_watch memory;
    recur_ctx   *ctx;
    int          levels;  /* logits are so many different ones, so that there are ties; 0: any */
    uint64_t     sources; /* the first source's number */
    uint64_t     states[2][ROWS];
    int          now;
    float        log_p[ROWS * V], best_log_p[ROWS], weights[ROWS * S];
    int32_t      best[ROWS];
    int64_t      n_rows, n_steps, fails_at, n_best_only;
    bool         is_begun;
} fake;

static uint64_t mix(uint64_t state, int32_t token)
{
    return (state ^ (uint64_t)(token + 1)) * UINT64_C(0x9e3779b97f4a7c15) + (state >> 29);
}

/* Log-probabilities [V] after a beginning. */
static void distribution(const fake *f, uint64_t state, float *log_p)
{
    double logits[V], sum = 0;
    for (int v = 0; v < V; v++) {
        double u = ri_uniform(state, 7, (uint64_t)v);
        logits[v] = 3 * (f->levels ? floor(u * f->levels) / f->levels : u);
        sum += exp(logits[v]);
    }
    for (int v = 0; v < V; v++) log_p[v] = (float)(logits[v] - log(sum));
}

static float weight(uint64_t state, int s)
{
    return (float)ri_uniform(state, 8, (uint64_t)s);
}

static recur_status fake_step(void *self, int64_t rows, const int64_t *parents, const int32_t *tokens,
                              bool only_best, ri_decoder_view *view)
{
    fake *f = self;
    assert_true(rows <= ROWS);
    if (f->n_steps++ == f->fails_at) return RI_FAIL(f->ctx, RECUR_EDIVERGED, "a logit is not a number");
    f->now = !f->now;
    for (int64_t i = 0; i < rows; i++) {
        uint64_t before = f->is_begun ? f->states[!f->now][parents[i]] : f->sources + (uint64_t)parents[i];
        uint64_t state = f->states[f->now][i] = mix(before, tokens[i]);
        float   *log_p = f->log_p + i * V;
        distribution(f, state, log_p);
        f->best[i] = 0;
        for (int v = 1; v < V; v++)
            if (log_p[v] > log_p[f->best[i]]) f->best[i] = v;
        f->best_log_p[i] = log_p[f->best[i]];
        for (int s = 0; s < S; s++) f->weights[i * S + s] = weight(state, s);
    }
    f->is_begun = true;
    f->n_rows += rows;
    f->n_best_only += only_best;
    *view = (ri_decoder_view){.rows = rows,
                              .V = V,
                              .log_p = only_best ? NULL : f->log_p,
                              .best = f->best,
                              .best_log_p = f->best_log_p,
                              .S = S,
                              .weights = f->weights};
    return RECUR_OK;
}

static int set_up(void **state)
{
    fake *f = calloc(1, sizeof *f);
    *state = f;
    f->memory.left = -1;
    f->fails_at = -1;
    recur_ctx_opts opts = {.threads = 1, .allocator = watched(&f->memory)};
    return recur_ctx_create(&opts, &f->ctx) == RECUR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fake *f = *state;
    recur_ctx_destroy(f->ctx);
    int live = f->memory.n_live;
    free(f);
    return live ? -1 : 0;
}

/* ---- targets ---- */

typedef struct target {
    int64_t item, n;
    int32_t ids[MOST + 1];
    double  log_p, score;
    bool    is_cut;
    float   attention[(MOST + 1) * S];
} target;

typedef struct found {
    int    n;
    target targets[400];
} found;

static void keep(void *user, const recur_hypothesis *h)
{
    found *to = user;
    assert_true(to->n < 400 && h->n <= MOST);
    target *t = &to->targets[to->n++];
    *t = (target){.item = h->item, .n = h->n, .log_p = h->log_p, .score = h->score, .is_cut = h->is_cut};
    memcpy(t->ids, h->ids, (size_t)h->n * sizeof *h->ids);
    if (h->attention)
        memcpy(t->attention, h->attention, (size_t)((h->n + 1) * (h->n_source + 1)) * sizeof *h->attention);
}

static recur_status search_from(fake *f, uint64_t first, int64_t n, recur_decode_opts o, int32_t unknown,
                                found *to)
{
    const ri_search_space space = {
        .self = f, .V = V, .mark = MARK, .unknown = unknown, .has_weights = true, .step = fake_step};
    int64_t lengths[SOURCES], n_source[SOURCES];
    for (int64_t i = 0; i < n; i++) {
        lengths[i] = o.max_length;
        n_source[i] = (first + (uint64_t)i) % S;
    }
    f->sources = first;
    f->is_begun = false;
    to->n = 0;
    return ri_search(f->ctx, &space, n, n_source, lengths, &o, keep, to);
}

static void check_same(const target *a, const target *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->ids, b->ids, (size_t)a->n * sizeof *a->ids);
    assert_true(a->log_p == b->log_p && a->score == b->score);
}

static double score_of(double log_p, int64_t n, double penalty)
{
    return log_p / pow((5 + (double)n) / 6, penalty);
}

/* ---- every target ---- */

static bool repeats(const int32_t *ids, int64_t n, int64_t gram)
{
    if (gram == 0) return false;
    for (int64_t i = 0; i + gram <= n; i++)
        for (int64_t j = i + 1; j + gram <= n; j++)
            if (memcmp(ids + i, ids + j, (size_t)gram * sizeof *ids) == 0) return true;
    return false;
}

static void write_all(const fake *f, const recur_decode_opts *o, uint64_t state, target begun, found *to)
{
    float log_p[V];
    distribution(f, state, log_p);
    if (begun.n >= o->min_length) {
        target *t = &to->targets[to->n++];
        *t = begun;
        t->log_p += (double)log_p[MARK];
        t->score = score_of(t->log_p, t->n, o->length_penalty);
    }
    if (begun.n == o->max_length) return;
    for (int32_t v = 0; v < MARK; v++) {
        target longer = begun;
        longer.ids[longer.n++] = v;
        longer.log_p += (double)log_p[v];
        if (!repeats(longer.ids, longer.n, o->no_repeat)) write_all(f, o, mix(state, v), longer, to);
    }
}

static int by_score(const void *a, const void *b)
{
    double x = ((const target *)a)->score, y = ((const target *)b)->score;
    return (x < y) - (x > y);
}

static void a_wide_beam_finds_the_best_of_all(void **state)
{
    fake                   *f = *state;
    static found            all, best;
    const recur_decode_opts cases[] = {{.max_length = 3},
                                       {.max_length = 3, .length_penalty = 1},
                                       {.max_length = 3, .length_penalty = -0.7},
                                       {.max_length = 3, .min_length = 2, .length_penalty = 0.6},
                                       {.max_length = 4, .no_repeat = 1},
                                       {.max_length = 3, .no_repeat = 2, .length_penalty = 2},
                                       {.max_length = 0}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (uint64_t source = 0; source < 20; source++) {
            recur_decode_opts o = cases[c];
            all.n = 0;
            write_all(f, &o, mix(source, MARK), (target){.n = 0}, &all);
            qsort(all.targets, (size_t)all.n, sizeof *all.targets, by_score);
            o.beam = 300;
            o.n_best = 4;
            assert_int_equal(search_from(f, source, 1, o, -1, &best), RECUR_OK);
            assert_int_equal(best.n, all.n < 4 ? all.n : 4);
            for (int i = 0; i < best.n; i++) check_same(&best.targets[i], &all.targets[i]);
        }
}

/* ---- a plain beam ---- */

typedef struct beginning {
    target   t;
    uint64_t state;
} beginning;

/* Beam search as it is told: sort all ways to go on, keep the best, stop for nothing but an empty beam. */
static void plain_beam(const fake *f, const recur_decode_opts *o, uint64_t source, found *to)
{
    static beginning live[64], next[64 * V];
    int              n_live = 1;
    live[0] = (beginning){.state = mix(source, MARK)};
    to->n = 0;
    while (n_live > 0) {
        int n = 0, m = (int)o->beam - to->n, kept = 0;
        for (int i = 0; i < n_live; i++) {
            float log_p[V];
            distribution(f, live[i].state, log_p);
            for (int32_t v = 0; v < V; v++) {
                beginning b = live[i];
                if (v == MARK ? b.t.n < o->min_length : b.t.n == o->max_length) continue;
                b.t.log_p += (double)log_p[v];
                b.t.ids[b.t.n++] = v;
                b.state = mix(b.state, v);
                int at = n++; /* sorted in: equal ones behind */
                for (; at > 0 && b.t.log_p > next[at - 1].t.log_p; at--) next[at] = next[at - 1];
                next[at] = b;
            }
        }
        for (int i = 0; i < n && i < m; i++) {
            if (next[i].t.ids[next[i].t.n - 1] != MARK) {
                live[kept++] = next[i];
                continue;
            }
            target t = next[i].t;
            t.n--;
            t.score = score_of(t.log_p, t.n, o->length_penalty);
            int at = to->n++;
            for (; at > 0 && t.score > to->targets[at - 1].score; at--) to->targets[at] = to->targets[at - 1];
            to->targets[at] = t;
        }
        n_live = kept;
    }
}

static void stopping_early_loses_nothing(void **state)
{
    fake        *f = *state;
    static found plain, fast;
    const double penalties[] = {0, 0.6, 1, 3, -1};
    for (f->levels = 0; f->levels < 5; f->levels += 4)
        for (int beam = 1; beam <= V; beam++)
            for (int p = 0; p < 5; p++)
                for (uint64_t source = 0; source < 30; source++) {
                    recur_decode_opts o = {.beam = beam,
                                           .n_best = 1 + (int64_t)source % beam,
                                           .length_penalty = penalties[p],
                                           .min_length = (int64_t)source % 3,
                                           .max_length = MOST};
                    plain_beam(f, &o, source, &plain);
                    assert_int_equal(search_from(f, source, 1, o, -1, &fast), RECUR_OK);
                    assert_int_equal(fast.n, plain.n < o.n_best ? plain.n : o.n_best);
                    for (int i = 0; i < fast.n; i++) check_same(&fast.targets[i], &plain.targets[i]);
                }
}

/* ---- greedy ---- */

static void a_beam_of_one_is_greedy(void **state)
{
    fake        *f = *state;
    static found one;
    for (f->levels = 0; f->levels < 5; f->levels += 4)
        for (uint64_t source = 0; source < 200; source++) {
            uint64_t at = mix(source, MARK);
            target   t = {.n = 0};
            for (int32_t v = 0; v != MARK;) {
                float log_p[V];
                distribution(f, at, log_p);
                v = 0;
                for (int32_t u = 1; u < V; u++)
                    if (log_p[u] > log_p[v]) v = u;
                t.is_cut = t.n == MOST && v != MARK;
                if (t.is_cut) v = MARK;
                t.log_p += (double)log_p[v];
                if (v != MARK) t.ids[t.n++] = v;
                at = mix(at, v);
            }
            t.score = score_of(t.log_p, t.n, 0.8);
            recur_decode_opts o = {.beam = 1, .n_best = 1, .max_length = MOST, .length_penalty = 0.8};
            f->n_best_only = f->n_steps = 0;
            assert_int_equal(search_from(f, source, 1, o, -1, &one), RECUR_OK);
            assert_int_equal(one.n, 1);
            check_same(&one.targets[0], &t);
            assert_int_equal(one.targets[0].is_cut, t.is_cut);
            assert_int_equal(f->n_best_only, f->n_steps - (t.n == MOST)); /* all but a forced end */
        }
}

/* ---- what must not matter ---- */

static void sources_do_not_see_each_other(void **state)
{
    fake        *f = *state;
    static found all, one;
    for (int beam = 1; beam <= V; beam++) {
        recur_decode_opts o = {
            .beam = beam, .n_best = beam, .max_length = MOST, .length_penalty = 0.6, .attention = true};
        f->n_rows = 0;
        assert_int_equal(search_from(f, 3, SOURCES, o, -1, &all), RECUR_OK);
        int64_t together = f->n_rows, n = 0;
        f->n_rows = 0;
        for (uint64_t source = 0; source < SOURCES; source++) {
            assert_int_equal(search_from(f, 3 + source, 1, o, -1, &one), RECUR_OK);
            int k = 0;
            for (int i = 0; i < all.n; i++) {
                if (all.targets[i].item != (int64_t)source) continue;
                check_same(&all.targets[i], &one.targets[k]);
                assert_memory_equal(all.targets[i].attention, one.targets[k].attention,
                                    sizeof one.targets[k].attention);
                k++;
            }
            assert_int_equal(k, one.n);
            n += k;
        }
        assert_int_equal(n, all.n);
        assert_int_equal(together, f->n_rows); /* none is computed for those that have ended */
    }
}

static void attention_belongs_to_its_tokens(void **state)
{
    fake        *f = *state;
    static found it;
    for (uint64_t source = 0; source < 20; source++) {
        recur_decode_opts o = {.beam = 4, .n_best = 4, .max_length = MOST, .attention = true};
        assert_int_equal(search_from(f, source, 1, o, -1, &it), RECUR_OK);
        for (int i = 0; i < it.n; i++) {
            const target *t = &it.targets[i];
            uint64_t      at = mix(source, MARK);
            int64_t       columns = (int64_t)source % S + 1;
            for (int64_t k = 0; k <= t->n; k++) {
                for (int64_t s = 0; s < columns; s++)
                    assert_true(t->attention[k * columns + s] == weight(at, (int)s));
                if (k < t->n) at = mix(at, t->ids[k]);
            }
        }
    }
}

/* ---- what must not occur ---- */

static void what_is_forbidden_is_not_written(void **state)
{
    fake        *f = *state;
    static found it;
    for (int beam = 1; beam <= 3; beam++)
        for (uint64_t source = 0; source < 50; source++)
            for (int64_t gram = 1; gram <= 3; gram++) {
                recur_decode_opts o = {
                    .beam = beam, .n_best = beam, .max_length = MOST, .min_length = 3, .no_repeat = gram};
                assert_int_equal(search_from(f, source, 1, o, 2, &it), RECUR_OK);
                assert_in_range(it.n, 1, beam);
                for (int i = 0; i < it.n; i++) {
                    const target *t = &it.targets[i];
                    assert_false(repeats(t->ids, t->n, gram));
                    assert_in_range(t->n, 3, MOST);
                    for (int64_t k = 0; k < t->n; k++) assert_true(t->ids[k] != 2 && t->ids[k] != MARK);
                }
            }
}

/* Three tokens may be written once each, but at least five are wanted: the target ends all the same. */
static void a_target_ends_where_nothing_may_follow(void **state)
{
    fake             *f = *state;
    static found      it;
    recur_decode_opts o = {.beam = 2, .n_best = 2, .max_length = MOST, .min_length = 5, .no_repeat = 1};
    assert_int_equal(search_from(f, 1, 1, o, 2, &it), RECUR_OK);
    assert_int_equal(it.n, 2);
    for (int i = 0; i < it.n; i++) assert_int_equal(it.targets[i].n, 3);
}

/* ---- what goes wrong ---- */

static void impossible_options_are_refused(void **state)
{
    fake *f = *state;
    const struct {
        recur_decode_opts opts;
        const char       *part;
    } wrong[] = {{{.beam = V + 1}, "a beam of 6 is wider than the target vocabulary: 5 tokens"},
                 {{.n_best = 2}, "the best 2 of a beam of 1"},
                 {{.beam = 3, .n_best = 4}, "the best 4 of a beam of 3"},
                 {{.min_length = 5, .max_length = 4}, "at least 5 and at most 4"},
                 {{.beam = -1}, "wanted 0 or more"},
                 {{.no_repeat = -1}, "wanted 0 or more"},
                 {{.length_penalty = NAN}, "wanted a finite number"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(ri_search_check(f->ctx, &wrong[i].opts, V), RECUR_EARG);
        assert_contains(recur_error(f->ctx), wrong[i].part);
    }
    const recur_decode_opts right = {.beam = V, .n_best = V};
    assert_int_equal(ri_search_check(f->ctx, &right, V), RECUR_OK);
}

static void errors_of_a_step_end_the_search(void **state)
{
    fake             *f = *state;
    static found      it;
    recur_decode_opts o = {.beam = 3, .n_best = 1, .max_length = MOST, .min_length = 4};
    f->fails_at = 2;
    assert_int_equal(search_from(f, 1, 2, o, -1, &it), RECUR_EDIVERGED);
    assert_int_equal(it.n, 0);
}

static void every_failed_allocation_is_said(void **state)
{
    fake             *f = *state;
    static found      it;
    recur_decode_opts o = {
        .beam = 4, .n_best = 4, .max_length = MOST, .min_length = 5, .no_repeat = 2, .attention = true};
    recur_status status = RECUR_EMEMORY;
    int          n = 0, live = f->memory.n_live;
    for (; status == RECUR_EMEMORY; n++) {
        f->memory.left = n;
        status = search_from(f, 1, SOURCES, o, 0, &it);
        f->memory.left = -1;
        assert_int_equal(f->memory.n_live, live);
    }
    assert_int_equal(status, RECUR_OK);
    assert_true(n > 10);
}

#define SEARCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEARCH_TEST(a_wide_beam_finds_the_best_of_all),
        SEARCH_TEST(stopping_early_loses_nothing),
        SEARCH_TEST(a_beam_of_one_is_greedy),
        SEARCH_TEST(sources_do_not_see_each_other),
        SEARCH_TEST(attention_belongs_to_its_tokens),
        SEARCH_TEST(what_is_forbidden_is_not_written),
        SEARCH_TEST(a_target_ends_where_nothing_may_follow),
        SEARCH_TEST(impossible_options_are_refused),
        SEARCH_TEST(errors_of_a_step_end_the_search),
        SEARCH_TEST(every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
