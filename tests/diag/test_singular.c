/* Orthonormal rows, singular values, Jacobians of functions: against what is known by hand.
 * SPDX-License-Identifier: MIT */
#include "diag/orthonormal.h"
#include "diag/singular.h"
#include "proof/proof.h"

static bool is_near(double found, double wanted, double error)
{
    if (fabs(found - wanted) <= error) return true;
    print_error("%.17g, wanted %.17g\n", found, wanted);
    return false;
}

static double dot(int64_t n, const double *a, const double *b)
{
    double s = 0;
    for (int64_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

/* ---- orthonormal rows ---- */

static void a_triangle_times_orthonormal_rows(void **state)
{
    (void)state;
    enum { K = 17, N = 40 };
    double *rows = proof_numbers(1, K * N), diagonal[K], lower[K * K];
    for (int64_t i = 0; i < K; i++) /* rows that are nearly equal */
        for (int64_t j = 0; j < N; j++)
            rows[i * N + j] = i % 2 ? rows[(i - 1) * N + j] + 1e-7 * rows[i * N + j] : rows[i * N + j];
    double *before = proof_doubles(K * N);
    memcpy(before, rows, sizeof(double) * K * N);
    ri_orthonormalise(K, N, rows, diagonal, lower);
    for (int64_t i = 0; i < K; i++)
        for (int64_t j = 0; j < K; j++) {
            assert_true(is_near(dot(N, rows + i * N, rows + j * N), i == j, 1e-14));
            if (j > i) assert_true(lower[i * K + j] == 0);
        }
    for (int64_t i = 0; i < K; i++) {
        assert_true(diagonal[i] > 0 && diagonal[i] == lower[i * K + i]);
        for (int64_t c = 0; c < N; c++) {
            double sum = 0;
            for (int64_t j = 0; j <= i; j++) sum += lower[i * K + j] * rows[j * N + c];
            assert_true(is_near(sum, before[i * N + c], 1e-14));
        }
    }
    free(rows);
    free(before);
}

static void what_depends_on_others_is_dead(void **state)
{
    (void)state;
    enum { K = 4, N = 6 };
    double *rows = proof_numbers(2, K * N), diagonal[K];
    for (int64_t c = 0; c < N; c++) rows[2 * N + c] = 0.3 * rows[c] - 7 * rows[N + c];
    ri_orthonormalise(K, N, rows, diagonal, NULL);
    assert_true(diagonal[0] > 0 && diagonal[1] > 0 && diagonal[2] == 0 && diagonal[3] > 0);
    for (int64_t c = 0; c < N; c++) assert_true(rows[2 * N + c] == 0);
    ri_orthonormalise(K, N, rows, diagonal, NULL);
    assert_true(diagonal[2] == 0 && is_near(diagonal[3], 1, 1e-14));
    free(rows);
}

/* ---- singular values ---- */

/* U diag(values) V^T of two random orthogonal matrices. */
static double *composed(int64_t rows, int64_t columns, const double *values, uint64_t stream)
{
    int64_t least = rows < columns ? rows : columns;
    double *u = proof_numbers(stream, rows * rows), *v = proof_numbers(stream + 1, columns * columns);
    double *d = proof_doubles(rows + columns), *m = proof_doubles(rows * columns);
    ri_orthonormalise(rows, rows, u, d, NULL);
    ri_orthonormalise(columns, columns, v, d, NULL);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            for (int64_t i = 0; i < least; i++)
                m[r * columns + c] += values[i] * u[i * rows + r] * v[i * columns + c];
    free(u);
    free(v);
    free(d);
    return m;
}

static void composed_matrices(void **state)
{
    (void)state;
    recur_ctx    *ctx = proof_ctx(RECUR_F32, 1); /* its type does not matter */
    const int64_t sizes[][2] = {{1, 1}, {5, 5}, {9, 4}, {4, 9}, {30, 30}, {1, 7}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t rows = sizes[s][0], columns = sizes[s][1], least = rows < columns ? rows : columns;
        double  wanted[30], found[30];
        for (int64_t i = 0; i < least; i++)
            wanted[i] = i < 2 ? 3 : pow(0.5, (double)i); /* a double one first */
        double *m = composed(rows, columns, wanted, 10 + s);
        PROOF_OK(ctx, recur_singular_values(ctx, rows, columns, m, found));
        for (int64_t i = 0; i < least; i++) assert_true(is_near(found[i], wanted[i], 1e-13));
        free(m);
    }
    recur_ctx_destroy(ctx);
}

/* Columns of any scale keep all their digits: B diag(exp(logs)) against the same with the scales moved by a factor that no double can hold. */
static void any_scale_keeps_its_digits(void **state)
{
    (void)state;
    enum { N = 6 };
    const double scale[N] = {0, -3, -3.5, -700, -701, -5000};
    double      *a = proof_numbers(30, N * N), logs[N], diagonal[N], determinant = 0;
    double      *b = proof_doubles(N * N);
    memcpy(b, a, sizeof(double) * N * N);
    memcpy(logs, scale, sizeof logs);
    ri_singular_logs(N, N, a, logs);
    for (int i = 1; i < N; i++) assert_true(logs[i] <= logs[i - 1]);
    /* the scales are so far apart that groups do not see each other: the first three are those of a matrix of three columns, and so on */
    double  three[3] = {0, -3, -3.5};
    double *c = proof_doubles(N * N);
    memcpy(c, b, sizeof(double) * N * N);
    ri_singular_logs(3, N, c, three);
    for (int i = 0; i < 3; i++) assert_true(is_near(logs[i], three[i], 1e-13));
    ri_orthonormalise(N, N, b, diagonal, NULL);
    for (int i = 0; i < N; i++) determinant += log(diagonal[i]) + scale[i];
    for (int i = 0; i < N; i++) determinant -= logs[i];
    assert_true(is_near(determinant, 0, 1e-11)); /* of numbers of 5000 */
    assert_true(is_near(logs[5], -5000 + log(diagonal[5]), 1e-11));
    free(a);
    free(b);
    free(c);
}

static void zeros_are_zeros(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    const double m[] = {0, 0, 0, 0, 4, 0}, zero[4] = {0}, wrong[] = {1, NAN};
    double       found[2];
    PROOF_OK(ctx, recur_singular_values(ctx, 2, 3, m, found));
    assert_true(found[0] == 4 && found[1] == 0);
    PROOF_OK(ctx, recur_singular_values(ctx, 2, 2, zero, found));
    assert_true(found[0] == 0 && found[1] == 0);
    PROOF_REFUSED(ctx, recur_singular_values(ctx, 0, 2, m, found));
    PROOF_REFUSED(ctx, recur_singular_values(ctx, 1, 2, wrong, found));
    recur_ctx_destroy(ctx);
}

/* ---- Jacobians of functions ---- */

/* The textbook's: f(x) = (x1^2 + x2, 3 x1 x2). */
static recur_var textbook(void *user, recur_tape *tape, recur_var x)
{
    (void)user;
    recur_var x1 = recur_slice(tape, x, 0, 1), x2 = recur_slice(tape, x, 1, 1);
    recur_var f[] = {recur_add(tape, recur_mul(tape, x1, x1), x2),
                     recur_scale(tape, recur_mul(tape, x1, x2), 3)};
    return recur_join(tape, 2, f);
}

static recur_var broken(void *user, recur_tape *tape, recur_var x)
{
    (void)user;
    return recur_slice(tape, x, 5, 1);
}

static void the_textbooks_jacobian(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1);
    const double at[] = {1, 2}, wanted[] = {2, 1, 6, 3};
    double       j[4], by_differences[4], singular[2];
    PROOF_OK(ctx, recur_jacobian(ctx, textbook, NULL, RECUR_SHAPE(2), at, 2, j));
    PROOF_OK(ctx, recur_jacobian_differences(ctx, textbook, NULL, RECUR_SHAPE(2), at, 2, 0, by_differences));
    for (int i = 0; i < 4; i++) assert_true(j[i] == wanted[i] && is_near(by_differences[i], wanted[i], 1e-9));
    PROOF_OK(ctx, recur_singular_values(ctx, 2, 2, j, singular));
    assert_true(is_near(singular[0], sqrt(50), 1e-14) && is_near(singular[1], 0, 1e-15));
    recur_ctx_destroy(ctx);
}

static recur_var curved(void *user, recur_tape *tape, recur_var x)
{
    (void)user;
    return recur_tanh(tape, recur_mul(tape, x, x));
}

static void differences_use_their_step(void **state)
{
    (void)state;
    recur_ctx *ctx = proof_ctx(RECUR_F64, 1);
    double     x = 0.5, j, coarse;
    PROOF_OK(ctx, recur_jacobian(ctx, curved, NULL, RECUR_SHAPE(1), &x, 1, &j));
    PROOF_OK(ctx, recur_jacobian_differences(ctx, curved, NULL, RECUR_SHAPE(1), &x, 1, 0.1, &coarse));
    assert_true(is_near(j, 2 * x / pow(cosh(x * x), 2), 1e-15));
    assert_true(is_near(coarse, (tanh(0.36) - tanh(0.16)) / 0.2, 1e-14));
    recur_ctx_destroy(ctx);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    recur_ctx   *ctx = proof_ctx(RECUR_F64, 1), *f32 = proof_ctx(RECUR_F32, 1);
    const double at[] = {1, 2};
    double       j[6];
    PROOF_REFUSED(f32, recur_jacobian(f32, textbook, NULL, RECUR_SHAPE(2), at, 2, j));
    PROOF_REFUSED(f32, recur_jacobian_differences(f32, textbook, NULL, RECUR_SHAPE(2), at, 2, 0, j));
    PROOF_REFUSED(ctx, recur_jacobian(ctx, textbook, NULL, RECUR_SHAPE(2), at, 3, j));
    assert_non_null(strstr(recur_error(ctx), "has 2 results"));
    PROOF_REFUSED(ctx, recur_jacobian(ctx, textbook, NULL, RECUR_SHAPE(0), at, 2, j));
    PROOF_REFUSED(ctx, recur_jacobian(ctx, broken, NULL, RECUR_SHAPE(2), at, 2, j));
    PROOF_REFUSED(ctx, recur_jacobian_differences(ctx, broken, NULL, RECUR_SHAPE(2), at, 2, 0, j));
    PROOF_REFUSED(ctx, recur_jacobian_differences(ctx, textbook, NULL, RECUR_SHAPE(2), at, 2, -1, j));
    recur_ctx_destroy(f32);
    recur_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_triangle_times_orthonormal_rows),
        cmocka_unit_test(what_depends_on_others_is_dead),
        cmocka_unit_test(composed_matrices),
        cmocka_unit_test(any_scale_keeps_its_digits),
        cmocka_unit_test(zeros_are_zeros),
        cmocka_unit_test(the_textbooks_jacobian),
        cmocka_unit_test(differences_use_their_step),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
