/* Scoring pairs with teacher forcing, batch by batch in the plain order: what each target costs and how many of its tokens would have been chosen.
 * What a pair gets does not depend on its batch.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/seq2seq.h"
#include "model/tick.h"

typedef struct scoring {
    const recur_model     *model;
    recur_ctx             *ctx;
    const recur_pair_feed *feed;
    recur_tape            *tape;
    recur_seq2seq_batch   *batch;
    recur_pair_score      *scores; /* room for n_scores pairs */
    int64_t                n_scores;
    recur_pair_score       total;
} scoring;

/* Add up the rows of each pair. */
static void gather(const scoring *s, const recur_pair_batch *pairs, const double *nats, const int32_t *best)
{
    const recur_pack *wanted = s->batch->wanted;
    for (int64_t b = 0; b < pairs->n; b++)
        s->scores[b] = (recur_pair_score){.item = pairs->items ? pairs->items[b] : b,
                                          .tokens = recur_pack_length(wanted, b)};
    for (int64_t r = 0; r < wanted->N; r++) {
        recur_pair_score *score = &s->scores[wanted->sequence[r]];
        score->nats += nats[r];
        score->correct += best[r] == wanted->tokens[r];
    }
}

static recur_status make_room(scoring *s, int64_t n)
{
    if (n <= s->n_scores) return RECUR_OK;
    ri_release(&s->ctx->allocator, s->scores);
    s->scores = ri_allocate(&s->ctx->allocator, (size_t)n, sizeof *s->scores);
    s->n_scores = s->scores ? n : 0;
    return s->scores ? RECUR_OK : ri_no_memory(s->ctx, "scoring pairs");
}

static recur_status score_batch(scoring *s, const recur_pair_batch *pairs)
{
    recur_tape_reset(s->tape);
    recur_status status = recur_seq2seq_batch_fill(s->batch, pairs);
    if (!status) status = make_room(s, pairs->n);
    if (status) return status;
    recur_var logits = recur_seq2seq_logits(s->tape, s->model, s->batch);
    int64_t   N = recur_pack_rows(s->batch->wanted), V = (int64_t)recur_seq2seq_mark(s->model) + 1;
    double   *nats = ri_tape_take(s->tape, N, sizeof *nats);
    int32_t  *best = ri_tape_take(s->tape, N, sizeof *best);
    float    *best_log_p = ri_tape_take(s->tape, N, sizeof *best_log_p);
    if (recur_tape_status(s->tape)) return recur_tape_status(s->tape);
    ri_xent_pass pass = {.n = N,
                         .V = V,
                         .targets = s->batch->wanted->tokens,
                         .scale = 1,
                         .logits = ri_tape_at(s->tape, logits)->value};
    double       sum = s->ctx->dev->xent_forward(s->ctx, &pass, nats);
    if (!isfinite(sum)) return RI_FAIL(s->ctx, RECUR_EDIVERGED, "the loss of a pair is not finite");
    s->ctx->dev->log_softmax(s->ctx, N, V, pass.logits, NULL, best, best_log_p);
    gather(s, pairs, nats, best);
    return RECUR_OK;
}

static void tell(scoring *s, int64_t n, void (*each)(void *user, const recur_pair_score *score), void *user)
{
    for (int64_t b = 0; b < n; b++) {
        const recur_pair_score *score = &s->scores[b];
        s->total.item++;
        s->total.tokens += score->tokens;
        s->total.correct += score->correct;
        s->total.nats += score->nats;
        if (each) each(user, score);
    }
}

recur_status recur_seq2seq_evaluate(const recur_model *model, const recur_pair_feed *feed,
                                    const recur_run_hooks *hooks,
                                    void (*each)(void *user, const recur_pair_score *score), void *user,
                                    recur_pair_score *total)
{
    if (!model || !feed || !feed->get) return RECUR_EARG;
    scoring          s = {.model = model, .ctx = model->ctx, .feed = feed};
    recur_pair_batch pairs = {0};
    recur_status     status = recur_seq2seq_batch_create(model, &s.batch);
    if (!status) status = recur_tape_create(s.ctx, &s.tape);
    if (!status) recur_tape_set_inference(s.tape, true);
    for (int64_t i = 0; i < feed->count && !status; i++) {
        status = feed->get(feed->user, 0, i, &pairs);
        if (!status && !pairs.targets)
            status = RI_FAIL(s.ctx, RECUR_EARG, "scoring wants pairs that have targets");
        if (!status) status = score_batch(&s, &pairs);
        if (status) break;
        tell(&s, pairs.n, each, user);
        status = ri_tick(s.ctx, hooks, (double)(i + 1) / (double)feed->count);
    }
    recur_tape_destroy(s.tape);
    recur_seq2seq_batch_destroy(s.batch);
    ri_release(&s.ctx->allocator, s.scores);
    if (!status && total) *total = s.total;
    return status;
}
