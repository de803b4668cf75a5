/* Predictions of a classifier: batch by batch in inference, each item's probabilities from its own logits in double.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "model/classify_feed.h"
#include "model/model.h"
#include "model/tick.h"
#include "nn/params.h"

enum { BATCH_ITEMS = 64, BATCH_TOKENS = 16384 };

typedef struct prediction {
    recur_ctx       *ctx;
    ri_classify_feed feed;
    recur_tape      *tape;
    recur_batches   *batches;
    int64_t          K;
    double          *logits, *weights, *attention; /* [B,K], [N] in the pack's rows, [T] of one item */
    int64_t          n_logits, n_weights;          /* room */
    void (*each)(void *user, const recur_class_guess *guess);
    void *user;
} prediction;

static recur_status room(prediction *p, double **block, int64_t *capacity, int64_t n)
{
    if (n <= *capacity) return RECUR_OK;
    ri_release(&p->ctx->allocator, *block);
    *block = ri_allocate(&p->ctx->allocator, (size_t)n, sizeof **block);
    *capacity = *block ? n : 0;
    return *block ? RECUR_OK : ri_no_memory(p->ctx, "predictions");
}

/* Turn the logits [K] of an item into probabilities; return the label's loss, NaN where there is no such label. */
static double softmax(double *x, int64_t K, int32_t label)
{
    double most = x[0], sum = 0;
    for (int64_t k = 1; k < K; k++) most = fmax(most, x[k]);
    for (int64_t k = 0; k < K; k++) sum += exp(x[k] - most);
    double loss = label >= 0 && label < K ? log(sum) + most - x[label] : NAN;
    for (int64_t k = 0; k < K; k++) x[k] = exp(x[k] - most) / sum;
    return loss;
}

/* The attention of one item, in the order of its steps. */
static recur_status attention_of(prediction *p, int64_t b, int64_t length, int64_t *capacity)
{
    recur_status status = room(p, &p->attention, capacity, length ? length : 1);
    for (int64_t t = 0; t < length && !status; t++)
        p->attention[t] = p->weights[recur_pack_row(p->feed.pack, b, t)];
    return status;
}

static recur_status tell(prediction *p, const recur_batch *batch, bool has_attention, int64_t *capacity)
{
    for (int64_t i = 0; i < batch->n; i++) {
        double           *x = p->logits + i * p->K;
        recur_class_guess guess = {.item = batch->items[i], .probabilities = x};
        for (int64_t k = 0; k < p->K; k++) {
            if (!isfinite(x[k]))
                return RI_FAIL(p->ctx, RECUR_EDIVERGED,
                               "the model's logits of item %" PRId64 " are not finite", batch->items[i] + 1);
            if (x[k] > x[guess.label]) guess.label = (int32_t)k;
        }
        guess.loss = softmax(x, p->K, batch->labels ? batch->labels[i] : -1);
        if (has_attention) {
            recur_status status = attention_of(p, i, batch->lengths[i], capacity);
            if (status) return status;
            guess.attention = p->attention;
        }
        p->each(p->user, &guess);
    }
    return RECUR_OK;
}

static recur_status predict_batch(prediction *p, int64_t i, int64_t *attention_room)
{
    recur_batch  batch;
    recur_var    logits, weights;
    recur_status status = recur_batches_get(p->batches, 0, i, &batch);
    recur_tape_reset(p->tape);
    if (!status) status = ri_classify_feed_put(&p->feed, p->tape, &batch, NULL, &logits, &weights);
    if (!status) status = recur_tape_status(p->tape);
    if (!status) status = room(p, &p->logits, &p->n_logits, batch.n * p->K);
    if (!status) status = recur_value_f64(p->tape, logits, p->logits);
    bool has_attention = !status && weights.id != 0;
    if (has_attention && batch.n_steps) {
        status = room(p, &p->weights, &p->n_weights, batch.n_steps);
        if (!status) status = recur_value_f64(p->tape, weights, p->weights);
    }
    return status ? status : tell(p, &batch, has_attention, attention_room);
}

static recur_status predict_all(prediction *p, const recur_run_hooks *hooks)
{
    int64_t      n = recur_batches_count(p->batches), attention_room = 0;
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        status = predict_batch(p, i, &attention_room);
        if (!status) status = ri_tick(p->ctx, hooks, (double)(i + 1) / (double)n);
    }
    return status;
}

recur_status recur_classify_predict(const recur_model *model, const recur_part *part,
                                    const recur_batch_opts *opts, const recur_run_hooks            *hooks,
                                    void (*each)(void *user, const recur_class_guess *guess), void *user)
{
    static const recur_batch_opts usual = {.items = BATCH_ITEMS, .tokens = BATCH_TOKENS};
    if (!model) return RECUR_EARG;
    prediction p = {.ctx = recur_model_params(model)->ctx, .each = each, .user = user};
    if (!each) return RI_FAIL(p.ctx, RECUR_EARG, "predicting wants somebody to tell");
    recur_status status = ri_classify_check(model, part, "predicting");
    if (status) return status;
    p.K = recur_labels_count(recur_model_labels(model));
    status = ri_classify_feed_init(&p.feed, model);
    if (!status) status = recur_tape_create(p.ctx, &p.tape);
    if (!status) status = recur_batches_create(p.ctx, part, opts ? opts : &usual, &p.batches);
    if (!status) {
        recur_tape_set_inference(p.tape, true);
        status = predict_all(&p, hooks);
    }
    recur_batches_destroy(p.batches);
    recur_tape_destroy(p.tape);
    ri_classify_feed_free(&p.feed);
    ri_release(&p.ctx->allocator, p.logits);
    ri_release(&p.ctx->allocator, p.weights);
    ri_release(&p.ctx->allocator, p.attention);
    return status;
}
