/* An encoder-decoder of one's own: an LSTM reads three source tokens, another starts from its final state and writes three, each fed its
 * own last choice. Nothing is trained, so what it writes means nothing; the shapes do.
 * SPDX-License-Identifier: MIT */
#include <recur/recur.h>

enum {
    SOURCE_VOCABULARY = 5000,
    TARGET_VOCABULARY = 6000,
    EMBEDDING = 64,
    HIDDEN = 128,
    START = 1,
    TOKENS = 3
};

typedef struct encoder {
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
} encoder;

typedef struct decoder {
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
    recur_linear    *head;
} decoder;

static const recur_rnn_spec LSTM = {.cell = RECUR_LSTM, .input = EMBEDDING, .hidden = HIDDEN};

static recur_status create_encoder(recur_ctx *ctx, encoder *e)
{
    recur_embedding_spec table = {.vocabulary = SOURCE_VOCABULARY, .size = EMBEDDING};
    recur_status         status = recur_params_create(ctx, /*seed*/ 1, &e->params);
    if (!status) status = recur_embedding_create(e->params, "embedding", &table, &e->embedding);
    if (!status) status = recur_rnn_create(e->params, "rnn", &LSTM, &e->rnn);
    return status;
}

static recur_status create_decoder(recur_ctx *ctx, decoder *d)
{
    recur_embedding_spec table = {.vocabulary = TARGET_VOCABULARY, .size = EMBEDDING};
    recur_linear_spec    head = {.input = HIDDEN, .output = TARGET_VOCABULARY};
    recur_status         status = recur_params_create(ctx, /*seed*/ 2, &d->params);
    if (!status) status = recur_embedding_create(d->params, "embedding", &table, &d->embedding);
    if (!status) status = recur_rnn_create(d->params, "rnn", &LSTM, &d->rnn);
    if (!status) status = recur_linear_create(d->params, "head", &head, &d->head);
    return status;
}

static void destroy(encoder *e, decoder *d)
{
    recur_linear_destroy(d->head);
    recur_rnn_destroy(d->rnn);
    recur_rnn_destroy(e->rnn);
    recur_embedding_destroy(d->embedding);
    recur_embedding_destroy(e->embedding);
    recur_params_destroy(d->params);
    recur_params_destroy(e->params);
}

static int32_t argmax(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static void print_shape(const char *what, recur_shape s)
{
    printf("%s(%d, %d, %d)\n", what, (int)s.size[0], (int)s.size[1], (int)s.size[2]);
}

/* Write tokens, one step each, from a state on the tape. fed holds a pack for each, since one must not change while a tape uses it. */
static recur_status decode(recur_tape *tape, const decoder *d, recur_state state, recur_pack *fed[TOKENS])
{
    int32_t token = START;
    for (int step = 0; step < TOKENS; step++) {
        if (recur_pack_set_grid(fed[step], 1, 1, &token)) return RECUR_EMEMORY;
        recur_seq y = recur_rnn_step(tape, d->rnn, recur_embed(tape, d->embedding, fed[step]), state);
        recur_var logits = recur_linear_apply(tape, d->head, y.output); /* [B,V] */
        if (recur_tape_status(tape)) return recur_tape_status(tape);
        state = recur_final(y);
        token = argmax(recur_value(tape, logits), TARGET_VOCABULARY);

        recur_shape s = recur_shape_of(tape, logits);
        printf("Decode step %d: token = %d, logits (%d, 1, %d)\n", step, (int)token, (int)s.size[0],
               (int)s.size[1]);
    }
    return RECUR_OK;
}

int main(void)
{
    const int32_t source[] = {12, 457, 89}; /* "the cat sat" */
    encoder       e = {0};
    decoder       d = {0};
    recur_ctx    *ctx;
    recur_tape   *tape;
    recur_pack   *sentence, *fed[TOKENS];

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (create_encoder(ctx, &e) || create_decoder(ctx, &d)) return recur_complain(ctx);
    if (recur_tape_create(ctx, &tape) || recur_pack_create(ctx, &sentence)) return recur_complain(ctx);
    for (int i = 0; i < TOKENS; i++)
        if (recur_pack_create(ctx, &fed[i])) return recur_complain(ctx);
    if (recur_pack_set_grid(sentence, /*T*/ 3, /*B*/ 1, source)) return recur_complain(ctx);
    recur_tape_set_inference(tape, true);

    recur_var words = recur_embed(tape, e.embedding, sentence);
    recur_seq encoded = recur_rnn_apply(tape, e.rnn, words, sentence, RECUR_NO_STATE);
    if (decode(tape, &d, recur_final(encoded), fed)) return recur_complain(ctx);

    printf("\n");
    print_shape("Encoder outputs: ",
                recur_shape_of(tape, recur_pad_packed(tape, encoded.output, sentence, RECUR_BATCH_MAJOR)));
    print_shape("Summary, h: ", recur_shape_of(tape, encoded.h));
    print_shape("Summary, c: ", recur_shape_of(tape, encoded.c));
    printf("Parameters: encoder %lld, decoder %lld\n", (long long)recur_params_count(e.params),
           (long long)recur_params_count(d.params));
    printf("The decoder starts from h and c alone and never sees the encoder's outputs: all of a sentence, "
           "however\n"
           "long, has to pass through these %d numbers. That is the bottleneck.\n",
           2 * HIDDEN);

    for (int i = 0; i < TOKENS; i++) recur_pack_destroy(fed[i]);
    recur_pack_destroy(sentence);
    recur_tape_destroy(tape);
    destroy(&e, &d);
    recur_ctx_destroy(ctx);
    return 0;
}
