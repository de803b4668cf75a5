/* The gradient of attention of every kind, of slices and picked sequences, and of the fused loss with smoothing, against differences; and what
 * attention refuses.
 * SPDX-License-Identifier: MIT */
#include "proof/gradcheck.h"

enum { Q = 3, K = 2, QUERIES = 9 };

typedef struct wish {
    const char          *name;
    build_fn             build;
    int                  n_inputs;
    recur_shape          shape[2];
    recur_attention_spec attention; /* query 0: none */
    bool                 has_linear;
} wish;

typedef struct made {
    const wish      *wish;
    recur_attention *attention;
    recur_pack      *queries;
} made;

static const made *made_of(const subject *s)
{
    return s->detail;
}

/* The lengths of the queries differ from those of the sources, of which one is empty: it is asked all the same. */
static const int64_t QUERY_LENGTHS[BATCH] = {3, 1, 0, 5};

static recur_var whole(subject *s, const recur_var *in)
{
    const made *m = made_of(s);
    return recur_attend(s->tape, m->attention, in[0], m->queries, in[1], s->pack);
}

/* Queries of a step in any order, one source twice and one never; weights are an output too. */
static recur_var step(subject *s, const recur_var *in)
{
    static const int32_t asked[] = {3, 0, 3, 1};
    recur_var            weights;
    recur_memory         memory = recur_attention_memory(s->tape, made_of(s)->attention, in[1], s->pack);
    recur_var            y = recur_attend_step(s->tape, &memory, in[0], asked, &weights);
    recur_var z = recur_attend_step(s->tape, &memory, recur_slice(s->tape, in[0], 0, 2), NULL, NULL);
    return recur_add(s->tape,
                     recur_add(s->tape, proof_weigh(s->tape, y, 70), proof_weigh(s->tape, weights, 71)),
                     proof_weigh(s->tape, z, 72));
}

static recur_var slices(subject *s, const recur_var *in)
{
    recur_var parts[] = {recur_slice(s->tape, in[0], 2, 3), recur_slice(s->tape, in[0], 0, 4),
                         recur_slice(s->tape, in[0], 5, 0)};
    return recur_join(s->tape, 3, parts);
}

static recur_var picked(subject *s, const recur_var *in)
{
    static const int64_t which[] = {3, 0};
    recur_var            some = recur_pick_sequences(s->tape, in[0], 2, which);
    return recur_add(s->tape, some, recur_pick_sequences(s->tape, in[0], 2, NULL));
}

static recur_var fused(subject *s, const recur_var *in)
{
    recur_cross_entropy_opts opts = {.label_smoothing = 0.2};
    recur_var                loss =
        recur_linear_cross_entropy_with(s->tape, s->linear, in[0], s->targets, RECUR_MEAN, &opts);
    return recur_scale(s->tape, loss, -1.5);
}

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .size = { __VA_ARGS__ }           \
    }

#define KIND(which, q, k, a)                                                                                 \
    .attention = {.kind = RECUR_ATTENTION_##which, .query = (q), .key = (k), .size = (a)}
#define WHOLE(q, k) .build = whole, .n_inputs = 2, .shape = {SHAPE(QUERIES, q), SHAPE(ROWS, k)}
#define STEP(q, k) .build = step, .n_inputs = 2, .shape = {SHAPE(4, q), SHAPE(ROWS, k)}

static const wish WISHES[] = {
    {.name = "additive", WHOLE(Q, K), KIND(ADDITIVE, Q, K, 0)},
    {.name = "additive, wide", WHOLE(Q, K), KIND(ADDITIVE, Q, K, 20)},
    {.name = "dot", WHOLE(Q, Q), KIND(DOT, Q, Q, 0)},
    {.name = "general", WHOLE(Q, K), KIND(GENERAL, Q, K, 0)},
    {.name = "additive, a step", STEP(Q, K), KIND(ADDITIVE, Q, K, 4)},
    {.name = "dot, a step", STEP(Q, Q), KIND(DOT, Q, Q, 0)},
    {.name = "general, a step", STEP(Q, K), KIND(GENERAL, Q, K, 0)},
    {.name = "slice and join", .build = slices, .n_inputs = 1, .shape = {SHAPE(6, 2, 3)}},
    {.name = "pick_sequences", .build = picked, .n_inputs = 1, .shape = {SHAPE(2, 4, 3)}},
    {.name = "linear_cross_entropy, smoothed",
     .build = fused,
     .n_inputs = 1,
     .shape = {SHAPE(ROWS, Q)},
     .has_linear = true},
};

static void gradient_agrees(void **state)
{
    made    m = {.wish = *state};
    subject s = {.name = m.wish->name, .build = m.wish->build, .n_inputs = m.wish->n_inputs, .detail = &m};
    memcpy(s.shape, m.wish->shape, sizeof m.wish->shape);
    gradcheck_open(&s);
    PROOF_OK(s.ctx, recur_pack_create(s.ctx, &m.queries));
    PROOF_OK(s.ctx, recur_pack_set(m.queries, BATCH, QUERY_LENGTHS, NULL));
    PROOF_OK(s.ctx, recur_pack_set(s.pack, BATCH, GRADCHECK_LENGTHS, NULL));
    proof_tokens(s.ctx, s.targets, BATCH, GRADCHECK_LENGTHS, VOCABULARY, 6, true);
    if (m.wish->attention.query)
        PROOF_OK(s.ctx, recur_attention_create(s.params, "attention", &m.wish->attention, &m.attention));
    if (m.wish->has_linear)
        PROOF_OK(s.ctx,
                 recur_linear_create(s.params, "linear",
                                     &(recur_linear_spec){.input = Q, .output = VOCABULARY}, &s.linear));
    gradcheck(&s);
    recur_attention_destroy(m.attention);
    recur_pack_destroy(m.queries);
    gradcheck_close(&s);
}

/* ---- values ---- */

typedef struct bench {
    recur_ctx       *ctx;
    recur_params    *params;
    recur_tape      *tape;
    recur_pack      *queries, *sources;
    recur_attention *attention;
} bench;

static void open_bench(bench *b, recur_dtype dtype, int threads, const recur_attention_spec *spec)
{
    *b = (bench){.ctx = proof_ctx(dtype, threads)};
    PROOF_OK(b->ctx, recur_params_create(b->ctx, 1, &b->params));
    PROOF_OK(b->ctx, recur_tape_create(b->ctx, &b->tape));
    PROOF_OK(b->ctx, recur_pack_create(b->ctx, &b->queries));
    PROOF_OK(b->ctx, recur_pack_create(b->ctx, &b->sources));
    PROOF_OK(b->ctx, recur_attention_create(b->params, "a", spec, &b->attention));
    proof_fill(b->ctx, b->params, 1);
}

static void close_bench(bench *b)
{
    recur_attention_destroy(b->attention);
    recur_pack_destroy(b->sources);
    recur_pack_destroy(b->queries);
    recur_tape_destroy(b->tape);
    recur_params_destroy(b->params);
    recur_ctx_destroy(b->ctx);
}

/* Weights are a distribution over the source and nothing beyond; an empty source gives zeros. */
static void weights_are_distributions(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, RECUR_F64, 1, &(recur_attention_spec){.query = Q, .key = K});
    PROOF_OK(b.ctx, recur_pack_set(b.sources, BATCH, GRADCHECK_LENGTHS, NULL));
    recur_var    weights, keys = proof_input(b.tape, RECUR_SHAPE(ROWS, K), 3);
    recur_memory memory = recur_attention_memory(b.tape, b.attention, keys, b.sources);
    recur_var    y =
        recur_attend_step(b.tape, &memory, proof_input(b.tape, RECUR_SHAPE(BATCH, Q), 4), NULL, &weights);
    double *w = proof_values(b.ctx, b.tape, weights), *c = proof_values(b.ctx, b.tape, y);
    double *k = proof_values(b.ctx, b.tape, keys);
    int64_t S = recur_pack_steps(b.sources);
    for (int64_t i = 0; i < BATCH; i++) {
        double total = 0, context[K] = {0};
        for (int64_t s = 0; s < S; s++) {
            bool is_there = s < recur_pack_length(b.sources, i);
            assert_true(is_there ? w[i * S + s] > 0 : w[i * S + s] == 0);
            total += w[i * S + s];
            for (int j = 0; is_there && j < K; j++)
                context[j] += w[i * S + s] * k[recur_pack_row(b.sources, i, s) * K + j];
        }
        assert_true(fabs(total - (recur_pack_length(b.sources, i) > 0)) < 1e-12);
        for (int j = 0; j < K; j++) assert_true(fabs(context[j] - c[i * K + j]) < 1e-12);
    }
    free(w);
    free(c);
    free(k);
    close_bench(&b);
}

enum { MANY = 40, SIZE = 70 };

/* Values and all gradients of one attention over MANY sources, in one block. */
static float *everything(int threads, bool by_steps, size_t *bytes)
{
    bench   b;
    int64_t lengths[MANY], n = 0, m = 0, query_lengths[MANY];
    open_bench(&b, RECUR_F32, threads, &(recur_attention_spec){.query = SIZE, .key = SIZE});
    for (int i = 0; i < MANY; i++) n += lengths[i] = 1 + i * 7 % 23, m += query_lengths[i] = 5 - i / 9;
    PROOF_OK(b.ctx, recur_pack_set(b.sources, MANY, lengths, NULL));
    PROOF_OK(b.ctx, recur_pack_set(b.queries, MANY, query_lengths, NULL));
    recur_var queries = proof_input(b.tape, RECUR_SHAPE(m, SIZE), 5),
              keys = proof_input(b.tape, RECUR_SHAPE(n, SIZE), 6), y;
    if (by_steps) { /* the queries' lengths fall, so that ranks are the caller's numbers */
        recur_memory memory = recur_attention_memory(b.tape, b.attention, keys, b.sources);
        recur_var    parts[5];
        int64_t      first = 0;
        for (int t = 0; t < 5; t++) {
            int64_t rows = 0;
            while (rows < MANY && query_lengths[rows] > t) rows++;
            parts[t] =
                recur_attend_step(b.tape, &memory, recur_slice(b.tape, queries, first, rows), NULL, NULL);
            first += rows;
        }
        y = recur_join(b.tape, 5, parts);
    } else {
        y = recur_attend(b.tape, b.attention, queries, b.queries, keys, b.sources);
    }
    PROOF_OK(b.ctx, recur_backward(b.tape, proof_weigh(b.tape, y, 8)));
    int64_t total = m * SIZE + m * SIZE + n * SIZE, params = recur_params_count(b.params);
    float  *all = malloc((size_t)(total + params) * sizeof *all), *at = all;
    memcpy(at, recur_value(b.tape, y), (size_t)(m * SIZE) * sizeof *at);
    memcpy(at += m * SIZE, recur_grad(b.tape, queries), (size_t)(m * SIZE) * sizeof *at);
    memcpy(at += m * SIZE, recur_grad(b.tape, keys), (size_t)(n * SIZE) * sizeof *at);
    at += n * SIZE;
    for (int64_t i = 0; i < recur_params_tensors(b.params); i++) {
        recur_tensor_info info;
        PROOF_OK(b.ctx, recur_params_info(b.params, i, &info));
        double *g = proof_doubles(info.count);
        PROOF_OK(b.ctx, recur_params_grad(b.params, i, g));
        for (int64_t j = 0; j < info.count; j++) *at++ = (float)g[j];
        free(g);
    }
    *bytes = (size_t)(m * SIZE) * sizeof *all;
    size_t whole = (size_t)(total + params) * sizeof *all;
    if (!by_steps) *bytes = whole;
    close_bench(&b);
    return all;
}

static void bits_are_those_of_any_number_of_threads(void **state)
{
    (void)state;
    size_t bytes;
    float *one = everything(1, false, &bytes), *three = everything(3, false, &bytes);
    assert_memory_equal(one, three, bytes);
    free(three);
    three = everything(2, true, &bytes); /* values alone: sums of gradients are cut into steps there */
    assert_memory_equal(one, three, bytes);
    free(one);
    free(three);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    bench            b;
    recur_attention *other = NULL;
    open_bench(&b, RECUR_F32, 1, &(recur_attention_spec){.query = Q, .key = K});
    PROOF_REFUSED(b.ctx, recur_attention_create(b.params, "b", &(recur_attention_spec){.query = Q}, &other));
    PROOF_REFUSED(b.ctx,
                  recur_attention_create(b.params, "b",
                                         &(recur_attention_spec){RECUR_ATTENTION_DOT, Q, K, 0, {0}}, &other));
    PROOF_REFUSED(b.ctx,
                  recur_attention_create(
                      b.params, "b", &(recur_attention_spec){RECUR_ATTENTION_GENERAL, Q, K, 2, {0}}, &other));
    PROOF_REFUSED(b.ctx, recur_attention_create(b.params, "b",
                                                &(recur_attention_spec){RECUR_ATTENTION_NONE, Q, K, 0, {0}},
                                                &other));
    PROOF_REFUSED(
        b.ctx, recur_attention_create(b.params, "a", &(recur_attention_spec){.query = Q, .key = K}, &other));
    assert_null(other);
    PROOF_OK(b.ctx, recur_pack_set(b.sources, BATCH, GRADCHECK_LENGTHS, NULL));
    PROOF_OK(b.ctx, recur_pack_set(b.queries, 2, (const int64_t[]){1, 1}, NULL));
    recur_var keys = proof_input(b.tape, RECUR_SHAPE(ROWS, K), 3),
              q = proof_input(b.tape, RECUR_SHAPE(2, Q), 3);
    recur_attend(b.tape, b.attention, q, b.queries, keys, b.sources);
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    recur_tape_reset(b.tape);
    recur_attention_memory(b.tape, b.attention, proof_input(b.tape, RECUR_SHAPE(ROWS, Q), 3), b.sources);
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    recur_tape_reset(b.tape);
    recur_memory memory =
        recur_attention_memory(b.tape, b.attention, proof_input(b.tape, RECUR_SHAPE(ROWS, K), 3), b.sources);
    recur_attend_step(b.tape, &memory, proof_input(b.tape, RECUR_SHAPE(1, Q), 3), (const int32_t[]){BATCH},
                      NULL);
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    recur_tape_reset(b.tape);
    recur_pick_sequences(b.tape, proof_input(b.tape, RECUR_SHAPE(1, 3, 2), 3), 2, (const int64_t[]){1, 1});
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    recur_tape_reset(b.tape);
    recur_slice(b.tape, proof_input(b.tape, RECUR_SHAPE(3, 2), 3), 2, 2);
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    recur_tape_reset(b.tape);
    recur_var parts[] = {proof_input(b.tape, RECUR_SHAPE(3, 2), 3),
                         proof_input(b.tape, RECUR_SHAPE(3, 1), 3)};
    recur_join(b.tape, 2, parts);
    PROOF_REFUSED(b.ctx, recur_tape_status(b.tape));
    close_bench(&b);
}

int main(void)
{
    enum { N = sizeof WISHES / sizeof *WISHES, OTHERS = 3 };
    struct CMUnitTest tests[N + OTHERS] = {cmocka_unit_test(weights_are_distributions),
                                           cmocka_unit_test(bits_are_those_of_any_number_of_threads),
                                           cmocka_unit_test(what_cannot_be_is_refused)};
    for (int i = 0; i < N; i++)
        tests[OTHERS + i] = (struct CMUnitTest){.name = WISHES[i].name,
                                                .test_func = gradient_agrees,
                                                .initial_state = (void *)(uintptr_t)&WISHES[i]};
    return cmocka_run_group_tests_name("attention", tests, NULL, NULL);
}
