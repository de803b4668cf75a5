/* Attention while right targets are written: the weights of a decoder at work, whatever batch a pair is in, and how much of them is near a
 * diagonal.
 * SPDX-License-Identifier: MIT */
#include "model/seq2seq_fixture.h"

#include <math.h>

#include "base/helpers.h"
#include "model/decoder.h"
#include "recur/diag.h"

enum { ROOM = 64 };

/* What was told, pair by pair. */
typedef struct told {
    int             n;
    recur_alignment pairs[S2S_PAIRS];
    float           weights[S2S_PAIRS][ROOM];
} told;

static void keep(void *user, const recur_alignment *a)
{
    told   *t = user;
    int64_t size = (a->n_target + 1) * (a->n_source + 1);
    assert_true(t->n < S2S_PAIRS && size <= ROOM);
    t->pairs[t->n] = *a;
    memcpy(t->weights[t->n], a->weights, (size_t)size * sizeof(float));
    t->n++;
}

static told align(const recur_model *model, recur_ctx *ctx, const recur_pair_batch *pairs)
{
    told t = {0};
    LM_OK(ctx, recur_seq2seq_align(model, pairs, keep, &t));
    assert_int_equal(t.n, pairs->n);
    return t;
}

static bool attends(int spec)
{
    return s2s_spec(spec).attention != RECUR_ATTENTION_NONE;
}

static void every_token_has_weights_over_the_whole_source(void **state)
{
    (void)state;
    for (int k = 0; k < S2S_SPECS; k++) {
        if (!attends(k)) continue;
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, k % 2 ? RECUR_F64 : RECUR_F32);
        recur_model *model = s2s_model(ctx, s2s_spec(k));
        told         t = align(model, ctx, &s2s_pairs);
        for (int b = 0; b < t.n; b++) {
            assert_int_equal(t.pairs[b].item, b);
            assert_int_equal(t.pairs[b].n_source, s2s_source_lengths[b]);
            assert_int_equal(t.pairs[b].n_target, s2s_target_lengths[b]);
            int64_t width = s2s_source_lengths[b] + 1;
            for (int64_t i = 0; i <= s2s_target_lengths[b]; i++) {
                double sum = 0;
                for (int64_t s = 0; s < width; s++) {
                    assert_true(t.weights[b][i * width + s] > 0);
                    sum += t.weights[b][i * width + s];
                }
                assert_true(fabs(sum - 1) < 1e-5);
            }
        }
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* The pair alone, step by step. */
static void check_alone(const recur_model *model, recur_ctx *ctx, const told *t, int b)
{
    ri_decoder     *decoder;
    ri_decoder_view view;
    const int64_t   zero = 0;
    int32_t         token = recur_seq2seq_mark(model);
    int64_t         width = s2s_source_lengths[b] + 1;
    LM_OK(ctx, ri_decoder_create(model, &decoder));
    LM_OK(ctx, ri_decoder_begin(decoder, 1, &s2s_sources[b], &s2s_source_lengths[b]));
    for (int64_t i = 0; i <= s2s_target_lengths[b]; i++) {
        LM_OK(ctx, ri_decoder_step(decoder, 1, &zero, &token, false, &view));
        assert_int_equal(view.S, width);
        assert_memory_equal(view.weights, t->weights[b] + i * width, (size_t)width * sizeof(float));
        if (i < s2s_target_lengths[b]) token = s2s_targets[b][i];
    }
    ri_decoder_destroy(decoder);
}

static void weights_are_those_of_the_pair_alone(void **state)
{
    (void)state;
    for (int k = 0; k < S2S_SPECS; k++) {
        if (!attends(k)) continue;
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model *model = s2s_model(ctx, s2s_spec(k));
        told         t = align(model, ctx, &s2s_pairs);
        for (int b = 0; b < t.n; b++) check_alone(model, ctx, &t, b);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

static void items_keep_their_numbers(void **state)
{
    (void)state;
    lm_memory        memory;
    recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model     *model = s2s_model(ctx, s2s_spec(2));
    const int64_t    items[S2S_PAIRS] = {7, 3, 9, 0};
    recur_pair_batch pairs = s2s_pairs;
    pairs.items = items;
    told t = align(model, ctx, &pairs);
    for (int b = 0; b < t.n; b++) assert_int_equal(t.pairs[b].item, items[b]);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* ---- the diagonal ---- */

static bool is_near(double found, double wanted)
{
    return fabs(found - wanted) < 1e-6;
}

static void mass_is_counted_around_the_diagonal(void **state)
{
    (void)state;
    /* two tokens and </s>, over three tokens and their end */
    const float     weights[] = {0.5F, 0.25F, 0.125F, 0.125F, 0.0625F, 0.5F, 0.1875F, 0.25F, 9, 9, 9, 9};
    recur_alignment a = {.n_source = 3, .n_target = 2, .weights = weights};
    assert_true(is_near(recur_alignment_mass(&a, false, 0), (0.5 + 0.5) / 2));
    assert_true(is_near(recur_alignment_mass(&a, false, 1), (0.75 + 0.75) / 2));
    assert_true(is_near(recur_alignment_mass(&a, false, 2), (0.875 + 1) / 2));
    assert_true(is_near(recur_alignment_mass(&a, false, 99), 1));
    /* reversed: token 0 belongs to place 2, token 1 to place 1 */
    assert_true(is_near(recur_alignment_mass(&a, true, 0), (0.125 + 0.5) / 2));
    assert_true(is_near(recur_alignment_mass(&a, true, 1), (0.5 + 0.75) / 2));
    a.n_target = 0;
    assert_true(isnan(recur_alignment_mass(&a, false, 1)));
}

static void targets_may_be_longer_than_sources(void **state)
{
    (void)state;
    const float     weights[] = {0.75F, 0.25F, 0.5F, 0.5F, 0.125F, 0.875F, 1, 0, 9, 9};
    recur_alignment a = {.n_source = 1, .n_target = 4, .weights = weights};
    assert_true(is_near(recur_alignment_mass(&a, false, 1), (1 + 1 + 0.875 + 0) / 4));
    assert_true(is_near(recur_alignment_mass(&a, true, 1), (1 + 0.5 + 0 + 0) / 4));
}

/* ---- what is refused ---- */

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    lm_memory        memory;
    recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model     *none = s2s_model(ctx, s2s_spec(0)), *model = s2s_model(ctx, s2s_spec(2));
    recur_pair_batch pairs = s2s_pairs;
    told             t = {0};
    const int32_t wrong[] = {99}, *const sources[] = {wrong, wrong, wrong, wrong};
    assert_int_equal(recur_seq2seq_align(none, &s2s_pairs, keep, &t), RECUR_EARG);
    assert_non_null(strstr(recur_error(ctx), "a model that has none"));
    pairs.targets = NULL;
    assert_int_equal(recur_seq2seq_align(model, &pairs, keep, &t), RECUR_EARG);
    pairs = s2s_pairs;
    pairs.n = 0;
    assert_int_equal(recur_seq2seq_align(model, &pairs, keep, &t), RECUR_EARG);
    pairs.n = 1;
    pairs.sources = sources;
    assert_int_equal(recur_seq2seq_align(model, &pairs, keep, &t), RECUR_EARG);
    assert_int_equal(recur_seq2seq_align(NULL, &s2s_pairs, keep, &t), RECUR_EARG);
    assert_int_equal(t.n, 0);
    recur_model_destroy(none);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* ---- memory ---- */

static recur_status make_and_align(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_ctx   *ctx;
    recur_vocab *source = NULL;
    recur_model *model = NULL;
    const char  *text = "abcd";
    size_t       bytes = 4;
    recur_status status = recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    recur_seq2seq_spec spec = s2s_spec(2);
    ((told *)arg)->n = 0;
    status = recur_vocab_build(ctx, RECUR_CHAR, 1, &text, &bytes, NULL, &source);
    if (!status) status = recur_seq2seq_create(ctx, &spec, source, NULL, 5, &model);
    if (!status) status = recur_seq2seq_align(model, &s2s_pairs, keep, arg);
    snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_model_destroy(model);
    recur_ctx_destroy(ctx);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    told t;
    assert_true(fail_every_allocation(make_and_align, &t) > 20);
    assert_int_equal(t.n, S2S_PAIRS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_token_has_weights_over_the_whole_source),
        cmocka_unit_test(weights_are_those_of_the_pair_alone),
        cmocka_unit_test(items_keep_their_numbers),
        cmocka_unit_test(mass_is_counted_around_the_diagonal),
        cmocka_unit_test(targets_may_be_longer_than_sources),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
