/* Decoding with models: greedy against the most likely tokens one by one, and what must not matter: batch mates, batches, threads.
 * SPDX-License-Identifier: MIT */
#include "model/seq2seq_fixture.h"

#include <math.h>

#include "model/decoder.h"

enum { LINES = 23, ROOM = 4096 };

/* What was found, in the order of items. */
typedef struct found {
    int    n[LINES], n_cut;
    char   text[LINES][ROOM]; /* ids, log p and scores to the bit, and attention */
    double log_p[LINES][8];
} found;

static void keep(void *user, const recur_hypothesis *h)
{
    found *f = user;
    char  *text = f->text[h->item];
    size_t used = strlen(text);
    assert_int_equal(h->rank, f->n[h->item]);
    f->log_p[h->item][f->n[h->item]++] = h->log_p;
    f->n_cut += h->is_cut;
    for (int64_t i = 0; i < h->n; i++) used += (size_t)snprintf(text + used, ROOM - used, "%d ", h->ids[i]);
    used += (size_t)snprintf(text + used, ROOM - used, "%a %a", h->log_p, h->score);
    double sum = 0;
    for (int64_t i = 0; h->attention && i < (h->n + 1) * (h->n_source + 1); i++)
        sum += (double)h->attention[i] * (double)(i + 1);
    snprintf(text + used, ROOM - used, " %a\n", sum);
    assert_true(used + 100 < ROOM);
}

static recur_ctx *context(int threads, recur_dtype dtype)
{
    recur_ctx           *ctx = NULL;
    const recur_ctx_opts opts = {.threads = threads, .dtype = dtype};
    assert_int_equal(recur_ctx_create(&opts, &ctx), RECUR_OK);
    return ctx;
}

/* Lines over "abcd" of many lengths, two of them empty. */
static recur_pairs *sources(recur_ctx *ctx, const recur_model *model, bool reversed)
{
    char              path[] = "/tmp/recur-test-XXXXXX";
    const char *const paths[] = {path};
    recur_pair_source s = {.n = 1, .sources = paths, .bare = true};
    recur_pairs      *p = NULL;
    FILE             *f = fdopen(mkstemp(path), "wb");
    for (int k = 0; k < LINES; k++) {
        int line = reversed ? LINES - 1 - k : k;
        for (int i = 0; i < line * 5 % 11; i++) fputc("abcd"[(line * 7 + i * i) % 4], f);
        fputc('\n', f);
    }
    fclose(f);
    LM_OK(ctx, recur_pairs_read(ctx, &s, &p));
    LM_OK(ctx, recur_pairs_encode(p, recur_model_vocab(model), NULL, 0));
    remove(path);
    return p;
}

static void decode(recur_ctx *ctx, const recur_model *model, const recur_pair_part *part,
                   const recur_decode_opts *o, found *f)
{
    memset(f, 0, sizeof *f);
    LM_OK(ctx, recur_seq2seq_predict(model, part, o, NULL, keep, f));
}

/* Take the most likely token again and again, by steps of a decoder of its own. */
static void greedily(recur_ctx *ctx, const recur_model *model, const recur_pairs *p, int64_t item,
                     int64_t most, char text[ROOM])
{
    ri_decoder     *d;
    int64_t         n, zero = 0, used = 0;
    const int32_t  *ids = recur_pairs_ids(p, item, RECUR_SOURCE, &n);
    int32_t         mark = recur_seq2seq_mark(model), token = mark;
    ri_decoder_view view;
    double          log_p = 0;
    LM_OK(ctx, ri_decoder_create(model, &d));
    LM_OK(ctx, ri_decoder_begin(d, 1, &ids, &n));
    for (int64_t t = 0;; t++) {
        LM_OK(ctx, ri_decoder_step(d, 1, &zero, &token, false, &view));
        token = 0;
        for (int32_t v = 1; v < view.V; v++)
            if (view.log_p[v] > view.log_p[token]) token = v;
        if (t == most) token = mark;
        log_p += (double)view.log_p[token];
        if (token == mark) break;
        used += snprintf(text + used, (size_t)(ROOM - used), "%d ", token);
    }
    snprintf(text + used, (size_t)(ROOM - used), "%a %a", log_p, log_p);
    ri_decoder_destroy(d);
}

static void greedy_takes_the_most_likely_tokens(void **state)
{
    (void)state;
    recur_ctx   *ctx = context(1, RECUR_F32);
    static found f;
    for (int k = 0; k < S2S_SPECS; k++) {
        recur_model      *model = s2s_model(ctx, s2s_spec(k));
        recur_pairs      *p = sources(ctx, model, false);
        recur_pair_part   all = {.pairs = p};
        recur_decode_opts o = {.max_length = 12};
        decode(ctx, model, &all, &o, &f);
        for (int64_t i = 0; i < LINES; i++) {
            char    text[ROOM] = "";
            int64_t n;
            recur_pairs_ids(p, i, RECUR_SOURCE, &n);
            assert_int_equal(f.n[i], 1);
            if (n == 0) {
                assert_int_equal(strncmp(f.text[i], "0x0p+0 0x0p+0", 13), 0);
                continue;
            }
            greedily(ctx, model, p, i, 12, text);
            assert_int_equal(strncmp(f.text[i], text, strlen(text)), 0);
        }
        recur_pairs_destroy(p);
        recur_model_destroy(model);
    }
    recur_ctx_destroy(ctx);
}

static void without_scores_the_same_is_written(void **state)
{
    (void)state;
    static found scored, bare;
    for (int k = 0; k < 2 * S2S_SPECS; k++) {
        recur_ctx        *ctx = context(1 + k % 2, k < S2S_SPECS ? RECUR_F32 : RECUR_F64);
        recur_model      *model = s2s_model(ctx, s2s_spec(k % S2S_SPECS));
        recur_pairs      *p = sources(ctx, model, false);
        recur_pair_part   all = {.pairs = p};
        recur_decode_opts o = {.max_length = 12, .unknown = k % 3 == 0, .batches = {.items = 1 + k % 7}};
        decode(ctx, model, &all, &o, &scored);
        o.unscored = true;
        decode(ctx, model, &all, &o, &bare);
        for (int64_t i = 0; i < LINES; i++) {
            char *end = strchr(scored.text[i], 'x'); /* of the first %a: "0x", "-0x" */
            while (end > scored.text[i] && end[-1] != ' ') end--;
            assert_memory_equal(scored.text[i], bare.text[i], (size_t)(end - scored.text[i]));
            int64_t n;
            recur_pairs_ids(p, i, RECUR_SOURCE, &n);
            assert_int_equal(isnan(bare.log_p[i][0]), n > 0);
        }
        recur_pairs_destroy(p);
        recur_model_destroy(model);
        recur_ctx_destroy(ctx);
    }
}

/* ---- what must not matter ---- */

static void check_same(const found *a, const found *b, bool reversed)
{
    for (int i = 0; i < LINES; i++) assert_string_equal(a->text[i], b->text[reversed ? LINES - 1 - i : i]);
}

static void batches_and_threads_do_not_matter(void **state)
{
    (void)state;
    recur_ctx   *one = context(1, RECUR_F32), *three = context(3, RECUR_F32);
    static found a, b;
    for (int k = 0; k < S2S_SPECS; k++)
        for (int beam = 1; beam <= 4; beam += 3) {
            recur_decode_opts o = {
                .beam = beam, .n_best = beam, .length_penalty = 0.7, .max_length = 9, .attention = true};
            recur_model    *model = s2s_model(one, s2s_spec(k)), *twin = s2s_model(three, s2s_spec(k));
            recur_pairs    *p = sources(one, model, false), *r = sources(three, twin, true);
            recur_pair_part all = {.pairs = p}, reversed = {.pairs = r};
            decode(one, model, &all, &o, &a);
            o.batches.items = 1;
            decode(one, model, &all, &o, &b);
            check_same(&a, &b, false);
            o.batches.items = 5;
            decode(three, twin, &reversed, &o, &b);
            check_same(&a, &b, true);
            recur_pairs_destroy(p);
            recur_pairs_destroy(r);
            recur_model_destroy(model);
            recur_model_destroy(twin);
        }
    recur_ctx_destroy(one);
    recur_ctx_destroy(three);
}

/* A wider beam's best is at least as likely almost always; of all sources together it is more likely. */
static void a_wider_beam_finds_more_likely_targets(void **state)
{
    (void)state;
    recur_ctx   *ctx = context(1, RECUR_F64);
    static found narrow, wide;
    double       sums[2] = {0, 0};
    for (int k = 0; k < S2S_SPECS; k++) {
        recur_model      *model = s2s_model(ctx, s2s_spec(k));
        recur_pairs      *p = sources(ctx, model, false);
        recur_pair_part   all = {.pairs = p};
        recur_decode_opts o = {.beam = 1, .max_length = 9};
        decode(ctx, model, &all, &o, &narrow);
        o.beam = 4;
        decode(ctx, model, &all, &o, &wide);
        for (int i = 0; i < LINES; i++) {
            sums[0] += narrow.log_p[i][0];
            sums[1] += wide.log_p[i][0];
        }
        recur_pairs_destroy(p);
        recur_model_destroy(model);
    }
    assert_true(sums[1] > sums[0] + 1);
    recur_ctx_destroy(ctx);
}

/* ---- refusals ---- */

static bool stop(void *user, double share, const recur_report *last)
{
    (void)user;
    (void)last;
    return share <= 0;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    recur_ctx   *ctx = context(1, RECUR_F32);
    recur_model *model = s2s_model(ctx, s2s_spec(0)), *lm = lm_model(ctx, (recur_lm_spec){.rnn.hidden = 3});
    recur_pairs *p = sources(ctx, model, false);
    recur_pair_part   all = {.pairs = p};
    recur_decode_opts wide = {.beam = 9}, many = {.n_best = 2};
    recur_run_hooks   hooks = {.tick = stop};
    static found      f;
    memset(&f, 0, sizeof f);
    assert_int_equal(recur_seq2seq_predict(model, &all, &wide, NULL, keep, &f), RECUR_EARG);
    assert_non_null(strstr(recur_error(ctx), "wider than the target vocabulary"));
    assert_int_equal(recur_seq2seq_predict(model, &all, &many, NULL, keep, &f), RECUR_EARG);
    assert_int_equal(recur_seq2seq_predict(model, &all, NULL, NULL, NULL, NULL), RECUR_EARG);
    assert_int_equal(recur_seq2seq_predict(lm, &all, NULL, NULL, keep, &f), RECUR_EARG);
    assert_int_equal(recur_seq2seq_predict(NULL, &all, NULL, NULL, keep, &f), RECUR_EARG);
    assert_int_equal(recur_seq2seq_predict(model, &all, NULL, &hooks, keep, &f), RECUR_STOPPED);
    recur_pairs_destroy(p);
    recur_model_destroy(model);
    recur_model_destroy(lm);
    recur_ctx_destroy(ctx);
}

static void every_failed_allocation_is_said(void **state)
{
    (void)state;
    lm_memory         memory;
    recur_ctx        *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model      *model = s2s_model(ctx, s2s_spec(3));
    recur_pairs      *p = sources(ctx, model, false);
    recur_pair_part   all = {.pairs = p};
    recur_decode_opts o = {.beam = 2, .max_length = 4, .attention = true, .batches = {.items = 2}};
    recur_status      status = RECUR_EMEMORY;
    long              live;
    int               n = 1;
    static found      f;
    decode(ctx, model, &all, &o, &f); /* what stays: panels of weights, the place of the context's error */
    assert_int_equal(recur_seq2seq_predict(model, &all, &o, NULL, NULL, NULL), RECUR_EARG);
    live = memory.live;
    for (; status == RECUR_EMEMORY; n++) {
        memset(&f, 0, sizeof f);
        memory.n = 0;
        memory.fail_at = n;
        status = recur_seq2seq_predict(model, &all, &o, NULL, keep, &f);
        memory.fail_at = 0;
        assert_int_equal(memory.live, live);
    }
    assert_int_equal(status, RECUR_OK);
    assert_true(n > 20);
    recur_pairs_destroy(p);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_most_likely_tokens),
        cmocka_unit_test(without_scores_the_same_is_written),
        cmocka_unit_test(batches_and_threads_do_not_matter),
        cmocka_unit_test(a_wider_beam_finds_more_likely_targets),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
