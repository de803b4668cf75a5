/* The tape: a list of variables and a list of operations in one arena.
 * SPDX-License-Identifier: MIT */
#include "nn/tape.h"

#include <math.h>
#include <string.h>

#include "nn/params.h"

recur_status recur_tape_create(recur_ctx *ctx, recur_tape **out)
{
    if (!ctx || !out) return RECUR_EARG;
    *out = NULL;
    recur_tape *tape = ri_allocate(&ctx->allocator, 1, sizeof *tape);
    if (!tape) return ri_no_memory(ctx, "a tape");
    tape->ctx = ctx;
    tape->n_nodes = 1;
    ri_arena_init(&tape->arena, &ctx->allocator);
    *out = tape;
    return RECUR_OK;
}

void recur_tape_destroy(recur_tape *tape)
{
    if (!tape) return;
    const recur_allocator *a = &tape->ctx->allocator;
    ri_arena_destroy(&tape->arena);
    ri_release(a, tape->nodes);
    ri_release(a, tape->ops);
    ri_release(a, tape);
}

void recur_tape_reset(recur_tape *tape)
{
    ri_arena_reset(&tape->arena);
    tape->n_nodes = 1;
    tape->n_ops = 0;
    tape->status = RECUR_OK;
    tape->has_run_back = false;
    tape->place = 0;
    tape->runs = NULL;
    tape->traces = tape->last_trace = NULL;
}

void recur_tape_set_inference(recur_tape *tape, bool is_inference)
{
    tape->is_inference = is_inference;
}

void ri_tape_set_examined(recur_tape *tape, bool is_examined)
{
    tape->is_examined = is_examined;
}

void recur_tape_set_noise(recur_tape *tape, uint64_t seed, uint64_t step)
{
    tape->seed = seed;
    tape->step = step;
}

recur_status recur_tape_status(const recur_tape *tape)
{
    return tape ? tape->status : RECUR_EARG;
}

size_t recur_tape_bytes(const recur_tape *tape)
{
    return ri_arena_bytes(&tape->arena);
}

ri_rows ri_node_rows(const ri_node *node)
{
    int64_t width = ri_shape_last(node->shape), n = 1;
    for (int i = 0; i + 1 < node->shape.rank; i++) n *= node->shape.size[i];
    return (ri_rows){
        .x = node->value, .ids = node->ids, .by_id = node->by_id, .n = n, .width = width, .stride = width};
}

/* ---- variables and operations ---- */

recur_var ri_tape_failed(recur_tape *tape, recur_status status)
{
    if (!tape->status) tape->status = status;
    return RECUR_NONE;
}

static bool is_known(const recur_tape *tape, recur_var v)
{
    return v.id > 0 && v.id < tape->n_nodes;
}

ri_node *ri_tape_node(recur_tape *tape, recur_var v, const char *what)
{
    if (tape->status) return NULL;
    if (is_known(tape, v)) return &tape->nodes[v.id];
    RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted a variable of this tape, found number %d of %lld", what,
                 (int)v.id, (long long)tape->n_nodes - 1);
    return NULL;
}

bool ri_tape_given(recur_tape *tape, const void *wanted, const char *what)
{
    if (!wanted) RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted what it works with, found NULL", what);
    return wanted;
}

bool ri_tape_fits(recur_tape *tape, const recur_params *params, const char *what)
{
    static const char *const names[] = {[RECUR_F32] = "float32", [RECUR_F64] = "float64"};
    recur_dtype              wanted = recur_ctx_dtype(tape->ctx), found = recur_ctx_dtype(params->ctx);
    if (wanted != found)
        RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted %s parameters as the tape's context, found %s", what,
                     names[wanted], names[found]);
    return !tape->status;
}

void *ri_tape_take(recur_tape *tape, int64_t n, size_t size)
{
    if (tape->status) return NULL;
    void *memory = n < 0 ? NULL : ri_arena_take(&tape->arena, (size_t)n, size);
    if (!memory) ri_tape_failed(tape, ri_no_memory(tape->ctx, "the tape"));
    return memory;
}

void *ri_tape_elements(recur_tape *tape, int64_t n)
{
    return ri_tape_take(tape, n, tape->ctx->dev->element_bytes);
}

/* Room for one more of a list that doubles. */
static bool reserve(recur_tape *tape, void *list, int64_t n, int64_t *capacity, size_t size)
{
    void **at = list;
    if (n < *capacity) return true;
    int64_t more = *capacity ? 2 * *capacity : 64;
    void   *grown = ri_grow(&tape->ctx->allocator, *at, (size_t)(*capacity ? n : 0), (size_t)more, size);
    if (!grown) {
        ri_tape_failed(tape, ri_no_memory(tape->ctx, "the tape"));
        return false;
    }
    *at = grown;
    *capacity = more;
    return true;
}

recur_var ri_tape_var(recur_tape *tape, recur_shape shape, void *value)
{
    if (tape->status) return RECUR_NONE;
    int64_t count = ri_shape_count(shape);
    if (count < 0) return RI_TAPE_FAIL(tape, RECUR_EARG, "a shape has a negative size or too many elements");
    if (tape->n_nodes == INT32_MAX) return RI_TAPE_FAIL(tape, RECUR_EARG, "too many variables on one tape");
    if (!reserve(tape, &tape->nodes, tape->n_nodes, &tape->node_capacity, sizeof *tape->nodes))
        return RECUR_NONE;
    if (!value && !(value = ri_tape_elements(tape, count))) return RECUR_NONE;
    tape->nodes[tape->n_nodes] = (ri_node){.shape = shape, .count = count, .value = value};
    return (recur_var){(int32_t)tape->n_nodes++};
}

void ri_tape_push(recur_tape *tape, ri_backward backward, const void *saved, size_t bytes)
{
    if (tape->status || tape->is_inference) return;
    if (!reserve(tape, &tape->ops, tape->n_ops, &tape->op_capacity, sizeof *tape->ops)) return;
    void *kept = ri_tape_take(tape, 1, bytes);
    if (!kept) return;
    memcpy(kept, saved, bytes);
    tape->ops[tape->n_ops++] = (ri_op){backward, kept};
}

/* ---- variables from outside ---- */

static recur_var input(recur_tape *tape, recur_shape shape, const float *single, const double *wide)
{
    recur_var v = ri_tape_var(tape, shape, NULL);
    if (!v.id) return v;
    ri_node      *node = ri_tape_at(tape, v);
    const ri_dev *dev = tape->ctx->dev;
    if (single)
        dev->write_f32(tape->ctx, node->count, single, node->value);
    else if (wide)
        dev->write(tape->ctx, node->count, wide, node->value);
    else
        dev->fill(tape->ctx, node->count, 0, node->value);
    return v;
}

recur_var recur_input(recur_tape *tape, recur_shape shape, const float *values)
{
    return input(tape, shape, values, NULL);
}

recur_var recur_input_f64(recur_tape *tape, recur_shape shape, const double *values)
{
    return input(tape, shape, NULL, values);
}

typedef struct param_saved {
    recur_params *params;
    int64_t       index;
    recur_var     v;
} param_saved;

static void param_backward(recur_tape *tape, void *saved)
{
    const param_saved *s = saved;
    const ri_node     *node = ri_tape_at(tape, s->v);
    tape->ctx->dev->axpy(tape->ctx, node->count, 1, node->grad, ri_params_grad_of(s->params, s->index));
}

recur_var recur_param(recur_tape *tape, recur_params *params, int64_t index)
{
    recur_tensor_info info;
    recur_status      status = recur_params_info(params, index, &info);
    if (status) return ri_tape_failed(tape, status);
    if (!ri_tape_fits(tape, params, "recur_param")) return RECUR_NONE;
    recur_var v = ri_tape_var(tape, info.shape, ri_params_value(params, index));
    if (v.id && !recur_params_is_frozen(params, index))
        ri_tape_push(tape, param_backward, &(param_saved){params, index, v}, sizeof(param_saved));
    return v;
}

/* ---- reading ---- */

recur_shape recur_shape_of(const recur_tape *tape, recur_var v)
{
    return is_known(tape, v) ? tape->nodes[v.id].shape : (recur_shape){.rank = -1};
}

const float *recur_value(const recur_tape *tape, recur_var v)
{
    return is_known(tape, v) && tape->ctx->opts.dtype == RECUR_F32 ? tape->nodes[v.id].value : NULL;
}

const float *recur_grad(const recur_tape *tape, recur_var v)
{
    bool is_ready = is_known(tape, v) && tape->has_run_back && tape->ctx->opts.dtype == RECUR_F32;
    return is_ready ? tape->nodes[v.id].grad : NULL;
}

static recur_status read_out(const recur_tape *tape, recur_var v, const void *from, const char *what,
                             double *out)
{
    if (!from || !out)
        return RI_FAIL(tape->ctx, RECUR_EARG, "variable %d has no %s to read", (int)v.id, what);
    tape->ctx->dev->read(tape->ctx, tape->nodes[v.id].count, from, out);
    return RECUR_OK;
}

recur_status recur_value_f64(const recur_tape *tape, recur_var v, double *out)
{
    if (!tape) return RECUR_EARG;
    return read_out(tape, v, is_known(tape, v) ? tape->nodes[v.id].value : NULL, "value", out);
}

recur_status recur_grad_f64(const recur_tape *tape, recur_var v, double *out)
{
    if (!tape) return RECUR_EARG;
    return read_out(tape, v, is_known(tape, v) && tape->has_run_back ? tape->nodes[v.id].grad : NULL,
                    "gradient", out);
}

double recur_scalar(const recur_tape *tape, recur_var v)
{
    double x = NAN;
    if (is_known(tape, v) && tape->nodes[v.id].count == 1 && tape->nodes[v.id].value)
        tape->ctx->dev->read(tape->ctx, 1, tape->nodes[v.id].value, &x);
    return x;
}

/* ---- backwards ---- */

/* One block of zeros for all gradients. */
static recur_status make_gradients(recur_tape *tape)
{
    int64_t total = 0;
    for (int64_t i = 1; i < tape->n_nodes; i++)
        if (tape->nodes[i].value) total += tape->nodes[i].count;
    char *block = ri_tape_elements(tape, total);
    if (!block) return tape->status;
    tape->ctx->dev->fill(tape->ctx, total, 0, block);
    int64_t at = 0;
    for (int64_t i = 1; i < tape->n_nodes; i++) {
        ri_node *node = &tape->nodes[i];
        if (!node->value) continue;
        node->grad = ri_at(tape->ctx, block, at);
        at += node->count;
    }
    return RECUR_OK;
}

recur_status recur_backward(recur_tape *tape, recur_var loss)
{
    if (!tape) return RECUR_EARG;
    const ri_node *node = ri_tape_node(tape, loss, "recur_backward");
    if (!node) return tape->status;
    if (node->count != 1 || !node->value)
        RI_TAPE_FAIL(tape, RECUR_EARG, "recur_backward: wanted a scalar loss, found %lld elements",
                     (long long)node->count);
    else if (tape->is_inference)
        RI_TAPE_FAIL(tape, RECUR_EARG, "recur_backward: the tape is in inference, nothing was kept");
    else if (tape->has_run_back)
        RI_TAPE_FAIL(tape, RECUR_EARG,
                     "recur_backward: has run already; wanted recur_tape_reset and a new forward pass");
    if (tape->status) return tape->status;

    recur_status status = make_gradients(tape);
    if (status) return status;
    tape->ctx->dev->fill(tape->ctx, 1, 1, ri_tape_at(tape, loss)->grad);
    for (int64_t i = tape->n_ops - 1; i >= 0 && !tape->status; i--)
        tape->ops[i].backward(tape, tape->ops[i].saved);
    if (!tape->status && tape->settle) tape->settle(tape);
    tape->has_run_back = true;
    return tape->status;
}
