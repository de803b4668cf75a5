/* A sequence has the same bits whatever surrounds it: alone or in a batch, among other mates, permuted, packed or padded, in
 * one call, in windows with carried state, step by step. Outputs, final states, and the gradients of inputs and initial states.
 *
 * Every sequence has an identity, from which its length, inputs, initial state and loss weights follow. What a run computes for it is
 * gathered into one array, and arrays are compared with memcmp.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { INPUT = 7, HIDDEN = 19, IDENTITIES = 6, LONGEST = 9, MAX_BATCH = 13, MAX_SEGMENTS = LONGEST };

static const int64_t LENGTHS[IDENTITIES] = {5, 9, 0, 1, 7, 5};

/* How a batch is laid out, and how it is cut in time. */
typedef enum way { PACKED, PADDED, PADDED_BATCH_MAJOR, PLAIN, WINDOWS, STEPS } way;

typedef struct stack {
    recur_ctx     *ctx;
    recur_params  *params;
    recur_rnn     *rnn;
    recur_tape    *tape;
    recur_pack    *packs[MAX_SEGMENTS]; /* one per segment: a pack must not change while a tape uses it */
    recur_rnn_spec spec;
    int64_t        k, P, width; /* layers times directions; size of h; of the output */
} stack;

/* A batch on its way through a stack. */
typedef struct batch {
    stack     *s;
    way        way;
    int64_t    n;
    const int *ids;
    double   **found; /* [n] */
} batch;

/* A segment of time: the variables, and where the step of a sequence lies in them. */
typedef struct segment {
    int64_t   first, longest, rows;
    int64_t   lengths[MAX_BATCH];
    recur_var x, output;
} segment;

static void open_stack(stack *s, const recur_rnn_spec *spec, recur_dtype dtype, int threads)
{
    *s = (stack){.ctx = proof_ctx(dtype, threads), .spec = *spec};
    PROOF_OK(s->ctx, recur_params_create(s->ctx, 1, &s->params));
    PROOF_OK(s->ctx, recur_rnn_create(s->params, "rnn", spec, &s->rnn));
    PROOF_OK(s->ctx, recur_tape_create(s->ctx, &s->tape));
    for (int i = 0; i < MAX_SEGMENTS; i++) PROOF_OK(s->ctx, recur_pack_create(s->ctx, &s->packs[i]));
    proof_fill(s->ctx, s->params, 0.5);
    int64_t D = spec->bidirectional ? 2 : 1;
    s->k = (spec->layers ? spec->layers : 1) * D;
    s->P = spec->projection ? spec->projection : spec->hidden;
    s->width = D * s->P;
}

static void close_stack(stack *s)
{
    for (int i = 0; i < MAX_SEGMENTS; i++) recur_pack_destroy(s->packs[i]);
    recur_tape_destroy(s->tape);
    recur_rnn_destroy(s->rnn);
    recur_params_destroy(s->params);
    recur_ctx_destroy(s->ctx);
}

/* ---- one batch ---- */

/* The steps of an array in the layout of the way: inputs have two more, of padding, where they are padded. */
static int64_t steps_of(const batch *b, const segment *g, bool is_input)
{
    return g->longest + (is_input && (b->way == PADDED || b->way == PADDED_BATCH_MAJOR) ? 2 : 0);
}

/* The row of step t (of the segment) of sequence i. */
static int64_t row_of(const batch *b, const segment *g, const recur_pack *pack, int64_t i, int64_t t,
                      bool is_input)
{
    if (b->way == PACKED || b->way == WINDOWS) return recur_pack_row(pack, i, t);
    if (b->way == PADDED_BATCH_MAJOR) return i * steps_of(b, g, is_input) + t;
    return t * b->n + i;
}

static recur_shape shape_of(const batch *b, const segment *g, int64_t width, bool is_input)
{
    int64_t T = steps_of(b, g, is_input);
    if (b->way == PACKED || b->way == WINDOWS) return RECUR_SHAPE(g->rows, width);
    if (b->way == PADDED_BATCH_MAJOR) return RECUR_SHAPE(b->n, T, width);
    return b->way == STEPS ? RECUR_SHAPE(b->n, width) : RECUR_SHAPE(T, b->n, width);
}

/* Numbers of stream `stream + identity` at every step, in the layout of the segment; padding is enormous. */
static recur_var spread(const batch *b, const segment *g, const recur_pack *pack, int64_t width,
                        bool is_input, uint64_t stream)
{
    recur_shape shape = shape_of(b, g, width, is_input);
    int64_t     n = proof_count(shape);
    double     *x = proof_doubles(n);
    for (int64_t i = 0; i < n; i++) x[i] = is_input ? 1e30 : 0;
    for (int64_t i = 0; i < b->n; i++)
        for (int64_t t = 0; t < g->lengths[i]; t++)
            for (int64_t j = 0; j < width; j++)
                x[row_of(b, g, pack, i, t, is_input) * width + j] =
                    proof_number(stream + (uint64_t)b->ids[i], (uint64_t)((g->first + t) * width + j));
    recur_var v = recur_input_f64(b->s->tape, shape, x);
    free(x);
    return v;
}

/* A state [k,n,width] whose columns are the sequences'. */
static recur_var state_of(const batch *b, int64_t width, uint64_t stream)
{
    int64_t k = b->s->k;
    double *x = proof_doubles(k * b->n * width);
    for (int64_t l = 0; l < k; l++)
        for (int64_t i = 0; i < b->n; i++)
            for (int64_t j = 0; j < width; j++)
                x[(l * b->n + i) * width + j] =
                    proof_number(stream + (uint64_t)b->ids[i], (uint64_t)(l * width + j));
    recur_var v = recur_input_f64(b->s->tape, RECUR_SHAPE(k, b->n, width), x);
    free(x);
    return v;
}

static recur_seq apply(const batch *b, segment *g, const recur_pack *pack, recur_state state)
{
    recur_tape  *t = b->s->tape;
    recur_layout layout = b->way == PADDED_BATCH_MAJOR ? RECUR_BATCH_MAJOR : RECUR_TIME_MAJOR;
    recur_seq    y;
    g->x = spread(b, g, pack, INPUT, true, 100);
    if (b->way == PLAIN)
        y = recur_rnn_apply(t, b->s->rnn, g->x, NULL, state);
    else if (b->way == STEPS)
        y = recur_rnn_step(t, b->s->rnn, g->x, state);
    else if (b->way == PADDED || b->way == PADDED_BATCH_MAJOR)
        y = recur_rnn_apply(t, b->s->rnn, recur_pack_padded(t, g->x, pack, layout), pack, state);
    else
        y = recur_rnn_apply(t, b->s->rnn, g->x, pack, state);
    g->output = b->way == PADDED || b->way == PADDED_BATCH_MAJOR ? recur_pad_packed(t, y.output, pack, layout)
                                                                 : y.output;
    return y;
}

/* Cut time into segments; returns their number. */
static int cut(const batch *b, segment *g)
{
    int64_t size = b->way == STEPS ? 1 : b->way == WINDOWS ? 4 : LONGEST;
    int     n = 0;
    for (int64_t first = 0; first == 0 || first < LONGEST; first += size) {
        segment s = {.first = first};
        for (int64_t i = 0; i < b->n; i++) {
            int64_t left = LENGTHS[b->ids[i]] - first;
            s.lengths[i] = left < 0 ? 0 : left > size ? size : left;
            s.rows += s.lengths[i];
            if (s.lengths[i] > s.longest) s.longest = s.lengths[i];
        }
        if (s.rows || first == 0) g[n++] = s;
    }
    return n;
}

static double *append(double *at, int64_t n, const double *x)
{
    memcpy(at, x, (size_t)n * sizeof *x);
    return at + n;
}

/* Gather rows of a variable (or of its gradient) that belong to each sequence. */
static void gather_steps(const batch *b, const segment *g, const recur_pack *pack, int64_t width,
                         bool is_input, double **at)
{
    const recur_ctx *ctx = b->s->ctx;
    double *x = is_input ? proof_gradient(ctx, b->s->tape, g->x) : proof_values(ctx, b->s->tape, g->output);
    for (int64_t i = 0; i < b->n; i++)
        for (int64_t t = 0; t < g->lengths[i]; t++)
            at[i] = append(at[i], width, x + row_of(b, g, pack, i, t, is_input) * width);
    free(x);
}

static void gather_state(const batch *b, recur_var v, bool is_gradient, int64_t width, double **at)
{
    if (!v.id) return;
    double *x =
        is_gradient ? proof_gradient(b->s->ctx, b->s->tape, v) : proof_values(b->s->ctx, b->s->tape, v);
    for (int64_t l = 0; l < b->s->k; l++)
        for (int64_t i = 0; i < b->n; i++) at[i] = append(at[i], width, x + (l * b->n + i) * width);
    free(x);
}

/* Enough for what is gathered of one sequence. */
static int64_t room(const stack *s)
{
    return LONGEST * (INPUT + s->width) + 2 * s->k * (s->P + s->spec.hidden);
}

/* Run a batch forwards and backwards and gather what belongs to each sequence. */
static void run(batch *b)
{
    stack      *s = b->s;
    recur_tape *t = s->tape;
    segment     g[MAX_SEGMENTS];
    double     *at[MAX_BATCH];
    recur_tape_reset(t);
    int         n = cut(b, g);
    recur_state first = {state_of(b, s->P, 200), RECUR_NONE};
    if (s->spec.cell == RECUR_LSTM) first.c = state_of(b, s->spec.hidden, 300);
    recur_state state = first;
    recur_var   loss = recur_scale(t, recur_sum(t, first.h), 0);
    for (int i = 0; i < n; i++) {
        PROOF_OK(s->ctx, recur_pack_set(s->packs[i], b->n, g[i].lengths, NULL));
        state = recur_final(apply(b, &g[i], s->packs[i], state));
        if (g[i].rows)
            loss = recur_add(t, loss,
                             recur_dot(t, g[i].output, spread(b, &g[i], s->packs[i], s->width, false, 400)));
    }
    loss = recur_add(t, loss, recur_dot(t, state.h, state_of(b, s->P, 500)));
    if (state.c.id) loss = recur_add(t, loss, recur_dot(t, state.c, state_of(b, s->spec.hidden, 600)));
    PROOF_OK(s->ctx, recur_tape_status(t));
    for (int64_t i = 0; i < b->n; i++) at[i] = b->found[i] = proof_doubles(room(s));
    for (int i = 0; i < n; i++)
        if (g[i].rows) gather_steps(b, &g[i], s->packs[i], s->width, false, at);
    gather_state(b, state.h, false, s->P, at);
    gather_state(b, state.c, false, s->spec.hidden, at);
    PROOF_OK(s->ctx, recur_backward(t, loss));
    for (int i = 0; i < n; i++)
        if (g[i].rows) gather_steps(b, &g[i], s->packs[i], INPUT, true, at);
    gather_state(b, first.h, true, s->P, at);
    gather_state(b, first.c, true, s->spec.hidden, at);
}

/* ---- the comparison ---- */

static const char *const WAYS[] = {"packed", "padded",     "padded, batch-major",
                                   "plain",  "in windows", "by step"};

static void compare_with(stack *s, double *const *alone, way w, int64_t n, const int *ids)
{
    double *found[MAX_BATCH];
    batch   b = {s, w, n, ids, found};
    run(&b);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < room(s); j++)
            if (memcmp(&found[i][j], &alone[ids[i]][j], sizeof(double)) != 0)
                fail_msg("sequence %d %s in a batch of %lld: number %lld of its results is %a, alone %a",
                         ids[i], WAYS[w], (long long)n, (long long)j, found[i][j], alone[ids[i]][j]);
    for (int64_t i = 0; i < n; i++) free(found[i]);
}

typedef struct spec_case {
    const char    *name;
    recur_rnn_spec spec;
    recur_dtype    dtype;
    char           title[80];
} spec_case;

static void same_bits(void **state)
{
    static const struct {
        int64_t n;
        int     ids[MAX_BATCH];
        bool    is_even; /* equal lengths, none 0 */
    } BATCHES[] = {{6, {0, 1, 2, 3, 4, 5}, false},
                   {6, {4, 2, 0, 1, 5, 3}, false},
                   {3, {5, 3, 1}, false},
                   {13, {1, 1, 4, 2, 0, 3, 5, 2, 4, 1, 0, 3, 3}, false},
                   {1, {0}, true},
                   {1, {1}, true},
                   {1, {3}, true},
                   {2, {5, 0}, true},
                   {7, {1, 1, 1, 1, 1, 1, 1}, true}};
    const spec_case *c = *state;
    stack            s;
    double          *alone[IDENTITIES];
    open_stack(&s, &c->spec, c->dtype, 2);
    for (int id = 0; id < IDENTITIES; id++) {
        batch b = {&s, PACKED, 1, &id, &alone[id]};
        run(&b);
    }
    for (size_t i = 0; i < sizeof BATCHES / sizeof *BATCHES; i++) {
        for (way w = PACKED; w <= STEPS; w++) {
            bool needs_even = w == PLAIN || w == STEPS, needs_forward = w == WINDOWS || w == STEPS;
            if ((needs_even && !BATCHES[i].is_even) || (needs_forward && c->spec.bidirectional)) continue;
            compare_with(&s, alone, w, BATCHES[i].n, BATCHES[i].ids);
        }
    }
    for (int id = 0; id < IDENTITIES; id++) free(alone[id]);
    close_stack(&s);
}

static const spec_case SPECS[] = {
    {.name = "LSTM", .spec = {.cell = RECUR_LSTM}},
    {.name = "LSTM, two layers", .spec = {.cell = RECUR_LSTM, .layers = 2}},
    {.name = "LSTM, bidirectional", .spec = {.cell = RECUR_LSTM, .layers = 2, .bidirectional = true}},
    {.name = "LSTM, projection", .spec = {.cell = RECUR_LSTM, .layers = 2, .projection = 11}},
    {.name = "LSTM, no bias", .spec = {.cell = RECUR_LSTM, .no_bias = true}},
    {.name = "GRU", .spec = {.cell = RECUR_GRU, .layers = 2}},
    {.name = "GRU, bidirectional", .spec = {.cell = RECUR_GRU, .layers = 2, .bidirectional = true}},
    {.name = "GRU, reset before", .spec = {.cell = RECUR_GRU, .layers = 2, .reset_before = true}},
    {.name = "GRU, no bias", .spec = {.cell = RECUR_GRU, .no_bias = true}},
    {.name = "RNN", .spec = {.cell = RECUR_RNN_TANH, .layers = 2}},
    {.name = "RNN, bidirectional", .spec = {.cell = RECUR_RNN_TANH, .layers = 2, .bidirectional = true}},
    {.name = "RNN, relu", .spec = {.cell = RECUR_RNN_RELU, .layers = 2}},
};

/* ---- tokens and logits ---- */

/* The logits of a small language model, row by row, for sequences whose tokens follow from their identities. */
static void logits_of(recur_tape *t, const recur_embedding *embedding, const recur_rnn *rnn,
                      const recur_linear *head, recur_ctx *ctx, recur_pack *pack, int64_t n, const int *ids,
                      double *found[])
{
    enum { V = 23 };
    int32_t        tokens[MAX_BATCH][LONGEST];
    const int32_t *rows[MAX_BATCH];
    int64_t        lengths[MAX_BATCH];
    for (int64_t b = 0; b < n; b++) {
        for (int i = 0; i < LONGEST; i++)
            tokens[b][i] = (int32_t)((0.5 + 0.5 * proof_number(700 + (uint64_t)ids[b], (uint64_t)i)) * V);
        rows[b] = tokens[b];
        lengths[b] = LENGTHS[ids[b]];
    }
    recur_tape_reset(t);
    PROOF_OK(ctx, recur_pack_set(pack, n, lengths, rows));
    recur_var x = embedding ? recur_embed(t, embedding, pack) : recur_one_hot(t, pack, V);
    recur_var y = recur_linear_apply(t, head, recur_rnn_apply(t, rnn, x, pack, RECUR_NO_STATE).output);
    PROOF_OK(ctx, recur_tape_status(t));
    double *all = proof_values(ctx, t, y);
    for (int64_t b = 0; b < n; b++) {
        double *at = found[b] = proof_doubles(LONGEST * V);
        for (int64_t i = 0; i < lengths[b]; i++) at = append(at, V, all + recur_pack_row(pack, b, i) * V);
    }
    free(all);
}

static void logits_have_the_same_bits(void **state)
{
    enum { V = 23, E = 6 };
    (void)state;
    const int ids[MAX_BATCH] = {1, 4, 0, 2, 5, 3, 1};
    for (int embedded = 0; embedded < 2; embedded++) {
        recur_ctx       *ctx = proof_ctx(RECUR_F32, 2);
        recur_params    *params;
        recur_embedding *embedding = NULL;
        recur_rnn       *rnn;
        recur_linear    *head;
        recur_tape      *tape;
        recur_pack      *pack;
        double          *together[MAX_BATCH], *alone;
        PROOF_OK(ctx, recur_params_create(ctx, 1, &params));
        recur_embedding_spec table = {.vocabulary = V, .size = E};
        if (embedded) PROOF_OK(ctx, recur_embedding_create(params, "embedding", &table, &embedding));
        recur_rnn_spec spec = {.input = embedded ? E : V, .hidden = HIDDEN};
        PROOF_OK(ctx, recur_rnn_create(params, "rnn", &spec, &rnn));
        PROOF_OK(ctx, recur_linear_create(params, "head", &(recur_linear_spec){.input = HIDDEN, .output = V},
                                          &head));
        PROOF_OK(ctx, recur_tape_create(ctx, &tape));
        PROOF_OK(ctx, recur_pack_create(ctx, &pack));
        logits_of(tape, embedding, rnn, head, ctx, pack, 7, ids, together);
        for (int i = 0; i < 7; i++) {
            if (LENGTHS[ids[i]]) {
                logits_of(tape, embedding, rnn, head, ctx, pack, 1, &ids[i], &alone);
                assert_memory_equal(alone, together[i], LONGEST * V * sizeof *alone);
                free(alone);
            }
            free(together[i]);
        }
        recur_pack_destroy(pack);
        recur_tape_destroy(tape);
        recur_linear_destroy(head);
        recur_rnn_destroy(rnn);
        recur_embedding_destroy(embedding);
        recur_params_destroy(params);
        recur_ctx_destroy(ctx);
    }
}

int main(void)
{
    enum { N = sizeof SPECS / sizeof *SPECS };
    static spec_case  cases[2 * N];
    struct CMUnitTest tests[2 * N + 1];
    for (int i = 0; i < 2 * N; i++) {
        cases[i] = SPECS[i / 2];
        cases[i].dtype = (recur_dtype)(i % 2);
        cases[i].spec.input = INPUT;
        cases[i].spec.hidden = HIDDEN;
        snprintf(cases[i].title, sizeof cases[i].title, "%s %s", i % 2 ? "f64" : "f32", cases[i].name);
        tests[i] =
            (struct CMUnitTest){.name = cases[i].title, .test_func = same_bits, .initial_state = &cases[i]};
    }
    tests[2 * N] = (struct CMUnitTest)cmocka_unit_test(logits_have_the_same_bits);
    return cmocka_run_group_tests_name("independence of batch mates", tests, NULL, NULL);
}
