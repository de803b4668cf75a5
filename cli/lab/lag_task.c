/* Tasks with a long lag: sequences from dice of their own, each drawn time-major into a grid.
 * SPDX-License-Identifier: MIT */
#include "lag_task.h"

#include <math.h>
#include <stdlib.h>

#include "dice.h"
#include "memory.h"

enum { BLANK = LAG_SYMBOLS, SIGN = LAG_SYMBOLS + 1, COPY_SYMBOLS = LAG_SYMBOLS + 2 };

const char *lag_kind_name(lag_kind kind)
{
    static const char *const names[] = {"recall", "adding", "copy"};
    return names[kind];
}

const char *lag_loss_name(lag_kind kind)
{
    return kind == LAG_ADDING ? "MSE" : "nats";
}

int64_t lag_inputs(lag_kind kind)
{
    static const int64_t inputs[] = {LAG_SYMBOLS, 2, COPY_SYMBOLS};
    return inputs[kind];
}

int64_t lag_outputs(lag_kind kind)
{
    static const int64_t outputs[] = {LAG_SYMBOLS, 1, COPY_SYMBOLS};
    return outputs[kind];
}

int64_t lag_steps(const lag_task *task)
{
    static const int64_t more[] = {1, 0, 2 * LAG_COPIED};
    return task->lag + more[task->kind];
}

/* How many answers want memory: all of them are at the end. */
static int64_t lag_answers(lag_kind kind)
{
    return kind == LAG_COPY ? LAG_COPIED : 1;
}

int64_t lag_last(const lag_task *task)
{
    return lag_steps(task) - lag_answers(task->kind);
}

lag_score lag_baseline(const lag_task *task)
{
    const double chance = 1.0 / LAG_SYMBOLS, nats = log(LAG_SYMBOLS), near = 0.04;
    switch (task->kind) {
    case LAG_RECALL:
        break;
    case LAG_ADDING: /* the sum's density is a triangle of height 1 over 0..2 */
        return (lag_score){1.0 / 6, 1 - (1 - near) * (1 - near)};
    case LAG_COPY:
        return (lag_score){LAG_COPIED * nats / (double)lag_steps(task), chance};
    }
    return (lag_score){nats, chance};
}

/* ---- batches ---- */

struct lag_batch {
    lag_task    task;
    int64_t     T, answers; /* answers: of a sequence, 1 or T */
    recur_pack *inputs, *targets;
    int32_t    *ids, *right;  /* [T,B], [answers,B] */
    float      *pairs, *sums; /* adding: [T,B,2], [B,1] */
};

recur_status lag_batch_create(recur_ctx *ctx, const lag_task *task, lag_batch **batch)
{
    lag_batch *b = need_memory(1, sizeof *b);
    size_t     n = (size_t)task->batch;
    b->task = *task;
    b->T = lag_steps(task);
    b->answers = task->kind == LAG_COPY ? b->T : 1;
    b->ids = need_memory(n * (size_t)b->T, sizeof *b->ids);
    b->right = need_memory(n * (size_t)b->answers, sizeof *b->right);
    b->pairs = need_memory(2 * n * (size_t)b->T, sizeof *b->pairs);
    b->sums = need_memory(n, sizeof *b->sums);
    *batch = b;
    recur_status status = recur_pack_create(ctx, &b->inputs);
    return status ? status : recur_pack_create(ctx, &b->targets);
}

void lag_batch_destroy(lag_batch *b)
{
    if (!b) return;
    recur_pack_destroy(b->inputs);
    recur_pack_destroy(b->targets);
    free(b->ids);
    free(b->right);
    free(b->pairs);
    free(b->sums);
    free(b);
}

/* Each draws sequence j from its dice; B is the distance from step to step. */

static void draw_recall(lag_batch *b, dice *d, int64_t j)
{
    const int64_t B = b->task.batch;
    for (int64_t t = 0; t < b->T; t++) b->ids[t * B + j] = (int32_t)dice_below(d, LAG_SYMBOLS);
    b->right[j] = b->ids[j];
}

static void draw_adding(lag_batch *b, dice *d, int64_t j)
{
    const int64_t B = b->task.batch, half = b->T / 2;
    const int64_t first = dice_below(d, half), second = half + dice_below(d, b->T - half);
    b->sums[j] = 0;
    for (int64_t t = 0; t < b->T; t++) {
        float *pair = b->pairs + 2 * (t * B + j);
        pair[0] = dice_uniform(d);
        pair[1] = t == first || t == second;
        b->sums[j] += pair[0] * pair[1];
    }
}

static void draw_copy(lag_batch *b, dice *d, int64_t j, int32_t blank)
{
    const int64_t B = b->task.batch, sign = b->T - LAG_COPIED - 1;
    for (int64_t t = 0; t < b->T; t++) {
        b->ids[t * B + j] = t == sign ? SIGN : BLANK;
        b->right[t * B + j] = blank;
    }
    for (int64_t t = 0; t < LAG_COPIED; t++) {
        b->ids[t * B + j] = (int32_t)dice_below(d, LAG_SYMBOLS);
        b->right[(sign + 1 + t) * B + j] = b->ids[t * B + j];
    }
}

static recur_status draw(lag_batch *b, lag_stream stream, int64_t number, int32_t blank)
{
    const int64_t B = b->task.batch;
    const bool    has_ids = b->task.kind != LAG_ADDING;
    for (int64_t j = 0; j < B; j++) {
        dice d = dice_at(b->task.seed, stream, (uint64_t)(number * B + j));
        if (b->task.kind == LAG_RECALL) draw_recall(b, &d, j);
        if (b->task.kind == LAG_ADDING) draw_adding(b, &d, j);
        if (b->task.kind == LAG_COPY) draw_copy(b, &d, j, blank);
    }
    recur_status status = recur_pack_set_grid(b->inputs, b->T, B, has_ids ? b->ids : NULL);
    if (!status && has_ids) status = recur_pack_set_grid(b->targets, b->answers, B, b->right);
    return status;
}

recur_status lag_batch_draw(lag_batch *b, lag_stream stream, int64_t number)
{
    return draw(b, stream, number, BLANK);
}

recur_status lag_batch_draw_distant(lag_batch *b, lag_stream stream, int64_t number)
{
    return draw(b, stream, number, RECUR_IGNORE);
}

/* ---- on the tape ---- */

const recur_pack *lag_batch_pack(const lag_batch *b)
{
    return b->inputs;
}

recur_var lag_batch_input(const lag_batch *b, recur_tape *tape)
{
    if (b->task.kind != LAG_ADDING) return recur_one_hot(tape, b->inputs, lag_inputs(b->task.kind));
    return recur_input(tape, RECUR_SHAPE(b->T * b->task.batch, 2), b->pairs);
}

recur_var lag_batch_answer(const lag_batch *b, recur_tape *tape, const recur_rnn *rnn, recur_seq seq,
                           const recur_linear *out)
{
    if (b->task.kind == LAG_COPY) return recur_linear_apply(tape, out, seq.output);
    return recur_linear_apply(tape, out, recur_pool_last(tape, rnn, seq));
}

recur_var lag_batch_loss(const lag_batch *b, recur_tape *tape, recur_var answer)
{
    if (b->task.kind != LAG_ADDING) return recur_cross_entropy(tape, answer, b->targets, RECUR_MEAN);
    recur_var sums = recur_input(tape, RECUR_SHAPE(b->task.batch, 1), b->sums);
    return recur_mse(tape, answer, sums, RECUR_MEAN);
}

/* ---- scores ---- */

static bool is_greatest(const float *row, int64_t n, int32_t right)
{
    for (int64_t i = 0; i < n; i++)
        if (i != right && row[i] >= row[right]) return false;
    return true;
}

lag_score lag_batch_score(const lag_batch *b, recur_tape *tape, recur_var answer)
{
    const int64_t B = b->task.batch, width = lag_outputs(b->task.kind);
    const int64_t last = lag_answers(b->task.kind), from = (b->answers - last) * B;
    lag_score     s = {recur_scalar(tape, lag_batch_loss(b, tape, answer)), 0};
    const float  *values = recur_value(tape, answer);
    if (!values) return (lag_score){NAN, NAN};
    for (int64_t i = from; i < b->answers * B; i++)
        s.accuracy += b->task.kind == LAG_ADDING ? fabsf(values[i] - b->sums[i]) < 0.04F
                                                 : is_greatest(values + i * width, width, b->right[i]);
    s.accuracy /= (double)(last * B);
    return s;
}
