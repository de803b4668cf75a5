/* The manners of the tape: what it gives out and when, what it refuses and how, and that one mistake does not hide or breed others.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { I = 3, H = 4, T = 5, B = 2, V = 6 };

typedef struct fixture {
    recur_ctx       *ctx;
    recur_params    *params;
    recur_tape      *tape;
    recur_pack      *pack, *tokens; /* lengths {2,0,3}; tokens of the same lengths */
    recur_embedding *embedding;
    recur_linear    *linear;
    recur_rnn       *lstm, *gru, *both_ways;
} fixture;

static const int64_t LENGTHS[3] = {2, 0, 3};

static int open_fixture(void **state)
{
    static fixture       f;
    recur_embedding_spec table = {.vocabulary = V, .size = I};
    f.ctx = proof_ctx(RECUR_F32, 2);
    PROOF_OK(f.ctx, recur_params_create(f.ctx, 1, &f.params));
    PROOF_OK(f.ctx, recur_embedding_create(f.params, "embedding", &table, &f.embedding));
    PROOF_OK(f.ctx,
             recur_linear_create(f.params, "head", &(recur_linear_spec){.input = H, .output = V}, &f.linear));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "lstm", &(recur_rnn_spec){.input = I, .hidden = H}, &f.lstm));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "gru",
                                     &(recur_rnn_spec){.cell = RECUR_GRU, .input = I, .hidden = H}, &f.gru));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "both",
                                     &(recur_rnn_spec){.input = I, .hidden = H, .bidirectional = true},
                                     &f.both_ways));
    PROOF_OK(f.ctx, recur_tape_create(f.ctx, &f.tape));
    PROOF_OK(f.ctx, recur_pack_create(f.ctx, &f.pack));
    PROOF_OK(f.ctx, recur_pack_create(f.ctx, &f.tokens));
    PROOF_OK(f.ctx, recur_pack_set(f.pack, 3, LENGTHS, NULL));
    proof_tokens(f.ctx, f.tokens, 3, LENGTHS, V, 1, false);
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    recur_pack_destroy(f->tokens);
    recur_pack_destroy(f->pack);
    recur_tape_destroy(f->tape);
    recur_rnn_destroy(f->both_ways);
    recur_rnn_destroy(f->gru);
    recur_rnn_destroy(f->lstm);
    recur_linear_destroy(f->linear);
    recur_embedding_destroy(f->embedding);
    recur_params_destroy(f->params);
    recur_ctx_destroy(f->ctx);
    return 0;
}

static int reset(void **state)
{
    fixture *f = *state;
    recur_tape_reset(f->tape);
    recur_tape_set_inference(f->tape, false);
    recur_params_zero_grad(f->params);
    return 0;
}

/* A variable of a shape, for arguments. */
#define INPUT(...) proof_input(f->tape, RECUR_SHAPE(__VA_ARGS__), 1)

/* ---- refusals ---- */

typedef recur_var (*mistake_fn)(fixture *f);

#define MISTAKE(name, expression)                                                                            \
    static recur_var name(fixture *f)                                                                        \
    {                                                                                                        \
        return expression;                                                                                   \
    }

MISTAKE(add_shapes, recur_add(f->tape, INPUT(2, 3), INPUT(3, 2)))
MISTAKE(add_ranks, recur_add(f->tape, INPUT(6), INPUT(2, 3)))
MISTAKE(add_none, recur_add(f->tape, INPUT(2), RECUR_NONE))
MISTAKE(add_unknown, recur_add(f->tape, INPUT(2), (recur_var){9999}))
MISTAKE(add_negative, recur_add(f->tape, INPUT(2), (recur_var){-5}))
MISTAKE(mul_shapes, recur_mul(f->tape, INPUT(2, 3), INPUT(2, 4)))
MISTAKE(dot_counts, recur_dot(f->tape, INPUT(2, 3), INPUT(7)))
MISTAKE(sum_none, recur_sum(f->tape, RECUR_NONE))
MISTAKE(pick_late, recur_pick_step(f->tape, INPUT(4, 2), 4))
MISTAKE(pick_negative, recur_pick_step(f->tape, INPUT(4, 2), -1))
MISTAKE(pick_scalar, recur_pick_step(f->tape, recur_sum(f->tape, INPUT(4, 2)), 0))
MISTAKE(concat_sizes, recur_concat(f->tape, INPUT(4, 2), INPUT(3, 2)))
MISTAKE(concat_ranks, recur_concat(f->tape, INPUT(4, 2), INPUT(1, 4, 2)))
MISTAKE(swap_vector, recur_swap(f->tape, INPUT(4)))
MISTAKE(pack_rank, recur_pack_padded(f->tape, INPUT(3, 3), f->pack, RECUR_TIME_MAJOR))
MISTAKE(pack_batch, recur_pack_padded(f->tape, INPUT(3, 4, 2), f->pack, RECUR_TIME_MAJOR))
MISTAKE(pack_short, recur_pack_padded(f->tape, INPUT(2, 3, 2), f->pack, RECUR_TIME_MAJOR))
MISTAKE(pack_layout, recur_pack_padded(f->tape, INPUT(4, 3, 2), f->pack, RECUR_BATCH_MAJOR))
MISTAKE(pad_rows, recur_pad_packed(f->tape, INPUT(6, 2), f->pack, RECUR_TIME_MAJOR))
MISTAKE(dropout_rows, recur_dropout(f->tape, INPUT(6, 2), f->pack, 0.5))
MISTAKE(input_negative, recur_input(f->tape, ((recur_shape){2, {3, -1}}), NULL))
MISTAKE(input_rank, recur_input(f->tape, ((recur_shape){9, {1, 1, 1, 1}}), NULL))
MISTAKE(input_huge, recur_input(f->tape, ((recur_shape){2, {(int64_t)1 << 40, (int64_t)1 << 40}}), NULL))
MISTAKE(param_unknown, recur_param(f->tape, f->params, 999))
MISTAKE(embed_no_tokens, recur_embed(f->tape, f->embedding, f->pack))
MISTAKE(one_hot_no_tokens, recur_one_hot(f->tape, f->pack, V))
MISTAKE(one_hot_narrow, recur_one_hot(f->tape, f->tokens, 1))
MISTAKE(one_hot_summed, recur_sum(f->tape, recur_one_hot(f->tape, f->tokens, V)))
MISTAKE(one_hot_added, recur_add(f->tape, recur_one_hot(f->tape, f->tokens, V), INPUT(5, V)))
MISTAKE(one_hot_width, recur_linear_apply(f->tape, f->linear, recur_one_hot(f->tape, f->tokens, V)))
MISTAKE(linear_width, recur_linear_apply(f->tape, f->linear, INPUT(5, 3)))
MISTAKE(linear_scalar, recur_linear_apply(f->tape, f->linear, recur_sum(f->tape, INPUT(4))))
MISTAKE(entropy_rows, recur_cross_entropy(f->tape, INPUT(6, V), f->tokens, RECUR_MEAN))
MISTAKE(entropy_no_tokens, recur_cross_entropy(f->tape, INPUT(5, V), f->pack, RECUR_MEAN))
MISTAKE(entropy_ids, recur_cross_entropy(f->tape, INPUT(5, 1), f->tokens, RECUR_MEAN))
MISTAKE(entropy_reduction, recur_cross_entropy(f->tape, INPUT(5, V), f->tokens, (recur_reduction)9))
MISTAKE(fused_width, recur_linear_cross_entropy(f->tape, f->linear, INPUT(5, 3), f->tokens, RECUR_MEAN))
MISTAKE(fused_rows, recur_linear_cross_entropy(f->tape, f->linear, INPUT(6, H), f->tokens, RECUR_MEAN))
MISTAKE(mse_shapes, recur_mse(f->tape, INPUT(2, 3), INPUT(3, 2), RECUR_MEAN))
MISTAKE(mse_over_time, recur_mse(f->tape, INPUT(2, 3), INPUT(2, 3), RECUR_SUM_OVER_TIME))

static recur_var apply(fixture *f, const recur_rnn *rnn, recur_var x, const recur_pack *pack, recur_var h,
                       recur_var c)
{
    return recur_rnn_apply(f->tape, rnn, x, pack, (recur_state){h, c}).output;
}

MISTAKE(rnn_rank, apply(f, f->lstm, INPUT(5, I), NULL, RECUR_NONE, RECUR_NONE))
MISTAKE(rnn_width, apply(f, f->lstm, INPUT(T, B, 2), NULL, RECUR_NONE, RECUR_NONE))
MISTAKE(rnn_rows, apply(f, f->lstm, INPUT(6, I), f->pack, RECUR_NONE, RECUR_NONE))
MISTAKE(rnn_none, apply(f, f->lstm, RECUR_NONE, NULL, RECUR_NONE, RECUR_NONE))
MISTAKE(rnn_one_hot,
        apply(f, f->lstm, recur_one_hot(f->tape, f->tokens, V), f->tokens, RECUR_NONE, RECUR_NONE))
MISTAKE(state_batch, apply(f, f->lstm, INPUT(T, B, I), NULL, INPUT(1, 3, H), INPUT(1, 3, H)))
MISTAKE(state_width, apply(f, f->lstm, INPUT(T, B, I), NULL, INPUT(1, B, 3), INPUT(1, B, 3)))
MISTAKE(state_layers, apply(f, f->lstm, INPUT(T, B, I), NULL, INPUT(2, B, H), INPUT(2, B, H)))
MISTAKE(state_cell, apply(f, f->lstm, INPUT(T, B, I), NULL, INPUT(1, B, H), INPUT(1, B, 5)))
MISTAKE(gru_cell, apply(f, f->gru, INPUT(T, B, I), NULL, INPUT(1, B, H), INPUT(1, B, H)))
MISTAKE(step_rank, recur_rnn_step(f->tape, f->lstm, INPUT(T, B, I), RECUR_NO_STATE).output)
MISTAKE(step_both_ways, recur_rnn_step(f->tape, f->both_ways, INPUT(B, I), RECUR_NO_STATE).output)

#define M(f)                                                                                                 \
    {                                                                                                        \
#f, f                                                                                                \
    }

static const struct {
    const char *name;
    mistake_fn  make;
} MISTAKES[] = {
    M(add_shapes),        M(add_ranks),      M(add_none),       M(add_unknown),       M(add_negative),
    M(mul_shapes),        M(dot_counts),     M(sum_none),       M(pick_late),         M(pick_negative),
    M(pick_scalar),       M(concat_sizes),   M(concat_ranks),   M(swap_vector),       M(pack_rank),
    M(pack_batch),        M(pack_short),     M(pack_layout),    M(pad_rows),          M(dropout_rows),
    M(input_negative),    M(input_rank),     M(input_huge),     M(param_unknown),     M(embed_no_tokens),
    M(one_hot_no_tokens), M(one_hot_narrow), M(one_hot_summed), M(one_hot_added),     M(one_hot_width),
    M(linear_width),      M(linear_scalar),  M(entropy_rows),   M(entropy_no_tokens), M(entropy_ids),
    M(entropy_reduction), M(fused_width),    M(fused_rows),     M(mse_shapes),        M(mse_over_time),
    M(rnn_rank),          M(rnn_width),      M(rnn_rows),       M(rnn_none),          M(rnn_one_hot),
    M(state_batch),       M(state_width),    M(state_layers),   M(state_cell),        M(gru_cell),
    M(step_rank),         M(step_both_ways),
};

/* Every mistake is RECUR_EARG with a sentence, kept until the next reset; what follows does nothing and changes nothing. */
static void mistakes_are_refused(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        char sentence[512];
        recur_tape_reset(f->tape);
        recur_var good = recur_sum(f->tape, INPUT(3)), bad = MISTAKES[i].make(f);
        if (bad.id != 0 || recur_tape_status(f->tape) != RECUR_EARG)
            fail_msg("%s: variable %d, %s", MISTAKES[i].name, (int)bad.id,
                     recur_status_name(recur_tape_status(f->tape)));
        snprintf(sentence, sizeof sentence, "%s", recur_error(f->ctx));
        if (strlen(sentence) < 20) fail_msg("%s: the sentence is \"%s\"", MISTAKES[i].name, sentence);
        assert_int_equal(recur_add(f->tape, good, good).id, 0);
        assert_int_equal(recur_sum(f->tape, bad).id, 0);
        assert_int_equal(recur_backward(f->tape, good), RECUR_EARG);
        assert_string_equal(recur_error(f->ctx), sentence);
        assert_int_equal(recur_tape_status(f->tape), RECUR_EARG);
    }
    recur_tape_reset(f->tape);
    assert_int_equal(recur_tape_status(f->tape), RECUR_OK);
    PROOF_OK(f->ctx, recur_backward(f->tape, recur_sum(f->tape, INPUT(3))));
}

/* A sentence says what was wanted and what was found. */
static void sentences_have_numbers(void **state)
{
    fixture *f = *state;
    linear_width(f);
    assert_non_null(strstr(recur_error(f->ctx), "4"));
    assert_non_null(strstr(recur_error(f->ctx), "3"));
    recur_tape_reset(f->tape);
    pick_late(f);
    assert_non_null(strstr(recur_error(f->ctx), "4"));
}

/* ---- backward ---- */

static void backward_runs_once(void **state)
{
    fixture  *f = *state;
    recur_var loss =
        recur_sum(f->tape, recur_rnn_apply(f->tape, f->lstm, INPUT(T, B, I), NULL, RECUR_NO_STATE).output);
    PROOF_OK(f->ctx, recur_backward(f->tape, loss));
    double norm = recur_params_grad_norm(f->params);
    assert_true(norm > 0);
    PROOF_REFUSED(f->ctx, recur_backward(f->tape, loss));
    assert_true(recur_params_grad_norm(f->params) == norm); /* nothing was added by the refused call */
    recur_tape_reset(f->tape);
    PROOF_OK(f->ctx, recur_backward(f->tape, recur_sum(f->tape, INPUT(2))));
}

static void backward_wants_a_scalar(void **state)
{
    fixture *f = *state;
    PROOF_REFUSED(f->ctx, recur_backward(f->tape, INPUT(2)));
    recur_tape_reset(f->tape);
    PROOF_REFUSED(f->ctx, recur_backward(f->tape, RECUR_NONE));
}

/* Gradients add up in params over passes until cleared; those of variables do not. */
static void gradients_add_up(void **state)
{
    fixture *f = *state;
    double   norm[3];
    double  *dx[2];
    for (int i = 0; i < 2; i++) {
        recur_tape_reset(f->tape);
        recur_var x = INPUT(T, B, I);
        PROOF_OK(
            f->ctx,
            recur_backward(f->tape,
                           recur_sum(f->tape, recur_rnn_apply(f->tape, f->gru, x, NULL, RECUR_NO_STATE).h)));
        norm[i] = recur_params_grad_norm(f->params);
        dx[i] = proof_gradient(f->ctx, f->tape, x);
    }
    assert_true(fabs(norm[1] - 2 * norm[0]) <= 1e-5 * norm[0]);
    assert_memory_equal(dx[0], dx[1], T * B * I * sizeof(double));
    recur_params_zero_grad(f->params);
    norm[2] = recur_params_grad_norm(f->params);
    assert_true(norm[2] == 0);
    free(dx[0]);
    free(dx[1]);
}

/* A loss that does not depend on a variable or a parameter gives zeros. */
static void no_dependence_is_zero(void **state)
{
    fixture  *f = *state;
    recur_var x = INPUT(T, B, I), unused = INPUT(3, 3), aside;
    aside = recur_tanh(f->tape, recur_rnn_apply(f->tape, f->lstm, x, NULL, RECUR_NO_STATE).output);
    PROOF_OK(f->ctx, recur_backward(f->tape, recur_sum(f->tape, recur_mul(f->tape, x, x))));
    double *du = proof_gradient(f->ctx, f->tape, unused), *da = proof_gradient(f->ctx, f->tape, aside);
    for (int i = 0; i < 9; i++) assert_true(du[i] == 0);
    for (int i = 0; i < T * B * H; i++) assert_true(da[i] == 0);
    assert_true(recur_params_grad_norm(f->params) == 0);
    free(du);
    free(da);
}

/* ---- reading ---- */

static void reading(void **state)
{
    fixture    *f = *state;
    const float given[6] = {1, 2, 3, 4, 5, 6};
    double      out[6];
    recur_var   x = recur_input(f->tape, RECUR_SHAPE(2, 3), given),
              zeros = recur_input(f->tape, RECUR_SHAPE(2, 3), NULL);
    recur_var loss = recur_dot(f->tape, x, x), rows = recur_one_hot(f->tape, f->tokens, V);
    assert_memory_equal(recur_value(f->tape, x), given, sizeof given);
    PROOF_OK(f->ctx, recur_value_f64(f->tape, zeros, out));
    for (int i = 0; i < 6; i++) assert_true(out[i] == 0);
    assert_true(recur_scalar(f->tape, loss) == 91);
    assert_true(isnan(recur_scalar(f->tape, x)));
    assert_int_equal(recur_shape_of(f->tape, loss).rank, 0);
    assert_int_equal(recur_shape_of(f->tape, RECUR_NONE).rank, -1);
    assert_int_equal(recur_shape_of(f->tape, rows).size[1], V);
    assert_null(recur_value(f->tape, RECUR_NONE));
    assert_null(recur_value(f->tape, rows));
    assert_null(recur_grad(f->tape, x)); /* not before backward */
    PROOF_REFUSED(f->ctx, recur_grad_f64(f->tape, x, out));
    PROOF_REFUSED(f->ctx, recur_value_f64(f->tape, rows, out));
    PROOF_OK(f->ctx, recur_backward(f->tape, loss));
    for (int i = 0; i < 6; i++) assert_true(recur_grad(f->tape, x)[i] == 2 * given[i]);
    assert_null(recur_grad(f->tape, rows));
    assert_null(recur_grad(f->tape, RECUR_NONE));
}

static void reading_in_float64(void **state)
{
    (void)state;
    recur_ctx  *ctx = proof_ctx(RECUR_F64, 1);
    recur_tape *tape;
    double      third = 1.0 / 3, out;
    PROOF_OK(ctx, recur_tape_create(ctx, &tape));
    recur_var x = recur_input_f64(tape, RECUR_SHAPE(1), &third), y = recur_scale(tape, x, 3);
    assert_null(recur_value(tape, x));
    PROOF_OK(ctx, recur_value_f64(tape, x, &out));
    assert_true(out == third);
    assert_true(recur_scalar(tape, y) == 1.0);
    PROOF_OK(ctx, recur_backward(tape, recur_sum(tape, y)));
    assert_null(recur_grad(tape, x));
    PROOF_OK(ctx, recur_grad_f64(tape, x, &out));
    assert_true(out == 3);
    recur_tape_destroy(tape);
    recur_ctx_destroy(ctx);
}

/* ---- inference ---- */

static recur_var logits(fixture *f)
{
    recur_var x = recur_dropout(f->tape, recur_embed(f->tape, f->embedding, f->tokens), f->tokens, 0);
    return recur_linear_apply(f->tape, f->linear,
                              recur_rnn_apply(f->tape, f->lstm, x, f->tokens, RECUR_NO_STATE).output);
}

static void inference(void **state)
{
    fixture *f = *state;
    double  *training = proof_values(f->ctx, f->tape, logits(f));
    recur_tape_reset(f->tape);
    recur_tape_set_inference(f->tape, true);
    recur_var y = logits(f);
    double   *inference = proof_values(f->ctx, f->tape, y);
    assert_memory_equal(training, inference, 5 * V * sizeof *training);
    PROOF_REFUSED(f->ctx, recur_backward(f->tape, recur_sum(f->tape, y)));
    free(training);
    free(inference);
}

/* The bytes of a long pass; training keeps every gate, inference what is read again. */
static size_t bytes_of(fixture *f, bool is_inference)
{
    recur_tape *tape;
    PROOF_OK(f->ctx, recur_tape_create(f->ctx, &tape));
    recur_tape_set_inference(tape, is_inference);
    recur_rnn_apply(tape, f->lstm, recur_input(tape, RECUR_SHAPE(2000, 30, I), NULL), NULL, RECUR_NO_STATE);
    PROOF_OK(f->ctx, recur_tape_status(tape));
    recur_tape_reset(tape); /* the arena is then one block of what the pass took */
    size_t bytes = recur_tape_bytes(tape);
    recur_tape_destroy(tape);
    return bytes;
}

static void memory(void **state)
{
    enum { WHOLE = 16 }; /* gates are kept in whole vectors of units */
    const size_t rows = 2000 * 30, x = rows * I * sizeof(float),
                 kept = rows * (4 * WHOLE + 2 * H) * sizeof(float);
    size_t training = bytes_of(*state, false), inference = bytes_of(*state, true);
    assert_true(inference < training);
    if (training > 1.01 * (x + kept)) /* and a little for states and lists */
        fail_msg("%zu bytes, of which %zu are inputs and %zu what rnn.h says", training, x, kept);
}

/* ---- edges ---- */

/* No sequences at all, and sequences without steps: sums are 0, states pass through. */
static void empty_batches(void **state)
{
    fixture       *f = *state;
    const int64_t  nobody[] = {0, 0};
    const int32_t *none[] = {NULL, NULL};
    recur_pack    *pack;
    PROOF_OK(f->ctx, recur_pack_create(f->ctx, &pack));
    for (int64_t n = 0; n <= 2; n += 2) {
        recur_tape_reset(f->tape);
        PROOF_OK(f->ctx, recur_pack_set(pack, n, nobody, none));
        assert_int_equal(recur_pack_rows(pack), 0);
        recur_state state0 = {INPUT(1, n, H), INPUT(1, n, H)};
        recur_seq   y =
            recur_rnn_apply(f->tape, f->lstm, recur_embed(f->tape, f->embedding, pack), pack, state0);
        recur_var loss = recur_linear_cross_entropy(f->tape, f->linear, y.output, pack, RECUR_MEAN);
        loss = recur_add(f->tape, loss, recur_dot(f->tape, y.h, INPUT(1, n, H)));
        PROOF_OK(f->ctx, recur_tape_status(f->tape));
        double *before = proof_values(f->ctx, f->tape, state0.h), *after = proof_values(f->ctx, f->tape, y.h);
        assert_memory_equal(before, after, (size_t)(n * H) * sizeof *before);
        PROOF_OK(f->ctx, recur_backward(f->tape, loss));
        double *dh = proof_gradient(f->ctx, f->tape, state0.h);
        for (int64_t i = 0; i < n * H; i++) assert_true(dh[i] == proof_number(1, (uint64_t)i));
        free(before);
        free(after);
        free(dh);
    }
    recur_pack_destroy(pack);
}

static void packs(void **state)
{
    fixture      *f = *state;
    const int64_t wrong[] = {2, -1};
    recur_pack   *pack;
    PROOF_OK(f->ctx, recur_pack_create(f->ctx, &pack));
    PROOF_OK(f->ctx, recur_pack_set(pack, 3, (const int64_t[]){2, 4, 3}, NULL));
    assert_int_equal(recur_pack_sequences(pack), 3);
    assert_int_equal(recur_pack_steps(pack), 4);
    assert_int_equal(recur_pack_rows(pack), 9);
    assert_int_equal(recur_pack_length(pack, 1), 4);
    assert_int_equal(recur_pack_length(pack, 3), -1);
    const int64_t rows[3][4] = {{2, 5, -1, -1}, {0, 3, 6, 8}, {1, 4, 7, -1}}; /* pack.h draws this batch */
    for (int64_t b = 0; b < 3; b++)
        for (int64_t t = 0; t < 4; t++) assert_int_equal(recur_pack_row(pack, b, t), rows[b][t]);
    assert_int_equal(recur_pack_row(pack, -1, 0), -1);
    assert_int_equal(recur_pack_row(pack, 0, -1), -1);
    PROOF_REFUSED(f->ctx, recur_pack_set(pack, 2, wrong, NULL));
    assert_int_equal(recur_pack_rows(pack), 0); /* empty after a refusal */
    PROOF_REFUSED(f->ctx, recur_pack_set(pack, -1, wrong, NULL));
    PROOF_REFUSED(f->ctx, recur_pack_set(pack, 2, NULL, NULL));
    PROOF_REFUSED(f->ctx, recur_pack_set(pack, 1, (const int64_t[]){2}, (const int32_t *const[]){NULL}));
    PROOF_REFUSED(f->ctx, recur_pack_set(pack, 2, (const int64_t[]){INT32_MAX, INT32_MAX}, NULL));
    PROOF_REFUSED(f->ctx, recur_pack_set_grid(pack, -1, 2, NULL));
    PROOF_REFUSED(f->ctx, recur_pack_set_grid(pack, (int64_t)1 << 40, (int64_t)1 << 40, NULL));
    const int32_t tokens[] = {1, 2, 3, 4, 5, 0};
    PROOF_OK(f->ctx, recur_pack_set_grid(pack, 3, 2, tokens));
    assert_int_equal(recur_pack_row(pack, 1, 2), 5); /* a grid is a plain [T,B] */
    recur_pack_destroy(pack);
}

/* Parameters are bytes of their context's number type: read as another one, they would end too early. */
static void parameters_of_another_type(void **state)
{
    fixture   *f = *state;
    recur_ctx *wide = proof_ctx(RECUR_F64, 1);
    for (int i = 0; i < 5; i++) {
        recur_tape *tape;
        recur_pack *tokens;
        PROOF_OK(wide, recur_tape_create(wide, &tape));
        PROOF_OK(wide, recur_pack_create(wide, &tokens));
        PROOF_OK(wide, recur_pack_set_grid(tokens, 1, 1, (const int32_t[]){1}));
        if (i == 0) recur_param(tape, f->params, 0);
        if (i == 1) recur_embed(tape, f->embedding, tokens);
        if (i == 2) recur_linear_apply(tape, f->linear, recur_input(tape, RECUR_SHAPE(1, H), NULL));
        recur_var x = recur_input(tape, RECUR_SHAPE(1, 1, I), NULL), row = recur_pick_step(tape, x, 0);
        if (i == 3) recur_rnn_apply(tape, f->gru, x, NULL, RECUR_NO_STATE);
        if (i == 4) recur_rnn_step(tape, f->lstm, row, RECUR_NO_STATE);
        PROOF_REFUSED(wide, recur_tape_status(tape));
        assert_non_null(strstr(recur_error(wide), "wanted float64 parameters"));
        recur_pack_destroy(tokens);
        recur_tape_destroy(tape);
    }
    recur_ctx_destroy(wide);
}

static void nothing_given(void **state)
{
    (void)state;
    double norm;
    assert_int_equal(recur_backward(NULL, RECUR_NONE), RECUR_EARG);
    assert_int_equal(recur_trainer_step(NULL, NULL, RECUR_NONE, NULL), RECUR_EARG);
    assert_int_equal(recur_gradient_flow(NULL, RECUR_NONE, &norm), RECUR_EARG);
    assert_int_equal(recur_stream_init(NULL, 0, NULL, NULL), RECUR_EARG);
    assert_int_equal(recur_model_load(NULL, "model", NULL), RECUR_EARG);
    assert_int_equal(recur_lm_create(NULL, NULL, NULL, 1, NULL), RECUR_EARG);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, reset)
    const struct CMUnitTest tests[] = {
        TEST(mistakes_are_refused),
        TEST(sentences_have_numbers),
        TEST(backward_runs_once),
        TEST(backward_wants_a_scalar),
        TEST(gradients_add_up),
        TEST(no_dependence_is_zero),
        TEST(reading),
        TEST(reading_in_float64),
        TEST(inference),
        TEST(memory),
        TEST(empty_batches),
        TEST(packs),
        TEST(parameters_of_another_type),
        TEST(nothing_given),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
