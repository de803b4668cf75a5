/* Whole stacks against PyTorch: outputs, final states, and the gradients of inputs, initial states and parameters.
 *
 * Ragged batches go through a pack, from and to padded arrays in both layouts; equal lengths without a pack, time-major and
 * batch-major, and once more as a pack.
 * SPDX-License-Identifier: MIT */
#include "golden/golden.h"

enum { MAX_B = 8 };

/* How a batch gets into the stack and out again. */
typedef enum way { PLAIN, PLAIN_SWAPPED, PACKED, PACKED_SWAPPED } way;

typedef struct stack {
    const golden_case *test;
    recur_params      *params;
    recur_rnn         *rnn;
    recur_tape        *tape;
    recur_pack        *pack;
    bool               is_ragged;
} stack;

static void create(stack *s, const golden_case *c)
{
    int64_t n[10], lengths[MAX_B];
    golden_integers(c, "spec", 10, n);
    int64_t T = n[8], B = n[9];
    *s = (stack){.test = c, .is_ragged = golden_has(c, "lengths")};
    golden_ok(c, recur_params_create(golden_ctx(c), 1, &s->params));
    golden_ok(c, recur_rnn_create(s->params, "",
                                  &(recur_rnn_spec){.cell = (recur_cell)n[0],
                                                    .input = n[1],
                                                    .hidden = n[2],
                                                    .layers = n[3],
                                                    .projection = n[4],
                                                    .bidirectional = n[5] == 2,
                                                    .no_bias = n[6],
                                                    .reset_before = n[7]},
                                  &s->rnn));
    golden_set_parameters(c, s->params);
    golden_ok(c, recur_tape_create(golden_ctx(c), &s->tape));
    golden_ok(c, recur_pack_create(golden_ctx(c), &s->pack));
    for (int64_t b = 0; b < B; b++) lengths[b] = T;
    if (s->is_ragged) golden_integers(c, "lengths", MAX_B, lengths);
    golden_ok(c, recur_pack_set(s->pack, B, lengths, NULL));
}

static void destroy(stack *s)
{
    recur_pack_destroy(s->pack);
    recur_tape_destroy(s->tape);
    recur_rnn_destroy(s->rnn);
    recur_params_destroy(s->params);
}

/* Run one way; x is [T,B,I] and *output becomes [T,B,D*P] whatever happens in between. */
static recur_seq run_stack(stack *s, way w, recur_var x, recur_state state, recur_var *output)
{
    recur_tape  *t = s->tape;
    recur_layout layout = w == PACKED_SWAPPED ? RECUR_BATCH_MAJOR : RECUR_TIME_MAJOR;
    recur_seq    y;
    if (w == PLAIN_SWAPPED) x = recur_swap(t, recur_swap(t, x)); /* there and back: its own transpose */
    if (w == PLAIN || w == PLAIN_SWAPPED) {
        y = recur_rnn_apply(t, s->rnn, x, NULL, state);
        *output = w == PLAIN_SWAPPED ? recur_swap(t, recur_swap(t, y.output)) : y.output;
        return y;
    }
    if (layout == RECUR_BATCH_MAJOR) x = recur_swap(t, x);
    y = recur_rnn_apply(t, s->rnn, recur_pack_padded(t, x, s->pack, layout), s->pack, state);
    *output = recur_pad_packed(t, y.output, s->pack, layout);
    if (layout == RECUR_BATCH_MAJOR) *output = recur_swap(t, *output);
    return y;
}

static void check_way(stack *s, way w)
{
    const golden_case *c = s->test;
    recur_tape        *t = s->tape;
    bool               has_cell = golden_has(c, "c"), has_state = golden_has(c, "h0");
    recur_tape_reset(t);
    recur_params_zero_grad(s->params);
    recur_state state = RECUR_NO_STATE;
    if (has_state) state.h = golden_input(c, t, "h0");
    if (has_state && has_cell) state.c = golden_input(c, t, "c0");
    recur_var output, x = golden_input(c, t, "x");
    recur_seq y = run_stack(s, w, x, state, &output);
    recur_var loss = recur_add(t, recur_dot(t, output, golden_input(c, t, "wy")),
                               recur_dot(t, y.h, golden_input(c, t, "wh")));
    if (has_cell) loss = recur_add(t, loss, recur_dot(t, y.c, golden_input(c, t, "wc")));
    golden_ok(c, recur_tape_status(t));
    golden_compare(c, t, output, false, "y");
    golden_compare(c, t, y.h, false, "h");
    if (has_cell) golden_compare(c, t, y.c, false, "c");
    golden_ok(c, recur_backward(t, loss));
    golden_compare(c, t, x, true, "dx");
    if (has_state) golden_compare(c, t, state.h, true, "dh0");
    if (has_state && has_cell) golden_compare(c, t, state.c, true, "dc0");
    golden_compare_gradients(c, s->params);
}

static void stack_agrees(void **state)
{
    stack s;
    create(&s, *state);
    if (!s.is_ragged) check_way(&s, PLAIN);
    if (!s.is_ragged) check_way(&s, PLAIN_SWAPPED);
    check_way(&s, PACKED);
    check_way(&s, PACKED_SWAPPED);
    destroy(&s);
}

int main(void)
{
    golden_file golden;
    golden_open(&golden, "tests/golden/recurrent.safetensors");
    int failed = golden_run(&golden, "", 60, stack_agrees);
    golden_close(&golden);
    return failed;
}
