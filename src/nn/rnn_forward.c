/* A stack over whole sequences, forward: states into the order of ranks, layer after layer, states back into the caller's order.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "nn/layers.h"
#include "nn/rnn.h"

/* What one application is over: rows of the input by step. */
typedef struct extent {
    ri_steps          steps;
    int64_t           N;
    recur_shape       output; /* shape of the result, its last size still open */
    const recur_pack *pack;
    const int32_t    *sequence, *time; /* [N]: what the rows of a step are to noise; NULL: as they lie */
} extent;

static recur_seq none(void)
{
    return (recur_seq){{0}, {0}, {0}};
}

/* Steps of equal width for inputs without a pack. */
static bool grid(recur_tape *tape, int64_t T, int64_t B, extent *e)
{
    int64_t *offset = ri_tape_take(tape, T + 1, sizeof *offset);
    if (!offset) return false;
    for (int64_t t = 0; t <= T; t++) offset[t] = t * B;
    e->steps = (ri_steps){T, B, offset};
    e->N = T * B;
    return true;
}

/* A whole sequence: [T,B,I], or [N,I] with a pack. */
static bool sequence_extent(recur_tape *tape, const recur_rnn *rnn, recur_var x, const recur_pack *pack,
                            extent *e)
{
    const ri_node *node = ri_tape_node(tape, x, "recur_rnn_apply");
    if (!node || !ri_tape_given(tape, rnn, "recur_rnn_apply") ||
        !ri_tape_fits(tape, rnn->params, "recur_rnn_apply"))
        return false;
    recur_shape shape = node->shape;
    int         rank = pack ? 2 : 3;
    if (shape.rank != rank || ri_shape_last(shape) != rnn->spec.input || (pack && shape.size[0] != pack->N)) {
        RI_TAPE_FAIL(tape, RECUR_EARG,
                     "recur_rnn_apply: wanted %s with %lld rows of %lld, found rank %d, %lld first, "
                     "%lld last",
                     pack ? "packed rows" : "[T,B,I]", (long long)(pack ? pack->N : shape.size[0]),
                     (long long)rnn->spec.input, shape.rank, (long long)shape.size[0],
                     (long long)ri_shape_last(shape));
        return false;
    }
    e->output = shape;
    e->pack = pack;
    if (!pack) return grid(tape, shape.size[0], shape.size[1], e);
    e->steps = ri_pack_steps(pack);
    e->N = pack->N;
    return true;
}

/* Take the state var (or the trained one, or zeros) as [L*D,B,width] in rank order. */
static void *state_in(recur_tape *tape, const recur_rnn *rnn, recur_var v, int64_t trained, int64_t width,
                      const extent *e, const int64_t *caller_of, const char *what)
{
    const ri_dev  *dev = tape->ctx->dev;
    int64_t        K = rnn->L * rnn->D, B = e->steps.B;
    const ri_node *node = NULL;
    if (v.id) {
        node = ri_tape_node(tape, v, what);
        if (!node) return NULL;
        if (node->ids || node->shape.rank != 3 || node->shape.size[0] != K || node->shape.size[1] != B ||
            node->shape.size[2] != width) {
            RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted [%lld,%lld,%lld], found rank %d of %lld elements",
                         what, (long long)K, (long long)B, (long long)width, node->shape.rank,
                         (long long)node->count);
            return NULL;
        }
        if (!caller_of) return node->value;
    }
    void *state = ri_tape_elements(tape, K * B * width);
    if (!state) return NULL;
    if (!node && trained < 0) {
        dev->fill(tape->ctx, K * B * width, 0, state);
        return state;
    }
    const char *initial = node ? NULL : ri_params_value(rnn->params, trained);
    for (int64_t k = 0; k < K; k++) {
        void *to = ri_at(tape->ctx, state, k * B * width);
        if (node)
            dev->gather_rows(tape->ctx, B, width, caller_of, ri_at(tape->ctx, node->value, k * B * width),
                             width, to, width);
        else
            for (int64_t b = 0; b < B; b++)
                dev->copy(tape->ctx, width, ri_at(tape->ctx, initial, k * width),
                          ri_at(tape->ctx, to, b * width));
    }
    return state;
}

/* The final state in the caller's order; ranks [K,B,width] are scattered where the orders differ. */
static recur_var state_out(recur_tape *tape, int64_t K, int64_t B, int64_t width, const void *ranks,
                           const int64_t *caller_of)
{
    if (!caller_of) return ri_tape_var(tape, RECUR_SHAPE(K, B, width), (void *)(uintptr_t)ranks);
    recur_var v = ri_tape_var(tape, RECUR_SHAPE(K, B, width), NULL);
    if (!v.id) return v;
    const ri_node *node = ri_tape_at(tape, v);
    tape->ctx->dev->fill(tape->ctx, node->count, 0, node->value);
    for (int64_t k = 0; k < K; k++)
        tape->ctx->dev->scatter_add_rows(tape->ctx, B, width, caller_of,
                                         ri_at(tape->ctx, ranks, k * B * width), width,
                                         ri_at(tape->ctx, node->value, k * B * width), width);
    return v;
}

/* Memory of one layer's passes. Without keeping, c and m have one row per sequence. */
static bool take_pass(recur_tape *tape, const recur_rnn *rnn, ri_rnn_pass *p, int64_t N)
{
    bool    is_lstm = rnn->spec.cell == RECUR_LSTM;
    int64_t rows = p->is_kept ? N : p->steps.B;
    p->gates = ri_tape_elements(
        tape, tape->ctx->dev->rnn_gates(tape->ctx, rnn->spec.cell, rnn->H, &p->steps, p->is_kept));
    if (is_lstm) p->c = ri_tape_elements(tape, rows * rnn->H);
    if (rnn->spec.projection) p->m = ri_tape_elements(tape, rows * rnn->H);
    return !tape->status;
}

/* Zero some of a layer's outputs, in training. */
static void drop_out(recur_tape *tape, const recur_rnn *rnn, ri_rnn_run *run, int64_t l, const extent *e,
                     void **rows)
{
    run->masks[l] = NULL;
    if (!ri_tape_drops(tape) || rnn->spec.dropout == 0 || l + 1 == rnn->L) return;
    int64_t         width = rnn->D * rnn->P;
    const ri_noise *noise = e->sequence ? ri_tape_noise_of(tape, tape->place++, e->sequence, e->time)
                                        : ri_tape_noise(tape, e->pack, e->N, e->steps.B);
    void           *mask = ri_tape_elements(tape, e->N * width);
    void           *dropped = ri_tape_elements(tape, e->N * width);
    if (tape->status) return;
    tape->ctx->dev->dropout_mask(tape->ctx, e->N, width, rnn->spec.dropout, noise, mask);
    tape->ctx->dev->multiply(tape->ctx, e->N * width, *rows, mask, dropped);
    run->masks[l] = mask;
    *rows = dropped;
}

static void run_layer(recur_tape *tape, ri_rnn_run *run, int64_t l, const extent *e, bool is_kept, ri_rows x,
                      void *output, const void *h0, const void *c0, void *h, void *c)
{
    const recur_rnn *rnn = run->rnn;
    int64_t          B = e->steps.B, P = rnn->P, H = rnn->H;
    for (int64_t d = 0; d < rnn->D; d++) {
        int64_t         k = l * rnn->D + d;
        ri_rnn_weights *w = &run->weights[k];
        recur_status    s = ri_rnn_weights_of(rnn, l, d, w);
        if (s) {
            ri_tape_failed(tape, s);
            return;
        }
        run->passes[k] = (ri_rnn_pass){.w = w,
                                       .steps = e->steps,
                                       .is_reverse = d == 1,
                                       .x = x,
                                       .is_kept = is_kept,
                                       .h0 = ri_at(tape->ctx, h0, k * B * P),
                                       .c0 = c0 ? ri_at(tape->ctx, c0, k * B * H) : NULL,
                                       .h = ri_at(tape->ctx, output, d * P),
                                       .h_stride = rnn->D * P,
                                       .h_final = ri_at(tape->ctx, h, k * B * P),
                                       .c_final = c ? ri_at(tape->ctx, c, k * B * H) : NULL};
        if (!take_pass(tape, rnn, &run->passes[k], e->N)) return;
    }
    tape->ctx->dev->rnn_forward(tape->ctx, &run->passes[l * rnn->D], (int)rnn->D);
}

/* Copies of every inner value, made before backward overwrites them. */
static void take_trace(recur_tape *tape, ri_rnn_run *run, const extent *e, recur_trace *trace)
{
    const recur_rnn *rnn = run->rnn;
    const ri_dev    *dev = tape->ctx->dev;
    bool    is_lstm = rnn->spec.cell == RECUR_LSTM, is_gated = is_lstm || rnn->spec.cell == RECUR_GRU;
    int64_t K = rnn->L * rnn->D, N = e->N, P = rnn->P, H = rnn->H, GH = rnn->G * H;
    trace->h = ri_tape_var(tape, RECUR_SHAPE(K, N, P), NULL);
    trace->c = is_lstm ? ri_tape_var(tape, RECUR_SHAPE(K, N, H), NULL) : RECUR_NONE;
    trace->gates = is_gated ? ri_tape_var(tape, RECUR_SHAPE(K, N, GH), NULL) : RECUR_NONE;
    if (tape->status) return;
    for (int64_t k = 0; k < K; k++) {
        const ri_rnn_pass *p = &run->passes[k];
        dev->gather_rows(tape->ctx, N, P, NULL, p->h, p->h_stride,
                         ri_at(tape->ctx, ri_tape_at(tape, trace->h)->value, k * N * P), P);
        if (is_lstm)
            dev->copy(tape->ctx, N * H, p->c, ri_at(tape->ctx, ri_tape_at(tape, trace->c)->value, k * N * H));
        if (is_gated)
            dev->rnn_trace(tape->ctx, p, ri_at(tape->ctx, ri_tape_at(tape, trace->gates)->value, k * N * GH));
    }
    run->trace_h = trace->h;
    run->trace_c = trace->c;
}

/* Put a trace at the end of the tape's list. */
static void keep_trace(recur_tape *tape, const ri_rnn_run *run, const extent *e, recur_trace values)
{
    ri_rnn_trace *kept = ri_tape_take(tape, 1, sizeof *kept);
    if (!kept) return;
    *kept = (ri_rnn_trace){run->rnn, run->x, values, e->steps, run->rank_of, NULL};
    if (tape->last_trace)
        tape->last_trace->next = kept;
    else
        tape->traces = kept;
    tape->last_trace = kept;
}

static bool take_run(recur_tape *tape, const recur_rnn *rnn, ri_rnn_run *run)
{
    int64_t K = rnn->L * rnn->D;
    run->weights = ri_tape_take(tape, K, sizeof *run->weights);
    run->passes = ri_tape_take(tape, K, sizeof *run->passes);
    run->masks = ri_tape_take(tape, rnn->L, sizeof *run->masks);
    return !tape->status;
}

static recur_seq apply(recur_tape *tape, const recur_rnn *rnn, recur_var x, const extent *e,
                       recur_state state, recur_trace *trace)
{
    recur_trace examined;
    if (!trace && tape->is_examined) trace = &examined;
    bool       is_lstm = rnn->spec.cell == RECUR_LSTM, is_kept = !tape->is_inference || trace;
    int64_t    K = rnn->L * rnn->D, B = e->steps.B, P = rnn->P, H = rnn->H, width = rnn->D * P;
    ri_rnn_run run = {.rnn = rnn, .x = x, .h0 = state.h, .c0 = state.c, .N = e->N};
    if (e->pack && !e->pack->is_sorted) {
        run.caller_of = e->pack->caller_of;
        run.rank_of = e->pack->rank_of;
    }
    if (state.c.id && !is_lstm) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "an initial c was given, but the cell has none");
        return none();
    }
    const void *h0 = state_in(tape, rnn, state.h, rnn->initial_h, P, e, run.caller_of, "initial h");
    const void *c0 =
        is_lstm ? state_in(tape, rnn, state.c, rnn->initial_c, H, e, run.caller_of, "initial c") : NULL;
    void *h = ri_tape_elements(tape, K * B * P);
    void *c = is_lstm ? ri_tape_elements(tape, K * B * H) : NULL;
    if (!take_run(tape, rnn, &run)) return none();

    ri_rows rows = ri_node_rows(ri_tape_at(tape, x));
    void   *top = NULL;
    for (int64_t l = 0; l < rnn->L && !tape->status; l++) {
        top = ri_tape_elements(tape, e->N * width);
        if (!tape->status) run_layer(tape, &run, l, e, is_kept, rows, top, h0, c0, h, c);
        void *next = top;
        if (!tape->status) drop_out(tape, rnn, &run, l, e, &next);
        rows = (ri_rows){.x = next, .n = e->N, .width = width, .stride = width};
    }
    recur_shape shape = e->output;
    shape.size[shape.rank - 1] = width;
    recur_seq out = none();
    out.output = run.output = ri_tape_var(tape, shape, top);
    out.h = run.h = state_out(tape, K, B, P, h, run.caller_of);
    if (is_lstm) out.c = run.c = state_out(tape, K, B, H, c, run.caller_of);
    if (trace && !tape->status) take_trace(tape, &run, e, trace);
    if (tape->is_examined && !tape->status) keep_trace(tape, &run, e, *trace);
    if (tape->status) return none();
    ri_tape_push(tape, ri_rnn_run_backward, &run, sizeof run);
    return out;
}

recur_seq recur_rnn_apply(recur_tape *tape, const recur_rnn *rnn, recur_var x, const recur_pack *pack,
                          recur_state state)
{
    extent e = {0};
    return sequence_extent(tape, rnn, x, pack, &e) ? apply(tape, rnn, x, &e, state, NULL) : none();
}

recur_seq recur_rnn_apply_traced(recur_tape *tape, const recur_rnn *rnn, recur_var x, const recur_pack *pack,
                                 recur_state state, recur_trace *trace)
{
    extent e = {0};
    if (!ri_tape_given(tape, trace, "recur_rnn_apply_traced")) return none();
    *trace = (recur_trace){{0}, {0}, {0}};
    return sequence_extent(tape, rnn, x, pack, &e) ? apply(tape, rnn, x, &e, state, trace) : none();
}

recur_seq recur_rnn_step(recur_tape *tape, const recur_rnn *rnn, recur_var x, recur_state state)
{
    return ri_rnn_step_of(tape, rnn, x, state, NULL, NULL);
}

recur_seq ri_rnn_step_of(recur_tape *tape, const recur_rnn *rnn, recur_var x, recur_state state,
                         const int32_t *sequence, const int32_t *time)
{
    const ri_node *node = ri_tape_node(tape, x, "recur_rnn_step");
    if (!node || !ri_tape_given(tape, rnn, "recur_rnn_step") ||
        !ri_tape_fits(tape, rnn->params, "recur_rnn_step"))
        return none();
    extent e = {.output = node->shape, .sequence = sequence, .time = time};
    if (rnn->D == 2)
        RI_TAPE_FAIL(tape, RECUR_EARG,
                     "recur_rnn_step: a bidirectional stack cannot be stepped: its backward direction "
                     "starts at a future that is not there yet");
    else if (node->shape.rank != 2 || node->shape.size[1] != rnn->spec.input)
        RI_TAPE_FAIL(tape, RECUR_EARG, "recur_rnn_step: wanted [B,%lld], found rank %d and %lld last",
                     (long long)rnn->spec.input, node->shape.rank, (long long)ri_shape_last(node->shape));
    else if (grid(tape, 1, node->shape.size[0], &e))
        return apply(tape, rnn, x, &e, state, NULL);
    return none();
}
