/* Encoder-decoders: gradients of all of it, parameters, files, decoding against training, hypotheses apart, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "model/seq2seq_fixture.h"

#include <math.h>

#include "model/decoder.h"
#include "proof/gradcheck.h"

/* ---- gradients ---- */

typedef struct filled {
    recur_model            *model;
    recur_seq2seq_batch    *batch;
    recur_seq2seq_loss_opts opts;
} filled;

static recur_var build(subject *s, const recur_var *in)
{
    const filled *f = s->detail;
    (void)in;
    return recur_seq2seq_loss(s->tape, f->model, f->batch, &f->opts, RECUR_MEAN);
}

static void check_gradients(recur_seq2seq_spec spec, recur_seq2seq_loss_opts opts)
{
    subject s = {.name = "an encoder-decoder", .build = build};
    gradcheck_open(&s);
    filled f = {.model = s2s_model(s.ctx, spec), .opts = opts};
    PROOF_OK(s.ctx, recur_seq2seq_batch_create(f.model, &f.batch));
    PROOF_OK(s.ctx, recur_seq2seq_batch_fill(f.batch, &s2s_pairs));
    recur_params_destroy(s.params);
    s.params = recur_model_params(f.model);
    s.detail = &f;
    gradcheck(&s);
    s.params = NULL; /* the model's */
    recur_seq2seq_batch_destroy(f.batch);
    recur_model_destroy(f.model);
    gradcheck_close(&s);
}

static void gradients_are_right(void **state)
{
    (void)state;
    for (int i = 0; i < S2S_SPECS; i++) check_gradients(s2s_spec(i), (recur_seq2seq_loss_opts){0});
}

static void gradients_with_dropout_and_own_tokens_are_right(void **state)
{
    (void)state;
    for (int i = 0; i < S2S_SPECS; i++) {
        recur_seq2seq_spec spec = s2s_spec(i);
        spec.dropout = 0.2;
        if (spec.encoder.layers > 1) spec.encoder.dropout = 0.3;
        if (spec.decoder.layers > 1) spec.decoder.dropout = 0.3;
        check_gradients(spec, (recur_seq2seq_loss_opts){.own = i % 2 ? 0.5 : 0, .label_smoothing = 0.1});
    }
}

/* ---- parameters ---- */

static recur_vocab *words(recur_ctx *ctx, int n)
{
    char *text = malloc((size_t)n * 8), *at = text;
    for (int i = 0; i < n; i++) at += sprintf(at, "w%d ", i);
    recur_vocab *vocab = lm_vocab(ctx, RECUR_WORD, text);
    free(text);
    return vocab;
}

/* The published set-ups for Multi30k, at tables of 7,853 and 5,893 rows (the vocabularies have one less: the mark; "<unk>" among them). */
static void published_sizes_are_met(void **state)
{
    (void)state;
    static const recur_seq2seq_spec specs[] = {
        {.rule = {.unit = RECUR_WORD},
         .encoder = {.hidden = 512, .layers = 2},
         .decoder = {.hidden = 512, .layers = 2},
         .attention = RECUR_ATTENTION_NONE},
        {.rule = {.unit = RECUR_WORD},
         .encoder = {.cell = RECUR_GRU, .hidden = 512, .bidirectional = true},
         .decoder = {.cell = RECUR_GRU, .hidden = 512}}};
    static const int64_t wanted[] = {13898501, 20518405};
    for (int i = 0; i < 2; i++) {
        lm_memory          memory;
        recur_ctx         *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model       *model;
        recur_vocab       *source = words(ctx, 7851), *target = words(ctx, 5891);
        recur_seq2seq_spec spec = specs[i];
        spec.encoder.init = spec.decoder.init = (recur_init){.kind = RECUR_INIT_CONSTANT};
        assert_int_equal(recur_vocab_size(source), 7852);
        LM_OK(ctx, recur_seq2seq_create(ctx, &spec, source, target, 1, &model));
        assert_int_equal(recur_params_count(recur_model_params(model)), wanted[i]);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* ---- decoding ---- */

enum { MAX_V = 8, MAX_ROWS = 16 };

/* Logits of the fixture's pairs as log-probabilities, [rows][V], and the batch they lie in. */
static double *forced(recur_ctx *ctx, const recur_model *model, recur_seq2seq_batch *batch)
{
    recur_tape *tape;
    int64_t     V = recur_seq2seq_mark(model) + 1;
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    recur_tape_set_inference(tape, true);
    LM_OK(ctx, recur_seq2seq_batch_fill(batch, &s2s_pairs));
    recur_var y = recur_seq2seq_logits(tape, model, batch);
    LM_OK(ctx, recur_tape_status(tape));
    int64_t rows = recur_shape_of(tape, y).size[0];
    double *x = proof_values(ctx, tape, y);
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t v = 0; v < V; v++) sum += exp(x[r * V + v]);
        for (int64_t v = 0; v < V; v++) x[r * V + v] -= log(sum);
    }
    recur_tape_destroy(tape);
    return x;
}

/* The row of step t of pair b: pairs by falling length, 4 1 0 2 become 0 3 1 2. */
static int64_t row_of(int64_t b, int64_t t)
{
    static const int64_t rank_of[] = {0, 2, 3, 1}, first[] = {0, 4, 7, 9, 10};
    return first[t] + rank_of[b];
}

/* Step by step, fed the targets, a decoder says what training saw; rows come in another order at every step. */
static void decoding_says_what_training_saw(void **state)
{
    (void)state;
    for (int k = 0; k < 2 * S2S_SPECS; k++) {
        lm_memory            memory;
        recur_ctx           *ctx = lm_ctx(&memory, k % 2 ? RECUR_F64 : RECUR_F32);
        recur_model         *model = s2s_model(ctx, s2s_spec(k / 2));
        recur_seq2seq_batch *batch;
        ri_decoder          *decoder;
        ri_decoder_view      view;
        int32_t              mark = recur_seq2seq_mark(model);
        LM_OK(ctx, recur_seq2seq_batch_create(model, &batch));
        double *wanted = forced(ctx, model, batch);
        LM_OK(ctx, ri_decoder_create(model, &decoder));
        LM_OK(ctx, ri_decoder_begin(decoder, S2S_PAIRS, s2s_sources, s2s_source_lengths));
        int64_t pairs[S2S_PAIRS] = {2, 0, 3, 1}, n = S2S_PAIRS, parents[S2S_PAIRS] = {2, 0, 3, 1};
        int32_t tokens[S2S_PAIRS] = {mark, mark, mark, mark};
        for (int64_t t = 0; n > 0; t++) {
            LM_OK(ctx, ri_decoder_step(decoder, n, parents, tokens, false, &view));
            assert_int_equal(view.V, mark + 1);
            for (int64_t i = 0; i < n; i++) {
                const double *row = wanted + row_of(pairs[i], t) * view.V;
                for (int64_t v = 0; v < view.V; v++)
                    assert_true(fabs(row[v] - (double)view.log_p[i * view.V + v]) < 2e-5);
                assert_true(view.best_log_p[i] == view.log_p[i * view.V + view.best[i]]);
            }
            int64_t left = 0, old[S2S_PAIRS];
            memcpy(old, pairs, sizeof old);
            for (int64_t i = n - 1; i >= 0; i--) /* turned round */
                if (t < s2s_target_lengths[old[i]]) {
                    pairs[left] = old[i];
                    parents[left] = i;
                    tokens[left++] = s2s_targets[old[i]][t];
                }
            n = left;
        }
        ri_decoder_destroy(decoder);
        free(wanted);
        recur_seq2seq_batch_destroy(batch);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* Attention is told in reading order, reversed sources too: one step of a source whose weights are known from the source turned round. */
static void weights_are_in_reading_order(void **state)
{
    (void)state;
    lm_memory          memory;
    recur_ctx         *ctx = lm_ctx(&memory, RECUR_F32);
    recur_seq2seq_spec spec = s2s_spec(2);
    const int32_t      ids[] = {0, 1, 2, 3}, turned[] = {3, 2, 1, 0}, mark = 3;
    const int64_t      length = 4, first = 0;
    float              weights[2][5];
    for (int way = 0; way < 2; way++) {
        spec.reverse_source = way == 1;
        recur_model    *model = s2s_model(ctx, spec);
        ri_decoder     *decoder;
        ri_decoder_view view;
        LM_OK(ctx, ri_decoder_create(model, &decoder));
        LM_OK(ctx, ri_decoder_begin(decoder, 1, &(const int32_t *){way ? turned : ids}, &length));
        LM_OK(ctx, ri_decoder_step(decoder, 1, &first, &mark, true, &view));
        assert_int_equal(view.S, 5);
        assert_null(view.log_p);
        memcpy(weights[way], view.weights, sizeof weights[way]);
        ri_decoder_destroy(decoder);
        recur_model_destroy(model);
    }
    for (int s = 0; s < 4; s++) assert_true(weights[0][s] == weights[1][3 - s]);
    assert_true(weights[0][4] == weights[1][4]);
    assert_true(weights[0][0] != weights[0][1]);
    lm_end(&memory, ctx);
}

/* Three hypotheses for each source, chosen as the second, the first and the third most likely token; returns all that was said. */
static int64_t beams(recur_ctx *ctx, const recur_model *model, int64_t n, const int32_t *const *sources,
                     const int64_t *lengths, float *said)
{
    ri_decoder     *decoder;
    ri_decoder_view view;
    int64_t         parents[3 * MAX_ROWS], used = 0, V = recur_seq2seq_mark(model) + 1;
    int32_t         tokens[3 * MAX_ROWS];
    LM_OK(ctx, ri_decoder_create(model, &decoder));
    LM_OK(ctx, ri_decoder_begin(decoder, n, sources, lengths));
    for (int64_t b = 0; b < n; b++) parents[b] = b, tokens[b] = (int32_t)V - 1;
    for (int t = 0; t < 4; t++) {
        int64_t rows = t == 0 ? n : 3 * n;
        LM_OK(ctx, ri_decoder_step(decoder, rows, parents, tokens, false, &view));
        for (int64_t i = 0; i < rows; i++)
            for (int64_t v = 0; v < V; v++) said[used++] = view.log_p[i * V + v];
        for (int64_t b = 0; b < n; b++)
            for (int64_t k = 0; k < 3; k++) { /* all from one row of the source, another at each step */
                int64_t from = t == 0 ? b : 3 * b + (t + k / 2) % 3;
                parents[3 * b + k] = from;
                tokens[3 * b + k] = (int32_t)((view.best[from] + k) % V);
            }
    }
    ri_decoder_destroy(decoder);
    return used;
}

/* What a source's hypotheses get, alone and beside others, with one thread and with two. */
static void hypotheses_are_independent(void **state)
{
    (void)state;
    static float together[10 * S2S_PAIRS * MAX_V], alone[10 * MAX_V];
    for (int k = 0; k < S2S_SPECS; k++) {
        recur_ctx   *one = proof_ctx(RECUR_F32, 1);
        lm_memory    memory;
        recur_ctx   *two = lm_ctx(&memory, RECUR_F32);
        recur_model *a = s2s_model(two, s2s_spec(k)), *b = s2s_model(one, s2s_spec(k));
        int64_t      V = recur_seq2seq_mark(a) + 1;
        assert_true(V <= MAX_V);
        assert_int_equal(beams(two, a, S2S_PAIRS, s2s_sources, s2s_source_lengths, together),
                         10 * S2S_PAIRS * V);
        for (int64_t i = 0; i < S2S_PAIRS; i++) {
            assert_int_equal(beams(one, b, 1, &s2s_sources[i], &s2s_source_lengths[i], alone), 10 * V);
            assert_memory_equal(alone, together + i * V, (size_t)V * sizeof *alone);
            for (int t = 0; t < 3; t++)
                assert_memory_equal(alone + (1 + 3 * t) * V,
                                    together + (S2S_PAIRS + 3 * t * S2S_PAIRS + 3 * i) * V,
                                    (size_t)(3 * V) * sizeof *alone);
        }
        recur_model_destroy(a);
        recur_model_destroy(b);
        lm_end(&memory, two);
        recur_ctx_destroy(one);
    }
}

/* ---- files ---- */

static void files_keep_everything(void **state)
{
    (void)state;
    for (int k = 0; k < S2S_SPECS; k++) {
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model *model = s2s_model(ctx, s2s_spec(k)), *again;
        const char  *path = lm_path("seq2seq.safetensors");
        LM_OK(ctx, recur_model_save(model, path));
        LM_OK(ctx, recur_model_load(ctx, path, &again));
        assert_int_equal(recur_model_task(again), RECUR_TASK_SEQ2SEQ);
        recur_seq2seq_batch *a, *b;
        LM_OK(ctx, recur_seq2seq_batch_create(model, &a));
        LM_OK(ctx, recur_seq2seq_batch_create(again, &b));
        double *x = forced(ctx, model, a), *y = forced(ctx, again, b);
        assert_memory_equal(x, y, 10 * (size_t)(recur_seq2seq_mark(model) + 1) * sizeof *x);

        assert_true((recur_seq2seq_target_vocab(again) == recur_model_vocab(again)) ==
                    s2s_spec(k).shared_embeddings);
        free(x);
        free(y);
        recur_seq2seq_batch_destroy(a);
        recur_seq2seq_batch_destroy(b);
        recur_model_destroy(model);
        recur_model_destroy(again);
        lm_end(&memory, ctx);
    }
}

/* Exchange a word of a model file for one of equal length and see it refused. */
static void refuse_changed(recur_ctx *ctx, const char *from, const char *to, const char *sentence)
{
    const char    *path = lm_path("seq2seq.safetensors");
    size_t         n;
    unsigned char *bytes = lm_read_bytes(path, &n);
    assert_int_equal(strlen(from), strlen(to));
    unsigned char *at = NULL;
    for (size_t i = 0; i + strlen(from) <= n && !at; i++)
        if (!memcmp(bytes + i, from, strlen(from))) at = bytes + i;
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    const char  *changed = lm_path("changed.safetensors");
    recur_model *model = NULL;
    lm_write_bytes(changed, bytes, n);
    LM_FAILS(ctx, RECUR_EMODEL, sentence, recur_model_load(ctx, changed, &model));
    assert_null(model);
    free(bytes);
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = s2s_model(ctx, s2s_spec(2));
    LM_OK(ctx, recur_model_save(model, lm_path("seq2seq.safetensors")));
    recur_model_destroy(model);
    refuse_changed(ctx, "decoder_hidden\\\":4", "decoder_hidden\\\":9", "decoder.weight");
    refuse_changed(ctx, "encoder_layers\\\":1", "encoder_layers\\\":7", "encoder.weight_ih_l1");
    refuse_changed(ctx, "source_embed\\\":3", "source_embed\\\":8", "encoder.weight_ih_l0");
    refuse_changed(ctx, "attention_size\\\":4", "attention_size\\\":9", "attention.query.weight");
    refuse_changed(ctx, "\\\"readout\\\":0", "\\\"readout\\\":6", "readout.weight");
    refuse_changed(ctx, "\\\"additive\\\"", "\\\"addition\\\"", "addition");
    refuse_changed(ctx, "\\\"bridge\\\":\\\"linear\\\"", "\\\"bridge\\\":\\\"copied\\\"", "copied");
    lm_end(&memory, ctx);
}

/* ---- what is refused ---- */

static void refuse(recur_ctx *ctx, recur_seq2seq_spec spec, bool has_two, const char *sentence)
{
    recur_model *model = NULL;
    spec.encoder.hidden = spec.encoder.hidden ? spec.encoder.hidden : 4;
    spec.decoder.hidden = spec.decoder.hidden ? spec.decoder.hidden : 4;
    LM_FAILS(ctx, RECUR_EARG, sentence,
             recur_seq2seq_create(ctx, &spec, lm_vocab(ctx, RECUR_CHAR, "abcd"),
                                  has_two ? lm_vocab(ctx, RECUR_CHAR, "xyz") : NULL, 1, &model));
    assert_null(model);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    refuse(ctx, (recur_seq2seq_spec){.decoder = {.bidirectional = true}}, true, "future");
    refuse(ctx, (recur_seq2seq_spec){.decoder = {.trained_state = true}}, true, "trained state");
    refuse(ctx, (recur_seq2seq_spec){.input_feeding = true}, true, "input feeding");
    refuse(ctx, (recur_seq2seq_spec){.shared_embeddings = true}, true, "one vocabulary");
    refuse(ctx, (recur_seq2seq_spec){.shared_embeddings = true, .source_embed = 5}, false, "one size");
    refuse(ctx, (recur_seq2seq_spec){.bridge = RECUR_BRIDGE_SUM}, true, "two directions");
    refuse(ctx, (recur_seq2seq_spec){.bridge = RECUR_BRIDGE_COPY, .encoder = {.hidden = 5}}, true, "linear");
    refuse(ctx, (recur_seq2seq_spec){.bridge = RECUR_BRIDGE_COPY, .encoder = {.bidirectional = true}}, true,
           "one direction");
    refuse(ctx, (recur_seq2seq_spec){.attention = RECUR_ATTENTION_DOT, .encoder = {.hidden = 5}}, true,
           "one size");
    refuse(ctx, (recur_seq2seq_spec){.attention = RECUR_ATTENTION_DOT, .attention_size = 5}, true,
           "additive");
    refuse(ctx, (recur_seq2seq_spec){.tie = true, .readout = 7}, true, "readout");
    refuse(ctx, (recur_seq2seq_spec){.rule = {.unit = RECUR_WORD}}, true, "unit");
    refuse(ctx, (recur_seq2seq_spec){.dropout = 1}, true, "dropout");
    refuse(ctx, (recur_seq2seq_spec){.source_embed = -1}, true, "sizes");
    refuse(ctx, (recur_seq2seq_spec){.attention = 9}, true, "attention");
    LM_FAILS(ctx, RECUR_EARG, "spec", recur_seq2seq_create(ctx, NULL, NULL, NULL, 1, &(recur_model *){NULL}));

    recur_model         *model = s2s_model(ctx, s2s_spec(2));
    recur_seq2seq_batch *batch;
    ri_decoder          *decoder;
    ri_decoder_view      view;
    recur_pair_batch     pairs = s2s_pairs;
    const int32_t        wrong[] = {4};
    const int32_t       *rows[] = {wrong, wrong, wrong, wrong};
    const int64_t        ones[] = {1, 1, 1, 1}, parent = 4;
    const int32_t        token = 3;
    LM_OK(ctx, recur_seq2seq_batch_create(model, &batch));
    pairs.sources = rows, pairs.source_lengths = ones;
    LM_FAILS(ctx, RECUR_EARG, "source 0 holds token 4", recur_seq2seq_batch_fill(batch, &pairs));
    pairs.n = 0;
    LM_FAILS(ctx, RECUR_EARG, "at least one", recur_seq2seq_batch_fill(batch, &pairs));
    recur_tape *tape;
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    recur_seq2seq_loss(tape, model, NULL, NULL, RECUR_MEAN);
    LM_FAILS(ctx, RECUR_EARG, "found NULL", recur_tape_status(tape));
    recur_tape_destroy(tape);
    LM_OK(ctx, ri_decoder_create(model, &decoder));
    LM_FAILS(ctx, RECUR_EARG, "from 0", ri_decoder_step(decoder, 1, &(int64_t){0}, &token, true, &view));
    LM_OK(ctx, ri_decoder_begin(decoder, S2S_PAIRS, s2s_sources, s2s_source_lengths));
    LM_FAILS(ctx, RECUR_EARG, "parent 4", ri_decoder_step(decoder, 1, &parent, &token, true, &view));
    ri_decoder_destroy(decoder);
    recur_seq2seq_batch_destroy(batch);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* ---- memory ---- */

/* Create, train a step, decode two. */
static recur_status use(recur_ctx *ctx, int spec_of)
{
    recur_seq2seq_spec   spec = s2s_spec(spec_of);
    recur_vocab         *source = NULL, *target = NULL;
    recur_model         *model = NULL;
    recur_seq2seq_batch *batch = NULL;
    recur_tape          *tape = NULL;
    ri_decoder          *decoder = NULL;
    ri_decoder_view      view;
    const char          *texts[] = {"abcd", "xyz"};
    const size_t         bytes[] = {4, 3};
    const int64_t        parents[] = {0, 1};
    const int32_t        tokens[] = {1, 1};
    recur_status         status = recur_vocab_build(ctx, RECUR_CHAR, 1, texts, bytes, NULL, &source);
    if (!status) status = recur_vocab_build(ctx, RECUR_CHAR, 1, texts + 1, bytes + 1, NULL, &target);
    if (status) {
        recur_vocab_destroy(source);
        return status;
    }
    status = recur_seq2seq_create(ctx, &spec, source, target, 1, &model);
    if (!status) status = recur_seq2seq_batch_create(model, &batch);
    if (!status) status = recur_seq2seq_batch_fill(batch, &s2s_pairs);
    if (!status) status = recur_tape_create(ctx, &tape);
    if (!status)
        status = recur_backward(
            tape, recur_seq2seq_loss(tape, model, batch, &(recur_seq2seq_loss_opts){.own = 0.5}, RECUR_MEAN));
    if (!status) status = ri_decoder_create(model, &decoder);
    if (!status) status = ri_decoder_begin(decoder, 2, s2s_sources, s2s_source_lengths);
    for (int t = 0; t < 2 && !status; t++)
        status = ri_decoder_step(decoder, 2, parents, tokens, false, &view);
    ri_decoder_destroy(decoder);
    recur_tape_destroy(tape);
    recur_seq2seq_batch_destroy(batch);
    recur_model_destroy(model);
    return status;
}

static void every_failure_of_memory_is_told(void **state)
{
    (void)state;
    static const int specs[] = {2, 5};
    for (int i = 0; i < 2; i++) {
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
        recur_status status = RECUR_EMEMORY;
        long         live = memory.live;
        for (long k = 1; status; k++) {
            memory.n = 0;
            memory.fail_at = k;
            status = use(ctx, specs[i]);
            assert_true(status == RECUR_OK || status == RECUR_EMEMORY);
            assert_int_equal(memory.live, live);
        }
        assert_true(memory.n < memory.fail_at);
        lm_end(&memory, ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_right),
                                       cmocka_unit_test(gradients_with_dropout_and_own_tokens_are_right),
                                       cmocka_unit_test(published_sizes_are_met),
                                       cmocka_unit_test(decoding_says_what_training_saw),
                                       cmocka_unit_test(weights_are_in_reading_order),
                                       cmocka_unit_test(hypotheses_are_independent),
                                       cmocka_unit_test(files_keep_everything),
                                       cmocka_unit_test(hostile_files_are_refused),
                                       cmocka_unit_test(what_cannot_be_is_refused),
                                       cmocka_unit_test(every_failure_of_memory_is_told)};
    return cmocka_run_group_tests_name("encoder-decoders", tests, NULL, lm_remove_dir);
}
