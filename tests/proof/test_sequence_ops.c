/* What holds for every operation over sequences: pooling, softmax, smoothed cross-entropy, the random field. A sequence has the same bits
 * whatever surrounds it and whatever the number of threads (there are so many rows that every operation is divided); memory may run out at
 * any moment; an empty sequence gives zeros.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { F = 24, K = 11, MAX_BATCH = 64, LONGEST = 600 };

static const bool *forbidden_some(void)
{
    static bool allowed[K * K];
    for (int i = 0; i < K * K; i++) allowed[i] = i % 13 != 5 || i / K == i % K;
    return allowed;
}

/* Everything at once, on rows of F numbers. */
typedef struct machine {
    recur_ctx            *ctx;
    recur_params         *params;
    recur_rnn            *rnn;
    recur_attention_pool *attention;
    recur_linear         *head;
    recur_crf            *crf;
    recur_tape           *tape;
    recur_pack           *pack;
} machine;

static recur_status build(machine *m)
{
    recur_status              s;
    recur_rnn_spec            rnn = {.cell = RECUR_GRU, .input = F, .hidden = 9, .bidirectional = true};
    recur_attention_pool_spec attention = {.input = F, .size = 8};
    recur_crf_spec            field = {.n_tags = K, .allowed = forbidden_some()};
    if ((s = recur_params_create(m->ctx, 3, &m->params))) return s;
    if ((s = recur_rnn_create(m->params, "rnn", &rnn, &m->rnn))) return s;
    if ((s = recur_attention_pool_create(m->params, "attention", &attention, &m->attention))) return s;
    if ((s = recur_linear_create(m->params, "head", &(recur_linear_spec){.input = F, .output = K}, &m->head)))
        return s;
    if ((s = recur_crf_create(m->params, "crf", &field, &m->crf))) return s;
    if ((s = recur_tape_create(m->ctx, &m->tape))) return s;
    return recur_pack_create(m->ctx, &m->pack);
}

static void open_machine(machine *m, recur_dtype dtype, int threads)
{
    *m = (machine){.ctx = proof_ctx(dtype, threads)};
    PROOF_OK(m->ctx, build(m));
    proof_fill(m->ctx, m->params, 0.5);
}

static void destroy(machine *m)
{
    recur_pack_destroy(m->pack);
    recur_tape_destroy(m->tape);
    recur_crf_destroy(m->crf);
    recur_linear_destroy(m->head);
    recur_attention_pool_destroy(m->attention);
    recur_rnn_destroy(m->rnn);
    recur_params_destroy(m->params);
    recur_ctx_destroy(m->ctx);
}

/* ---- a batch of sequences that each have an identity, from which all their numbers follow ---- */

typedef struct batch {
    int64_t n;
    int     ids[MAX_BATCH];
} batch;

static int64_t length_of(int id)
{
    static const int64_t LENGTHS[] = {5, 0, LONGEST, 1, 170, 5, 300, 2};
    return LENGTHS[id % 8];
}

/* Tag `id` everywhere: a tag may always follow itself. */
static recur_status fill_pack(const machine *m, const batch *b)
{
    int64_t        lengths[MAX_BATCH];
    int32_t        tags[K][LONGEST];
    const int32_t *rows[MAX_BATCH];
    for (int k = 0; k < K; k++)
        for (int t = 0; t < LONGEST; t++) tags[k][t] = k;
    for (int64_t i = 0; i < b->n; i++) {
        lengths[i] = length_of(b->ids[i]);
        rows[i] = tags[b->ids[i] % K];
    }
    return recur_pack_set(m->pack, b->n, lengths, rows);
}

/* Rows [N,width] of the streams of the identities. */
static recur_var rows_of(const machine *m, const batch *b, int64_t width, uint64_t stream)
{
    int64_t n = recur_pack_rows(m->pack) * width;
    double *x = proof_doubles(n);
    for (int64_t i = 0; i < b->n; i++)
        for (int64_t t = 0; t < length_of(b->ids[i]); t++)
            for (int64_t j = 0; j < width; j++)
                x[recur_pack_row(m->pack, i, t) * width + j] =
                    proof_number(stream + (uint64_t)b->ids[i], (uint64_t)(t * width + j));
    recur_var v = recur_input_f64(m->tape, RECUR_SHAPE(recur_pack_rows(m->pack), width), x);
    free(x);
    return v;
}

/* A loss on y [B,...], weighed by the identities. */
static recur_var weigh(const machine *m, const batch *b, recur_var y, uint64_t stream)
{
    recur_shape shape = recur_shape_of(m->tape, y);
    if (shape.rank < 0) return RECUR_NONE;
    int64_t width = shape.size[1];
    double *w = proof_doubles(b->n * width);
    for (int64_t i = 0; i < b->n * width; i++)
        w[i] = proof_number(stream + (uint64_t)b->ids[i / width], (uint64_t)(i % width));
    recur_var v = recur_input_f64(m->tape, shape, w);
    free(w);
    return recur_dot(m->tape, y, v);
}

enum { POOLED = 5, BY_ROW = 3 };

/* Every operation once. pooled are [B,...], by_row are [N,...]. */
typedef struct run {
    recur_var x, pooled[POOLED], by_row[BY_ROW], loss;
    int32_t   tags[MAX_BATCH * LONGEST];
    double    scores[MAX_BATCH];
} run;

static recur_status forward(const machine *m, const batch *b, run *r)
{
    recur_tape                    *t = m->tape;
    const recur_cross_entropy_opts opts = {0.2, (const double[K]){1, 2, 0.5, 1, 1, 3, 1, 1, 0.25, 1, 1}};
    recur_tape_reset(t);
    recur_status s = fill_pack(m, b);
    if (s) return s;
    r->x = rows_of(m, b, F, 100);
    recur_seq seq = recur_rnn_apply(t, m->rnn, r->x, m->pack, RECUR_NO_STATE);
    recur_var emissions = recur_linear_apply(t, m->head, r->x);
    r->pooled[0] = recur_pool_mean(t, r->x, m->pack);
    r->pooled[1] = recur_pool_max(t, r->x, m->pack);
    r->pooled[2] = recur_attention_pool_apply(t, m->attention, r->x, m->pack, &r->by_row[0]);
    r->pooled[3] = recur_pool_last(t, m->rnn, seq);
    r->pooled[4] = recur_pool_max(t, seq.output, m->pack);
    r->by_row[1] = recur_softmax(t, emissions);
    r->by_row[2] = recur_crf_marginals(t, m->crf, emissions, m->pack);
    r->loss = recur_crf_loss(t, m->crf, emissions, m->pack, RECUR_SUM);
    r->loss = recur_add(t, r->loss, recur_cross_entropy_with(t, emissions, m->pack, RECUR_SUM, &opts));
    r->loss = recur_add(t, r->loss, recur_dot(t, r->by_row[1], emissions));
    for (int i = 0; i < POOLED; i++)
        r->loss = recur_add(t, r->loss, weigh(m, b, r->pooled[i], 300 + 20 * (uint64_t)i));
    return recur_crf_decode(t, m->crf, emissions, m->pack, r->tags, r->scores);
}

/* ---- the same bits ---- */

typedef struct numbers {
    double  x[800000];
    int64_t n;
} numbers;

static void keep(numbers *to, int64_t n, const double *x)
{
    assert_true(to->n + n <= (int64_t)(sizeof to->x / sizeof *to->x));
    memcpy(to->x + to->n, x, (size_t)n * sizeof *x);
    to->n += n;
}

/* What a run says about its i-th sequence: pooled values, rows, tags, score, gradient of its inputs. */
static void keep_sequence(const machine *m, const run *r, int64_t i, numbers *to)
{
    int64_t length = recur_pack_length(m->pack, i);
    for (int k = 0; k < POOLED; k++) {
        int64_t width = recur_shape_of(m->tape, r->pooled[k]).size[1];
        double *y = proof_values(m->ctx, m->tape, r->pooled[k]);
        keep(to, width, y + i * width);
        free(y);
    }
    for (int k = 0; k < BY_ROW + 1; k++) {
        recur_var v = k < BY_ROW ? r->by_row[k] : r->x;
        int64_t   width = recur_shape_of(m->tape, v).size[1];
        double   *y = k < BY_ROW ? proof_values(m->ctx, m->tape, v) : proof_gradient(m->ctx, m->tape, v);
        for (int64_t t = 0; t < length; t++) keep(to, width, y + recur_pack_row(m->pack, i, t) * width);
        free(y);
    }
    for (int64_t t = 0; t < length; t++)
        keep(to, 1, &(double){(double)r->tags[recur_pack_row(m->pack, i, t)]});
    keep(to, 1, &r->scores[i]);
}

static void same(const numbers *a, const numbers *b, const char *what)
{
    assert_int_equal(a->n, b->n);
    for (int64_t i = 0; i < a->n; i++)
        if (memcmp(&a->x[i], &b->x[i], sizeof *a->x) != 0)
            fail_msg("%s: number %lld of %lld is %a, wanted %a", what, (long long)i, (long long)a->n, a->x[i],
                     b->x[i]);
}

/* Each sequence alone, and in batches with others in different places. */
static void mates_change_nothing(void **state)
{
    static const batch BATCHES[] = {{8, {0, 1, 2, 3, 4, 5, 6, 7}},
                                    {8, {7, 6, 5, 4, 3, 2, 1, 0}},
                                    {5, {1, 4, 12, 0, 10}},
                                    {4, {6, 14, 22, 3}}};
    static numbers     alone, among;
    static run         r;
    machine            m;
    open_machine(&m, *(const recur_dtype *)*state, 2);
    for (size_t k = 0; k < sizeof BATCHES / sizeof *BATCHES; k++)
        for (int64_t i = 0; i < BATCHES[k].n; i++) {
            batch single = {1, {BATCHES[k].ids[i]}};
            alone.n = among.n = 0;
            PROOF_OK(m.ctx, forward(&m, &single, &r));
            PROOF_OK(m.ctx, recur_backward(m.tape, r.loss));
            keep_sequence(&m, &r, 0, &alone);
            PROOF_OK(m.ctx, forward(&m, &BATCHES[k], &r));
            PROOF_OK(m.ctx, recur_backward(m.tape, r.loss));
            keep_sequence(&m, &r, i, &among);
            same(&among, &alone, "in a batch");
        }
    destroy(&m);
}

static void everything(int threads, recur_dtype dtype, numbers *to)
{
    static run r;
    machine    m;
    batch      b = {MAX_BATCH, {0}};
    for (int i = 0; i < MAX_BATCH; i++) b.ids[i] = (i * 5) % 17;
    open_machine(&m, dtype, threads);
    PROOF_OK(m.ctx, forward(&m, &b, &r));
    PROOF_OK(m.ctx, recur_backward(m.tape, r.loss));
    to->n = 0;
    keep(to, 1, &(double){recur_scalar(m.tape, r.loss)});
    for (int64_t i = 0; i < b.n; i++) keep_sequence(&m, &r, i, to);
    for (int64_t i = 0; i < recur_params_tensors(m.params); i++) {
        recur_tensor_info info;
        PROOF_OK(m.ctx, recur_params_info(m.params, i, &info));
        double *g = proof_doubles(info.count);
        PROOF_OK(m.ctx, recur_params_grad(m.params, i, g));
        keep(to, info.count, g);
        free(g);
    }
    destroy(&m);
}

static void threads_change_nothing(void **state)
{
    static numbers one, more;
    recur_dtype    dtype = *(const recur_dtype *)*state;
    everything(1, dtype, &one);
    for (int threads = 2; threads <= 4; threads++) {
        everything(threads, dtype, &more);
        same(&more, &one, "with more threads");
    }
}

/* ---- memory runs out ---- */

typedef struct memory_meter {
    int64_t calls, fail_at, outstanding; /* fail_at 0: never */
} memory_meter;

static void *meter_allocate(void *user, size_t bytes)
{
    memory_meter *meter = user;
    if (++meter->calls == meter->fail_at) return NULL;
    meter->outstanding++;
    return malloc(bytes);
}

static void meter_release(void *user, void *memory)
{
    ((memory_meter *)user)->outstanding--;
    free(memory);
}

static recur_status pass(machine *m, const batch *b, run *r)
{
    recur_status s = forward(m, b, r);
    return s ? s : recur_backward(m->tape, r->loss);
}

/* During building and the first pass: always RECUR_EMEMORY, nothing is lost, and what was built works afterwards. */
static void memory_runs_out(void **state)
{
    (void)state;
    static run  r;
    const batch b = {4, {0, 1, 3, 4}};
    int64_t     k = 1;
    for (bool has_failed = true; has_failed; k++) {
        memory_meter    meter = {0};
        recur_allocator allocator = {meter_allocate, meter_release, &meter};
        machine         m = {0};
        assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 2, .allocator = allocator}, &m.ctx),
                         RECUR_OK);
        meter.fail_at = meter.calls + k;
        recur_status status = build(&m);
        bool         is_built = !status;
        if (is_built) status = pass(&m, &b, &r);
        has_failed = meter.calls >= meter.fail_at;
        meter.fail_at = 0;
        if (status != (has_failed ? RECUR_EMEMORY : RECUR_OK))
            fail_msg("failing at allocation %lld: %s", (long long)k, recur_status_name(status));
        if (is_built) PROOF_OK(m.ctx, pass(&m, &b, &r));
        destroy(&m);
        assert_int_equal(meter.outstanding, 0);
    }
    assert_true(k > 30);
}

/* A layer that could not be made leaves params as they were. */
static void params_are_unchanged(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++)
        for (int64_t k = 1, failed = 1; failed; k++) {
            memory_meter          meter = {0};
            recur_allocator       allocator = {meter_allocate, meter_release, &meter};
            recur_ctx            *ctx;
            recur_params         *params;
            recur_crf            *crf = NULL;
            recur_attention_pool *pool = NULL;
            recur_crf_spec        field = {.n_tags = K, .allowed = forbidden_some()};
            assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = allocator}, &ctx),
                             RECUR_OK);
            PROOF_OK(ctx, recur_params_create(ctx, 1, &params));
            meter.fail_at = meter.calls + k;
            recur_status s = which ? recur_crf_create(params, "a", &field, &crf)
                                   : recur_attention_pool_create(
                                         params, "a", &(recur_attention_pool_spec){.input = F}, &pool);
            failed = meter.calls >= meter.fail_at;
            meter.fail_at = 0;
            assert_int_equal(s, failed ? RECUR_EMEMORY : RECUR_OK);
            if (failed) assert_int_equal(recur_params_tensors(params), 0);
            recur_crf_destroy(crf);
            recur_attention_pool_destroy(pool);
            recur_params_destroy(params);
            recur_ctx_destroy(ctx);
            assert_int_equal(meter.outstanding, 0);
        }
}

/* ---- single facts ---- */

/* Of equal maxima the first step gets the gradient; what is no number is kept; an empty sequence is zero. */
static void maxima(void **state)
{
    (void)state;
    machine m;
    open_machine(&m, RECUR_F32, 1);
    PROOF_OK(m.ctx, recur_pack_set(m.pack, 4, (const int64_t[]){3, 0, 2, 3}, NULL));
    static const float COLUMNS[4][3] = {{1, 2, 2}, {0}, {-5, -5}, {1, NAN, 3}};
    float              x[8];
    for (int64_t b = 0; b < 4; b++)
        for (int64_t t = 0; t < recur_pack_length(m.pack, b); t++)
            x[recur_pack_row(m.pack, b, t)] = COLUMNS[b][t];
    recur_var    v = recur_input(m.tape, RECUR_SHAPE(8, 1), x), y = recur_pool_max(m.tape, v, m.pack);
    const float *max = recur_value(m.tape, y);
    assert_true(max[0] == 2 && max[1] == 0 && max[2] == -5 && isnan(max[3]));
    PROOF_OK(m.ctx, recur_backward(m.tape, recur_sum(m.tape, y)));
    const float *dx = recur_grad(m.tape, v);
    for (int64_t b = 0; b < 4; b++)
        for (int64_t t = 0; t < recur_pack_length(m.pack, b); t++)
            assert_true(dx[recur_pack_row(m.pack, b, t)] == (t == (b == 2 ? 0 : 1)));
    destroy(&m);
}

static void empty_batches(void **state)
{
    static const int64_t NOTHING[3] = {0, 0, 0};
    (void)state;
    machine m;
    open_machine(&m, RECUR_F64, 2);
    for (int64_t B = 0; B <= 3; B += 3) {
        recur_tape_reset(m.tape);
        PROOF_OK(m.ctx, recur_pack_set(m.pack, B, NOTHING, (const int32_t *const[3]){0}));
        recur_var x = recur_input(m.tape, RECUR_SHAPE(0, F), NULL), weights, loss;
        recur_var pooled[] = {recur_pool_mean(m.tape, x, m.pack), recur_pool_max(m.tape, x, m.pack),
                              recur_attention_pool_apply(m.tape, m.attention, x, m.pack, &weights)};
        recur_var emissions = recur_linear_apply(m.tape, m.head, x);
        loss = recur_crf_loss(m.tape, m.crf, emissions, m.pack, RECUR_MEAN);
        double scores[3] = {7, 7, 7};
        PROOF_OK(m.ctx, recur_crf_decode(m.tape, m.crf, emissions, m.pack, &(int32_t){0}, scores));
        for (int i = 0; i < 3; i++) {
            double *y = proof_values(m.ctx, m.tape, pooled[i]);
            for (int64_t j = 0; j < B * F; j++) assert_true(y[j] == 0);
            free(y);
            assert_true(scores[i] == (i < B ? 0 : 7));
            loss = recur_add(m.tape, loss, recur_sum(m.tape, pooled[i]));
        }
        PROOF_OK(m.ctx, recur_backward(m.tape, loss));
        assert_true(recur_scalar(m.tape, loss) == 0);
    }
    destroy(&m);
}

/* Smoothing 0 without weights is the plain loss, to the bit; weights may be those of a single class; huge logits stay finite. */
static void options(void **state)
{
    (void)state;
    machine     m;
    const batch b = {3, {0, 4, 5}};
    open_machine(&m, RECUR_F32, 1);
    PROOF_OK(m.ctx, fill_pack(&m, &b));
    recur_var x = recur_scale(m.tape, rows_of(&m, &b, K, 7), 1e4);
    double    plain = recur_scalar(m.tape, recur_cross_entropy(m.tape, x, m.pack, RECUR_MEAN));
    assert_true(plain == recur_scalar(m.tape, recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN,
                                                                       &(recur_cross_entropy_opts){0})));
    recur_cross_entropy_opts smooth = {.label_smoothing = 1};
    assert_true(
        isfinite(recur_scalar(m.tape, recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN, &smooth))));
    const double             one[K] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, none[K] = {0}, bad[K] = {0, -1};
    recur_cross_entropy_opts weighed = {.class_weights = none};
    assert_true(recur_scalar(m.tape, recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN, &weighed)) == 0);
    weighed.class_weights = one;
    assert_true(recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN, &weighed).id > 0);
    weighed.class_weights = bad;
    assert_int_equal(recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN, &weighed).id, 0);
    PROOF_REFUSED(m.ctx, recur_tape_status(m.tape));
    recur_tape_reset(m.tape);
    x = rows_of(&m, &b, K, 7);
    smooth.label_smoothing = 1.5;
    assert_int_equal(recur_cross_entropy_with(m.tape, x, m.pack, RECUR_MEAN, &smooth).id, 0);
    PROOF_REFUSED(m.ctx, recur_tape_status(m.tape));
    destroy(&m);
}

/* Softmax adds up to 1, for huge numbers too, and over each sequence. */
static void softmaxes(void **state)
{
    (void)state;
    machine     m;
    const batch b = {4, {2, 1, 4, 3}};
    open_machine(&m, RECUR_F32, 2);
    PROOF_OK(m.ctx, fill_pack(&m, &b));
    recur_var x = recur_scale(m.tape, rows_of(&m, &b, K, 7), 1e4);
    double   *y = proof_values(m.ctx, m.tape, recur_softmax(m.tape, x));
    for (int64_t r = 0; r < recur_pack_rows(m.pack); r++) {
        double total = 0;
        for (int k = 0; k < K; k++) total += y[r * K + k];
        assert_true(fabs(total - 1) < 1e-6);
    }
    free(y);
    y = proof_values(m.ctx, m.tape, recur_sequence_softmax(m.tape, rows_of(&m, &b, 1, 7), m.pack));
    for (int64_t i = 0; i < b.n; i++) {
        double total = 0;
        for (int64_t t = 0; t < length_of(b.ids[i]); t++) total += y[recur_pack_row(m.pack, i, t)];
        assert_true(fabs(total - (length_of(b.ids[i]) > 0)) < 1e-6);
    }
    free(y);
    destroy(&m);
}

/* Shapes that do not fit are refused. */
static void refusals(void **state)
{
    (void)state;
    machine     m;
    const batch b = {2, {0, 4}};
    open_machine(&m, RECUR_F32, 1);
    PROOF_OK(m.ctx, fill_pack(&m, &b));
    for (int i = 0; i < 8; i++) {
        recur_tape_reset(m.tape);
        recur_var wide = recur_input(m.tape, RECUR_SHAPE(175, 2), NULL), y = RECUR_NONE;
        recur_var short_one = recur_input(m.tape, RECUR_SHAPE(174, 1), NULL);
        recur_var vector = recur_input(m.tape, RECUR_SHAPE(175), NULL);
        if (i == 0) y = recur_pool_mean(m.tape, short_one, m.pack);
        if (i == 1) y = recur_pool_max(m.tape, vector, m.pack);
        if (i == 2) y = recur_pool_mean(m.tape, wide, NULL);
        if (i == 3) y = recur_weighted_sum(m.tape, wide, wide, m.pack);
        if (i == 4) y = recur_sequence_softmax(m.tape, wide, m.pack);
        if (i == 5) y = recur_pool_mean(m.tape, recur_one_hot(m.tape, m.pack, K), m.pack);
        if (i == 6) y = recur_softmax(m.tape, recur_one_hot(m.tape, m.pack, K));
        if (i == 7) y = recur_softmax(m.tape, recur_input(m.tape, RECUR_SHAPE(3, 0), NULL));
        assert_int_equal(y.id, 0);
        PROOF_REFUSED(m.ctx, recur_tape_status(m.tape));
    }
    recur_attention_pool *pool;
    PROOF_REFUSED(m.ctx, recur_attention_pool_create(m.params, "x", &(recur_attention_pool_spec){0}, &pool));
    char name[300];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    PROOF_REFUSED(
        m.ctx, recur_attention_pool_create(m.params, name, &(recur_attention_pool_spec){.input = 2}, &pool));
    destroy(&m);
}

int main(void)
{
    static recur_dtype      dtypes[2] = {RECUR_F32, RECUR_F64};
    const struct CMUnitTest tests[] = {
        {.name = "mates change nothing, f32", .test_func = mates_change_nothing, .initial_state = &dtypes[0]},
        {.name = "mates change nothing, f64", .test_func = mates_change_nothing, .initial_state = &dtypes[1]},
        {.name = "threads change nothing, f32",
         .test_func = threads_change_nothing,
         .initial_state = &dtypes[0]},
        {.name = "threads change nothing, f64",
         .test_func = threads_change_nothing,
         .initial_state = &dtypes[1]},
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(params_are_unchanged),
        cmocka_unit_test(maxima),
        cmocka_unit_test(empty_batches),
        cmocka_unit_test(options),
        cmocka_unit_test(softmaxes),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests_name("operations over sequences", tests, NULL, NULL);
}
