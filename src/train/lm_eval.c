/* The loss of a language model over a corpus.
 *
 *   predictions   0 .......................... n-2        prediction i reads token i and wants token i+1
 *   parts         [ part 0 ][ part 1 ] ... [ part P-1]    lengths differ by at most one; all P run side by side,
 *   windows       [  ][  ].. [  ][  ]..    [  ][  ]..     window by window, the state carried inside a part
 *
 * One sequence alone would be slow, so the corpus is cut; each part starts from the initial state, which costs a little context, so
 * parts are long and few. The cut depends on the corpus alone: the score does not change with threads or memory.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "model/model.h"
#include "model/tick.h"
#include "recur/run.h"
#include "score/perplexity.h"
#include "train/lm_carry.h"

enum { MAX_PARTS = 64, LEAST_PART = 2048, WINDOW = 64 };

typedef struct scoring {
    recur_ctx         *ctx;
    const recur_model *model;
    recur_tape        *tape;
    recur_pack        *tokens, *targets;
    ri_lm_carry        carry;
    int64_t            n_parts, longest;
    const int32_t     *begin[MAX_PARTS];  /* first token of each part */
    int64_t            length[MAX_PARTS]; /* predictions of each part */
} scoring;

static void cut(scoring *s, const recur_corpus *corpus)
{
    int64_t n = recur_corpus_size(corpus) - 1;
    s->n_parts = n / LEAST_PART;
    if (s->n_parts < 1) s->n_parts = 1;
    if (s->n_parts > MAX_PARTS) s->n_parts = MAX_PARTS;
    const int32_t *at = recur_corpus_tokens(corpus);
    for (int64_t p = 0; p < s->n_parts; p++) {
        s->begin[p] = at;
        s->length[p] = n / s->n_parts + (p < n % s->n_parts);
        at += s->length[p];
    }
    s->longest = s->length[0];
}

static recur_status prepare(scoring *s)
{
    recur_status status = ri_lm_carry_init(&s->carry, s->model, s->n_parts);
    if (!status) status = recur_tape_create(s->ctx, &s->tape);
    if (!status) status = recur_pack_create(s->ctx, &s->tokens);
    if (!status) status = recur_pack_create(s->ctx, &s->targets);
    if (!status) recur_tape_set_inference(s->tape, true);
    return status;
}

static void clean_up(scoring *s)
{
    recur_tape_destroy(s->tape);
    recur_pack_destroy(s->tokens);
    recur_pack_destroy(s->targets);
    ri_lm_carry_free(&s->carry);
}

/* Score the predictions from step `at` of every part on, one window of them. */
static recur_status score_window(scoring *s, int64_t at, ri_score_nats *nats)
{
    const int32_t *read[MAX_PARTS], *wanted[MAX_PARTS];
    int64_t        lengths[MAX_PARTS], n = 0;
    for (int64_t p = 0; p < s->n_parts; p++) {
        int64_t left = s->length[p] - at;
        lengths[p] = left < WINDOW ? left : WINDOW;
        read[p] = s->begin[p] + at;
        wanted[p] = read[p] + 1;
        n += lengths[p];
    }
    recur_tape_reset(s->tape);
    recur_status status = recur_pack_set(s->tokens, s->n_parts, lengths, read);
    if (!status) status = recur_pack_set(s->targets, s->n_parts, lengths, wanted);
    if (status) return status;
    recur_state state = RECUR_NO_STATE, final;
    if (at > 0) state = ri_lm_carry_put(&s->carry, s->tape);
    recur_var loss = recur_lm_loss(s->tape, s->model, s->tokens, s->targets, state, RECUR_SUM, &final);
    status = recur_tape_status(s->tape);
    if (!status) status = ri_lm_carry_take(&s->carry, s->tape, final);
    if (!status) ri_score_add(nats, recur_scalar(s->tape, loss), n);
    return status;
}

static recur_status score_all(scoring *s, const recur_run_hooks *hooks, ri_score_nats *nats)
{
    for (int64_t at = 0; at < s->longest; at += WINDOW) {
        recur_status status = score_window(s, at, nats);
        if (status) return status;
        if (!isfinite(nats->sum))
            return RI_FAIL(s->ctx, RECUR_EDIVERGED,
                           "the loss is not finite around token %" PRId64 " of a part of the data", at);
        status = ri_tick(s->ctx, hooks, fmin(1, (double)(at + WINDOW) / (double)s->longest));
        if (status) return status;
    }
    return RECUR_OK;
}

recur_status recur_lm_evaluate(const recur_model *model, const recur_corpus *corpus,
                               const recur_run_hooks *hooks, recur_lm_score *score)
{
    if (!model || !score) return RECUR_EARG;
    recur_ctx   *ctx = recur_model_params(model)->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_LM, "scoring a corpus");
    if (status) return status;
    if (!corpus) return RI_FAIL(ctx, RECUR_EARG, "evaluation: no corpus was given");
    if (recur_corpus_size(corpus) < 2)
        return RI_FAIL(ctx, RECUR_EDATA,
                       "evaluation: the data have %" PRId64
                       " tokens, wanted at least 2 (one to read, one to predict)",
                       recur_corpus_size(corpus));
    scoring       s = {.ctx = ctx, .model = model};
    ri_score_nats nats = {0};
    cut(&s, corpus);
    status = prepare(&s);
    if (!status) status = score_all(&s, hooks, &nats);
    clean_up(&s);
    if (status) return status;
    double mean = ri_score_mean(&nats);
    *score = (recur_lm_score){.tokens = nats.tokens,
                              .loss = mean,
                              .perplexity = ri_score_perplexity(mean),
                              .bits_per_char = ri_score_bits(mean)};
    return RECUR_OK;
}
