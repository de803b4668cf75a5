/* Operations over sequences against PyTorch, values and gradients: pooling, softmax, cross-entropy with options, random fields.
 * SPDX-License-Identifier: MIT */
#include "golden/golden.h"

enum { MAX_B = 8, MAX_T = 16, MAX_N = 128 };

typedef struct bench {
    recur_params *params;
    recur_tape   *tape;
    recur_pack   *pack;
    int64_t       B, lengths[MAX_B];
} bench;

/* A pack of the case's lengths, with the ids in a tensor [T,B] where there is one. */
static void open_bench(bench *s, const golden_case *c)
{
    int64_t        ids[MAX_N] = {0};
    int32_t        columns[MAX_B][MAX_T];
    const int32_t *tokens[MAX_B];
    golden_array   lengths = golden_get(c, "lengths");
    s->B = lengths.count;
    free(lengths.x);
    golden_integers(c, "lengths", MAX_B, s->lengths);
    if (golden_has(c, "targets")) golden_integers(c, "targets", MAX_N, ids);
    for (int64_t b = 0; b < s->B; b++) {
        assert_true(s->lengths[b] <= MAX_T);
        for (int64_t t = 0; t < s->lengths[b]; t++) columns[b][t] = (int32_t)ids[t * s->B + b];
        tokens[b] = columns[b];
    }
    golden_ok(c, recur_params_create(golden_ctx(c), 1, &s->params));
    golden_ok(c, recur_tape_create(golden_ctx(c), &s->tape));
    golden_ok(c, recur_pack_create(golden_ctx(c), &s->pack));
    golden_ok(c, recur_pack_set(s->pack, s->B, s->lengths, tokens));
}

static void close_bench(bench *s)
{
    recur_pack_destroy(s->pack);
    recur_tape_destroy(s->tape);
    recur_params_destroy(s->params);
}

static void pool_agrees(void **state)
{
    enum { MEAN, MAX, ATTENTION };
    const golden_case    *c = *state;
    recur_attention_pool *pool = NULL;
    bench                 s;
    int64_t               n[5];
    golden_integers(c, "spec", 5, n);
    open_bench(&s, c);
    recur_var x = golden_input(c, s.tape, "x"), y, share = RECUR_NONE;
    recur_var rows = recur_pack_padded(s.tape, x, s.pack, RECUR_TIME_MAJOR);
    if (n[0] == ATTENTION) {
        golden_ok(c, recur_attention_pool_create(
                         s.params, "pool", &(recur_attention_pool_spec){.input = n[3], .size = n[4]}, &pool));
        golden_set_parameters(c, s.params);
        y = recur_attention_pool_apply(s.tape, pool, rows, s.pack, &share);
        share = recur_pad_packed(s.tape, share, s.pack, RECUR_TIME_MAJOR);
        golden_compare(c, s.tape, share, false, "shares");
    } else {
        y = n[0] == MEAN ? recur_pool_mean(s.tape, rows, s.pack) : recur_pool_max(s.tape, rows, s.pack);
    }
    golden_ok(c, recur_backward(s.tape, recur_dot(s.tape, y, golden_input(c, s.tape, "wy"))));
    golden_compare(c, s.tape, y, false, "y");
    golden_compare(c, s.tape, x, true, "dx");
    golden_compare_gradients(c, s.params);
    recur_attention_pool_destroy(pool);
    close_bench(&s);
}

static void softmax_agrees(void **state)
{
    const golden_case *c = *state;
    recur_tape        *t;
    golden_ok(c, recur_tape_create(golden_ctx(c), &t));
    recur_var x = golden_input(c, t, "x"), y = recur_softmax(t, x);
    golden_ok(c, recur_backward(t, recur_dot(t, y, golden_input(c, t, "wy"))));
    golden_compare(c, t, y, false, "y");
    golden_compare(c, t, x, true, "dx");
    recur_tape_destroy(t);
}

static void entropy_agrees(void **state)
{
    const golden_case *c = *state;
    bench              s;
    int64_t            n[5];
    golden_integers(c, "spec", 5, n);
    golden_array             smoothing = golden_get(c, "smoothing"), weights = {.x = NULL};
    recur_cross_entropy_opts opts = {.label_smoothing = smoothing.x[0]};
    if (n[4]) weights = golden_get(c, "weights");
    opts.class_weights = weights.x;
    open_bench(&s, c);
    recur_var x = golden_input(c, s.tape, "x");
    recur_var rows = recur_pack_padded(s.tape, x, s.pack, RECUR_TIME_MAJOR);
    recur_var loss = recur_cross_entropy_with(s.tape, rows, s.pack, (recur_reduction)n[0], &opts);
    golden_ok(c, recur_backward(s.tape, loss));
    golden_compare(c, s.tape, loss, false, "loss");
    golden_compare(c, s.tape, x, true, "dx");
    free(smoothing.x);
    free(weights.x);
    close_bench(&s);
}

/* The best tags and their scores. */
static void path_agrees(const golden_case *c, const bench *s, const recur_crf *crf, recur_var rows)
{
    int64_t path[MAX_N];
    int32_t tags[MAX_N];
    double  scores[MAX_B];
    golden_integers(c, "path", MAX_N, path);
    golden_ok(c, recur_crf_decode(s->tape, crf, rows, s->pack, tags, scores));
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = 0; t < s->lengths[b]; t++)
            assert_int_equal(tags[recur_pack_row(s->pack, b, t)], path[t * s->B + b]);
    golden_array wanted = golden_get(c, "scores");
    golden_agree(c, "scores", s->B, scores, wanted.x);
    free(wanted.x);
}

static void field_agrees(void **state)
{
    const golden_case *c = *state;
    bench              s;
    recur_crf         *crf;
    int64_t            n[4], allowed[64];
    bool               is_allowed[64];
    golden_integers(c, "spec", 4, n);
    golden_integers(c, "allowed", 64, allowed);
    for (int64_t i = 0; i < n[1] * n[1]; i++) is_allowed[i] = allowed[i] != 0;
    open_bench(&s, c);
    golden_ok(
        c, recur_crf_create(s.params, "crf", &(recur_crf_spec){.n_tags = n[1], .allowed = is_allowed}, &crf));
    golden_set_parameters(c, s.params);
    recur_var x = golden_input(c, s.tape, "x");
    recur_var rows = recur_pack_padded(s.tape, x, s.pack, RECUR_TIME_MAJOR);
    recur_var loss = recur_crf_loss(s.tape, crf, rows, s.pack, (recur_reduction)n[0]);
    recur_var marginals = recur_crf_marginals(s.tape, crf, rows, s.pack);
    path_agrees(c, &s, crf, rows);
    golden_compare(c, s.tape, recur_pad_packed(s.tape, marginals, s.pack, RECUR_TIME_MAJOR), false,
                   "marginals");
    golden_ok(c, recur_backward(s.tape, loss));
    golden_compare(c, s.tape, loss, false, "loss");
    golden_compare(c, s.tape, x, true, "dx");
    golden_compare_gradients(c, s.params);
    recur_crf_destroy(crf);
    close_bench(&s);
}

int main(void)
{
    golden_file golden;
    golden_open(&golden, "tests/golden/sequence.safetensors");
    int failed = golden_run(&golden, "pool-", 3, pool_agrees);
    failed += golden_run(&golden, "softmax-", 3, softmax_agrees);
    failed += golden_run(&golden, "entropy-", 18, entropy_agrees);
    failed += golden_run(&golden, "crf-", 7, field_agrees);
    golden_close(&golden);
    return failed;
}
