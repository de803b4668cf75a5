/* The random field against all tag sequences, written out: log Z, loss, marginals, gradients, the best path, in both number types; also
 * for scores so steep that their probabilities do not fit a double. What is forbidden has probability and gradient exactly zero.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { MAX_B = 4, MAX_K = 5, MAX_T = 6, MAX_N = 16, MAX_SCALARS = MAX_N * MAX_K };

/* A field and a batch. Tags are made allowed by walking to the nearest allowed one. */
typedef struct plan {
    const char *name;
    int64_t     K, B, lengths[MAX_B];
    double      emission_scale, weight_scale;
    bool        is_masked;
} plan;

static const plan PLANS[] = {
    {"two tags", 2, 3, {3, 1, 5}, 1, 1, false},
    {"five tags, an empty sequence", 5, 4, {2, 0, 4, 3}, 1, 1, false},
    {"four tags, some forbidden", 4, 3, {5, 2, 1}, 1, 1, true},
    {"three tags, a single step", 3, 1, {1}, 1, 1, false},
    {"one tag", 1, 3, {4, 1, 0}, 1, 1, false},
    {"nothing but an empty sequence", 3, 1, {0}, 1, 1, false},
    {"strong emissions", 4, 3, {4, 3, 2}, 30, 1, true},
    {"steep emissions", 4, 3, {4, 3, 2}, 2000, 1, false},
    {"steep emissions, some forbidden", 4, 3, {4, 5, 2}, 2000, 1, true},
    {"steep transitions", 4, 3, {4, 5, 2}, 1, 2000, false},
    {"steep transitions, some forbidden", 4, 3, {4, 5, 2}, 1, 2000, true},
    {"everything steep, some forbidden", 5, 3, {4, 4, 3}, 1500, 1500, true},
};

/* What is known of a field by writing it out. All doubles are those that the library was given. */
typedef struct field {
    const plan   *plan;
    bool          allowed[MAX_K * MAX_K], starts[MAX_K], ends[MAX_K];
    double        trans[MAX_K * MAX_K], start[MAX_K], end[MAX_K];
    double        x[MAX_SCALARS];
    int32_t       ids[MAX_B][MAX_T];
    recur_ctx    *ctx;
    recur_params *params;
    recur_crf    *crf;
    recur_tape   *tape;
    recur_pack   *pack;
} field;

/* ---- a field in the library ---- */

/* Tag 1 may not follow 0 nor start (as inside may not follow outside); tag 0 not 2; the last tag may not end. Every tag may follow itself. */
static void forbid(field *f)
{
    int64_t K = f->plan->K;
    for (int64_t i = 0; i < K * K; i++) f->allowed[i] = true;
    for (int64_t k = 0; k < K; k++) f->starts[k] = f->ends[k] = true;
    if (!f->plan->is_masked) return;
    f->allowed[0 * K + 1] = f->allowed[2 * K + 0] = f->allowed[(K - 1) * K + 1] = false;
    f->starts[1] = f->ends[K - 1] = false;
}

static void choose_tags(field *f)
{
    int64_t K = f->plan->K;
    for (int64_t b = 0; b < f->plan->B; b++)
        for (int64_t t = 0, before = -1; t < f->plan->lengths[b]; t++) {
            int64_t tag = (int64_t)((0.5 + 0.5 * proof_number(31, (uint64_t)(b * MAX_T + t))) * (double)K);
            bool    is_last = t + 1 == f->plan->lengths[b];
            for (int64_t tries = 0; tries < K; tries++, tag = (tag + 1) % K) {
                bool follows = before < 0 ? f->starts[tag] : f->allowed[before * K + tag];
                if (follows && (!is_last || f->ends[tag])) break;
            }
            f->ids[b][t] = (int32_t)tag;
            before = tag;
        }
}

static void fill_tensor(field *f, const char *name, uint64_t stream, int64_t n, double *x)
{
    for (int64_t i = 0; i < n; i++) x[i] = (float)(f->plan->weight_scale * proof_number(stream, (uint64_t)i));
    PROOF_OK(f->ctx, recur_params_set(f->params, recur_params_find(f->params, name), x));
}

static void open_field(field *f, const plan *p, recur_dtype dtype)
{
    *f = (field){.plan = p, .ctx = proof_ctx(dtype, 2)};
    forbid(f);
    choose_tags(f);
    recur_crf_spec spec = {.n_tags = p->K};
    if (p->is_masked) {
        spec.allowed = f->allowed;
        spec.allowed_start = f->starts;
        spec.allowed_end = f->ends;
    }
    PROOF_OK(f->ctx, recur_params_create(f->ctx, 1, &f->params));
    PROOF_OK(f->ctx, recur_crf_create(f->params, "crf", &spec, &f->crf));
    PROOF_OK(f->ctx, recur_tape_create(f->ctx, &f->tape));
    PROOF_OK(f->ctx, recur_pack_create(f->ctx, &f->pack));
    fill_tensor(f, "crf.transitions", 1, p->K * p->K, f->trans);
    fill_tensor(f, "crf.start_transitions", 2, p->K, f->start);
    fill_tensor(f, "crf.end_transitions", 3, p->K, f->end);
    const int32_t *rows[MAX_B];
    for (int64_t b = 0; b < p->B; b++) rows[b] = f->ids[b];
    PROOF_OK(f->ctx, recur_pack_set(f->pack, p->B, p->lengths, rows));
    int64_t n = recur_pack_rows(f->pack) * p->K;
    assert_true(n <= MAX_SCALARS);
    for (int64_t i = 0; i < n; i++) f->x[i] = (float)(p->emission_scale * proof_number(4, (uint64_t)i));
}

static void close_field(field *f)
{
    recur_pack_destroy(f->pack);
    recur_tape_destroy(f->tape);
    recur_crf_destroy(f->crf);
    recur_params_destroy(f->params);
    recur_ctx_destroy(f->ctx);
}

static recur_var emissions(field *f)
{
    return recur_input_f64(f->tape, RECUR_SHAPE(recur_pack_rows(f->pack), f->plan->K), f->x);
}

/* ---- written out ---- */

static double emission(const field *f, int64_t b, int64_t t, int64_t k)
{
    return f->x[recur_pack_row(f->pack, b, t) * f->plan->K + k];
}

/* The score of some tags; -infinity if they are forbidden. */
static double score_of(const field *f, int64_t b, const int *tags)
{
    int64_t K = f->plan->K, length = f->plan->lengths[b];
    if (length == 0) return 0;
    double score = f->starts[tags[0]] ? f->start[tags[0]] : -INFINITY;
    for (int64_t t = 0; t < length; t++) {
        score += emission(f, b, t, tags[t]);
        if (t == 0) continue;
        int64_t pair = tags[t - 1] * K + tags[t];
        score += f->allowed[pair] ? f->trans[pair] : -INFINITY;
    }
    return score + (f->ends[tags[length - 1]] ? f->end[tags[length - 1]] : -INFINITY);
}

/* Go to the next tags, as in counting. False after the last. */
static bool next_tags(int64_t K, int64_t length, int *tags)
{
    for (int64_t t = 0; t < length; t++) {
        if (++tags[t] < K) return true;
        tags[t] = 0;
    }
    return false;
}

/* What all tag sequences of the batch together say. */
typedef struct truth {
    double log_z[MAX_B], best[MAX_B], gold[MAX_B];
    double marginals[MAX_SCALARS];                         /* in the pack's rows */
    double pairs[MAX_K * MAX_K], start[MAX_K], end[MAX_K]; /* expected counts, less the given ones */
} truth;

static void count(const field *f, truth *w, int64_t b, const int *tags, double p, bool is_given)
{
    int64_t K = f->plan->K, length = f->plan->lengths[b];
    w->start[tags[0]] += p;
    w->end[tags[length - 1]] += p;
    for (int64_t t = 0; t < length; t++) {
        if (!is_given) w->marginals[recur_pack_row(f->pack, b, t) * K + tags[t]] += p;
        if (t > 0) w->pairs[tags[t - 1] * K + tags[t]] += p;
    }
}

static void write_out_sequence(const field *f, truth *w, int64_t b)
{
    int64_t K = f->plan->K, length = f->plan->lengths[b];
    int     tags[MAX_T] = {0}, gold[MAX_T];
    double  total = 0;
    w->best[b] = w->log_z[b] = w->gold[b] = 0;
    if (length == 0) return;
    for (int64_t t = 0; t < length; t++) gold[t] = f->ids[b][t];
    w->gold[b] = score_of(f, b, gold);
    w->best[b] = -INFINITY;
    do w->best[b] = fmax(w->best[b], score_of(f, b, tags));
    while (next_tags(K, length, tags));
    do total += exp(score_of(f, b, tags) - w->best[b]);
    while (next_tags(K, length, tags));
    w->log_z[b] = w->best[b] + log(total);
    do count(f, w, b, tags, exp(score_of(f, b, tags) - w->log_z[b]), false);
    while (next_tags(K, length, tags));
    count(f, w, b, gold, -1, true);
}

static truth write_out(const field *f)
{
    truth w = {.log_z = {0}};
    for (int64_t b = 0; b < f->plan->B; b++) write_out_sequence(f, &w, b);
    return w;
}

/* ---- the comparison ---- */

static void agree(const char *what, int64_t n, const double *found, const double *wanted, double tolerance,
                  double scale)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(found[i] - wanted[i]) <= tolerance * fmax(scale, fabs(wanted[i]))))
            fail_msg("%s[%lld] is %.15g, all tag sequences say %.15g", what, (long long)i, found[i],
                     wanted[i]);
}

static void tensor_agrees(const field *f, const char *name, int64_t n, const double *wanted, double tolerance)
{
    double found[MAX_K * MAX_K];
    PROOF_OK(f->ctx, recur_params_grad(f->params, recur_params_find(f->params, name), found));
    agree(name, n, found, wanted, tolerance, 1);
}

static void loss_agrees(field *f, const truth *w, double tolerance)
{
    int64_t K = f->plan->K, n = recur_pack_rows(f->pack) * K;
    double  wanted = 0, size = 1, dx[MAX_SCALARS];
    for (int64_t b = 0; b < f->plan->B; b++) {
        wanted += w->log_z[b] - w->gold[b];
        size = fmax(size, fabs(w->log_z[b]));
    }
    recur_tape_reset(f->tape);
    recur_var x = emissions(f), loss = recur_crf_loss(f->tape, f->crf, x, f->pack, RECUR_SUM);
    PROOF_OK(f->ctx, recur_backward(f->tape, loss));
    agree("loss", 1, &(double){recur_scalar(f->tape, loss)}, &wanted, tolerance, size);
    memcpy(dx, w->marginals, sizeof dx);
    for (int64_t b = 0; b < f->plan->B; b++)
        for (int64_t t = 0; t < f->plan->lengths[b]; t++)
            dx[recur_pack_row(f->pack, b, t) * K + f->ids[b][t]] -= 1;
    double *found = proof_gradient(f->ctx, f->tape, x);
    agree("gradient of emissions", n, found, dx, tolerance, 1);
    free(found);
    tensor_agrees(f, "crf.transitions", K * K, w->pairs, tolerance);
    tensor_agrees(f, "crf.start_transitions", K, w->start, tolerance);
    tensor_agrees(f, "crf.end_transitions", K, w->end, tolerance);
}

static void decode_agrees(field *f, const truth *w, double tolerance)
{
    int32_t tags[MAX_N];
    double  scores[MAX_B];
    PROOF_OK(f->ctx, recur_crf_decode(f->tape, f->crf, emissions(f), f->pack, tags, scores));
    for (int64_t b = 0; b < f->plan->B; b++) {
        int found[MAX_T] = {0};
        for (int64_t t = 0; t < f->plan->lengths[b]; t++) found[t] = tags[recur_pack_row(f->pack, b, t)];
        agree("score of the best path", 1, &scores[b], &w->best[b], tolerance, 1);
        agree("score of the tags", 1, &(double){score_of(f, b, found)}, &w->best[b], tolerance, 1);
    }
}

static void forbidden_is_zero(const field *f, const double *marginals)
{
    int64_t K = f->plan->K;
    double  grad[MAX_K * MAX_K];
    PROOF_OK(f->ctx, recur_params_grad(f->params, recur_params_find(f->params, "crf.transitions"), grad));
    for (int64_t i = 0; i < K * K; i++) assert_true(f->allowed[i] || grad[i] == 0);
    for (int64_t b = 0; b < f->plan->B; b++)
        for (int64_t k = 0; k < K && f->plan->lengths[b] > 0; k++) {
            int64_t first = recur_pack_row(f->pack, b, 0),
                    last = recur_pack_row(f->pack, b, f->plan->lengths[b] - 1);
            assert_true(f->starts[k] || marginals[first * K + k] == 0);
            assert_true(f->ends[k] || marginals[last * K + k] == 0);
        }
}

typedef struct plan_case {
    const plan *plan;
    recur_dtype dtype;
    char        title[80];
} plan_case;

static void field_agrees(void **state)
{
    const plan_case *c = *state;
    field            f;
    open_field(&f, c->plan, c->dtype);
    truth  w = write_out(&f);
    double tolerance = c->dtype == RECUR_F32 ? 1e-6 : 1e-11;
    if (c->plan->emission_scale > 100 || c->plan->weight_scale > 100) tolerance *= 10;
    loss_agrees(&f, &w, tolerance);
    decode_agrees(&f, &w, tolerance);
    recur_tape_set_inference(f.tape, true);
    recur_var marginals = recur_crf_marginals(f.tape, f.crf, emissions(&f), f.pack);
    double   *found = proof_values(f.ctx, f.tape, marginals);
    agree("marginals", recur_pack_rows(f.pack) * c->plan->K, found, w.marginals, tolerance, 1);
    forbidden_is_zero(&f, found);
    free(found);
    close_field(&f);
}

/* ---- single facts ---- */

/* The three reductions of one sum: by tokens, not at all, by sequences (the empty one counts). */
static void reductions(void **state)
{
    (void)state;
    field f;
    open_field(&f, &PLANS[1], RECUR_F64);
    recur_var x = emissions(&f);
    double    sum = recur_scalar(f.tape, recur_crf_loss(f.tape, f.crf, x, f.pack, RECUR_SUM));
    double    mean = recur_scalar(f.tape, recur_crf_loss(f.tape, f.crf, x, f.pack, RECUR_MEAN));
    double    each = recur_scalar(f.tape, recur_crf_loss(f.tape, f.crf, x, f.pack, RECUR_SUM_OVER_TIME));
    assert_true(sum > 0);
    agree("mean", 1, &mean, &(double){sum / 9}, 1e-14, 1);
    agree("per sequence", 1, &each, &(double){sum / 4}, 1e-14, 1);
    close_field(&f);
}

/* Of equal paths the one with smaller ids, compared from the end. */
static void ties(void **state)
{
    (void)state;
    field f;
    plan  p = {"ties", 3, 1, {4}, 0, 0, false};
    open_field(&f, &p, RECUR_F32);
    int32_t tags[4];
    PROOF_OK(f.ctx, recur_crf_decode(f.tape, f.crf, emissions(&f), f.pack, tags, NULL));
    for (int t = 0; t < 4; t++) assert_int_equal(tags[t], 0);
    close_field(&f);
}

/* Where no tags are allowed: tag 0 only leads to 1, and 1 to nothing. */
static void no_way(void **state)
{
    (void)state;
    recur_ctx     *ctx = proof_ctx(RECUR_F32, 1);
    recur_params  *params;
    recur_crf     *crf;
    recur_tape    *tape;
    recur_pack    *pack;
    const bool     allowed[4] = {0, 1, 0, 0};
    recur_crf_spec spec = {.n_tags = 2, .allowed = allowed};
    PROOF_OK(ctx, recur_params_create(ctx, 1, &params));
    PROOF_OK(ctx, recur_crf_create(params, "crf", &spec, &crf));
    PROOF_OK(ctx, recur_tape_create(ctx, &tape));
    PROOF_OK(ctx, recur_pack_create(ctx, &pack));
    PROOF_OK(ctx, recur_pack_set(pack, 2, (const int64_t[]){3, 2}, NULL));
    int32_t   tags[5];
    double    scores[2];
    recur_var x = proof_input(tape, RECUR_SHAPE(5, 2), 1);
    PROOF_OK(ctx, recur_crf_decode(tape, crf, x, pack, tags, scores));
    assert_true(scores[0] == -INFINITY && scores[1] > -INFINITY);
    for (int t = 0; t < 3; t++) assert_int_equal(tags[recur_pack_row(pack, 0, t)], -1);
    for (int t = 0; t < 2; t++) assert_int_equal(tags[recur_pack_row(pack, 1, t)], t);
    double *marginals = proof_values(ctx, tape, recur_crf_marginals(tape, crf, x, pack));
    for (int64_t t = 0; t < 3; t++)
        for (int k = 0; k < 2; k++) assert_true(marginals[recur_pack_row(pack, 0, t) * 2 + k] == 0);
    for (int64_t t = 0; t < 2; t++)
        for (int k = 0; k < 2; k++) assert_true(marginals[recur_pack_row(pack, 1, t) * 2 + k] == (k == t));
    free(marginals);
    recur_pack_destroy(pack);
    recur_tape_destroy(tape);
    recur_crf_destroy(crf);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
}

/* Tags that a loss cannot be asked for. */
static void refusals(void **state)
{
    (void)state;
    static const struct {
        int32_t     tags[2];
        const char *says;
    } CASES[] = {
        {{0, -1}, "tag -1 at step 1, wanted 0 to 3"},
        {{4, 0}, "tag 4 at step 0"},
        {{1, 1}, "starts with tag 1"},
        {{0, 1}, "tag 1 after 0 at step 1"},
        {{0, 3}, "ends with tag 3"},
    };
    field f;
    open_field(&f, &PLANS[2], RECUR_F32);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const int32_t *row = CASES[i].tags;
        PROOF_OK(f.ctx, recur_pack_set(f.pack, 1, &(int64_t){2}, &row));
        recur_tape_reset(f.tape);
        recur_var x = recur_input(f.tape, RECUR_SHAPE(2, 4), NULL);
        recur_var loss = recur_crf_loss(f.tape, f.crf, x, f.pack, RECUR_SUM);
        assert_int_equal(loss.id, 0);
        PROOF_REFUSED(f.ctx, recur_tape_status(f.tape));
        if (!strstr(recur_error(f.ctx), CASES[i].says)) fail_msg("%s", recur_error(f.ctx));
    }
    recur_tape_reset(f.tape);
    recur_var narrow = recur_input(f.tape, RECUR_SHAPE(2, 3), NULL);
    PROOF_REFUSED(f.ctx, recur_crf_decode(f.tape, f.crf, narrow, f.pack, (int32_t[2]){0}, NULL));
    recur_tape_reset(f.tape);
    PROOF_REFUSED(f.ctx, recur_crf_decode(f.tape, f.crf, emissions(&f), f.pack, NULL, NULL));
    recur_crf *crf;
    PROOF_REFUSED(f.ctx, recur_crf_create(f.params, "other", &(recur_crf_spec){0}, &crf));
    PROOF_REFUSED(f.ctx, recur_crf_create(f.params, "crf", &(recur_crf_spec){.n_tags = 2}, &crf));
    assert_int_equal(recur_params_tensors(f.params), 3);
    close_field(&f);
}

/* pytorch-crf's names, order and start. */
static void parameters(void **state)
{
    (void)state;
    field f;
    open_field(&f, &PLANS[0], RECUR_F32);
    static const char *const NAMES[] = {"b.start_transitions", "b.end_transitions", "b.transitions"};
    recur_crf               *crf;
    recur_tensor_info        info;
    double                   w[MAX_K * MAX_K], largest = 0;
    PROOF_OK(f.ctx, recur_crf_create(f.params, "b", &(recur_crf_spec){.n_tags = 5}, &crf));
    for (int i = 0; i < 3; i++) {
        PROOF_OK(f.ctx, recur_params_info(f.params, 3 + i, &info));
        assert_string_equal(info.name, NAMES[i]);
        assert_int_equal(info.shape.rank, i < 2 ? 1 : 2);
        PROOF_OK(f.ctx, recur_params_get(f.params, 3 + i, w));
        for (int64_t j = 0; j < info.count; j++) largest = fmax(largest, fabs(w[j]));
    }
    assert_true(largest > 0.05 && largest <= 0.1f);
    recur_crf_destroy(crf);
    close_field(&f);
}

int main(void)
{
    enum { N = sizeof PLANS / sizeof *PLANS };
    static plan_case        cases[2 * N];
    const struct CMUnitTest facts[] = {cmocka_unit_test(reductions), cmocka_unit_test(ties),
                                       cmocka_unit_test(no_way), cmocka_unit_test(refusals),
                                       cmocka_unit_test(parameters)};
    struct CMUnitTest       tests[2 * N + sizeof facts / sizeof *facts];
    for (int i = 0; i < 2 * N; i++) {
        cases[i] = (plan_case){.plan = &PLANS[i / 2], .dtype = (recur_dtype)(i % 2)};
        snprintf(cases[i].title, sizeof cases[i].title, "%s %s", i % 2 ? "f64" : "f32", PLANS[i / 2].name);
        tests[i] = (struct CMUnitTest){
            .name = cases[i].title, .test_func = field_agrees, .initial_state = &cases[i]};
    }
    memcpy(tests + 2 * N, facts, sizeof facts);
    return cmocka_run_group_tests_name("random fields", tests, NULL, NULL);
}
