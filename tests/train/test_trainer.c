/* The trainer: its updates against a plain loop in double, clipping, refusals, saving and loading.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

enum { N = 6, STEPS = 12 };

static const double start[N] = {0.5, -1, 2, -0.25, 3, 0.125}, slope[N] = {1, -2, 0.5, 4, -0.1, 0.03};

/* A quadratic bowl: the loss is the sum of (w - slope)^2 / 2, its gradient w - slope. */
typedef struct bowl {
    recur_ctx     *ctx;
    recur_params  *params;
    recur_tape    *tape;
    recur_trainer *trainer;
} bowl;

static void bowl_open(bowl *b, recur_dtype dtype, const recur_train_opts *opts)
{
    int64_t index;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1, .dtype = dtype}, &b->ctx), RECUR_OK);
    assert_int_equal(recur_params_create(b->ctx, 1, &b->params), RECUR_OK);
    assert_int_equal(recur_params_add(b->params, "w", RECUR_SHAPE(N), (recur_init){0}, &index), RECUR_OK);
    assert_int_equal(recur_params_set(b->params, 0, start), RECUR_OK);
    assert_int_equal(recur_tape_create(b->ctx, &b->tape), RECUR_OK);
    assert_int_equal(recur_trainer_create(b->params, opts, &b->trainer), RECUR_OK);
}

static void bowl_close(bowl *b)
{
    recur_trainer_destroy(b->trainer);
    recur_tape_destroy(b->tape);
    recur_params_destroy(b->params);
    recur_ctx_destroy(b->ctx);
}

static recur_status bowl_step(bowl *b, recur_step_report *report)
{
    recur_tape_reset(b->tape);
    recur_var w = recur_param(b->tape, b->params, 0);
    recur_var to = recur_input_f64(b->tape, RECUR_SHAPE(N), slope);
    recur_var d = recur_add(b->tape, w, recur_scale(b->tape, to, -1));
    return recur_trainer_step(b->trainer, b->tape, recur_scale(b->tape, recur_dot(b->tape, d, d), 0.5),
                              report);
}

/* The same in plain doubles, from the textbook's equations. */
typedef struct plain {
    double w[N], m[N], v[N], norm;
    int    was_clipped;
} plain;

static double clamp(double x, double limit)
{
    return limit > 0 ? fmax(-limit, fmin(limit, x)) : x;
}

static void plain_step(plain *p, const recur_train_opts *o, int t)
{
    double g[N], before = 0, after = 0;
    p->was_clipped = 0;
    for (int i = 0; i < N; i++) {
        g[i] = p->w[i] - slope[i];
        before += g[i] * g[i];
        p->was_clipped |= clamp(g[i], o->clip_value) != g[i];
        g[i] = clamp(g[i], o->clip_value);
        after += g[i] * g[i];
    }
    p->norm = sqrt(before);
    double scale = o->clip_norm > 0 ? fmin(1, o->clip_norm / (sqrt(after) + 1e-6)) : 1;
    p->was_clipped |= scale < 1;
    for (int i = 0; i < N; i++) {
        g[i] *= scale;
        if (o->optim == RECUR_ADAMW)
            p->w[i] -= o->lr * o->weight_decay * p->w[i];
        else
            g[i] += o->weight_decay * p->w[i];
        switch (o->optim) {
        case RECUR_SGD:
            p->m[i] = t == 1 ? g[i] : o->momentum * p->m[i] + g[i];
            p->w[i] -= o->lr * p->m[i];
            break;
        case RECUR_RMSPROP:
            p->v[i] = 0.9 * p->v[i] + 0.1 * g[i] * g[i];
            p->m[i] = o->momentum * p->m[i] + g[i] / (sqrt(p->v[i]) + 1e-8);
            p->w[i] -= o->lr * p->m[i];
            break;
        case RECUR_ADAM:
        case RECUR_ADAMW:
            p->m[i] = 0.9 * p->m[i] + 0.1 * g[i];
            p->v[i] = 0.999 * p->v[i] + 0.001 * g[i] * g[i];
            p->w[i] -= o->lr * (p->m[i] / (1 - pow(0.9, t))) / (sqrt(p->v[i] / (1 - pow(0.999, t))) + 1e-8);
            break;
        }
    }
}

static const recur_train_opts all_opts[] = {
    {.optim = RECUR_SGD, .lr = 0.1},
    {.optim = RECUR_SGD, .lr = 0.1, .momentum = 0.8, .weight_decay = 0.01, .clip_norm = 1.5},
    {.optim = RECUR_RMSPROP, .lr = 0.05, .decay_rate = 0.9, .clip_value = 0.7},
    {.optim = RECUR_RMSPROP, .lr = 0.05, .decay_rate = 0.9, .momentum = 0.5, .weight_decay = 0.1},
    {.optim = RECUR_ADAM, .lr = 0.1},
    {.optim = RECUR_ADAM, .lr = 0.1, .weight_decay = 0.05, .clip_value = 1, .clip_norm = 1.2},
    {.optim = RECUR_ADAMW, .lr = 0.1, .weight_decay = 0.2, .clip_norm = 3},
};
enum { N_OPTS = sizeof all_opts / sizeof all_opts[0] };

static void updates_are_the_textbooks(void **state)
{
    (void)state;
    for (int k = 0; k < N_OPTS; k++) {
        bowl  b;
        plain p = {.norm = 0};
        memcpy(p.w, start, sizeof start);
        bowl_open(&b, RECUR_F64, &all_opts[k]);
        int64_t n_clipped = 0;
        for (int t = 1; t <= STEPS; t++) {
            recur_step_report report;
            double            w[N];
            assert_int_equal(bowl_step(&b, &report), RECUR_OK);
            plain_step(&p, &all_opts[k], t);
            n_clipped += p.was_clipped;
            assert_int_equal(report.step, t);
            assert_int_equal(report.n_clipped, n_clipped);
            assert_int_equal(report.was_clipped, p.was_clipped);
            assert_true(fabs(report.grad_norm - p.norm) < 1e-12);
            assert_int_equal(recur_params_get(b.params, 0, w), RECUR_OK);
            for (int i = 0; i < N; i++) assert_true(fabs(w[i] - p.w[i]) < 1e-12);
        }
        assert_int_equal(recur_trainer_steps(b.trainer), STEPS);
        bowl_close(&b);
    }
}

static void some_updates_are_clipped_and_some_are_not(void **state)
{
    (void)state;
    bowl              b;
    recur_step_report report = {0};
    bowl_open(&b, RECUR_F64, &(recur_train_opts){.optim = RECUR_SGD, .lr = 0.3, .clip_norm = 2});
    assert_int_equal(bowl_step(&b, &report), RECUR_OK);
    assert_true(report.was_clipped);
    for (int t = 0; t < 30; t++) assert_int_equal(bowl_step(&b, &report), RECUR_OK);
    assert_false(report.was_clipped);
    assert_true(report.n_clipped > 1 && report.n_clipped < 30);
    bowl_close(&b);
}

static void the_schedule_sets_the_rate(void **state)
{
    (void)state;
    bowl             b;
    recur_train_opts o = {.lr = 1, .schedule = {.kind = RECUR_STEP, .factor = 0.1, .after = 1, .warmup = 3}};
    const double     wanted[] = {1.0 / 3, 2.0 / 3, 1, 0.1, 0.1};
    bowl_open(&b, RECUR_F64, &o);
    for (int t = 0; t < 5; t++) {
        recur_step_report report;
        recur_trainer_set_epoch(b.trainer, t < 3 ? 1 : 2);
        assert_int_equal(bowl_step(&b, &report), RECUR_OK);
        assert_true(fabs(report.lr - wanted[t]) < 1e-15);
    }
    bowl_close(&b);
}

/* Neither a loss nor a gradient that is not finite changes anything, and the trainer can go on. */
static void what_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        bowl   a, b;
        double bad[N] = {0}, wa[N], wb[N];
        bowl_open(&a, RECUR_F32, &all_opts[4]);
        bowl_open(&b, RECUR_F32, &all_opts[4]);
        for (int t = 0; t < 3; t++) assert_int_equal(bowl_step(&a, NULL), RECUR_OK);
        assert_int_equal(bowl_step(&b, NULL), RECUR_OK);

        recur_tape_reset(b.tape);
        recur_var w = recur_param(b.tape, b.params, 0), loss;
        if (kind == 0) {
            bad[2] = NAN;
            loss = recur_dot(b.tape, w, recur_input_f64(b.tape, RECUR_SHAPE(N), bad));
        } else { /* a finite loss: 1e30 * 1e30 only meets on the way back */
            recur_var zero = recur_scale(b.tape, recur_sum(b.tape, w), 0);
            loss = recur_scale(b.tape, recur_scale(b.tape, zero, 1e30), 1e30);
        }
        assert_int_equal(recur_trainer_step(b.trainer, b.tape, loss, NULL), RECUR_EDIVERGED);
        assert_non_null(strstr(recur_error(b.ctx), "step 2 (epoch 1)"));
        assert_true(recur_params_grad_norm(b.params) == 0);
        assert_int_equal(recur_trainer_steps(b.trainer), 1);

        for (int t = 0; t < 2; t++) assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
        assert_int_equal(recur_params_get(a.params, 0, wa), RECUR_OK);
        assert_int_equal(recur_params_get(b.params, 0, wb), RECUR_OK);
        assert_memory_equal(wa, wb, sizeof wa);
        bowl_close(&a);
        bowl_close(&b);
    }
}

static void a_loss_that_is_no_scalar_is_refused(void **state)
{
    (void)state;
    bowl b;
    bowl_open(&b, RECUR_F32, NULL);
    recur_var w = recur_param(b.tape, b.params, 0);
    assert_int_equal(recur_trainer_step(b.trainer, b.tape, w, NULL), RECUR_EARG);
    recur_tape_reset(b.tape);
    assert_int_equal(recur_trainer_step(b.trainer, b.tape, RECUR_NONE, NULL), RECUR_EARG);
    int64_t index;
    assert_int_equal(recur_params_add(b.params, "late", RECUR_SHAPE(3), (recur_init){0}, &index), RECUR_OK);
    assert_int_equal(bowl_step(&b, NULL), RECUR_EARG);
    bowl_close(&b);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    const recur_train_opts bad[] = {
        {.lr = -1},
        {.lr = NAN},
        {.lr = INFINITY},
        {.optim = (recur_optim)9},
        {.beta1 = 1},
        {.beta2 = -0.5},
        {.epsilon = -1},
        {.momentum = 0.9},
        {.decay_rate = 0.9},
        {.optim = RECUR_RMSPROP, .decay_rate = 1},
        {.optim = RECUR_SGD, .momentum = -0.1},
        {.optim = RECUR_SGD, .beta1 = 0.9},
        {.optim = RECUR_SGD, .epsilon = 1e-8},
        {.weight_decay = -1},
        {.clip_norm = NAN},
        {.clip_value = -2},
        {.schedule = {.kind = (recur_schedule_kind)7}},
        {.schedule = {.kind = RECUR_STEP}},
        {.schedule = {.kind = RECUR_STEP, .factor = 0.5, .after = -1}},
        {.schedule = {.kind = RECUR_EXPONENTIAL, .factor = INFINITY}},
        {.schedule = {.kind = RECUR_COSINE}},
        {.schedule = {.warmup = -1}},
    };
    bowl b;
    bowl_open(&b, RECUR_F32, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        recur_trainer *t = NULL;
        assert_int_equal(recur_trainer_create(b.params, &bad[i], &t), RECUR_EARG);
        assert_null(t);
        assert_true(strlen(recur_error(b.ctx)) > 20);
    }
    bowl_close(&b);
}

/* ---- saving ---- */

static void a_loaded_trainer_goes_on_to_the_bit(void **state)
{
    (void)state;
    char dir[TINY_PATH], path[TINY_PATH];
    tiny_directory(dir);
    tiny_join(path, dir, "t");
    for (int k = 0; k < 2 * N_OPTS; k++) {
        bowl        a, b;
        recur_dtype dtype = k % 2 ? RECUR_F64 : RECUR_F32;
        double      wa[N], wb[N];
        bowl_open(&a, dtype, &all_opts[k / 2]);
        bowl_open(&b, dtype, &all_opts[k / 2]);
        for (int t = 0; t < 5; t++) assert_int_equal(bowl_step(&a, NULL), RECUR_OK);
        assert_int_equal(recur_trainer_save(a.trainer, path), RECUR_OK);
        assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
        assert_int_equal(recur_trainer_load(b.trainer, path), RECUR_OK);
        for (int t = 0; t < 5; t++) {
            recur_step_report ra, rb;
            assert_int_equal(bowl_step(&a, &ra), RECUR_OK);
            assert_int_equal(bowl_step(&b, &rb), RECUR_OK);
            assert_int_equal(ra.step, rb.step);
            assert_int_equal(ra.n_clipped, rb.n_clipped);
            assert_true(ra.loss == rb.loss && ra.grad_norm == rb.grad_norm);
        }
        assert_int_equal(recur_params_get(a.params, 0, wa), RECUR_OK);
        assert_int_equal(recur_params_get(b.params, 0, wb), RECUR_OK);
        assert_memory_equal(wa, wb, sizeof wa);
        bowl_close(&a);
        bowl_close(&b);
    }
    tiny_remove(dir);
}

static void assert_refused(bowl *b, const char *path, recur_status status, const char *words)
{
    double before[N], after[N];
    assert_int_equal(recur_params_get(b->params, 0, before), RECUR_OK);
    assert_int_equal(recur_trainer_load(b->trainer, path), status);
    assert_non_null(strstr(recur_error(b->ctx), words));
    assert_int_equal(recur_params_get(b->params, 0, after), RECUR_OK);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(recur_trainer_steps(b->trainer), 1);
}

static void what_does_not_match_is_named(void **state)
{
    (void)state;
    char dir[TINY_PATH], path[TINY_PATH], other[TINY_PATH];
    bowl a, b;
    tiny_directory(dir);
    tiny_join(path, dir, "t");
    tiny_join(other, dir, "params");
    bowl_open(&a, RECUR_F32, &all_opts[1]);
    assert_int_equal(recur_trainer_save(a.trainer, path), RECUR_OK);
    assert_int_equal(recur_params_save(a.params, other), RECUR_OK);

    bowl_open(&b, RECUR_F32, &all_opts[4]);
    assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
    assert_refused(&b, path, RECUR_EMISMATCH, "optimiser = sgd");
    assert_refused(&b, other, RECUR_EMODEL, "no checkpoint");
    assert_refused(&b, "/nonexistent/t", RECUR_EIO, "/nonexistent/t");
    bowl_close(&b);

    recur_train_opts opts = all_opts[1];
    opts.lr = 0.25;
    bowl_open(&b, RECUR_F32, &opts);
    assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
    assert_refused(&b, path, RECUR_EMISMATCH, "lr = 0.25");
    bowl_close(&b);

    bowl_open(&b, RECUR_F64, &all_opts[1]);
    assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
    assert_refused(&b, path, RECUR_EMISMATCH, "float64");
    bowl_close(&b);

    int64_t index;
    bowl_open(&b, RECUR_F32, &all_opts[1]);
    recur_trainer_destroy(b.trainer);
    assert_int_equal(recur_params_add(b.params, "more", RECUR_SHAPE(2, 3), (recur_init){0}, &index),
                     RECUR_OK);
    assert_int_equal(recur_trainer_create(b.params, &all_opts[1], &b.trainer), RECUR_OK);
    assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
    assert_refused(&b, path, RECUR_EMISMATCH, "\"more\"");
    bowl_close(&b);
    bowl_close(&a);
    tiny_remove(dir);
}

/* A checkpoint cut anywhere, or with any byte changed, is refused or harmless, and changes nothing when refused. */
static void damaged_files_are_refused(void **state)
{
    (void)state;
    char dir[TINY_PATH], path[TINY_PATH];
    bowl a, b;
    tiny_directory(dir);
    tiny_join(path, dir, "t");
    bowl_open(&a, RECUR_F32, &all_opts[4]);
    assert_int_equal(recur_trainer_save(a.trainer, path), RECUR_OK);
    size_t size;
    char  *bytes = tiny_read(dir, "t", &size);
    bowl_open(&b, RECUR_F32, &all_opts[4]);
    assert_int_equal(bowl_step(&b, NULL), RECUR_OK);
    for (size_t n = 0; n < size; n++) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, n, file), n);
        fclose(file);
        assert_refused(&b, path, RECUR_EMODEL, "");
    }
    free(bytes);
    bowl_close(&a);
    bowl_close(&b);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_the_textbooks),
        cmocka_unit_test(some_updates_are_clipped_and_some_are_not),
        cmocka_unit_test(the_schedule_sets_the_rate),
        cmocka_unit_test(what_is_not_finite_changes_nothing),
        cmocka_unit_test(a_loss_that_is_no_scalar_is_refused),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(a_loaded_trainer_goes_on_to_the_bit),
        cmocka_unit_test(what_does_not_match_is_named),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
