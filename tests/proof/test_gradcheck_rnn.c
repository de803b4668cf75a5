/* The gradient of every cell under every option against differences: whole sequences, packs with empty sequences, one-hot rows, chains
 * of single steps, traces in the loss.
 * SPDX-License-Identifier: MIT */
#include "proof/gradcheck.h"

enum { INPUT = 2, HIDDEN = 3, STEPS = 3 };

/* How the stack is fed and what the loss looks at. */
typedef struct variant {
    const char *name;
    int64_t     layers, projection;
    bool        bidirectional, no_bias, trained_state, given_state;
    double      dropout;
    bool        is_ragged; /* through a pack, one length 0 */
    bool        one_hot, by_step, only_lstm;
    bool        traced; /* the loss also weighs every h and c */
} variant;

static const variant VARIANTS[] = {
    {.name = "one layer"},
    {.name = "given state", .given_state = true},
    {.name = "trained state", .trained_state = true},
    {.name = "no bias", .no_bias = true, .given_state = true},
    {.name = "three layers", .layers = 3},
    {.name = "dropout", .layers = 3, .dropout = 0.4},
    {.name = "dropout, ragged", .layers = 2, .dropout = 0.4, .is_ragged = true, .bidirectional = true},
    {.name = "bidirectional", .bidirectional = true, .given_state = true},
    {.name = "bidirectional, two layers", .bidirectional = true, .layers = 2, .trained_state = true},
    {.name = "ragged", .is_ragged = true, .given_state = true},
    {.name = "ragged, two layers, bidirectional",
     .is_ragged = true,
     .layers = 2,
     .bidirectional = true,
     .given_state = true},
    {.name = "ragged, trained state", .is_ragged = true, .trained_state = true, .bidirectional = true},
    {.name = "one-hot", .one_hot = true, .is_ragged = true},
    {.name = "one-hot, bidirectional, no bias",
     .one_hot = true,
     .is_ragged = true,
     .bidirectional = true,
     .no_bias = true},
    {.name = "traced", .traced = true, .given_state = true},
    {.name = "traced, ragged, two layers, bidirectional",
     .traced = true,
     .is_ragged = true,
     .layers = 2,
     .bidirectional = true,
     .given_state = true},
    {.name = "traced, dropout", .traced = true, .layers = 2, .dropout = 0.4},
    {.name = "by step", .by_step = true, .given_state = true},
    {.name = "by step, two layers, trained state", .by_step = true, .layers = 2, .trained_state = true},
    {.name = "by step, no bias", .by_step = true, .no_bias = true},
    {.name = "projection", .projection = 2, .given_state = true, .only_lstm = true},
    {.name = "projection, no bias", .projection = 1, .no_bias = true, .only_lstm = true},
    {.name = "projection, ragged, two layers, bidirectional",
     .projection = 2,
     .is_ragged = true,
     .layers = 2,
     .bidirectional = true,
     .given_state = true,
     .only_lstm = true},
    {.name = "projection, traced", .projection = 2, .traced = true, .layers = 2, .only_lstm = true},
    {.name = "projection, by step",
     .projection = 2,
     .by_step = true,
     .trained_state = true,
     .only_lstm = true},
};

typedef struct cell_case {
    const variant *v;
    recur_cell     cell;
    bool           reset_before;
    char           title[96];
} cell_case;

static const variant *variant_of(const subject *s)
{
    return ((const cell_case *)s->detail)->v;
}

/* Inputs are x (unless one-hot), then h0 and c0 if given. */
static recur_state state_of(const subject *s, const recur_var *in)
{
    if (!variant_of(s)->given_state) return RECUR_NO_STATE;
    int first = variant_of(s)->one_hot ? 0 : 1;
    return (recur_state){in[first], s->n_inputs > first + 1 ? in[first + 1] : RECUR_NONE};
}

/* sum + term, where sum may not exist yet. */
static recur_var plus(recur_tape *tape, recur_var sum, recur_var term)
{
    return sum.id ? recur_add(tape, sum, term) : term;
}

/* Every step's output has weights of its own, and the last state too. */
static recur_var steps(subject *s, const recur_var *in)
{
    recur_state state = state_of(s, in);
    recur_seq   y = {RECUR_NONE, state.h, state.c};
    recur_var   loss = RECUR_NONE;
    for (int64_t t = 0; t < STEPS; t++) {
        y = recur_rnn_step(s->tape, s->rnn, recur_pick_step(s->tape, in[0], t), recur_final(y));
        loss = plus(s->tape, loss, proof_weigh(s->tape, y.output, 60 + (uint64_t)t));
    }
    return recur_add(s->tape, loss, proof_weigh_all(s->tape, y, 70));
}

static recur_var whole(subject *s, const recur_var *in)
{
    const variant    *v = variant_of(s);
    const recur_pack *pack = v->is_ragged ? s->pack : NULL;
    recur_var         x = v->one_hot ? recur_one_hot(s->tape, s->pack, VOCABULARY) : in[0];
    recur_state       state = state_of(s, in);
    if (!v->traced) return proof_weigh_all(s->tape, recur_rnn_apply(s->tape, s->rnn, x, pack, state), 70);
    recur_trace trace;
    recur_seq   y = recur_rnn_apply_traced(s->tape, s->rnn, x, pack, state, &trace);
    recur_var   loss = recur_add(s->tape, proof_weigh_all(s->tape, y, 70), proof_weigh(s->tape, trace.h, 80));
    return trace.c.id ? recur_add(s->tape, loss, proof_weigh(s->tape, trace.c, 81)) : loss;
}

static void cell_test(void **state)
{
    const cell_case *c = *state;
    const variant   *v = c->v;
    subject          s = {.name = c->title, .build = v->by_step ? steps : whole, .detail = c};
    recur_rnn_spec   spec = {.cell = c->cell,
                             .input = v->one_hot ? VOCABULARY : INPUT,
                             .hidden = HIDDEN,
                             .layers = v->layers,
                             .projection = v->projection,
                             .bidirectional = v->bidirectional,
                             .no_bias = v->no_bias,
                             .reset_before = c->reset_before,
                             .trained_state = v->trained_state,
                             .dropout = v->dropout};
    gradcheck_open(&s);
    PROOF_OK(s.ctx, recur_rnn_create(s.params, "rnn", &spec, &s.rnn));
    proof_tokens(s.ctx, s.pack, BATCH, GRADCHECK_LENGTHS, VOCABULARY, 5, false);
    int64_t k = (v->layers ? v->layers : 1) * (v->bidirectional ? 2 : 1);
    if (!v->one_hot)
        s.shape[s.n_inputs++] = v->is_ragged ? RECUR_SHAPE(ROWS, INPUT) : RECUR_SHAPE(STEPS, BATCH, INPUT);
    if (v->given_state) s.shape[s.n_inputs++] = RECUR_SHAPE(k, BATCH, v->projection ? v->projection : HIDDEN);
    if (v->given_state && c->cell == RECUR_LSTM) s.shape[s.n_inputs++] = RECUR_SHAPE(k, BATCH, HIDDEN);
    gradcheck(&s);
    gradcheck_close(&s);
}

/* Windows of one sequence on one tape: gradients reach the first window through the carried state. */
static recur_var windows(subject *s, const recur_var *in)
{
    recur_state state = {in[1], in[2]};
    recur_var   loss = RECUR_NONE;
    for (int i = 0; i < 2; i++) {
        recur_seq y = recur_rnn_apply(s->tape, s->rnn, in[0], NULL, state);
        loss = plus(s->tape, loss, proof_weigh(s->tape, y.output, 60 + (uint64_t)i));
        state = recur_final(y);
    }
    return loss;
}

static void windows_test(void **state)
{
    (void)state;
    subject        s = {.name = "windows",
                        .build = windows,
                        .n_inputs = 3,
                        .shape = {RECUR_SHAPE(2, 2, INPUT), RECUR_SHAPE(2, 2, HIDDEN), RECUR_SHAPE(2, 2, HIDDEN)}};
    recur_rnn_spec spec = {.cell = RECUR_LSTM, .input = INPUT, .hidden = HIDDEN, .layers = 2};
    gradcheck_open(&s);
    PROOF_OK(s.ctx, recur_rnn_create(s.params, "rnn", &spec, &s.rnn));
    gradcheck(&s);
    gradcheck_close(&s);
}

/* An encoder whose final state starts a decoder that walks by embedded tokens, one step at a time. */
static recur_var encode_decode(subject *s, const recur_var *in)
{
    (void)in;
    recur_var   x = recur_embed(s->tape, s->embedding, s->pack);
    recur_state state = recur_final(recur_rnn_apply(s->tape, s->rnn, x, s->pack, RECUR_NO_STATE));
    recur_var   loss = RECUR_NONE;
    for (int i = 0; i < 2; i++) { /* the targets are one token per sequence */
        recur_seq y = recur_rnn_step(s->tape, s->rnn, recur_embed(s->tape, s->embedding, s->targets), state);
        loss = plus(s->tape, loss,
                    recur_linear_cross_entropy(s->tape, s->linear, y.output, s->targets, RECUR_MEAN));
        state = recur_final(y);
    }
    return loss;
}

static void encode_decode_test(void **state)
{
    (void)state;
    subject s = {.name = "encoder and decoder", .build = encode_decode};
    gradcheck_open(&s);
    recur_embedding_spec table = {.vocabulary = VOCABULARY, .size = HIDDEN};
    recur_rnn_spec       gru = {.cell = RECUR_GRU, .input = HIDDEN, .hidden = HIDDEN};
    PROOF_OK(s.ctx, recur_embedding_create(s.params, "embedding", &table, &s.embedding));
    PROOF_OK(s.ctx, recur_rnn_create(s.params, "rnn", &gru, &s.rnn));
    recur_linear_spec head = {.input = HIDDEN, .output = VOCABULARY, .tie = s.embedding};
    PROOF_OK(s.ctx, recur_linear_create(s.params, "head", &head, &s.linear));
    proof_tokens(s.ctx, s.pack, BATCH, GRADCHECK_LENGTHS, VOCABULARY, 5, false);
    proof_tokens(s.ctx, s.targets, BATCH, (const int64_t[BATCH]){1, 1, 1, 1}, VOCABULARY, 6, false);
    gradcheck(&s);
    gradcheck_close(&s);
}

int main(void)
{
    static const struct {
        const char *name;
        recur_cell  cell;
        bool        reset_before;
    } CELLS[] = {{"LSTM", RECUR_LSTM, false},
                 {"GRU", RECUR_GRU, false},
                 {"GRU, reset before", RECUR_GRU, true},
                 {"RNN, tanh", RECUR_RNN_TANH, false},
                 {"RNN, relu", RECUR_RNN_RELU, false}};
    enum { N_CELLS = sizeof CELLS / sizeof *CELLS, N_VARIANTS = sizeof VARIANTS / sizeof *VARIANTS };
    static cell_case         cases[N_CELLS * N_VARIANTS];
    static struct CMUnitTest tests[N_CELLS * N_VARIANTS + 2];
    size_t                   n = 0;
    for (int i = 0; i < N_CELLS; i++)
        for (int j = 0; j < N_VARIANTS; j++) {
            if (VARIANTS[j].only_lstm && CELLS[i].cell != RECUR_LSTM) continue;
            cell_case *c = &cases[n];
            *c = (cell_case){.v = &VARIANTS[j], .cell = CELLS[i].cell, .reset_before = CELLS[i].reset_before};
            snprintf(c->title, sizeof c->title, "%s: %s", CELLS[i].name, VARIANTS[j].name);
            tests[n++] = (struct CMUnitTest){.name = c->title, .test_func = cell_test, .initial_state = c};
        }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(windows_test);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(encode_decode_test);
    return _cmocka_run_group_tests("gradients of cells", tests, n, NULL, NULL);
}
