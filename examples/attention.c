/* An encoder-decoder with attention of one's own, which learns to turn strings round: the source is read forwards, and the decoder looks for
 * the letter it wants next. All steps of all strings are three operations: one stack, one attention, one linear layer.
 * SPDX-License-Identifier: MIT */
#include <recur/recur.h>

enum {
    LETTERS = 8,
    END = LETTERS,
    VOCABULARY,
    EMBEDDING = 16,
    HIDDEN = 48,
    LONGEST = 8,
    BATCH = 32,
    UPDATES = 700
};

typedef struct model {
    recur_params    *params;
    recur_embedding *source, *target;
    recur_rnn       *encoder, *decoder;
    recur_attention *attention;
    recur_linear    *head;
} model;

static recur_status create(recur_ctx *ctx, model *m)
{
    recur_embedding_spec table = {.vocabulary = VOCABULARY, .size = EMBEDDING};
    recur_rnn_spec       lstm = {.input = EMBEDDING, .hidden = HIDDEN};
    recur_attention_spec look = {.kind = RECUR_ATTENTION_GENERAL, .query = HIDDEN, .key = HIDDEN};
    recur_linear_spec    head = {.input = 2 * HIDDEN, .output = VOCABULARY};
    recur_status         status = recur_params_create(ctx, /*seed*/ 1, &m->params);
    if (!status) status = recur_embedding_create(m->params, "source", &table, &m->source);
    if (!status) status = recur_embedding_create(m->params, "target", &table, &m->target);
    if (!status) status = recur_rnn_create(m->params, "encoder", &lstm, &m->encoder);
    if (!status) status = recur_rnn_create(m->params, "decoder", &lstm, &m->decoder);
    if (!status) status = recur_attention_create(m->params, "attention", &look, &m->attention);
    if (!status) status = recur_linear_create(m->params, "head", &head, &m->head);
    return status;
}

static void destroy(model *m)
{
    recur_linear_destroy(m->head);
    recur_attention_destroy(m->attention);
    recur_rnn_destroy(m->decoder);
    recur_rnn_destroy(m->encoder);
    recur_embedding_destroy(m->target);
    recur_embedding_destroy(m->source);
    recur_params_destroy(m->params);
}

/* What is read, what the decoder is fed, what it is to write: ragged batches of ids. */
typedef struct batch {
    recur_pack *source, *fed, *wanted;
    int32_t     letters[BATCH][LONGEST], turned[BATCH][LONGEST + 2]; /* turned round, between two marks */
} batch;

static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

/* Random strings; fed is </s> and the string turned round, wanted the string turned round and </s>. */
static recur_status fill(batch *b, unsigned *state)
{
    const int32_t *sources[BATCH], *fed[BATCH], *wanted[BATCH];
    int64_t        lengths[BATCH], marked[BATCH];
    for (int i = 0; i < BATCH; i++) {
        int n = 1 + (int)draw(state, LONGEST);
        for (int t = 0; t < n; t++) b->turned[i][n - t] = b->letters[i][t] = (int32_t)draw(state, LETTERS);
        b->turned[i][0] = b->turned[i][n + 1] = END;
        sources[i] = b->letters[i], fed[i] = b->turned[i], wanted[i] = b->turned[i] + 1;
        lengths[i] = n, marked[i] = n + 1;
    }
    recur_status status = recur_pack_set(b->source, BATCH, lengths, sources);
    if (!status) status = recur_pack_set(b->fed, BATCH, marked, fed);
    return status ? status : recur_pack_set(b->wanted, BATCH, marked, wanted);
}

static recur_var logits_of(recur_tape *tape, const model *m, const batch *b)
{
    recur_var x = recur_embed(tape, m->source, b->source), y = recur_embed(tape, m->target, b->fed);
    recur_seq read = recur_rnn_apply(tape, m->encoder, x, b->source, RECUR_NO_STATE);
    recur_seq written = recur_rnn_apply(tape, m->decoder, y, b->fed, recur_final(read));
    recur_var context = recur_attend(tape, m->attention, written.output, b->fed, read.output, b->source);
    return recur_linear_apply(tape, m->head, recur_concat(tape, written.output, context));
}

/* How many strings have the right token as the most likely one at every step: those that are written right, token by token. */
static int count_right(const batch *b, const float *logits)
{
    int right = 0;
    for (int64_t i = 0; i < BATCH; i++) {
        int64_t t = 0, n = recur_pack_length(b->wanted, i);
        for (; t < n; t++) {
            const float *row = logits + recur_pack_row(b->wanted, i, t) * VOCABULARY;
            int          best = 0;
            for (int v = 1; v < VOCABULARY; v++)
                if (row[v] > row[best]) best = v;
            if (best != b->turned[i][t + 1]) break;
        }
        right += t == n;
    }
    return right;
}

static recur_status learn(const model *m, batch *b, recur_tape *tape)
{
    recur_trainer *trainer = NULL;
    unsigned       state = 1;
    recur_status   status =
        recur_trainer_create(m->params, &(recur_train_opts){.lr = 5e-3, .clip_norm = 1}, &trainer);
    for (int i = 0; i < UPDATES && !status; i++) {
        recur_tape_reset(tape);
        status = fill(b, &state);
        recur_var loss = recur_cross_entropy(tape, logits_of(tape, m, b), b->wanted, RECUR_MEAN);
        if (!status) status = recur_trainer_step(trainer, tape, loss, NULL);
    }
    recur_trainer_destroy(trainer);
    return status;
}

int main(void)
{
    static batch b;
    model        m = {0};
    unsigned     unseen = 12345;
    int          right = 0;
    recur_ctx   *ctx;
    recur_tape  *tape;

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (create(ctx, &m) || recur_tape_create(ctx, &tape)) return recur_complain(ctx);
    if (recur_pack_create(ctx, &b.source) || recur_pack_create(ctx, &b.fed)) return recur_complain(ctx);
    if (recur_pack_create(ctx, &b.wanted)) return recur_complain(ctx);
    if (learn(&m, &b, tape)) return recur_complain(ctx);

    recur_tape_set_inference(tape, true);
    for (int i = 0; i < 4; i++) {
        recur_tape_reset(tape);
        if (fill(&b, &unseen)) return recur_complain(ctx);
        recur_var logits = logits_of(tape, &m, &b);
        if (recur_tape_status(tape)) return recur_complain(ctx);
        right += count_right(&b, recur_value(tape, logits));
    }
    printf("Parameters: %lld, of attention: %d\n", (long long)recur_params_count(m.params), HIDDEN * HIDDEN);
    printf("Unseen strings of 1 to %d letters turned round without a mistake: %s\n", LONGEST,
           right >= 4 * BATCH * 95 / 100 ? "19 of 20 or more" : "too few");

    recur_pack_destroy(b.wanted);
    recur_pack_destroy(b.fed);
    recur_pack_destroy(b.source);
    recur_tape_destroy(tape);
    destroy(&m);
    recur_ctx_destroy(ctx);
    return 0;
}
