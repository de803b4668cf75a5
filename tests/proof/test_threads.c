/* The number of threads changes no bit: outputs, gradients and five updates of every optimiser are the same with 1, 2, 3 and 4 threads, when
 * repeated, and when two callers share a context.
 *
 * Sizes are large enough to be divided, and odd, so that pieces are uneven.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "proof/proof.h"

/* A language model with dropout and a ragged batch: every kind of operation that is divided. */
typedef struct plan {
    const char    *name;
    recur_rnn_spec rnn;
    int64_t        V, embed, B, T;
    bool           is_ragged;
} plan;

static const plan PLANS[] = {
    {"LSTM", {.cell = RECUR_LSTM, .hidden = 40, .layers = 2, .dropout = 0.2}, 300, 40, 13, 6, false},
    {"LSTM, one-hot", {.cell = RECUR_LSTM, .hidden = 33}, 61, 0, 5, 9, true},
    {"LSTM, bidirectional",
     {.cell = RECUR_LSTM, .hidden = 40, .layers = 2, .bidirectional = true},
     300,
     40,
     13,
     9,
     true},
    {"LSTM, projection", {.cell = RECUR_LSTM, .hidden = 47, .projection = 19}, 101, 23, 7, 6, true},
    {"LSTM, batch of 1", {.cell = RECUR_LSTM, .hidden = 129}, 300, 31, 1, 8, false},
    {"GRU", {.cell = RECUR_GRU, .hidden = 40, .layers = 2}, 300, 40, 13, 5, true},
    {"GRU, reset before", {.cell = RECUR_GRU, .hidden = 37, .reset_before = true}, 101, 17, 6, 7, false},
    {"GRU, bidirectional, batch of 1",
     {.cell = RECUR_GRU, .hidden = 65, .bidirectional = true},
     50,
     9,
     1,
     12,
     false},
    {"RNN",
     {.cell = RECUR_RNN_TANH, .hidden = 40, .layers = 3, .bidirectional = true},
     300,
     40,
     13,
     7,
     false},
    {"RNN, relu", {.cell = RECUR_RNN_RELU, .hidden = 17, .trained_state = true}, 30, 5, 129, 3, true},
    /* so many units that threads share the steps of few sequences */
    {"LSTM, shared steps", {.cell = RECUR_LSTM, .hidden = 200}, 61, 20, 3, 9, true},
    {"LSTM, shared steps, one row", {.cell = RECUR_LSTM, .hidden = 200}, 61, 20, 1, 1, false},
    {"LSTM, shared steps, bidirectional",
     {.cell = RECUR_LSTM, .hidden = 200, .bidirectional = true},
     61,
     20,
     2,
     5,
     true},
    {"GRU, shared steps, reset before",
     {.cell = RECUR_GRU, .hidden = 240, .reset_before = true},
     61,
     20,
     1,
     5,
     false},
};

typedef struct machine {
    const plan      *plan;
    recur_ctx       *ctx;
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
    recur_linear    *head;
    recur_tape      *tape;
    recur_pack      *tokens, *targets;
} machine;

static void fill_packs(machine *m)
{
    const plan    *p = m->plan;
    int64_t        lengths[129];
    int32_t        ids[2][129 * 17];
    const int32_t *rows[2][129];
    assert_true(p->B <= 129 && p->T <= 17);
    for (int64_t b = 0; b < p->B; b++) {
        lengths[b] = p->is_ragged ? (b * 7 + 3) % (p->T + 1) : p->T;
        for (int side = 0; side < 2; side++) {
            rows[side][b] = ids[side] + b * p->T;
            for (int64_t t = 0; t < p->T; t++)
                ids[side][b * p->T + t] =
                    (int32_t)((0.5 + 0.5 * proof_number(50 + (uint64_t)side, (uint64_t)(b * p->T + t))) *
                              (double)p->V);
        }
    }
    PROOF_OK(m->ctx, recur_pack_set(m->tokens, p->B, lengths, rows[0]));
    PROOF_OK(m->ctx, recur_pack_set(m->targets, p->B, lengths, rows[1]));
}

static void open_machine(machine *m, const plan *p, recur_dtype dtype, int threads)
{
    *m = (machine){.plan = p, .ctx = proof_ctx(dtype, threads)};
    recur_rnn_spec       spec = p->rnn;
    recur_embedding_spec table = {.vocabulary = p->V, .size = p->embed};
    spec.input = p->embed ? p->embed : p->V;
    PROOF_OK(m->ctx, recur_params_create(m->ctx, 3, &m->params));
    if (p->embed) PROOF_OK(m->ctx, recur_embedding_create(m->params, "embedding", &table, &m->embedding));
    PROOF_OK(m->ctx, recur_rnn_create(m->params, "rnn", &spec, &m->rnn));
    recur_linear_spec head = {.input = (spec.projection ? spec.projection : spec.hidden) *
                                       (spec.bidirectional ? 2 : 1),
                              .output = p->V};
    PROOF_OK(m->ctx, recur_linear_create(m->params, "head", &head, &m->head));
    PROOF_OK(m->ctx, recur_tape_create(m->ctx, &m->tape));
    PROOF_OK(m->ctx, recur_pack_create(m->ctx, &m->tokens));
    PROOF_OK(m->ctx, recur_pack_create(m->ctx, &m->targets));
    fill_packs(m);
}

static void close_machine(machine *m)
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

static recur_var output_of(const machine *m, recur_tape *t)
{
    recur_var x =
        m->embedding ? recur_embed(t, m->embedding, m->tokens) : recur_one_hot(t, m->tokens, m->plan->V);
    if (m->embedding) x = recur_dropout(t, x, m->tokens, 0.1);
    return recur_rnn_apply(t, m->rnn, x, m->tokens, RECUR_NO_STATE).output;
}

/* The loss by the plain way in even steps, by the fused one in odd ones. */
static recur_var loss_of(const machine *m, uint64_t step)
{
    recur_tape_reset(m->tape);
    recur_tape_set_noise(m->tape, 9, step);
    recur_var y = output_of(m, m->tape);
    if (step % 2) return recur_linear_cross_entropy(m->tape, m->head, y, m->targets, RECUR_MEAN);
    return recur_cross_entropy(m->tape, recur_linear_apply(m->tape, m->head, y), m->targets, RECUR_MEAN);
}

/* ---- everything a run computes, as one array ---- */

typedef struct record {
    double *x;
    int64_t n, capacity;
} record;

static double *extend(record *r, int64_t n)
{
    if (r->n + n > r->capacity) {
        r->capacity = 2 * (r->n + n);
        r->x = realloc(r->x, (size_t)r->capacity * sizeof *r->x);
        assert_non_null(r->x);
    }
    r->n += n;
    return r->x + r->n - n;
}

static void record_tensors(record *r, const machine *m, bool is_gradient)
{
    for (int64_t i = 0; i < recur_params_tensors(m->params); i++) {
        recur_tensor_info info;
        PROOF_OK(m->ctx, recur_params_info(m->params, i, &info));
        double *at = extend(r, info.count);
        PROOF_OK(m->ctx,
                 is_gradient ? recur_params_grad(m->params, i, at) : recur_params_get(m->params, i, at));
    }
}

static void record_pass(record *r, const machine *m)
{
    for (uint64_t step = 0; step < 2; step++) {
        recur_params_zero_grad(m->params);
        recur_var loss = loss_of(m, step);
        *extend(r, 1) = recur_scalar(m->tape, loss);
        PROOF_OK(m->ctx, recur_backward(m->tape, loss));
        record_tensors(r, m, true);
        *extend(r, 1) = recur_params_grad_norm(m->params);
    }
    recur_params_zero_grad(m->params);
}

static void record_updates(record *r, const machine *m)
{
    static const recur_train_opts OPTS[] = {
        {.optim = RECUR_ADAM, .clip_norm = 0.5},
        {.optim = RECUR_ADAMW, .weight_decay = 0.1, .clip_value = 0.01},
        {.optim = RECUR_RMSPROP, .momentum = 0.5, .clip_norm = 0.5, .clip_value = 0.01},
        {.optim = RECUR_SGD, .lr = 0.1, .momentum = 0.9, .weight_decay = 0.01},
    };
    for (size_t i = 0; i < sizeof OPTS / sizeof *OPTS; i++) {
        recur_trainer *trainer;
        PROOF_OK(m->ctx, recur_trainer_create(m->params, &OPTS[i], &trainer));
        for (uint64_t step = 0; step < 5; step++) {
            recur_step_report report;
            PROOF_OK(m->ctx, recur_trainer_step(trainer, m->tape, loss_of(m, step), &report));
            double *at = extend(r, 2);
            at[0] = report.loss;
            at[1] = report.grad_norm;
        }
        record_tensors(r, m, false);
        recur_trainer_destroy(trainer);
    }
}

static record run(const plan *p, recur_dtype dtype, int threads)
{
    machine m;
    record  r = {0};
    open_machine(&m, p, dtype, threads);
    assert_int_equal(recur_ctx_threads(m.ctx), threads);
    recur_var y = output_of(&m, m.tape);
    double   *out = proof_values(m.ctx, m.tape, y);
    int64_t   n = proof_count(recur_shape_of(m.tape, y));
    memcpy(extend(&r, n), out, (size_t)n * sizeof *out);
    free(out);
    record_pass(&r, &m);
    record_updates(&r, &m);
    close_machine(&m);
    return r;
}

typedef struct plan_case {
    const plan *plan;
    recur_dtype dtype;
    char        title[80];
} plan_case;

static void threads_change_nothing(void **state)
{
    const plan_case *c = *state;
    record           once = run(c->plan, c->dtype, 1);
    for (int threads = 1; threads <= 4; threads++) {
        record again = run(c->plan, c->dtype, threads);
        assert_int_equal(again.n, once.n);
        for (int64_t i = 0; i < once.n; i++)
            if (memcmp(&again.x[i], &once.x[i], sizeof(double)) != 0)
                fail_msg("%d threads: number %lld of %lld is %a, with one thread %a", threads, (long long)i,
                         (long long)once.n, again.x[i], once.x[i]);
        free(again.x);
    }
    free(once.x);
}

/* ---- two callers ---- */

typedef struct caller {
    const machine *m;
    double        *wanted;
    int64_t        n;
    bool           agrees;
} caller;

static void *infer(void *argument)
{
    caller     *c = argument;
    recur_tape *tape;
    c->agrees = recur_tape_create(c->m->ctx, &tape) == RECUR_OK;
    if (!c->agrees) return NULL;
    recur_tape_set_inference(tape, true);
    double *found = calloc((size_t)c->n, sizeof *found);
    for (int i = 0; i < 20 && c->agrees; i++) {
        recur_tape_reset(tape);
        recur_var y = output_of(c->m, tape);
        c->agrees = found && !recur_value_f64(tape, y, found) &&
                    memcmp(found, c->wanted, (size_t)c->n * sizeof *found) == 0;
    }
    free(found);
    recur_tape_destroy(tape);
    return NULL;
}

static void two_callers_share(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        machine   m;
        pthread_t other;
        open_machine(&m, &PLANS[0], RECUR_F32, threads);
        recur_tape_set_inference(m.tape, true);
        recur_var y = output_of(&m, m.tape);
        caller    a = {
               .m = &m, .wanted = proof_values(m.ctx, m.tape, y), .n = proof_count(recur_shape_of(m.tape, y))};
        caller b = a;
        assert_int_equal(pthread_create(&other, NULL, infer, &b), 0);
        infer(&a);
        pthread_join(other, NULL);
        assert_true(a.agrees && b.agrees);
        free(a.wanted);
        close_machine(&m);
    }
}

int main(void)
{
    enum { N = sizeof PLANS / sizeof *PLANS };
    static plan_case  cases[2 * N];
    struct CMUnitTest tests[2 * N + 1];
    for (int i = 0; i < 2 * N; i++) {
        cases[i] = (plan_case){.plan = &PLANS[i / 2], .dtype = (recur_dtype)(i % 2)};
        snprintf(cases[i].title, sizeof cases[i].title, "%s %s", i % 2 ? "f64" : "f32", PLANS[i / 2].name);
        tests[i] = (struct CMUnitTest){
            .name = cases[i].title, .test_func = threads_change_nothing, .initial_state = &cases[i]};
    }
    tests[2 * N] = (struct CMUnitTest)cmocka_unit_test(two_callers_share);
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
