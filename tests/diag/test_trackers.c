/* Units that follow the text are found: cells built to count what they read; and what a passage's values are.
 * SPDX-License-Identifier: MIT */
#include "diag/probe_fixture.h"

static const char text[] = "a (b [c] \xe2\x80\x9c"
                           "de\xe2\x80\x9d f)\ng \xe2\x80\x9ch (i)\xe2\x80\x9d j\nkl mn (o ((p)) q)\n\n"
                           "r (s\xe2\x80\x9ct\xe2\x80\x9d)\n";

enum { BRACKETS = 1, COLUMN = 3, QUOTES = 4, H = 6 };

static void weigh(const probe_case *c, int64_t unit, const char *character, double weight)
{
    int64_t V = recur_vocab_size(recur_model_vocab(c->model));
    probe_set(c->model, "rnn.weight_ih_l0", unit * V + probe_id(c->ctx, c->model, character), weight);
}

/* relu(h + w) counts: brackets, quotations, and characters of a line; the other units stand still. */
static void open_counters(probe_case *c, recur_dtype dtype)
{
    probe_open(c, dtype, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = H}}, text,
               (recur_probe_opts){.steps = 20});
    probe_set(c->model, "rnn.weight_ih_l0", -1, 0);
    probe_set(c->model, "rnn.weight_hh_l0", -1, 0);
    probe_set(c->model, "rnn.bias_ih_l0", -1, 0);
    probe_set(c->model, "rnn.bias_hh_l0", -1, 0);
    for (int64_t j = 0; j < H; j++) probe_set(c->model, "rnn.weight_hh_l0", j * H + j, 1);
    probe_set(c->model, "rnn.bias_ih_l0", 0, 0.25); /* climbs for ever */
    probe_set(c->model, "rnn.bias_ih_l0", COLUMN, 1);
    weigh(c, COLUMN, "\n", -1000);
    weigh(c, BRACKETS, "(", 1);
    weigh(c, BRACKETS, "[", 1);
    weigh(c, BRACKETS, ")", -1);
    weigh(c, BRACKETS, "]", -1);
    weigh(c, QUOTES, "\xe2\x80\x9c", 1);
    weigh(c, QUOTES, "\xe2\x80\x9d", -1);
}

static void counters_are_found(void **state)
{
    (void)state;
    static const int64_t units[RECUR_FEATURES] = {QUOTES, BRACKETS, COLUMN};
    for (int dtype = RECUR_F32; dtype <= RECUR_F64; dtype++) {
        probe_case     c;
        recur_trackers found;
        open_counters(&c, (recur_dtype)dtype);
        LM_OK(c.ctx, recur_probe_trackers(c.probe, 0, recur_corpus_size(c.corpus), &found));
        for (int f = 0; f < RECUR_FEATURES; f++) {
            const recur_tracker *best = found.best[f];
            assert_true(found.is_there[f] && best[0].trait.lane == 0 && best[0].trait.kind == RECUR_VALUE_H);
            assert_int_equal(best[0].trait.unit, units[f]);
            probe_near(best[0].correlation, 1, 1e-6);
            assert_true(fabs(best[1].correlation) < 0.99 && best[1].trait.unit >= 0);
            if (f == RECUR_IN_QUOTES)
                assert_true(best[0].auc == 1 && best[1].auc > 0 && best[1].auc < 1);
            else
                assert_true(isnan(best[0].auc));
        }
        probe_close(&c);
    }
}

/* Area and correlation of a unit that is no perfect one, pair by pair. */
static void scores_are_those_of_all_pairs(void **state)
{
    (void)state;
    probe_case     c;
    recur_trackers found;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.embed = 5, .rnn = {.hidden = 4, .layers = 2}}, text,
               (recur_probe_opts){.steps = 20});
    int64_t n = recur_corpus_size(c.corpus);
    LM_OK(c.ctx, recur_probe_trackers(c.probe, 0, n, &found));
    const int32_t *ids = recur_corpus_tokens(c.corpus);
    int32_t opens = probe_id(c.ctx, c.model, "\xe2\x80\x9c"), ends = probe_id(c.ctx, c.model, "\xe2\x80\x9d");
    for (int i = 0; i < RECUR_TRACKERS; i++) {
        double values[100], inside[100], won = 0, pairs = 0, x = 0, f = 0, xx = 0, ff = 0, xf = 0;
        assert_true(n <= 100);
        LM_OK(c.ctx, recur_probe_passage(c.probe, 0, n, 1, &found.best[RECUR_IN_QUOTES][i].trait, values));
        for (int64_t t = 0; t < n; t++)
            inside[t] = ids[t] == opens ? 1 : ids[t] == ends ? 0 : t ? inside[t - 1] : 0;
        for (int64_t a = 0; a < n; a++) {
            x += values[a];
            f += inside[a];
            xx += values[a] * values[a];
            ff += inside[a] * inside[a];
            xf += values[a] * inside[a];
            for (int64_t b = 0; b < n; b++)
                if (inside[a] > inside[b]) {
                    won += values[a] > values[b] ? 1 : values[a] == values[b] ? 0.5 : 0;
                    pairs++;
                }
        }
        double N = (double)n;
        probe_near(found.best[RECUR_IN_QUOTES][i].auc, won / pairs, 1e-12);
        probe_near(found.best[RECUR_IN_QUOTES][i].correlation,
                   (xf - x * f / N) / sqrt((xx - x * x / N) * (ff - f * f / N)), 1e-9);
        assert_true(i == 0 || fabs(found.best[RECUR_IN_QUOTES][i].correlation) <=
                                  fabs(found.best[RECUR_IN_QUOTES][i - 1].correlation));
    }
    probe_close(&c);
}

/* Over a passage that is longer than a window: the same numbers as whole. */
static void a_passage_goes_on_from_window_to_window(void **state)
{
    (void)state;
    enum { N = 600 };
    char       many[N + 1];
    probe_case c;
    for (int i = 0; i < N; i++) many[i] = (char)('a' + i * i % 7);
    many[N] = '\0';
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.hidden = 3, .layers = 2}}, many,
               (recur_probe_opts){.steps = 20});
    static double     values[4 * N];
    const recur_trait traits[] = {{1, RECUR_VALUE_H, 0, 2},
                                  {1, RECUR_VALUE_C, 0, 2},
                                  {0, RECUR_VALUE_GATE, 1, 1},
                                  {1, RECUR_VALUE_GATE, 3, 2}};
    LM_OK(c.ctx, recur_probe_passage(c.probe, 10, N - 10, 4, traits, values));
    const int64_t n = N - 10;
    for (int64_t t = 0; t < n; t++) /* h = o tanh(c) at every step */
        probe_near(values[t], values[n + t] * values[3 * n + t], 1e-12);

    recur_tape *tape;
    recur_pack *read;
    recur_state final;
    double      h[6];
    LM_OK(c.ctx, recur_tape_create(c.ctx, &tape));
    LM_OK(c.ctx, recur_pack_create(c.ctx, &read));
    LM_OK(c.ctx, recur_pack_set_grid(read, n, 1, recur_corpus_tokens(c.corpus) + 10));
    recur_lm_logits(tape, c.model, read, RECUR_NO_STATE, &final);
    LM_OK(c.ctx, recur_value_f64(tape, final.h, h));
    probe_near(values[n - 1], h[5], 1e-14);
    recur_pack_destroy(read);
    recur_tape_destroy(tape);
    probe_close(&c);
}

static void what_is_not_there_is_refused(void **state)
{
    (void)state;
    probe_case     c;
    recur_trackers found;
    double         values[200];
    probe_open(&c, RECUR_F32, (recur_lm_spec){.rnn = {.cell = RECUR_GRU, .hidden = 3}}, "abcabcabc",
               (recur_probe_opts){0});
    const recur_trait no_lane = {1, RECUR_VALUE_H, 0, 0}, no_cell = {0, RECUR_VALUE_C, 0, 0},
                      no_gate = {0, RECUR_VALUE_GATE, 3, 0}, no_unit = {0, RECUR_VALUE_H, 0, 3};
    LM_FAILS(c.ctx, RECUR_EARG, "lanes", recur_probe_passage(c.probe, 0, 5, 1, &no_lane, values));
    LM_FAILS(c.ctx, RECUR_EARG, "kind 1", recur_probe_passage(c.probe, 0, 5, 1, &no_cell, values));
    LM_FAILS(c.ctx, RECUR_EARG, "gate 3", recur_probe_passage(c.probe, 0, 5, 1, &no_gate, values));
    LM_FAILS(c.ctx, RECUR_EARG, "units", recur_probe_passage(c.probe, 0, 5, 1, &no_unit, values));
    LM_FAILS(c.ctx, RECUR_EARG, "corpus has 9", recur_probe_trackers(c.probe, 5, 5, &found));
    LM_FAILS(c.ctx, RECUR_EARG, "corpus has 9", recur_probe_trackers(c.probe, -1, 5, &found));
    LM_OK(c.ctx, recur_probe_trackers(c.probe, 0, 9, &found));
    assert_true(!found.is_there[RECUR_IN_QUOTES] && !found.is_there[RECUR_BRACKET_DEPTH] &&
                found.is_there[RECUR_LINE_POSITION] && found.best[RECUR_IN_QUOTES][0].trait.unit == -1);
    probe_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_found),
        cmocka_unit_test(scores_are_those_of_all_pairs),
        cmocka_unit_test(a_passage_goes_on_from_window_to_window),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
