/* The gradient of every operation on the tape, and of the layers around the recurrent ones, against differences.
 * SPDX-License-Identifier: MIT */
#include "proof/gradcheck.h"

/* ---- operations without parameters ---- */

#define OPERATION(name, expression)                                                                          \
    static recur_var name(subject *s, const recur_var *in)                                                   \
    {                                                                                                        \
        (void)in;                                                                                            \
        return expression;                                                                                   \
    }

OPERATION(sum, recur_sum(s->tape, recur_mul(s->tape, in[0], in[0])))
OPERATION(dot, recur_dot(s->tape, in[0], in[1]))
OPERATION(dot_itself, recur_dot(s->tape, in[0], in[0]))
OPERATION(add, recur_add(s->tape, in[0], in[1]))
OPERATION(add_itself, recur_add(s->tape, in[0], recur_add(s->tape, in[0], in[0])))
OPERATION(mul, recur_mul(s->tape, in[0], in[1]))
OPERATION(mul_itself, recur_mul(s->tape, in[0], in[0]))
OPERATION(scale, recur_scale(s->tape, in[0], -2.5))
OPERATION(tangent, recur_tanh(s->tape, in[0]))
OPERATION(pick_step, recur_pick_step(s->tape, in[0], 2))
OPERATION(pick_twice,
          recur_add(s->tape, recur_pick_step(s->tape, in[0], 2), recur_pick_step(s->tape, in[0], 0)))
OPERATION(concat, recur_concat(s->tape, in[0], in[1]))
OPERATION(concat_itself, recur_concat(s->tape, in[0], in[0]))
OPERATION(swap, recur_swap(s->tape, in[0]))
OPERATION(dropout_padded, recur_dropout(s->tape, in[0], NULL, 0.4))
OPERATION(dropout_packed, recur_dropout(s->tape, in[0], s->pack, 0.4))
OPERATION(pack_time_major, recur_pack_padded(s->tape, in[0], s->pack, RECUR_TIME_MAJOR))
OPERATION(pack_batch_major, recur_pack_padded(s->tape, in[0], s->pack, RECUR_BATCH_MAJOR))
OPERATION(pad_time_major, recur_pad_packed(s->tape, in[0], s->pack, RECUR_TIME_MAJOR))
OPERATION(pad_batch_major, recur_pad_packed(s->tape, in[0], s->pack, RECUR_BATCH_MAJOR))
OPERATION(squares_mean, recur_mse(s->tape, in[0], in[1], RECUR_MEAN))
OPERATION(squares_sum, recur_mse(s->tape, in[0], in[1], RECUR_SUM))
OPERATION(squares_itself, recur_mse(s->tape, in[0], recur_tanh(s->tape, in[0]), RECUR_SUM))

#define SHAPE_OF(...)                                                                                        \
    {                                                                                                        \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .size = { __VA_ARGS__ }           \
    }

typedef struct operation {
    const char *name;
    build_fn    build;
    int         n_inputs;
    recur_shape shape[2];
} operation;

static const operation OPERATIONS[] = {
    {"sum", sum, 1, {SHAPE_OF(2, 3)}},
    {"dot", dot, 2, {SHAPE_OF(2, 3), SHAPE_OF(2, 3)}},
    {"dot of a variable with itself", dot_itself, 1, {SHAPE_OF(5)}},
    {"add", add, 2, {SHAPE_OF(2, 3), SHAPE_OF(2, 3)}},
    {"add of a variable to itself", add_itself, 1, {SHAPE_OF(2, 3)}},
    {"mul", mul, 2, {SHAPE_OF(2, 3), SHAPE_OF(2, 3)}},
    {"mul of a variable with itself", mul_itself, 1, {SHAPE_OF(2, 3)}},
    {"scale", scale, 1, {SHAPE_OF(2, 3)}},
    {"tanh", tangent, 1, {SHAPE_OF(3, 2, 2)}},
    {"pick_step of a vector", pick_step, 1, {SHAPE_OF(4)}},
    {"pick_step of a matrix", pick_step, 1, {SHAPE_OF(4, 3)}},
    {"pick_step of a cube", pick_step, 1, {SHAPE_OF(3, 2, 2)}},
    {"pick_step of four dimensions", pick_step, 1, {SHAPE_OF(3, 2, 1, 2)}},
    {"pick_step twice", pick_twice, 1, {SHAPE_OF(3, 2, 2)}},
    {"concat of vectors", concat, 2, {SHAPE_OF(3), SHAPE_OF(2)}},
    {"concat of cubes", concat, 2, {SHAPE_OF(2, 3, 1), SHAPE_OF(2, 3, 4)}},
    {"concat of a variable with itself", concat_itself, 1, {SHAPE_OF(2, 3)}},
    {"swap of a matrix", swap, 1, {SHAPE_OF(2, 3)}},
    {"swap of a cube", swap, 1, {SHAPE_OF(2, 3, 4)}},
    {"dropout of a cube", dropout_padded, 1, {SHAPE_OF(3, 2, 4)}},
    {"dropout of a matrix", dropout_padded, 1, {SHAPE_OF(3, 5)}},
    {"dropout of packed rows", dropout_packed, 1, {SHAPE_OF(ROWS, 3)}},
    {"pack_padded, time-major", pack_time_major, 1, {SHAPE_OF(4, BATCH, 2)}},
    {"pack_padded, time-major, more steps than the pack's", pack_time_major, 1, {SHAPE_OF(6, BATCH, 2)}},
    {"pack_padded, batch-major", pack_batch_major, 1, {SHAPE_OF(BATCH, 5, 2)}},
    {"pad_packed, time-major", pad_time_major, 1, {SHAPE_OF(ROWS, 3)}},
    {"pad_packed, batch-major", pad_batch_major, 1, {SHAPE_OF(ROWS, 3)}},
    {"mse, mean", squares_mean, 2, {SHAPE_OF(2, 3), SHAPE_OF(2, 3)}},
    {"mse, sum", squares_sum, 2, {SHAPE_OF(4), SHAPE_OF(4)}},
    {"mse of a variable with its own function", squares_itself, 1, {SHAPE_OF(4)}},
};

static void operation_test(void **state)
{
    const operation *o = *state;
    subject          s = {.name = o->name, .build = o->build, .n_inputs = o->n_inputs};
    memcpy(s.shape, o->shape, sizeof o->shape);
    gradcheck_open(&s);
    PROOF_OK(s.ctx, recur_pack_set(s.pack, BATCH, GRADCHECK_LENGTHS, NULL));
    gradcheck(&s);
    gradcheck_close(&s);
}

/* ---- layers and losses ---- */

/* What feeds the layer. */
typedef enum source { DENSE, CUBE, ONE_HOT, EMBEDDED } source;

typedef struct layer_case {
    const char     *name;
    build_fn        build;
    source          source;
    recur_reduction reduction;
    bool            no_bias, tie, ignore;
} layer_case;

enum { WIDTH = 3 };

static const layer_case *layer_of(const subject *s)
{
    return s->detail;
}

static recur_var source_of(subject *s, const recur_var *in)
{
    if (layer_of(s)->source == EMBEDDED) return recur_embed(s->tape, s->embedding, s->pack);
    if (layer_of(s)->source == ONE_HOT) return recur_one_hot(s->tape, s->pack, VOCABULARY);
    return in[0];
}

OPERATION(own_parameter, recur_mul(s->tape, recur_param(s->tape, s->params, 0), in[0]))
OPERATION(parameter_twice,
          recur_mul(s->tape, recur_param(s->tape, s->params, 0), recur_param(s->tape, s->params, 0)))
OPERATION(embedding, source_of(s, in))
OPERATION(linear, recur_linear_apply(s->tape, s->linear, source_of(s, in)))

static recur_var entropy(subject *s, const recur_var *in)
{
    recur_var logits = recur_linear_apply(s->tape, s->linear, source_of(s, in));
    return recur_scale(s->tape, recur_cross_entropy(s->tape, logits, s->targets, layer_of(s)->reduction),
                       -1.5);
}

/* Scaled, so that the gradient that reaches the operation is not 1. */
static recur_var fused_entropy(subject *s, const recur_var *in)
{
    recur_var x = source_of(s, in);
    return recur_scale(
        s->tape, recur_linear_cross_entropy(s->tape, s->linear, x, s->targets, layer_of(s)->reduction), -1.5);
}

/* A linear layer used plain and fused, its input used once more: gradients of different operations add up. */
static recur_var shared_linear(subject *s, const recur_var *in)
{
    recur_var x = recur_tanh(s->tape, in[0]);
    recur_var a = recur_linear_cross_entropy(s->tape, s->linear, x, s->targets, RECUR_SUM);
    recur_var b = proof_weigh(s->tape, recur_linear_apply(s->tape, s->linear, x), 55);
    return recur_add(s->tape, recur_add(s->tape, a, b), proof_weigh(s->tape, x, 56));
}

static const layer_case LAYERS[] = {
    {.name = "param", .build = own_parameter},
    {.name = "param twice", .build = parameter_twice},
    {.name = "embed", .build = embedding, .source = EMBEDDED},
    {.name = "linear, rows", .build = linear},
    {.name = "linear, rows, no bias", .build = linear, .no_bias = true},
    {.name = "linear, cube", .build = linear, .source = CUBE},
    {.name = "linear, one-hot", .build = linear, .source = ONE_HOT},
    {.name = "linear, one-hot, no bias", .build = linear, .source = ONE_HOT, .no_bias = true},
    {.name = "linear, embedded", .build = linear, .source = EMBEDDED},
    {.name = "linear, tied", .build = linear, .source = EMBEDDED, .tie = true},
    {.name = "cross_entropy, mean", .build = entropy},
    {.name = "cross_entropy, mean, ignored", .build = entropy, .ignore = true},
    {.name = "cross_entropy, sum, ignored", .build = entropy, .reduction = RECUR_SUM, .ignore = true},
    {.name = "cross_entropy, over time", .build = entropy, .reduction = RECUR_SUM_OVER_TIME},
    {.name = "linear_cross_entropy, mean", .build = fused_entropy},
    {.name = "linear_cross_entropy, mean, ignored", .build = fused_entropy, .ignore = true},
    {.name = "linear_cross_entropy, sum, no bias",
     .build = fused_entropy,
     .reduction = RECUR_SUM,
     .no_bias = true},
    {.name = "linear_cross_entropy, over time, ignored",
     .build = fused_entropy,
     .reduction = RECUR_SUM_OVER_TIME,
     .ignore = true},
    {.name = "linear_cross_entropy, one-hot", .build = fused_entropy, .source = ONE_HOT},
    {.name = "linear_cross_entropy, tied", .build = fused_entropy, .source = EMBEDDED, .tie = true},
    {.name = "linear, plain and fused", .build = shared_linear},
};

static void create_layers(subject *s, const layer_case *c)
{
    if (c->build == own_parameter || c->build == parameter_twice) {
        int64_t index;
        PROOF_OK(s->ctx,
                 recur_params_add(s->params, "own", RECUR_SHAPE(ROWS, WIDTH), (recur_init){0}, &index));
        return;
    }
    if (c->source == EMBEDDED)
        PROOF_OK(s->ctx,
                 recur_embedding_create(s->params, "embedding",
                                        &(recur_embedding_spec){.vocabulary = VOCABULARY, .size = WIDTH},
                                        &s->embedding));
    recur_linear_spec spec = {.input = c->source == ONE_HOT ? VOCABULARY : WIDTH,
                              .output = VOCABULARY,
                              .no_bias = c->no_bias,
                              .tie = c->tie ? s->embedding : NULL};
    if (c->build != embedding) PROOF_OK(s->ctx, recur_linear_create(s->params, "linear", &spec, &s->linear));
}

static void layer_test(void **state)
{
    const layer_case *c = *state;
    subject           s = {.name = c->name, .build = c->build, .detail = c};
    gradcheck_open(&s);
    create_layers(&s, c);
    s.n_inputs = (c->source == DENSE || c->source == CUBE) && c->build != parameter_twice;
    s.shape[0] = c->source == CUBE ? RECUR_SHAPE(2, 3, WIDTH) : RECUR_SHAPE(ROWS, WIDTH);
    proof_tokens(s.ctx, s.pack, BATCH, GRADCHECK_LENGTHS, VOCABULARY, 5, false);
    proof_tokens(s.ctx, s.targets, BATCH, GRADCHECK_LENGTHS, VOCABULARY, 6, c->ignore);
    gradcheck(&s);
    gradcheck_close(&s);
}

/* Targets that all do not count: a loss of 0, and no gradient. */
static void nothing_counts(void **state)
{
    (void)state;
    subject s = {.name = "nothing counts"};
    gradcheck_open(&s);
    int32_t        none[4] = {RECUR_IGNORE, RECUR_IGNORE, RECUR_IGNORE, RECUR_IGNORE};
    const int32_t *targets = none;
    PROOF_OK(s.ctx, recur_pack_set(s.targets, 1, &(int64_t){4}, &targets));
    recur_var x = proof_input(s.tape, RECUR_SHAPE(4, VOCABULARY), 1);
    recur_var loss = recur_cross_entropy(s.tape, x, s.targets, RECUR_MEAN);
    PROOF_OK(s.ctx, recur_backward(s.tape, loss));
    assert_true(recur_scalar(s.tape, loss) == 0);
    double *dx = proof_gradient(s.ctx, s.tape, x);
    for (int i = 0; i < 4 * VOCABULARY; i++) assert_true(dx[i] == 0);
    free(dx);
    gradcheck_close(&s);
}

int main(void)
{
    enum { N_OPERATIONS = sizeof OPERATIONS / sizeof *OPERATIONS, N_LAYERS = sizeof LAYERS / sizeof *LAYERS };
    struct CMUnitTest tests[N_OPERATIONS + N_LAYERS + 1];
    for (int i = 0; i < N_OPERATIONS; i++)
        tests[i] = (struct CMUnitTest){.name = OPERATIONS[i].name,
                                       .test_func = operation_test,
                                       .initial_state = (void *)(uintptr_t)&OPERATIONS[i]};
    for (int i = 0; i < N_LAYERS; i++)
        tests[N_OPERATIONS + i] = (struct CMUnitTest){
            .name = LAYERS[i].name, .test_func = layer_test, .initial_state = (void *)(uintptr_t)&LAYERS[i]};
    tests[N_OPERATIONS + N_LAYERS] = (struct CMUnitTest)cmocka_unit_test(nothing_counts);
    return cmocka_run_group_tests_name("gradients of operations", tests, NULL, NULL);
}
