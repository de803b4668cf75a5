/* Copying: sequences from counters, so that nothing is stored, and measures that need no decoder. Told the right tokens before it, a model
 * chooses every token of a target rightly if and only if greedy decoding writes that target, by induction over its tokens.
 * SPDX-License-Identifier: MIT */
#include "copying.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "memory.h"

/* The streams of a seed: training, and for each length two more. */
enum { STREAM_TRAINING = 0, STREAM_TESTS, STREAM_GRADIENTS, N_STREAMS };

/* ---- sequences ---- */

recur_status copying_vocab(const copying *c, recur_vocab **vocab)
{
    size_t bytes = 2 * (size_t)c->symbols;
    char  *text = need_memory(bytes, 1), *p = text;
    for (int64_t i = 0; i < c->symbols; i++) { /* letters from U+0100 on, two bytes each */
        *p++ = (char)(0xc4 + i / 64);
        *p++ = (char)(0x80 + i % 64);
    }
    recur_status status =
        recur_vocab_build(c->ctx, RECUR_CHAR, 1, (const char *const *)&text, &bytes, NULL, vocab);
    free(text);
    return status;
}

/* Draw a sequence and its target. */
static void draw(const copying *c, dice *d, int64_t length, int32_t *source, int32_t *target)
{
    for (int64_t i = 0; i < length; i++) source[i] = (int32_t)dice_below(d, c->symbols);
    for (int64_t i = 0; i < length; i++) target[i] = source[c->is_reversed ? length - 1 - i : i];
}

/* Room for a batch. */
typedef struct sequences {
    const copying *task;
    int64_t        longest;
    int32_t       *ids;      /* [2,batch,longest] */
    int32_t      **sources;  /* [batch] */
    int32_t      **targets;  /* [batch] */
    int64_t       *lengths;  /* [batch] */
    uint64_t       stream;   /* of a batch that is drawn */
    int64_t        from, to; /* lengths of a batch that is drawn */
    int64_t        n;        /* tests: how many there are */
} sequences;

static void sequences_begin(sequences *s, const copying *c, int64_t longest, int64_t n)
{
    *s = (sequences){.task = c, .longest = longest, .n = n};
    s->ids = need_memory(2 * (size_t)c->batch * (size_t)longest, sizeof *s->ids);
    s->sources = need_memory((size_t)c->batch, sizeof *s->sources);
    s->targets = need_memory((size_t)c->batch, sizeof *s->targets);
    s->lengths = need_memory((size_t)c->batch, sizeof *s->lengths);
    for (int64_t b = 0; b < c->batch; b++) {
        s->sources[b] = s->ids + 2 * b * longest;
        s->targets[b] = s->sources[b] + longest;
    }
}

static void sequences_end(sequences *s)
{
    free(s->ids);
    free(s->sources);
    free(s->targets);
    free(s->lengths);
}

static void give(const sequences *s, int64_t n, recur_pair_batch *batch)
{
    *batch = (recur_pair_batch){.n = n,
                                .sources = (const int32_t *const *)s->sources,
                                .source_lengths = s->lengths,
                                .targets = (const int32_t *const *)s->targets,
                                .target_lengths = s->lengths};
}

/* Draw n sequences; the first one has that place in its stream. */
static void draw_batch(sequences *s, int64_t first, int64_t n, int64_t from, int64_t to,
                       recur_pair_batch *batch)
{
    for (int64_t b = 0; b < n; b++) {
        dice d = dice_at(s->task->seed, s->stream, (uint64_t)(first + b));
        s->lengths[b] = from + dice_below(&d, to - from + 1);
        draw(s->task, &d, s->lengths[b], s->sources[b], s->targets[b]);
    }
    give(s, n, batch);
}

/* ---- training ---- */

typedef struct lesson {
    sequences s;
    int64_t   count; /* updates of an epoch */
} lesson;

static recur_status next_lesson(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    lesson        *l = user;
    const copying *c = l->s.task;
    int64_t        update = (epoch - 1) * l->count + i, to = c->to;
    if (update < c->growing) to = c->from + (c->to - c->from) * update / c->growing;
    draw_batch(&l->s, update * c->batch, c->batch, c->from, to, batch);
    return RECUR_OK;
}

recur_status copying_train(const copying *c, recur_model *model, const recur_run_opts *run,
                           const recur_run_hooks *hooks)
{
    lesson l = {.count = run->epochs > 0 ? (run->steps + run->epochs - 1) / run->epochs : run->steps};
    sequences_begin(&l.s, c, c->to, 0);
    l.s.stream = STREAM_TRAINING;
    recur_pair_feed feed = {.user = &l,
                            .count = l.count,
                            .items = l.count * c->batch,
                            .target_tokens = l.count * c->batch * (c->from + c->to) / 2,
                            .get = next_lesson};
    recur_status    status = recur_seq2seq_train(model, &feed, NULL, NULL, run, hooks, NULL);
    sequences_end(&l.s);
    return status;
}

/* ---- scores ---- */

static recur_status next_test(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    sequences *s = user;
    int64_t    first = i * s->task->batch, left = s->n - first;
    (void)epoch;
    draw_batch(s, first, left < s->task->batch ? left : s->task->batch, s->longest, s->longest, batch);
    return RECUR_OK;
}

static void count_exact(void *user, const recur_pair_score *score)
{
    *(int64_t *)user += score->correct == score->tokens;
}

typedef struct mass {
    bool    is_reversed;
    double  sum;
    int64_t n;
} mass;

static void add_mass(void *user, const recur_alignment *alignment)
{
    mass *m = user;
    m->sum += recur_alignment_mass(alignment, m->is_reversed, 1);
    m->n++;
}

static recur_status measure_attention(const recur_pair_feed *feed, const recur_model *model, bool is_reversed,
                                      double *near)
{
    recur_status status = RECUR_OK;
    mass         m = {.is_reversed = is_reversed};
    *near = NAN;
    if (recur_seq2seq_get_spec(model)->attention == RECUR_ATTENTION_NONE) return RECUR_OK;
    for (int64_t i = 0; i < feed->count && !status; i++) {
        recur_pair_batch batch;
        status = feed->get(feed->user, 0, i, &batch);
        if (!status) status = recur_seq2seq_align(model, &batch, add_mass, &m);
    }
    *near = m.sum / (double)m.n;
    return status;
}

recur_status copying_measure(const copying *c, recur_model *model, int64_t length, int64_t n,
                             int64_t gradients, copying_score *score)
{
    sequences        s;
    recur_pair_score total;
    int64_t          exact = 0;
    sequences_begin(&s, c, length, n);
    s.stream = (uint64_t)(N_STREAMS * length + STREAM_TESTS);
    const recur_pair_feed feed = {.user = &s,
                                  .count = (n + c->batch - 1) / c->batch,
                                  .items = n,
                                  .target_tokens = n * length,
                                  .get = next_test};
    *score = (copying_score){.length = length, .n = n};
    recur_status status = recur_seq2seq_evaluate(model, &feed, NULL, count_exact, &exact, &total);
    if (!status) {
        score->exact = (double)exact / (double)n;
        score->accuracy = (double)total.correct / (double)total.tokens;
        score->loss = total.nats / (double)total.tokens;
        score->bits = (double)length * log2((double)c->symbols) - total.nats / (double)n / log(2);
        status = measure_attention(&feed, model, c->is_reversed, &score->near);
    }
    if (!status) status = copying_gradient(c, model, length, gradients, &score->first, &score->last);
    sequences_end(&s);
    return status;
}

/* ---- gradients ---- */

/* Draw a sequence whose first and last symbol occur nowhere else in it. */
static void draw_marked(const copying *c, dice *d, int64_t length, int32_t *source, int32_t *target)
{
    int32_t first = (int32_t)dice_below(d, c->symbols), last;
    do last = (int32_t)dice_below(d, c->symbols);
    while (last == first);
    for (int64_t i = 0; i < length; i++) {
        do source[i] = (int32_t)dice_below(d, c->symbols);
        while (source[i] == first || source[i] == last);
    }
    source[0] = first;
    source[length - 1] = last;
    for (int64_t i = 0; i < length; i++) target[i] = source[c->is_reversed ? length - 1 - i : i];
}

static double row_norm(const double *table, int64_t width, int32_t row)
{
    double sum = 0;
    for (int64_t i = 0; i < width; i++) sum += table[row * width + i] * table[row * width + i];
    return sqrt(sum);
}

/* The gradient of the table of sources by the loss of one pair. */
static recur_status gradient_of(recur_model *model, recur_tape *tape, recur_seq2seq_batch *batch,
                                const recur_pair_batch *pair, int64_t table, double *gradient)
{
    recur_params *params = recur_model_params(model);
    recur_tape_reset(tape);
    recur_params_zero_grad(params);
    recur_status status = recur_seq2seq_batch_fill(batch, pair);
    if (!status) status = recur_backward(tape, recur_seq2seq_loss(tape, model, batch, NULL, RECUR_SUM));
    return status ? status : recur_params_grad(params, table, gradient);
}

recur_status copying_gradient(const copying *c, recur_model *model, int64_t length, int64_t n, double *first,
                              double *last)
{
    recur_params     *params = recur_model_params(model);
    int64_t           table = recur_params_find(params, "source.weight");
    recur_tensor_info info;
    recur_status      status = recur_params_info(params, table, &info);
    if (status) return status;
    sequences            s;
    recur_tape          *tape = NULL;
    recur_seq2seq_batch *batch = NULL;
    double              *gradient = need_memory((size_t)info.count, sizeof *gradient), sums[2] = {0, 0};
    sequences_begin(&s, c, length, 0);
    status = recur_seq2seq_batch_create(model, &batch);
    if (!status) status = recur_tape_create(c->ctx, &tape);
    for (int64_t i = 0; i < n && !status; i++) {
        recur_pair_batch pair;
        dice             d = dice_at(c->seed, (uint64_t)(N_STREAMS * length + STREAM_GRADIENTS), (uint64_t)i);
        draw_marked(c, &d, length, s.sources[0], s.targets[0]);
        s.lengths[0] = length;
        give(&s, 1, &pair);
        status = gradient_of(model, tape, batch, &pair, table, gradient);
        sums[0] += log(row_norm(gradient, info.shape.size[1], s.sources[0][0]));
        sums[1] += log(row_norm(gradient, info.shape.size[1], s.sources[0][length - 1]));
    }
    *first = exp(sums[0] / (double)n);
    *last = exp(sums[1] / (double)n);
    recur_params_zero_grad(params);
    recur_tape_destroy(tape);
    recur_seq2seq_batch_destroy(batch);
    sequences_end(&s);
    free(gradient);
    return status;
}
