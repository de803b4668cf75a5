/* The errors of tanh, sigmoid and exp of each table, over floats of every exponent: a grid of two million by default, all 2^32 where
 * RECUR_TEST_ALL_FLOATS is set. Measured against double; the bounds stand in kern/simd/math.inc.
 * SPDX-License-Identifier: MIT */
#ifndef KERN_ACCURACY_H
#define KERN_ACCURACY_H

enum { BLOCK_OF_FLOATS = 4096 };

/* The largest error seen, and where; and by how much a larger x gave less. */
typedef struct errors {
    double error, drop;
    float  at, at_drop;
} errors;

static void note(double *largest, float *at, double error, float x)
{
    if (!(error > *largest)) return; /* the callers have ruled out NaN */
    *largest = error;
    *at = x;
}

/* The distance of floats about y. */
static double ulp_of(double y)
{
    int exponent;
    frexp(y, &exponent);
    return ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

/* The error in units of the wanted number's last place. */
static void compare_ulps(errors *e, float x, float got, double want)
{
    double error = fabs((double)got - want);
    if (!(error < INFINITY)) fail_case("%.9g gives %.9g", (double)x, (double)got);
    note(&e->error, &e->at, error / ulp_of(want), x);
}

static void report(const char *name, const errors *e, const char *measure, double bound, double drop_bound)
{
    printf("# %s: error %.3g %s, at %.9g; falls by %.3g where it should rise, at %.9g\n", name, e->error,
           measure, (double)e->at, e->drop, (double)e->at_drop);
    if (e->error > bound || e->drop > drop_bound) fail_case("wanted at most %g and %g", bound, drop_bound);
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The step from one float to the next of the grid: odd, so that all mantissas come by. */
static uint32_t grid_step(void)
{
    return getenv("RECUR_TEST_ALL_FLOATS") ? 1 : is_small() ? 40009 : 1009;
}

/* Fill x with the next floats from *bits up to infinity; returns how many. */
static int64_t next_floats(uint32_t *bits, uint32_t end, uint32_t step, float *x)
{
    int64_t n = 0;
    for (; n < BLOCK_OF_FLOATS && *bits <= end; *bits += step) x[n++] = float_of(*bits);
    return n;
}

/* tanh of x >= 0 in double; the ends are cheap. */
static double tanh_in_double(double x)
{
    if (x < 1e-4) return x - x * x * x / 3;
    return x > 20 ? 1 : tanh(x);
}

static void test_tanh_errors(const void *table_of)
{
    enum { INFINITE = 0x7f800000 };
    static float x[BLOCK_OF_FLOATS], minus[BLOCK_OF_FLOATS], y[BLOCK_OF_FLOATS], y_minus[BLOCK_OF_FLOATS];
    const table *t = table_of;
    errors       e = {0};
    float        before = 0;
    doing("tanh");
    for (uint32_t bits = 0; bits <= INFINITE;) {
        int64_t n = next_floats(&bits, INFINITE, grid_step(), x);
        for (int64_t i = 0; i < n; i++) minus[i] = -x[i];
        t->tanh_forward(n, x, y);
        t->tanh_forward(n, minus, y_minus);
        for (int64_t i = 0; i < n; before = y[i++]) {
            compare_ulps(&e, x[i], y[i], tanh_in_double((double)x[i]));
            if (y_minus[i] != -y[i]) fail_case("tanh is not odd at %.9g", (double)x[i]);
            if (y[i] > 1) fail_case("tanh(%.9g) is %.9g", (double)x[i], (double)y[i]);
            note(&e.drop, &e.at_drop, (double)(before - y[i]) / ulp_of((double)y[i]), x[i]);
        }
    }
    report("tanh", &e, "ulp", TANH_ULPS, TANH_DROP);
}

static double sigmoid_of_any(double x)
{
    if (fabs(x) < 1e-4) return 0.5 + x / 4;
    return fabs(x) > 40 ? (double)(x > 0) : 1 / (1 + exp(-x));
}

static void sigmoid_errors(const table *t, uint32_t sign, errors *e)
{
    static float x[BLOCK_OF_FLOATS], y[BLOCK_OF_FLOATS];
    float        before = 0.5f;
    uint32_t     end = sign | 0x7f800000;
    for (uint32_t bits = sign; bits <= end;) {
        int64_t n = next_floats(&bits, end, grid_step(), x);
        t->sigmoid(n, x, y);
        for (int64_t i = 0; i < n; before = y[i++]) {
            if (!(y[i] >= 0 && y[i] <= 1)) fail_case("sigmoid(%.9g) is %.9g", (double)x[i], (double)y[i]);
            note(&e->error, &e->at, fabs((double)y[i] - sigmoid_of_any((double)x[i])), x[i]);
            note(&e->drop, &e->at_drop, (double)(sign ? y[i] - before : before - y[i]), x[i]);
        }
    }
}

static void test_sigmoid_errors(const void *t)
{
    errors e = {0};
    doing("sigmoid");
    sigmoid_errors(t, 0, &e);
    sigmoid_errors(t, 0x80000000u, &e);
    report("sigmoid", &e, "absolute", SIGMOID_ERROR, SIGMOID_DROP);
}

/* exp is reached through a softmax whose largest logit is 0 and whose scale is its own sum: x becomes exp(x). */
static void test_exp_errors(const void *table_of)
{
    enum { FROM = 0x80000000u, TO = 0xc2ae0000u }; /* -0 to -87 */
    static float x[1 + BLOCK_OF_FLOATS], y[1 + BLOCK_OF_FLOATS];
    const table *t = table_of;
    errors       e = {0};
    float        before = 1;
    doing("exp");
    for (uint32_t bits = FROM; bits <= TO;) {
        int64_t n = 1 + next_floats(&bits, TO, grid_step(), x + 1);
        memcpy(y, x, sizeof y);
        double total = exp(t->cross_entropy(n, x, 0, 1, NULL));
        t->cross_entropy_inplace(n, y, 0, total);
        for (int64_t i = 1; i < n; before = y[i++]) {
            double z = (double)x[i];
            compare_ulps(&e, x[i], y[i], z > -1e-4 ? 1 + z + z * z / 2 : exp(z));
            note(&e.drop, &e.at_drop, (double)(y[i] - before) / ulp_of((double)y[i]), x[i]);
        }
    }
    report("exp", &e, "ulp", EXP_ULPS, EXP_DROP);
}

/* Where gates stand still, the results are exact; NaN comes through. */
static void test_ends(const void *table_of)
{
    static const float x[] = {INFINITY, 1e30f, 18.05f, 9.03f};
    const table       *t = table_of;
    float              y;
    doing("saturation");
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        float minus = -x[i];
        t->tanh_forward(1, &x[i], &y);
        if (strcmp(t->name, "ref") != 0 || x[i] > 10) expect_same("tanh", 0, y, 1);
        if (x[i] < 18.05f) continue;
        t->sigmoid(1, &x[i], &y);
        expect_same("sigmoid", 0, y, 1);
        t->sigmoid(1, &minus, &y);
        expect_near("sigmoid of minus", y, 0, strcmp(t->name, "ref") != 0 ? 0 : 2e-8);
    }
    const float nan = NAN;
    t->tanh_forward(1, &nan, &y);
    expect_near("tanh(NaN)", y, NAN, 0);
    t->sigmoid(1, &nan, &y);
    expect_near("sigmoid(NaN)", y, NAN, 0);
}

#endif
