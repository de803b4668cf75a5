/* Sequences with a pattern or without it.
 * SPDX-License-Identifier: MIT */
#include "pattern_task.h"

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "memory.h"

recur_status pattern_batch_begin(pattern_batch *b, recur_ctx *ctx, const pattern_task *task, int64_t longest)
{
    const size_t n = (size_t)task->batch;
    *b = (pattern_batch){.task = task, .longest = longest};
    b->ids = need_memory(n * (size_t)longest, sizeof *b->ids);
    b->rows = need_memory(n, sizeof *b->rows);
    b->lengths = need_memory(n, sizeof *b->lengths);
    b->last = need_memory(n, sizeof *b->last);
    b->right = need_memory(n, sizeof *b->right);
    b->joined = need_memory(n * (size_t)(task->window * task->symbols), sizeof *b->joined);
    for (int64_t j = 0; j < task->batch; j++) b->rows[j] = b->ids + j * longest;
    recur_status status = recur_pack_create(ctx, &b->inputs);
    if (!status) status = recur_pack_create(ctx, &b->latest);
    return status ? status : recur_pack_create(ctx, &b->targets);
}

void pattern_batch_end(pattern_batch *b)
{
    recur_pack_destroy(b->inputs);
    recur_pack_destroy(b->latest);
    recur_pack_destroy(b->targets);
    free(b->ids);
    free(b->rows);
    free(b->lengths);
    free(b->last);
    free(b->right);
    free(b->joined);
}

/* Return whether the pattern ends at step t. */
static bool ends_at(const pattern_task *task, const int32_t *ids, int64_t t)
{
    if (t < task->pattern - 1) return false;
    for (int64_t i = 0; i < task->pattern; i++)
        if (ids[t - task->pattern + 1 + i] != (int32_t)i) return false;
    return true;
}

static int64_t occurrences(const pattern_task *task, const int32_t *ids, int64_t length)
{
    int64_t n = 0;
    for (int64_t t = 0; t < length; t++) n += ends_at(task, ids, t);
    return n;
}

/* The symbols of the pattern, or, where it must not be there, an order of them that it has not (Fisher and Yates's shuffle). */
static void order(const pattern_task *task, dice *d, bool is_there, int32_t *symbols)
{
    for (int64_t i = 0; i < task->pattern; i++) symbols[i] = (int32_t)i;
    while (!is_there && occurrences(task, symbols, task->pattern))
        for (int64_t i = task->pattern - 1; i > 0; i--) {
            int64_t k = dice_below(d, i + 1);
            int32_t keep = symbols[i];
            symbols[i] = symbols[k];
            symbols[k] = keep;
        }
}

/* Draw a sequence. Symbols that would make the pattern of themselves are drawn again; where what stands at the place makes a second one with
 * them, the whole. */
static void draw(const pattern_task *task, dice *d, int64_t length, int64_t place, bool is_there,
                 int32_t *ids)
{
    int32_t symbols[MAX_PATTERN];
    do {
        order(task, d, is_there, symbols);
        for (int64_t t = 0; t < length; t++)
            if (t >= place && t < place + task->pattern)
                ids[t] = symbols[t - place];
            else
                do ids[t] = (int32_t)dice_below(d, task->symbols);
                while (ends_at(task, ids, t));
    } while (occurrences(task, ids, length) != is_there);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void join(pattern_batch *b)
{
    const int64_t V = b->task->symbols, W = b->task->window;
    memset(b->joined, 0, (size_t)(b->task->batch * W * V) * sizeof *b->joined);
    for (int64_t j = 0; j < b->task->batch; j++)
        for (int64_t t = 0; t < b->lengths[j]; t++) b->joined[(j * W + t) * V + b->rows[j][t]] = 1;
}

recur_status pattern_batch_draw(pattern_batch *b, const pattern_draw *what, int64_t number)
{
    const pattern_task *task = b->task;
    for (int64_t j = 0; j < task->batch; j++) {
        dice    d = dice_at(task->seed, what->stream, (uint64_t)(number * task->batch + j));
        int64_t length = what->from + dice_below(&d, what->to - what->from + 1);
        int64_t last = least(what->last, length - task->pattern), first = least(what->first, last);
        int64_t place = first + dice_below(&d, last - first + 1);
        b->right[j] = (int32_t)dice_below(&d, 2);
        b->lengths[j] = length;
        draw(task, &d, length, place, b->right[j], b->ids + j * b->longest);
        b->last[j] = b->rows[j][length - 1];
    }
    if (b->longest <= task->window) join(b);
    recur_status status = recur_pack_set(b->inputs, task->batch, b->lengths, b->rows);
    if (!status) status = recur_pack_set_grid(b->latest, 1, task->batch, b->last);
    return status ? status : recur_pack_set_grid(b->targets, 1, task->batch, b->right);
}
