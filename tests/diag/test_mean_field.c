/* Mean field: known values, a quadrature of another kind, and both ends of the range.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/helpers.h"
#include "recur/recur.h"

static bool is_near(double found, double wanted, double error)
{
    if (fabs(found - wanted) <= error) return true;
    print_error("%.17g, wanted %.17g\n", found, wanted);
    return false;
}

static void known_values(void **state)
{
    (void)state;
    double q;
    assert_true(is_near(recur_mean_field(1, 1.0 / 6, &q), -0.2310, 5e-5));
    assert_true(is_near(q, 0.40848093505274047, 1e-12));
    assert_true(is_near(recur_mean_field(2, 0, &q), 0.1547, 5e-5));
    /* PyTorch's default of 32 inputs and 64 units: weights and both biases U(-1/8, 1/8), inputs N(0,1) */
    assert_true(is_near(recur_mean_field(sqrt(1.0 / 3), 34.0 / 192, NULL), -0.7067, 5e-5));
}

/* E[f(sqrt(q) z)] by Simpson's rule in z: slow, and nothing in common with the library's rule but the Gaussian. */
static double expect(double q, double (*f)(double))
{
    enum { N = 40000 };
    double sum = 0, h = 20.0 / N;
    for (int i = 0; i <= N; i++) {
        double z = -10 + i * h, weight = i == 0 || i == N ? 1 : i % 2 ? 4 : 2;
        sum += weight * exp(-z * z / 2) * f(sqrt(q) * z);
    }
    return sum * h / 3 / sqrt(2 * acos(-1));
}

static double tanh2(double u)
{
    return tanh(u) * tanh(u);
}

static double sech4(double u)
{
    double s = 1 / cosh(u);
    return s * s * s * s;
}

static void it_solves_its_equation(void **state)
{
    (void)state;
    const double g[] = {0.1, 0.9, 1.0001, 1, 1.1, 1.5, 3, 8, 30, 200}, s2[] = {0, 1e-9, 0.01, 1, 40};
    for (size_t i = 0; i < sizeof g / sizeof *g; i++)
        for (size_t j = 0; j < sizeof s2 / sizeof *s2; j++) {
            double q, found = recur_mean_field(g[i], s2[j], &q), g2 = g[i] * g[i];
            assert_true(q >= s2[j]);
            assert_true(is_near(g2 * expect(q, tanh2) + s2[j], q, 1e-11 * q));
            assert_true(is_near(found, 0.5 * log(g2 * expect(q, sech4)), 1e-11));
            if (s2[j] == 0 && g[i] > 1) assert_true(q > 0); /* chaos, not the solution 0 */
        }
}

static void below_one_without_noise_it_is_linear(void **state)
{
    (void)state;
    double q = 1;
    assert_true(is_near(recur_mean_field(0.9, 0, &q), log(0.9), 1e-15));
    assert_true(q == 0);
    assert_true(is_near(recur_mean_field(-0.5, 0, NULL), log(0.5), 1e-15));
    assert_true(is_near(recur_mean_field(1, 0, &q), 0, 1e-12));
    assert_true(q < 1e-12);
}

static void far_above_one_it_grows_like_a_logarithm(void **state)
{
    (void)state;
    /* E[sech^4(sqrt(q) z)] -> (4/3) / sqrt(2 pi q), q -> g^2 */
    double g = 1e6;
    assert_true(is_near(recur_mean_field(g, 0, NULL), 0.5 * log(g * 4 / 3 / sqrt(2 * acos(-1))), 1e-5));
}

static void what_cannot_be_is_no_number(void **state)
{
    (void)state;
    double q = 1;
    assert_true(isnan(recur_mean_field(NAN, 0, &q)) && isnan(q));
    assert_true(isnan(recur_mean_field(1, -0.1, NULL)) && isnan(recur_mean_field(INFINITY, 0, NULL)));
    q = 1;
    assert_true(isnan(recur_mean_field(1e200, 0, &q)) && isnan(q)); /* the square is not finite */
    assert_true(recur_mean_field(0, 0.25, &q) == -INFINITY && q == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(it_solves_its_equation),
        cmocka_unit_test(below_one_without_noise_it_is_linear),
        cmocka_unit_test(far_above_one_it_grows_like_a_logarithm),
        cmocka_unit_test(what_cannot_be_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
