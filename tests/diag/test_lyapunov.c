/* Lyapunov exponents and products of Jacobians of maps that are known exactly.
 * SPDX-License-Identifier: MIT */
#include "diag/orthonormal.h"
#include "proof/proof.h"

static bool is_near(double found, double wanted, double error)
{
    if (fabs(found - wanted) <= error) return true;
    print_error("%.17g, wanted %.17g\n", found, wanted);
    return false;
}

/* ---- linear maps ---- */

/* s' = W s. */
typedef struct linear {
    int64_t n;
    double *w; /* [n,n] */
} linear;

static recur_status linear_advance(void *user, int64_t t, const double *s, double *next)
{
    const linear *l = user;
    (void)t;
    for (int64_t i = 0; i < l->n; i++) {
        next[i] = 0;
        for (int64_t j = 0; j < l->n; j++) next[i] += l->w[i * l->n + j] * s[j];
    }
    return RECUR_OK;
}

static recur_status linear_pull(void *user, int64_t t, const double *s, int64_t k, double *v)
{
    const linear *l = user;
    double       *row = proof_doubles(l->n);
    (void)t, (void)s;
    for (int64_t r = 0; r < k; r++) {
        memcpy(row, v + r * l->n, (size_t)l->n * sizeof *row);
        for (int64_t j = 0; j < l->n; j++) {
            v[r * l->n + j] = 0;
            for (int64_t i = 0; i < l->n; i++) v[r * l->n + j] += row[i] * l->w[i * l->n + j];
        }
    }
    free(row);
    return RECUR_OK;
}

static recur_system system_of(linear *l)
{
    return (recur_system){l->n, l, linear_advance, linear_pull};
}

/* g times a random orthogonal matrix. */
static linear orthogonal(int64_t n, double g)
{
    linear  l = {n, proof_numbers(7, n * n)};
    double *diagonal = proof_doubles(n);
    ri_orthonormalise(n, n, l.w, diagonal, NULL);
    for (int64_t i = 0; i < n * n; i++) l.w[i] *= g;
    free(diagonal);
    return l;
}

static void orthogonal_maps_have_one_exponent(void **state)
{
    (void)state;
    enum { N = 12 };
    const double g[] = {1, 0.9, 1.1, 1e-3};
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    for (int i = 0; i < 4; i++) {
        linear       l = orthogonal(N, g[i]);
        recur_system system = system_of(&l);
        double       exponents[N], errors[N];
        PROOF_OK(ctx,
                 recur_lyapunov(ctx, &system, NULL, &(recur_lyapunov_opts){.steps = 100}, exponents, errors));
        for (int j = 0; j < N; j++) {
            assert_true(is_near(exponents[j], log(g[i]), 1e-12));
            assert_true(errors[j] < 1e-12);
        }
        free(l.w);
    }
    recur_ctx_destroy(ctx);
}

/* W = triangle: its eigenvalues are its diagonal, and the exponents their logarithms. */
static void a_triangle_has_its_diagonal(void **state)
{
    (void)state;
    const double wanted[] = {0.5, -0.25, -1, -3};
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    linear       l = {4, proof_numbers(9, 16)};
    double       exponents[4], errors[4];
    for (int i = 0; i < 16; i++)
        l.w[i] = i / 4 == i % 4 ? exp(wanted[3 - i / 4]) : i / 4 > i % 4 ? l.w[i] : 0;
    recur_system        system = system_of(&l);
    recur_lyapunov_opts opts = {.steps = 60, .settle = 200, .every = 3, .blocks = 4};
    PROOF_OK(ctx, recur_lyapunov(ctx, &system, NULL, &opts, exponents, errors));
    for (int i = 0; i < 4; i++) assert_true(is_near(exponents[i], wanted[i], 1e-8));
    opts.k = 2;
    PROOF_OK(ctx, recur_lyapunov(ctx, &system, NULL, &opts, exponents + 2, NULL));
    for (int i = 0; i < 2; i++) assert_true(is_near(exponents[2 + i], wanted[i], 1e-8));
    free(l.w);
    recur_ctx_destroy(ctx);
}

/* Also where the vectors have not yet turned into their directions. */
static void exponents_are_in_order(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    linear       l = {5, proof_numbers(11, 25)};
    recur_system system = system_of(&l);
    for (uint64_t seed = 0; seed < 10; seed++) {
        const recur_lyapunov_opts opts = {.steps = 2, .seed = seed};
        double                    exponents[5], errors[5];
        PROOF_OK(ctx, recur_lyapunov(ctx, &system, NULL, &opts, exponents, errors));
        for (int i = 1; i < 5; i++) assert_true(exponents[i] <= exponents[i - 1]);
    }
    free(l.w);
    recur_ctx_destroy(ctx);
}

static void a_singular_map_kills_a_direction(void **state)
{
    (void)state;
    recur_ctx *ctx = proof_ctx(RECUR_F64, 1);
    linear     l = orthogonal(3, 1);
    double     exponents[3], errors[3], logs[3];
    for (int j = 0; j < 3; j++) l.w[6 + j] = 2 * l.w[j] - l.w[3 + j];
    recur_system system = system_of(&l);
    PROOF_OK(ctx, recur_lyapunov(ctx, &system, NULL, &(recur_lyapunov_opts){.steps = 50}, exponents, errors));
    assert_true(isfinite(exponents[0]) && isfinite(exponents[1]));
    assert_true(exponents[2] == -INFINITY && errors[2] == 0);
    PROOF_OK(ctx, recur_jacobian_product(ctx, &system, NULL, 0, 50, 50, logs));
    assert_true(isfinite(logs[1]) && logs[2] == -INFINITY);
    free(l.w);
    recur_ctx_destroy(ctx);
}

/* ---- maps ---- */

static recur_status logistic_advance(void *user, int64_t t, const double *s, double *next)
{
    (void)user, (void)t;
    next[0] = 4 * s[0] * (1 - s[0]);
    return RECUR_OK;
}

static recur_status logistic_pull(void *user, int64_t t, const double *s, int64_t k, double *v)
{
    (void)user, (void)t;
    for (int64_t i = 0; i < k; i++) v[i] *= 4 - 8 * s[0];
    return RECUR_OK;
}

static void the_logistic_map(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    recur_system system = {1, NULL, logistic_advance, logistic_pull};
    double       start = 0.3141592653589793, exponent, error;
    PROOF_OK(ctx, recur_lyapunov(ctx, &system, &start, &(recur_lyapunov_opts){.steps = 200000, .warmup = 100},
                                 &exponent, &error));
    assert_true(is_near(exponent, log(2), 1e-3));
    assert_true(error > 0 && error < 1e-3 && fabs(exponent - log(2)) < 5 * error + 1e-9);
    recur_ctx_destroy(ctx);
}

/* x' = 1 - 1.4 x^2 + y, y' = 0.3 x: every step's determinant is -0.3. */
static recur_status henon_advance(void *user, int64_t t, const double *s, double *next)
{
    (void)user, (void)t;
    next[0] = 1 - 1.4 * s[0] * s[0] + s[1];
    next[1] = 0.3 * s[0];
    return RECUR_OK;
}

static recur_status henon_pull(void *user, int64_t t, const double *s, int64_t k, double *v)
{
    (void)user, (void)t;
    for (int64_t i = 0; i < k; i++) {
        double a = v[2 * i], b = v[2 * i + 1];
        v[2 * i] = -2.8 * s[0] * a + 0.3 * b;
        v[2 * i + 1] = a;
    }
    return RECUR_OK;
}

static const recur_system henon = {2, NULL, henon_advance, henon_pull};

static void the_henon_map(void **state)
{
    (void)state;
    recur_ctx          *ctx = proof_ctx(RECUR_F64, 1);
    double              exponents[2], errors[2];
    recur_lyapunov_opts opts = {.steps = 200000, .warmup = 1000, .settle = 100};
    PROOF_OK(ctx, recur_lyapunov(ctx, &henon, NULL, &opts, exponents, errors));
    assert_true(is_near(exponents[0], 0.4192, 1e-3));
    assert_true(is_near(exponents[0] + exponents[1], log(0.3), 1e-8));
    assert_true(errors[0] > 0 && errors[0] < 1e-3 && is_near(errors[1], errors[0], 1e-9));
    double dimension = recur_kaplan_yorke(exponents, 2, 2);
    assert_true(is_near(dimension, 1.258, 2e-3));
    recur_ctx_destroy(ctx);
}

static void errors_tell_the_spread(void **state)
{
    (void)state;
    /* what short runs find lies around the long run's figure as far as they say */
    recur_ctx *ctx = proof_ctx(RECUR_F64, 1);
    double     spread = 0, said = 0;
    for (int i = 0; i < 40; i++) {
        double              found[2], errors[2];
        recur_lyapunov_opts opts = {.steps = 2000, .warmup = 100 + 3000 * i, .settle = 50};
        PROOF_OK(ctx, recur_lyapunov(ctx, &henon, NULL, &opts, found, errors));
        spread += pow(found[0] - 0.4192, 2) / 40;
        said += pow(errors[0], 2) / 40;
    }
    assert_true(sqrt(said / spread) > 0.5 && sqrt(said / spread) < 2);
    recur_ctx_destroy(ctx);
}

static void kaplan_yorke(void **state)
{
    (void)state;
    const double lorenz[] = {0.9056, 0, -14.5723}, dead[] = {0.5, -INFINITY, -INFINITY};
    assert_true(is_near(recur_kaplan_yorke(lorenz, 3, 3), 2.0621, 1e-4));
    assert_true(isnan(recur_kaplan_yorke(lorenz, 2, 3)));
    assert_true(recur_kaplan_yorke(lorenz, 2, 2) == 2);
    assert_true(recur_kaplan_yorke(lorenz + 2, 1, 3) == 0);
    assert_true(recur_kaplan_yorke(dead, 3, 3) == 1);
    assert_true(isnan(recur_kaplan_yorke(NULL, 2, 3)) && isnan(recur_kaplan_yorke(lorenz, 3, 2)));
    assert_true(isnan(recur_kaplan_yorke(lorenz, -1, 3)));
}

/* ---- products ---- */

/* The product is that of small matrices, multiplied out where that is still possible. */
static void products_are_those_multiplied_out(void **state)
{
    (void)state;
    recur_ctx *ctx = proof_ctx(RECUR_F64, 1);
    double     logs[3 * 2], product[4] = {1, 0, 0, 1}, singular[2], s[2] = {0, 0}, states[10][2];
    PROOF_OK(ctx, recur_jacobian_product(ctx, &henon, NULL, 4, 10, 2, logs));
    for (int t = 0; t < 10; t++) {
        memcpy(states[t], s, sizeof s);
        henon_advance(NULL, t, states[t], s);
    }
    for (int t = 9, i = 0; t >= 4; t--) {
        henon_pull(NULL, t, states[t], 2, product);
        if (t % 2) continue;
        PROOF_OK(ctx, recur_singular_values(ctx, 2, 2, product, singular));
        for (int j = 0; j < 2; j++) assert_true(is_near(logs[i++], log(singular[j]), 1e-11));
    }
    recur_ctx_destroy(ctx);
}

static void products_leave_the_range_of_double(void **state)
{
    (void)state;
    enum { N = 8, S = 4000 };
    recur_ctx *ctx = proof_ctx(RECUR_F64, 1);
    linear     l = orthogonal(N, 0.5);
    double     logs[2 * N];
    for (int64_t i = 0; i < N; i++) l.w[i] *= 4; /* one direction of the eight */
    recur_system system = system_of(&l);
    PROOF_OK(ctx, recur_jacobian_product(ctx, &system, NULL, 0, S, S / 2, logs));
    for (int half = 0; half < 2; half++) {
        double sum = 0;
        for (int i = 0; i < N; i++) sum += logs[half * N + i];
        assert_true(is_near(sum / ((half + 1) * S / 2), N * log(0.5) + log(4), 1e-11));
    }
    assert_true(logs[N] < 0 ? logs[2 * N - 1] < -800 : logs[N] > 800); /* exp of it would be 0, or infinity */
    free(l.w);
    recur_ctx_destroy(ctx);
}

static void steps_have_their_jacobian(void **state)
{
    (void)state;
    const double at[] = {0.25, 3}, wanted[] = {-0.7, 1, 0.3, 0};
    double       j[4];
    assert_int_equal(recur_system_jacobian(&henon, 0, at, j), RECUR_OK);
    for (int i = 0; i < 4; i++) assert_true(is_near(j[i], wanted[i], 1e-16));
}

/* ---- what cannot be ---- */

static bool stop_in_the_middle(void *user, double share)
{
    *(double *)user = share;
    return share < 0.5;
}

static recur_status explode(void *user, int64_t t, const double *s, double *next)
{
    (void)user, (void)t;
    next[0] = next[1] = 10 + s[0] * s[0];
    return RECUR_OK;
}

static recur_status refuse(void *user, int64_t t, const double *s, double *next)
{
    (void)user, (void)s, (void)next;
    return t == 3 ? RECUR_EIO : RECUR_OK;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    double       found[2], share = 0;
    recur_system huge = {INT64_MAX, NULL, explode, henon_pull};
    assert_int_equal(recur_system_jacobian(&huge, 0, found, found), RECUR_EARG);
    assert_int_equal(recur_driven_system(NULL).n, 0);
    recur_system wild = {2, NULL, explode, henon_pull}, failing = {2, NULL, refuse, henon_pull}, empty = {0};
    const recur_lyapunov_opts wrong[] = {{.steps = 0},
                                         {.steps = 5, .k = 3},
                                         {.steps = 5, .k = -1},
                                         {.steps = 5, .warmup = -1},
                                         {.steps = 5, .settle = -1},
                                         {.steps = 5, .blocks = 6},
                                         {.steps = 5, .every = -1},
                                         {.steps = INT64_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        PROOF_REFUSED(ctx, recur_lyapunov(ctx, &henon, NULL, &wrong[i], found, NULL));
    const recur_lyapunov_opts opts = {.steps = 100, .user = &share, .tick = stop_in_the_middle};
    PROOF_REFUSED(ctx, recur_lyapunov(ctx, &empty, NULL, &opts, found, NULL));
    assert_int_equal(recur_lyapunov(ctx, &wild, NULL, &opts, found, NULL), RECUR_EDIVERGED);
    assert_non_null(strstr(recur_error(ctx), "is not finite"));
    assert_int_equal(recur_lyapunov(ctx, &failing, NULL, &opts, found, NULL), RECUR_EIO);
    assert_int_equal(recur_lyapunov(ctx, &henon, NULL, &opts, found, NULL), RECUR_STOPPED);
    assert_true(share >= 0.5 && share < 0.6);
    PROOF_REFUSED(ctx, recur_jacobian_product(ctx, &henon, NULL, 0, 5, 2, found));
    PROOF_REFUSED(ctx, recur_jacobian_product(ctx, &henon, NULL, 5, 5, 1, found));
    PROOF_REFUSED(ctx, recur_jacobian_product(ctx, &empty, NULL, 0, 5, 1, found));
    assert_int_equal(recur_jacobian_product(ctx, &wild, NULL, 0, 50, 50, found), RECUR_EDIVERGED);
    recur_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orthogonal_maps_have_one_exponent),
        cmocka_unit_test(a_triangle_has_its_diagonal),
        cmocka_unit_test(exponents_are_in_order),
        cmocka_unit_test(a_singular_map_kills_a_direction),
        cmocka_unit_test(the_logistic_map),
        cmocka_unit_test(the_henon_map),
        cmocka_unit_test(errors_tell_the_spread),
        cmocka_unit_test(kaplan_yorke),
        cmocka_unit_test(products_are_those_multiplied_out),
        cmocka_unit_test(products_leave_the_range_of_double),
        cmocka_unit_test(steps_have_their_jacobian),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
