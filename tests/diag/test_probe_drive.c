/* The system that a probe makes of a model and data is the one that is made of the model's stack and the same inputs by hand.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

enum { STEPS = 40 };

/* Follow both systems from the same state and compare what they do, to the bit. */
static void compare(const recur_system *a, const recur_system *b)
{
    assert_int_equal(a->n, b->n);
    size_t  n = (size_t)a->n;
    double *states = calloc(4 * n, sizeof *states);
    assert_non_null(states);
    for (int64_t t = 0; t < STEPS; t++) {
        double *now = states + (t % 2 ? n : 0), *next = states + (t % 2 ? 0 : n);
        assert_int_equal(a->advance(a->user, t, now, next), RECUR_OK);
        assert_int_equal(b->advance(b->user, t, now, states + 2 * n), RECUR_OK);
        assert_memory_equal(next, states + 2 * n, n * sizeof *states);
    }
    assert_int_not_equal(a->advance(a->user, STEPS, states, states + n),
                         RECUR_OK); /* there are no more inputs */
    free(states);
}

static void drive(int64_t embed)
{
    recur_lm_spec spec = tiny_spec();
    tiny          t;
    recur_ctx    *ctx;
    recur_probe  *probe;
    recur_driven *found, *wanted;
    recur_corpus *text;
    int64_t       steps;
    spec.embed = embed;
    spec.tie = false;
    assert_int_equal(tiny_open(&t, &spec, RECUR_F32, NULL), RECUR_OK);
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1, .dtype = RECUR_F64}, &ctx), RECUR_OK);
    assert_int_equal(recur_corpus_slice(t.ctx, t.train, 0, STEPS + 1, &text), RECUR_OK);
    const recur_probe_data data = {.corpus = text};
    assert_int_equal(recur_probe_create(t.model, &data, NULL, &probe), RECUR_OK);
    assert_int_equal(recur_probe_drive(probe, ctx, STEPS, &found, &steps), RECUR_OK);
    assert_int_equal(steps, STEPS);
    assert_int_equal(recur_driven_create_lm(ctx, t.model, STEPS, recur_corpus_tokens(text), &wanted),
                     RECUR_OK);
    const recur_system systems[] = {recur_driven_system(found), recur_driven_system(wanted)};
    compare(&systems[0], &systems[1]);
    recur_driven_destroy(found);
    recur_driven_destroy(wanted);

    assert_int_equal(recur_probe_drive(probe, ctx, 7, &found, &steps), RECUR_OK);
    assert_int_equal(steps, 7);
    recur_driven_destroy(found);
    assert_int_equal(recur_probe_drive(probe, ctx, 0, &found, &steps), RECUR_EARG);
    assert_int_equal(recur_probe_drive(probe, t.ctx, STEPS, &found, &steps), RECUR_EARG); /* float32 */
    assert_null(found);
    recur_probe_destroy(probe);
    recur_corpus_destroy(text);
    recur_ctx_destroy(ctx);
    tiny_close(&t);
}

static void of_one_hot_rows(void **state)
{
    (void)state;
    drive(0);
}

static void of_an_embedding(void **state)
{
    (void)state;
    drive(5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_one_hot_rows),
        cmocka_unit_test(of_an_embedding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
