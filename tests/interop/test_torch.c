/* Files exchanged with PyTorch through Python's safetensors package, in both directions; torch_peer.py is the other side.
 *
 * RECUR_PYTHON names a Python that has both packages. Without it, or without them, the tests are skipped.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <sys/wait.h>

#include "model/lm_fixture.h"

static const char *const cell_names[] = {"lstm", "gru", "rnn_tanh", "rnn_relu"};

/* A stack that PyTorch makes and we load. */
typedef struct torch_case {
    recur_cell cell;
    int        input, hidden, layers, bidirectional, projection, bias;
} torch_case;

static const torch_case cases[] = {
    {RECUR_LSTM, 5, 7, 1, 0, 0, 1},      {RECUR_GRU, 5, 7, 1, 0, 0, 1},
    {RECUR_RNN_TANH, 5, 7, 1, 0, 0, 1},  {RECUR_RNN_RELU, 5, 7, 1, 0, 0, 1},
    {RECUR_LSTM, 8, 16, 2, 1, 0, 1},     {RECUR_GRU, 8, 16, 2, 1, 0, 1},
    {RECUR_RNN_TANH, 8, 16, 3, 1, 0, 1}, {RECUR_RNN_RELU, 8, 9, 2, 0, 0, 0},
    {RECUR_LSTM, 6, 12, 1, 0, 5, 1},     {RECUR_LSTM, 6, 12, 2, 1, 5, 1},
    {RECUR_LSTM, 6, 12, 2, 0, 5, 0},     {RECUR_GRU, 3, 33, 2, 1, 0, 0},
};

enum { N_CASES = sizeof cases / sizeof cases[0], STEPS = 11, SEQUENCES = 3, LENGTH = 7 };

/* Models that PyTorch can hold: no trained initial state, no reset gate before the product. */
static bool is_torch(const recur_lm_spec *spec)
{
    return !spec->rnn.trained_state && !spec->rnn.reset_before;
}

/* ---- before Python runs ---- */

static void save_logits(recur_ctx *ctx, const recur_model *model, const char *path)
{
    const int32_t tokens[STEPS] = {0, 3, 1, 10, 7, 7, 2, 9, 5, 4, 8};
    double       *logits = lm_logits(ctx, model, tokens, STEPS), ids[STEPS];
    recur_params *params;
    int64_t       index;
    for (int t = 0; t < STEPS; t++) ids[t] = tokens[t];
    LM_OK(ctx, recur_params_create(ctx, 1, &params));
    LM_OK(ctx, recur_params_add(params, "tokens", RECUR_SHAPE(STEPS), (recur_init){0}, &index));
    LM_OK(ctx, recur_params_set(params, index, ids));
    LM_OK(ctx, recur_params_add(params, "logits", RECUR_SHAPE(STEPS, 11), (recur_init){0}, &index));
    LM_OK(ctx, recur_params_set(params, index, logits));
    LM_OK(ctx, recur_params_save(params, path));
    recur_params_destroy(params);
    free(logits);
}

/* Save every language model and its logits; list them in "models". Returns how many. */
static int save_models(void)
{
    int   n = 0;
    FILE *list = fopen(lm_path("models"), "w");
    assert_non_null(list);
    for (int type = 0; type < 2; type++)
        for (int i = 0; i < LM_SPECS; i++) {
            recur_lm_spec spec = lm_spec(i);
            if (!is_torch(&spec)) continue;
            lm_memory    memory;
            char         name[64];
            recur_ctx   *ctx = lm_ctx(&memory, type ? RECUR_F64 : RECUR_F32);
            recur_model *model = lm_model(ctx, spec);
            snprintf(name, sizeof name, "lm%d_%s.safetensors", i, type ? "f64" : "f32");
            LM_OK(ctx, recur_model_save(model, lm_path(name)));
            snprintf(name, sizeof name, "lm%d_%s.logits.safetensors", i, type ? "f64" : "f32");
            save_logits(ctx, model, lm_path(name));
            const recur_lm_spec *s = recur_lm_get_spec(model);
            fprintf(list, "lm%d_%s %d %d %s %d %d %d\n", i, type ? "f64" : "f32", (int)s->embed, s->tie,
                    cell_names[s->rnn.cell], (int)s->rnn.hidden, (int)s->rnn.layers, (int)s->rnn.projection);
            recur_model_destroy(model);
            lm_end(&memory, ctx);
            n++;
        }
    assert_int_equal(fclose(list), 0);
    return n;
}

static void list_cases(void)
{
    FILE *list = fopen(lm_path("cases"), "w");
    assert_non_null(list);
    for (int i = 0; i < N_CASES; i++) {
        const torch_case *c = &cases[i];
        fprintf(list, "case%d %s %d %d %d %d %d %d\n", i, cell_names[c->cell], c->input, c->hidden, c->layers,
                c->bidirectional, c->projection, c->bias);
    }
    assert_int_equal(fclose(list), 0);
}

/* Run the other side: its exit status, 77 if there is no Python to run. */
static int run_peer(void)
{
    const char *python = getenv("RECUR_PYTHON"), *file = __FILE__, *name = strrchr(file, '/');
    char        command[2048];
    if (!python || !*python) return 77;
    snprintf(command, sizeof command, "'%s' '%.*s/torch_peer.py' '%s'", python, (int)(name ? name - file : 1),
             name ? file : ".", lm_dir());
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int peer_status;

static int exchange(void **state)
{
    (void)state;
    assert_true(save_models() >= 20);
    list_cases();
    peer_status = run_peer();
    return 0;
}

/* ---- after it ---- */

static void torch_loads_our_models(void **state)
{
    (void)state;
    if (peer_status == 77) skip();
    assert_int_equal(peer_status, 0);
}

/* Read a tensor of io that PyTorch wrote. */
static void read_io(recur_ctx *ctx, const recur_params *io, const char *name, double *values)
{
    int64_t index = recur_params_find(io, name);
    assert_true(index >= 0);
    LM_OK(ctx, recur_params_get(io, index, values));
}

static void assert_close(recur_ctx *ctx, recur_tape *tape, recur_var v, const recur_params *io,
                         const char *name)
{
    double      found[2048], wanted[2048], difference = 0, size = 0;
    recur_shape shape = recur_shape_of(tape, v);
    int64_t     n = 1;
    for (int i = 0; i < shape.rank; i++) n *= shape.size[i];
    assert_in_range(n, 1, 2048);
    LM_OK(ctx, recur_value_f64(tape, v, found));
    read_io(ctx, io, name, wanted);
    for (int64_t i = 0; i < n; i++) {
        difference = fmax(difference, fabs(found[i] - wanted[i]));
        size = fmax(size, fabs(wanted[i]));
    }
    if (!(difference <= 1e-5 * size)) fail_msg("%s differs by %g of %g", name, difference, size);
}

static recur_params *io_params(recur_ctx *ctx, const torch_case *c)
{
    int64_t P = c->projection ? c->projection : c->hidden, D = c->bidirectional ? 2 : 1, LD = c->layers * D,
            at;
    recur_params *io;
    LM_OK(ctx, recur_params_create(ctx, 1, &io));
    LM_OK(ctx, recur_params_add(io, "x", RECUR_SHAPE(LENGTH, SEQUENCES, c->input), (recur_init){0}, &at));
    LM_OK(ctx, recur_params_add(io, "output", RECUR_SHAPE(LENGTH, SEQUENCES, D * P), (recur_init){0}, &at));
    LM_OK(ctx, recur_params_add(io, "h", RECUR_SHAPE(LD, SEQUENCES, P), (recur_init){0}, &at));
    if (c->cell == RECUR_LSTM)
        LM_OK(ctx, recur_params_add(io, "c", RECUR_SHAPE(LD, SEQUENCES, c->hidden), (recur_init){0}, &at));
    return io;
}

static void check_case(int i)
{
    const torch_case *c = &cases[i];
    lm_memory         memory;
    recur_ctx        *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params     *params, *io = io_params(ctx, c);
    recur_rnn        *rnn;
    recur_tape       *tape;
    char              name[64];
    double            x[LENGTH * SEQUENCES * 8];
    recur_rnn_spec    spec = {.cell = c->cell,
                              .input = c->input,
                              .hidden = c->hidden,
                              .layers = c->layers,
                              .bidirectional = c->bidirectional,
                              .projection = c->projection,
                              .no_bias = !c->bias};
    LM_OK(ctx, recur_params_create(ctx, 1, &params));
    LM_OK(ctx, recur_rnn_create(params, "", &spec, &rnn));
    snprintf(name, sizeof name, "case%d.safetensors", i);
    LM_OK(ctx, recur_params_load(params, lm_path(name)));
    snprintf(name, sizeof name, "case%d.io.safetensors", i);
    LM_OK(ctx, recur_params_load(io, lm_path(name)));
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    read_io(ctx, io, "x", x);
    recur_var in = recur_input_f64(tape, RECUR_SHAPE(LENGTH, SEQUENCES, c->input), x);
    recur_seq out = recur_rnn_apply(tape, rnn, in, NULL, RECUR_NO_STATE);
    LM_OK(ctx, recur_tape_status(tape));
    assert_close(ctx, tape, out.output, io, "output");
    assert_close(ctx, tape, out.h, io, "h");
    if (c->cell == RECUR_LSTM) assert_close(ctx, tape, out.c, io, "c");
    recur_tape_destroy(tape);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    recur_params_destroy(io);
    lm_end(&memory, ctx);
}

static void torch_weights_load_here(void **state)
{
    (void)state;
    if (peer_status == 77) skip();
    assert_int_equal(peer_status, 0);
    for (int i = 0; i < N_CASES; i++) check_case(i);
}

/* A stack with an option that the file's lacks, or without one that it has, names the tensor. */
static void torch_weights_of_another_stack(void **state)
{
    (void)state;
    if (peer_status == 77) skip();
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params *params;
    recur_rnn    *rnn;
    const struct {
        const char    *says;
        recur_rnn_spec spec;
    } others[] = {
        {"\"weight_ih_l1\" is missing", {.input = 5, .hidden = 7, .layers = 2}},
        {"\"weight_ih_l0_reverse\" is missing", {.input = 5, .hidden = 7, .bidirectional = true}},
        {"_l0\" [28] is left over", {.input = 5, .hidden = 7, .no_bias = true}},
        {"has shape [28,5], wanted [21,5]", {.cell = RECUR_GRU, .input = 5, .hidden = 7}},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        LM_OK(ctx, recur_params_create(ctx, 1, &params));
        LM_OK(ctx, recur_rnn_create(params, "", &others[i].spec, &rnn));
        LM_FAILS(ctx, RECUR_EMODEL, others[i].says, recur_params_load(params, lm_path("case0.safetensors")));
        recur_rnn_destroy(rnn);
        recur_params_destroy(params);
    }
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_loads_our_models),
        cmocka_unit_test(torch_weights_load_here),
        cmocka_unit_test(torch_weights_of_another_stack),
    };
    return cmocka_run_group_tests(tests, exchange, lm_remove_dir);
}
