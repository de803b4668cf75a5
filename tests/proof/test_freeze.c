/* Frozen tensors: no gradient, no part in norms, values and moments untouched to the bit by every optimiser; the others learn as if nothing
 * were there. Rows of values set from outside.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"
#include "train/trainer.h"

enum { V = 9, E = 5, H = 6, MOST = 400 };

/* An embedding, a stack and a tied head: tensors of every kind that a layer owns; one of one's own between them. */
typedef struct model {
    recur_ctx       *ctx;
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
    recur_linear    *head;
    recur_tape      *tape;
    recur_pack      *tokens, *targets;
    int64_t          own;
} model;

static void open_model(model *m)
{
    const int64_t lengths[] = {4, 0, 2};
    *m = (model){.ctx = proof_ctx(RECUR_F32, 2)};
    recur_rnn_spec spec = {.cell = RECUR_RNN_TANH, .input = E, .hidden = H, .no_bias = true};
    PROOF_OK(m->ctx, recur_params_create(m->ctx, 5, &m->params));
    PROOF_OK(m->ctx,
             recur_embedding_create(m->params, "embedding",
                                    &(recur_embedding_spec){.vocabulary = V, .size = E}, &m->embedding));
    PROOF_OK(m->ctx, recur_params_add(m->params, "own", RECUR_SHAPE(6, H), (recur_init){0}, &m->own));
    PROOF_OK(m->ctx, recur_rnn_create(m->params, "rnn", &spec, &m->rnn));
    PROOF_OK(m->ctx,
             recur_linear_create(m->params, "head", &(recur_linear_spec){.input = H, .output = V}, &m->head));
    PROOF_OK(m->ctx, recur_tape_create(m->ctx, &m->tape));
    PROOF_OK(m->ctx, recur_pack_create(m->ctx, &m->tokens));
    PROOF_OK(m->ctx, recur_pack_create(m->ctx, &m->targets));
    proof_tokens(m->ctx, m->tokens, 3, lengths, V, 1, false);
    proof_tokens(m->ctx, m->targets, 3, lengths, V, 2, false);
}

static void close_model(model *m)
{
    recur_pack_destroy(m->targets);
    recur_pack_destroy(m->tokens);
    recur_tape_destroy(m->tape);
    recur_linear_destroy(m->head);
    recur_rnn_destroy(m->rnn);
    recur_embedding_destroy(m->embedding);
    recur_params_destroy(m->params);
    recur_ctx_destroy(m->ctx);
}

static recur_var loss_of(model *m)
{
    recur_tape_reset(m->tape);
    recur_var x = recur_embed(m->tape, m->embedding, m->tokens);
    recur_var y = recur_rnn_apply(m->tape, m->rnn, x, m->tokens, RECUR_NO_STATE).output;
    y = recur_mul(m->tape, y, recur_param(m->tape, m->params, m->own));
    return recur_cross_entropy(m->tape, recur_linear_apply(m->tape, m->head, y), m->targets, RECUR_MEAN);
}

static void freeze(model *m, const char *name, bool is_frozen)
{
    int64_t index = recur_params_find(m->params, name);
    PROOF_OK(m->ctx, recur_params_freeze(m->params, index, is_frozen));
    assert_int_equal(recur_params_is_frozen(m->params, index), is_frozen);
}

/* The tensors in one array; returns how many numbers. */
static int64_t values_of(const model *m, bool is_gradient, double *x)
{
    int64_t used = 0;
    for (int64_t i = 0; i < recur_params_tensors(m->params); i++) {
        recur_tensor_info info;
        PROOF_OK(m->ctx, recur_params_info(m->params, i, &info));
        assert_true(used + info.count <= MOST);
        PROOF_OK(m->ctx, is_gradient ? recur_params_grad(m->params, i, x + used)
                                     : recur_params_get(m->params, i, x + used));
        used += info.count;
    }
    return used;
}

/* The elements of a named tensor among those of values_of. */
static int64_t place_of(const model *m, const char *name, int64_t *count)
{
    int64_t           at = 0;
    recur_tensor_info info;
    for (int64_t i = 0;; i++) {
        PROOF_OK(m->ctx, recur_params_info(m->params, i, &info));
        if (!strcmp(info.name, name)) break;
        at += info.count;
    }
    *count = info.count;
    return at;
}

static const char *const NAMES[] = {"embedding.weight", "own",         "rnn.weight_ih_l0",
                                    "rnn.weight_hh_l0", "head.weight", "head.bias"};

/* One frozen tensor at a time: its gradient is zero, the others' are the same, the norm is that of the others. */
static void gradients(void **state)
{
    (void)state;
    double all[MOST], some[MOST];
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        model m;
        open_model(&m);
        PROOF_OK(m.ctx, recur_backward(m.tape, loss_of(&m)));
        int64_t n = values_of(&m, true, all), count, first = place_of(&m, NAMES[k], &count);
        freeze(&m, NAMES[k], true);
        recur_params_zero_grad(m.params);
        PROOF_OK(m.ctx, recur_backward(m.tape, loss_of(&m)));
        values_of(&m, true, some);
        double squares = 0;
        for (int64_t i = 0; i < n; i++) {
            bool is_frozen = i >= first && i < first + count;
            assert_true(some[i] == (is_frozen ? 0 : all[i]));
            squares += some[i] * some[i];
        }
        assert_true(fabs(recur_params_grad_norm(m.params) - sqrt(squares)) < 1e-12);
        freeze(&m, NAMES[k], false); /* nothing is left over from the frozen passes */
        recur_params_zero_grad(m.params);
        PROOF_OK(m.ctx, recur_backward(m.tape, loss_of(&m)));
        values_of(&m, true, some);
        assert_memory_equal(some, all, (size_t)n * sizeof *all);
        close_model(&m);
    }
}

static const recur_train_opts OPTIMISERS[] = {
    {.optim = RECUR_ADAM, .weight_decay = 0.1, .clip_norm = 0.3},
    {.optim = RECUR_ADAMW, .weight_decay = 0.1, .clip_value = 0.01},
    {.optim = RECUR_RMSPROP, .momentum = 0.5, .weight_decay = 0.1},
    {.optim = RECUR_SGD,
     .lr = 0.1,
     .momentum = 0.9,
     .weight_decay = 0.1,
     .clip_norm = 0.3,
     .clip_value = 0.1},
};

static void step(model *m, recur_trainer *trainer, int times)
{
    for (int i = 0; i < times; i++) PROOF_OK(m->ctx, recur_trainer_step(trainer, m->tape, loss_of(m), NULL));
}

/* The moments of a trainer, of one tensor: padding lies between tensors, so they are looked up by the set's own offsets. */
static void moments_of(const recur_trainer *t, const char *name, double *out)
{
    const ri_tensor *tensor = &t->params->tensors[recur_params_find(t->params, name)];
    const void      *blocks[] = {t->moment1, t->moment2};
    for (int i = 0; i < 2; i++)
        if (blocks[i])
            t->ctx->dev->read(t->ctx, tensor->count, ri_at(t->ctx, blocks[i], tensor->offset),
                              out + i * tensor->count);
}

/* Learn, freeze, learn, melt, learn. */
static void optimisers(void **state)
{
    const recur_train_opts *opts = *state;
    double                  before[MOST], after[MOST], moments[2][2 * MOST] = {{0}};
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        model          m;
        recur_trainer *trainer;
        int64_t        count;
        open_model(&m);
        int64_t first = place_of(&m, NAMES[k], &count), n = values_of(&m, false, before);
        PROOF_OK(m.ctx, recur_trainer_create(m.params, opts, &trainer));
        step(&m, trainer, 2);
        freeze(&m, NAMES[k], true);
        values_of(&m, false, before);
        moments_of(trainer, NAMES[k], moments[0]);
        step(&m, trainer, 3);
        values_of(&m, false, after);
        moments_of(trainer, NAMES[k], moments[1]);
        assert_memory_equal(moments[0], moments[1], sizeof moments[0]);
        int64_t moved = 0;
        for (int64_t i = 0; i < n; i++) {
            bool is_frozen = i >= first && i < first + count;
            if (is_frozen) assert_memory_equal(&after[i], &before[i], sizeof *after);
            moved += after[i] != before[i];
        }
        assert_true(moved > (n - count) / 2);
        freeze(&m, NAMES[k], false);
        step(&m, trainer, 1);
        values_of(&m, false, before);
        moved = 0;
        for (int64_t i = first; i < first + count; i++) moved += after[i] != before[i];
        assert_true(moved > count / 2);
        recur_trainer_destroy(trainer);
        close_model(&m);
    }
}

/* Everything frozen: nothing moves, the norm is 0, and nothing breaks. */
static void everything(void **state)
{
    (void)state;
    model             m;
    recur_trainer    *trainer;
    recur_step_report report;
    double            before[MOST], after[MOST];
    open_model(&m);
    for (int64_t i = 0; i < recur_params_tensors(m.params); i++)
        PROOF_OK(m.ctx, recur_params_freeze(m.params, i, true));
    int64_t n = values_of(&m, false, before);
    PROOF_OK(m.ctx, recur_trainer_create(m.params, &OPTIMISERS[0], &trainer));
    PROOF_OK(m.ctx, recur_trainer_step(trainer, m.tape, loss_of(&m), &report));
    values_of(&m, false, after);
    assert_memory_equal(before, after, (size_t)n * sizeof *before);
    assert_true(report.grad_norm == 0 && !report.was_clipped);
    recur_trainer_destroy(trainer);
    close_model(&m);
}

static void rows(void **state)
{
    (void)state;
    model   m;
    double  before[V * E], after[V * E], given[2 * E];
    int64_t table;
    open_model(&m);
    table = recur_params_find(m.params, "embedding.weight");
    for (int i = 0; i < 2 * E; i++) given[i] = 0.25 * i;
    PROOF_OK(m.ctx, recur_params_get(m.params, table, before));
    PROOF_OK(m.ctx, recur_params_set_rows(m.params, table, 3, 2, given));
    PROOF_OK(m.ctx, recur_params_get(m.params, table, after));
    memcpy(before + (ptrdiff_t)3 * E, given, sizeof given);
    assert_memory_equal(before, after, sizeof before);
    PROOF_OK(m.ctx, recur_params_set_rows(m.params, table, V, 0, given));
    PROOF_OK(m.ctx,
             recur_params_set_rows(m.params, recur_params_find(m.params, "head.bias"), V - 1, 1, given));
    PROOF_REFUSED(m.ctx, recur_params_set_rows(m.params, table, V - 1, 2, given));
    PROOF_REFUSED(m.ctx, recur_params_set_rows(m.params, table, -1, 1, given));
    PROOF_REFUSED(m.ctx, recur_params_set_rows(m.params, table, 0, -1, given));
    PROOF_REFUSED(m.ctx, recur_params_set_rows(m.params, table, INT64_MAX, 1, given));
    PROOF_REFUSED(m.ctx, recur_params_set_rows(m.params, 99, 0, 1, given));
    PROOF_REFUSED(m.ctx, recur_params_freeze(m.params, 99, true));
    assert_false(recur_params_is_frozen(m.params, 99));
    /* what is computed follows: the packed copies of a matrix are made anew */
    recur_tape_reset(m.tape);
    recur_var x = recur_input(m.tape, RECUR_SHAPE(1, H), (const float[H]){1});
    double   *first = proof_values(m.ctx, m.tape, recur_linear_apply(m.tape, m.head, x)), row[H] = {7};
    PROOF_OK(m.ctx, recur_params_set_rows(m.params, recur_params_find(m.params, "head.weight"), 0, 1, row));
    double *second = proof_values(m.ctx, m.tape, recur_linear_apply(m.tape, m.head, x));
    assert_true(first[0] != second[0]);
    assert_memory_equal(first + 1, second + 1, (V - 1) * sizeof *first);
    free(first);
    free(second);
    close_model(&m);
}

int main(void)
{
    static const char *const OPTIMISER_NAMES[] = {"Adam", "AdamW", "RMSprop", "SGD"};
    struct CMUnitTest        tests[7] = {cmocka_unit_test(gradients), cmocka_unit_test(everything),
                                         cmocka_unit_test(rows)};
    for (int i = 0; i < 4; i++)
        tests[3 + i] = (struct CMUnitTest){.name = OPTIMISER_NAMES[i],
                                           .test_func = optimisers,
                                           .initial_state = (void *)(uintptr_t)&OPTIMISERS[i]};
    return cmocka_run_group_tests_name("frozen parameters", tests, NULL, NULL);
}
