/* Encoder-decoders learn: to turn strings round with and without attention, to the bit the same when stopped and resumed, and from several batches
 * what they learn from one large one.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/decoder.h"
#include "model/seq2seq_fixture.h"
#include "train/tiny.h"

enum { LETTERS = 6, LONGEST = 5, PAIRS = 240, BATCH = 24 };

/* Strings of letters and the same turned round, in batches by place and epoch alone. */
typedef struct strings {
    int32_t        source[PAIRS][LONGEST], target[PAIRS][LONGEST];
    int64_t        lengths[PAIRS], n, batch;
    const int32_t *sources[PAIRS], *targets[PAIRS]; /* of the present batch */
    int64_t        source_lengths[PAIRS];
} strings;

static void make_strings(strings *s, int64_t n, int64_t batch, uint32_t seed)
{
    *s = (strings){.n = n, .batch = batch};
    for (int64_t i = 0; i < n; i++) {
        ri_block x = ri_philox((ri_block){{(uint32_t)i}}, seed),
                 y = ri_philox((ri_block){{(uint32_t)i, 1}}, seed);
        s->lengths[i] = 1 + x.word[0] % LONGEST;
        for (int64_t t = 0; t < s->lengths[i]; t++) {
            int32_t letter = (int32_t)((t < 3 ? x.word[1 + t] : y.word[t - 3]) % LETTERS);
            s->source[i][t] = letter;
            s->target[i][s->lengths[i] - 1 - t] = letter;
        }
    }
}

static recur_status get(void *user, int64_t epoch, int64_t i, recur_pair_batch *pairs)
{
    strings *s = user;
    int64_t  first = i * s->batch, n = first + s->batch > s->n ? s->n - first : s->batch;
    for (int64_t k = 0; k < n; k++) {
        int64_t at = (first + k + 7 * epoch) % s->n;
        s->sources[k] = s->source[at];
        s->targets[k] = s->target[at];
        s->source_lengths[k] = s->lengths[at];
    }
    *pairs = (recur_pair_batch){n, NULL, s->sources, s->source_lengths, s->targets, s->source_lengths};
    return RECUR_OK;
}

static recur_pair_feed feed_of(strings *s)
{
    return (recur_pair_feed){.user = s,
                             .count = (s->n + s->batch - 1) / s->batch,
                             .items = s->n,
                             .target_tokens = s->n * 3,
                             .checksum = (uint64_t)s->batch,
                             .get = get};
}

static recur_model *create(recur_ctx *ctx, recur_seq2seq_spec spec)
{
    recur_model *model;
    spec.source_embed = spec.target_embed = 12;
    LM_OK(ctx, recur_seq2seq_create(ctx, &spec, lm_vocab(ctx, RECUR_CHAR, "abcdef"), NULL, 3, &model));
    return model;
}

/* Share of strings that a greedy decoder writes wholly right. */
static double exact(recur_ctx *ctx, const recur_model *model, const strings *s)
{
    ri_decoder *decoder;
    int64_t     right = 0;
    LM_OK(ctx, ri_decoder_create(model, &decoder));
    for (int64_t i = 0; i < s->n; i++) {
        const int32_t  *ids = s->source[i];
        ri_decoder_view view;
        int64_t         zero = 0, t = 0;
        int32_t         token = recur_seq2seq_mark(model);
        LM_OK(ctx, ri_decoder_begin(decoder, 1, &ids, &s->lengths[i]));
        for (;; t++) {
            LM_OK(ctx, ri_decoder_step(decoder, 1, &zero, &token, true, &view));
            token = view.best[0];
            if (t == s->lengths[i] || token != s->target[i][t]) break;
        }
        right += t == s->lengths[i] && token == recur_seq2seq_mark(model);
    }
    ri_decoder_destroy(decoder);
    return (double)right / (double)s->n;
}

static const recur_seq2seq_spec SPECS[] = {
    {.encoder = {.hidden = 32},
     .decoder = {.hidden = 32},
     .attention = RECUR_ATTENTION_NONE,
     .reverse_source = true},
    {.encoder = {.cell = RECUR_GRU, .hidden = 16, .bidirectional = true},
     .decoder = {.cell = RECUR_GRU, .hidden = 24}},
    {.encoder = {.hidden = 24, .layers = 2},
     .decoder = {.hidden = 24, .layers = 2},
     .attention = RECUR_ATTENTION_GENERAL,
     .input_feeding = true},
};
enum { N_SPECS = sizeof SPECS / sizeof *SPECS };

static void strings_are_turned_round(void **state)
{
    (void)state;
    for (int i = 0; i < N_SPECS; i++) {
        lm_memory      memory;
        recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model   *model = create(ctx, SPECS[i]);
        static strings train, test;
        recur_report   done;
        make_strings(&train, PAIRS, BATCH, 1);
        make_strings(&test, 60, 60, 2);
        recur_pair_feed feed = feed_of(&train), valid = feed_of(&test);
        recur_run_opts  run = {.epochs = 120, .eval_every = 600, .train = {.lr = 0.01, .clip_norm = 1}};
        LM_OK(ctx, recur_seq2seq_train(model, &feed, &valid, NULL, &run, NULL, &done));
        assert_true(exact(ctx, model, &train) == 1);
        assert_true(exact(ctx, model, &test) > (i == 0 ? 0.5 : 0.9));
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* ---- runs that are stopped ---- */

static bool stop_at(void *user, double progress, const recur_report *last)
{
    int64_t *left = user;
    (void)progress;
    (void)last;
    return --*left != 0;
}

static recur_status judge(void *user, const recur_model *model, double *score)
{
    (void)model;
    *score = *(double *)user;
    return RECUR_OK;
}

static recur_seq2seq_spec noisy(int i)
{
    recur_seq2seq_spec spec = SPECS[i];
    spec.dropout = 0.2;
    if (spec.decoder.layers > 1) spec.decoder.dropout = spec.encoder.dropout = 0.2;
    return spec;
}

static recur_status run_once(int i, const char *dir, bool resume, int64_t stop, char *saved)
{
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model   *model = create(ctx, noisy(i));
    static strings train, test;
    recur_report   done;
    double         judged = 12.5;
    make_strings(&train, PAIRS, BATCH, 1);
    make_strings(&test, 60, 60, 2);
    recur_pair_feed    feed = feed_of(&train), valid = feed_of(&test);
    recur_seq2seq_opts opts = {
        .own = 0.3, .label_smoothing = 0.1, .accumulate = 3, .judge = judge, .user = &judged};
    recur_run_opts  run = {.dir = dir, .resume = resume, .epochs = 4, .seed = 9, .report_every = 3};
    recur_run_hooks hooks = {.user = &stop, .tick = stop ? stop_at : NULL};
    recur_status    status = recur_seq2seq_train(model, &feed, &valid, &opts, &run, &hooks, &done);
    if (saved) LM_OK(ctx, recur_model_save(model, saved));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
    return status;
}

static void resuming_changes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < N_SPECS; i++) {
        char whole[TINY_PATH], parts[TINY_PATH], a[TINY_PATH], b[TINY_PATH];
        tiny_directory(whole);
        tiny_directory(parts);
        tiny_join(a, whole, "memory.safetensors");
        tiny_join(b, parts, "memory.safetensors");
        assert_int_equal(run_once(i, whole, false, 0, a), RECUR_OK);
        recur_status status = run_once(i, parts, false, 3, NULL);
        for (int k = 0; status == RECUR_STOPPED && k < 20; k++) status = run_once(i, parts, true, 4, b);
        assert_int_equal(status, RECUR_OK);
        tiny_assert_same_run(whole, parts);
        tiny_remove(whole);
        tiny_remove(parts);
    }
}

/* ---- several batches, one update ---- */

static double *learnt(int64_t batch, int64_t accumulate, int64_t *n)
{
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F64);
    recur_model   *model = create(ctx, SPECS[1]);
    static strings train;
    recur_report   done;
    make_strings(&train, 50, batch, 1);
    recur_pair_feed    feed = feed_of(&train);
    recur_seq2seq_opts opts = {.accumulate = accumulate};
    recur_run_opts     run = {.epochs = 2, .report_every = 1, .train = {.optim = RECUR_SGD, .lr = 0.5}};
    LM_OK(ctx, recur_seq2seq_train(model, &feed, NULL, &opts, &run, NULL, &done));
    const recur_params *params = recur_model_params(model);
    double             *all = malloc((size_t)(recur_params_count(params) + 1) * sizeof *all);
    *n = 0;
    all[(*n)++] = done.loss;
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        LM_OK(ctx, recur_params_info(params, i, &info));
        LM_OK(ctx, recur_params_get(params, i, all + *n));
        *n += info.count;
    }
    recur_model_destroy(model);
    lm_end(&memory, ctx);
    return all;
}

static void several_batches_are_one(void **state)
{
    (void)state;
    int64_t n, m;
    double *whole = learnt(20, 1, &n), *parts = learnt(4, 5, &m);
    assert_int_equal(n, m);
    for (int64_t i = 0; i < n; i++) assert_true(fabs(whole[i] - parts[i]) < 1e-11);
    free(whole);
    free(parts);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model   *model = create(ctx, SPECS[0]);
    static strings train;
    make_strings(&train, 10, 5, 1);
    recur_pair_feed    feed = feed_of(&train), none = feed;
    recur_seq2seq_opts opts = {.own = 2};
    none.count = none.items = 0;
    LM_FAILS(ctx, RECUR_EARG, "own", recur_seq2seq_train(model, &feed, NULL, &opts, NULL, NULL, NULL));
    opts = (recur_seq2seq_opts){.accumulate = -1};
    LM_FAILS(ctx, RECUR_EARG, "per update", recur_seq2seq_train(model, &feed, NULL, &opts, NULL, NULL, NULL));
    LM_FAILS(ctx, RECUR_EDATA, "training", recur_seq2seq_train(model, &none, NULL, NULL, NULL, NULL, NULL));
    LM_FAILS(ctx, RECUR_EDATA, "validation",
             recur_seq2seq_train(model, &feed, &none, NULL, NULL, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "feed", recur_seq2seq_train(model, NULL, NULL, NULL, NULL, NULL, NULL));
    recur_run_opts run = {.epochs = 1, .stop_on = RECUR_STOP_ON_SCORE};
    LM_FAILS(ctx, RECUR_EARG, "score", recur_seq2seq_train(model, &feed, &feed, NULL, &run, NULL, NULL));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_turned_round), cmocka_unit_test(resuming_changes_nothing),
        cmocka_unit_test(several_batches_are_one), cmocka_unit_test(what_cannot_be_is_refused)};
    return cmocka_run_group_tests_name("training encoder-decoders", tests, NULL, lm_remove_dir);
}
