/* Language models, linear layers and losses against PyTorch, values and gradients.
 * SPDX-License-Identifier: MIT */
#include "golden/golden.h"

enum { MAX_B = 8, MAX_N = 64 };

/* A pack of the ids in a tensor [T,B], with the case's lengths. */
static recur_pack *pack_of(const golden_case *c, const char *name)
{
    int64_t        lengths[MAX_B], ids[MAX_N];
    int32_t        columns[MAX_B][MAX_N];
    const int32_t *tokens[MAX_B];
    golden_array   lengths_tensor = golden_get(c, "lengths");
    int64_t        B = lengths_tensor.count;
    free(lengths_tensor.x);
    golden_integers(c, "lengths", MAX_B, lengths);
    golden_integers(c, name, MAX_N, ids);
    for (int64_t b = 0; b < B; b++) {
        for (int64_t t = 0; t < lengths[b]; t++) columns[b][t] = (int32_t)ids[t * B + b];
        tokens[b] = columns[b];
    }
    recur_pack *pack;
    golden_ok(c, recur_pack_create(golden_ctx(c), &pack));
    golden_ok(c, recur_pack_set(pack, B, lengths, tokens));
    return pack;
}

typedef struct model {
    recur_params    *params;
    recur_embedding *embedding; /* NULL: one-hot */
    recur_rnn       *rnn;
    recur_linear    *head;
    int64_t          V;
    recur_reduction  reduction;
} model;

static void create(model *m, const golden_case *c)
{
    int64_t n[9];
    golden_integers(c, "spec", 9, n);
    int64_t embed = n[2], hidden = n[3];
    *m = (model){.V = n[1], .reduction = (recur_reduction)n[6]};
    golden_ok(c, recur_params_create(golden_ctx(c), 1, &m->params));
    if (embed)
        golden_ok(c, recur_embedding_create(m->params, "embedding",
                                            &(recur_embedding_spec){.vocabulary = m->V, .size = embed},
                                            &m->embedding));
    golden_ok(c, recur_rnn_create(m->params, "rnn",
                                  &(recur_rnn_spec){.cell = (recur_cell)n[0],
                                                    .input = embed ? embed : m->V,
                                                    .hidden = hidden,
                                                    .layers = 2},
                                  &m->rnn));
    golden_ok(c, recur_linear_create(
                     m->params, "head",
                     &(recur_linear_spec){
                         .input = hidden, .output = m->V, .no_bias = n[5], .tie = n[4] ? m->embedding : NULL},
                     &m->head));
    golden_set_parameters(c, m->params);
}

static void destroy(model *m)
{
    recur_linear_destroy(m->head);
    recur_rnn_destroy(m->rnn);
    recur_embedding_destroy(m->embedding);
    recur_params_destroy(m->params);
}

/* fused: the logits never exist. */
static void check_model(const golden_case *c, const model *m, recur_tape *t, const recur_pack *tokens,
                        const recur_pack *targets, bool fused)
{
    recur_tape_reset(t);
    recur_params_zero_grad(m->params);
    recur_var x = m->embedding ? recur_embed(t, m->embedding, tokens) : recur_one_hot(t, tokens, m->V);
    recur_var y = recur_rnn_apply(t, m->rnn, x, tokens, RECUR_NO_STATE).output, loss;
    if (fused) {
        loss = recur_linear_cross_entropy(t, m->head, y, targets, m->reduction);
    } else {
        recur_var logits = recur_linear_apply(t, m->head, y);
        loss = recur_cross_entropy(t, logits, targets, m->reduction);
        golden_compare(c, t, recur_pad_packed(t, logits, tokens, RECUR_TIME_MAJOR), false, "logits");
    }
    golden_ok(c, recur_backward(t, loss));
    golden_compare(c, t, loss, false, "loss");
    golden_compare_gradients(c, m->params);
}

static void model_agrees(void **state)
{
    const golden_case *c = *state;
    model              m;
    recur_tape        *tape;
    create(&m, c);
    golden_ok(c, recur_tape_create(golden_ctx(c), &tape));
    recur_pack *tokens = pack_of(c, "tokens"), *targets = pack_of(c, "targets");
    check_model(c, &m, tape, tokens, targets, false);
    check_model(c, &m, tape, tokens, targets, true);
    recur_pack_destroy(targets);
    recur_pack_destroy(tokens);
    recur_tape_destroy(tape);
    destroy(&m);
}

static void linear_agrees(void **state)
{
    const golden_case *c = *state;
    recur_params      *params;
    recur_linear      *linear;
    recur_tape        *t;
    int64_t            n[3];
    golden_integers(c, "spec", 3, n);
    golden_ok(c, recur_params_create(golden_ctx(c), 1, &params));
    golden_ok(c, recur_linear_create(params, "linear",
                                     &(recur_linear_spec){.input = n[0], .output = n[1], .no_bias = n[2]},
                                     &linear));
    golden_set_parameters(c, params);
    golden_ok(c, recur_tape_create(golden_ctx(c), &t));
    recur_var x = golden_input(c, t, "x"), y = recur_linear_apply(t, linear, x);
    golden_ok(c, recur_backward(t, recur_dot(t, y, golden_input(c, t, "wy"))));
    golden_compare(c, t, y, false, "y");
    golden_compare(c, t, x, true, "dx");
    golden_compare_gradients(c, params);
    recur_tape_destroy(t);
    recur_linear_destroy(linear);
    recur_params_destroy(params);
}

static void entropy_agrees(void **state)
{
    const golden_case *c = *state;
    recur_pack        *targets = pack_of(c, "targets");
    recur_tape        *t;
    int64_t            n[4];
    golden_integers(c, "spec", 4, n);
    golden_ok(c, recur_tape_create(golden_ctx(c), &t));
    recur_var x = golden_input(c, t, "x");
    recur_var rows = recur_pack_padded(t, x, targets, RECUR_TIME_MAJOR);
    recur_var loss = recur_cross_entropy(t, rows, targets, (recur_reduction)n[0]);
    golden_ok(c, recur_backward(t, loss));
    golden_compare(c, t, loss, false, "loss");
    golden_compare(c, t, x, true, "dx");
    recur_tape_destroy(t);
    recur_pack_destroy(targets);
}

static void squares_agree(void **state)
{
    const golden_case *c = *state;
    recur_tape        *t;
    int64_t            reduction;
    golden_integers(c, "spec", 1, &reduction);
    golden_ok(c, recur_tape_create(golden_ctx(c), &t));
    recur_var a = golden_input(c, t, "a"), b = golden_input(c, t, "b");
    recur_var loss = recur_mse(t, a, b, (recur_reduction)reduction);
    golden_ok(c, recur_backward(t, loss));
    golden_compare(c, t, loss, false, "loss");
    golden_compare(c, t, a, true, "da");
    golden_compare(c, t, b, true, "db");
    recur_tape_destroy(t);
}

int main(void)
{
    golden_file golden;
    golden_open(&golden, "tests/golden/layers.safetensors");
    int failed = golden_run(&golden, "model-", 11, model_agrees);
    failed += golden_run(&golden, "linear-", 4, linear_agrees);
    failed += golden_run(&golden, "entropy-", 7, entropy_agrees);
    failed += golden_run(&golden, "squares-", 2, squares_agree);
    golden_close(&golden);
    return failed;
}
