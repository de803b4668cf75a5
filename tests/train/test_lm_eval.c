/* Evaluation: known losses, the cut into parts, windows that change nothing, refusals.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

enum { LONG = 6000 };

/* The tiny model with a corpus of n letters in place of its validation part. */
static void open_long(tiny *t, const recur_lm_spec *spec, recur_dtype dtype, int threads, size_t n)
{
    static char text[200000];
    assert_true(n <= sizeof text);
    tiny_text(text, sizeof text);
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = threads, .dtype = dtype}, &t->ctx),
                     RECUR_OK);
    recur_corpus *other = NULL;
    assert_int_equal(tiny_fill(t, spec), RECUR_OK);
    assert_int_equal(recur_corpus_encode(t->ctx, recur_model_vocab(t->model), text, n, &other), RECUR_OK);
    recur_corpus_destroy(t->valid);
    t->valid = other;
}

static void a_model_that_knows_nothing_scores_the_logarithm_of_the_vocabulary(void **state)
{
    (void)state;
    tiny          t = {0};
    recur_lm_spec spec = {.embed = 5, .rnn = {.hidden = 8, .init = {.kind = RECUR_INIT_CONSTANT}}};
    open_long(&t, &spec, RECUR_F32, 1, LONG);
    recur_lm_score score;
    assert_int_equal(recur_lm_evaluate(t.model, t.valid, NULL, &score), RECUR_OK);
    double V = (double)recur_vocab_size(recur_model_vocab(t.model));
    assert_int_equal(score.tokens, LONG - 1);
    assert_true(fabs(score.loss - log(V)) < 1e-6);
    assert_true(fabs(score.perplexity - V) < 1e-4);
    assert_true(fabs(score.bits_per_char - log(V) / log(2)) < 1e-5);
    tiny_close(&t);
}

/* The sum of losses over tokens from..to read in one piece from the initial state. */
static double whole(tiny *t, int64_t from, int64_t to)
{
    recur_tape *tape;
    recur_pack *read, *wanted;
    assert_int_equal(recur_tape_create(t->ctx, &tape), RECUR_OK);
    assert_int_equal(recur_pack_create(t->ctx, &read), RECUR_OK);
    assert_int_equal(recur_pack_create(t->ctx, &wanted), RECUR_OK);
    const int32_t *ids = recur_corpus_tokens(t->valid);
    recur_tape_set_inference(tape, true);
    assert_int_equal(recur_pack_set_grid(read, to - from, 1, ids + from), RECUR_OK);
    assert_int_equal(recur_pack_set_grid(wanted, to - from, 1, ids + from + 1), RECUR_OK);
    double sum =
        recur_scalar(tape, recur_lm_loss(tape, t->model, read, wanted, RECUR_NO_STATE, RECUR_SUM, NULL));
    recur_pack_destroy(read);
    recur_pack_destroy(wanted);
    recur_tape_destroy(tape);
    return sum;
}

static void parts_are_read_whole_and_side_by_side(void **state)
{
    (void)state;
    const recur_cell cells[] = {RECUR_LSTM, RECUR_GRU};
    for (int k = 0; k < 2; k++) {
        tiny          t = {0};
        recur_lm_spec spec = tiny_spec();
        spec.rnn.cell = cells[k];
        spec.rnn.trained_state = k == 1;
        open_long(&t, &spec, RECUR_F64, 1, LONG);
        recur_lm_score score;
        assert_int_equal(recur_lm_evaluate(t.model, t.valid, NULL, &score), RECUR_OK);
        /* 5,999 predictions are two parts of at least 2,048: of 3,000 and 2,999 */
        double sum = whole(&t, 0, 3000) + whole(&t, 3000, LONG - 1);
        assert_true(fabs(score.loss * (LONG - 1) / sum - 1) < 1e-12);
        tiny_close(&t);
    }
}

static void threads_and_repetition_change_no_bit(void **state)
{
    (void)state;
    double first = 0;
    for (int i = 0; i < 5; i++) {
        tiny          t = {0};
        recur_lm_spec spec = tiny_spec();
        open_long(&t, &spec, RECUR_F32, i % 4 + 1, 140000); /* more than 64 parts of 2,048: they are longer */
        recur_lm_score score;
        assert_int_equal(recur_lm_evaluate(t.model, t.valid, NULL, &score), RECUR_OK);
        assert_int_equal(score.tokens, 140000 - 1);
        if (i == 0) first = score.loss;
        assert_true(score.loss == first);
        tiny_close(&t);
    }
}

static bool stop_later(void *user, double progress, const recur_report *last)
{
    (void)last;
    double *before = user;
    assert_true(progress > *before && progress <= 1);
    *before = progress;
    return progress < 0.5;
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    tiny          t = {0};
    recur_lm_spec spec = tiny_spec();
    open_long(&t, &spec, RECUR_F32, 1, LONG);
    double          progress = 0;
    recur_run_hooks hooks = {.user = &progress, .tick = stop_later};
    recur_lm_score  score;
    assert_int_equal(recur_lm_evaluate(t.model, t.valid, &hooks, &score), RECUR_STOPPED);
    assert_true(progress >= 0.5 && progress < 0.6);
    tiny_close(&t);
}

static void what_cannot_be_scored_is_refused(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_lm_score score;
    for (int64_t n = 1; n <= 3; n++) {
        tiny          t = {0};
        recur_corpus *part;
        open_long(&t, &spec, RECUR_F32, 1, 50);
        assert_int_equal(recur_corpus_slice(t.ctx, t.valid, 0, n, &part), RECUR_OK);
        assert_int_equal(recur_lm_evaluate(t.model, part, NULL, &score), n < 2 ? RECUR_EDATA : RECUR_OK);
        if (n >= 2) assert_int_equal(score.tokens, n - 1);
        recur_corpus_destroy(part);
        tiny_close(&t);
    }
    tiny t = {0};
    open_long(&t, &spec, RECUR_F32, 1, 300);
    recur_params     *params = recur_model_params(t.model);
    recur_tensor_info info;
    int64_t           bias = recur_params_find(params, "head.bias");
    assert_int_equal(recur_params_info(params, bias, &info), RECUR_OK);
    double values[64];
    assert_true(info.count <= 64);
    for (int64_t i = 0; i < info.count; i++) values[i] = NAN;
    assert_int_equal(recur_params_set(params, bias, values), RECUR_OK);
    assert_int_equal(recur_lm_evaluate(t.model, t.valid, NULL, &score), RECUR_EDIVERGED);
    tiny_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_knows_nothing_scores_the_logarithm_of_the_vocabulary),
        cmocka_unit_test(parts_are_read_whole_and_side_by_side),
        cmocka_unit_test(threads_and_repetition_change_no_bit),
        cmocka_unit_test(it_can_be_stopped),
        cmocka_unit_test(what_cannot_be_scored_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
