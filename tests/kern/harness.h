/* What the kernel tests share: cases as TAP, numbers that never change, memory between pages that may not be touched. Needs libc only,
 * so that it can be built for another processor. The including file has said what `real` is.
 *
 * Every buffer ends exactly where its page ends, or begins where its page begins: each case runs both ways, and a kernel that reads
 * or writes one number outside ends in a signal, which fails the case by name.
 * SPDX-License-Identifier: MIT */
#ifndef KERN_HARNESS_H
#define KERN_HARNESS_H

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- cases ---- */

typedef struct test_case {
    const char *name;
    void (*run)(const void *table);
    const void *table;
    const char *table_name;
} test_case;

static sigjmp_buf end_of_case;
static char       shape[160]; /* what the running case is doing */

/* Say what is done next, for the sentence of a failure. */
static inline void doing(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(shape, sizeof shape, format, args);
    va_end(args);
}

static inline void fail_case(const char *format, ...)
{
    va_list args;
    printf("# %s: ", shape);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    siglongjmp(end_of_case, 1);
}

static void on_signal(int number)
{
    siglongjmp(end_of_case, 128 + number);
}

/* Run all cases; returns main's status. */
static int run_cases(int n, const test_case *cases)
{
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], on_signal);
    volatile int n_failed = 0;
    printf("1..%d\n", n);
    for (volatile int i = 0; i < n; i++) {
        int how = sigsetjmp(end_of_case, 1);
        if (how == 0) cases[i].run(cases[i].table);
        if (how > 128)
            printf("# %s: signal %d%s\n", shape, how - 128,
                   how == 128 + SIGSEGV ? ", memory outside of the buffers" : "");
        n_failed += how != 0;
        printf("%s %d - %s, %s\n", how ? "not ok" : "ok", i + 1, cases[i].name, cases[i].table_name);
        fflush(stdout);
    }
    return n_failed != 0;
}

/* Return whether RECUR_TEST_SCALE asks for little work: sanitizers, emulators. */
static inline bool is_small(void)
{
    const char *scale = getenv("RECUR_TEST_SCALE");
    return scale && !strcmp(scale, "small");
}

/* ---- numbers ---- */

static uint64_t random_state = 1;

static inline uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1dull >> 11;
}

static inline int64_t below(int64_t n)
{
    return (int64_t)(random_bits() % (uint64_t)n);
}

/* Uniform in [-size, size]. */
static inline real uniform(double size)
{
    return (real)(size * ((double)random_bits() / 4503599627370496.0 - 1));
}

/* Mostly uniform; now and then zero, a denormal, a giant, infinity or NaN. */
static inline real wild(double size)
{
    static const double extremes[] = {0, -0.0, 1e-40, -1e-40, 1e30, -1e30, INFINITY, -INFINITY, NAN};
    return below(24) ? uniform(size) : (real)extremes[below(sizeof extremes / sizeof *extremes)];
}

/* ---- memory ---- */

enum { SLOTS = 10, SLOT_BYTES = 1 << 19 };

static struct {
    unsigned char *slots[SLOTS];
    int            n_taken;
    bool           at_end;
} memory;

/* What lies in memory that a kernel has no business with: a NaN, so that reading it shows as well. */
static inline real untouched(void)
{
    uint64_t bits = sizeof(real) == 4 ? 0x7fedbeef7fedbeefull : 0x7ff8dead7fedbeefull;
    real     x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline bool same_bits(real a, real b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The same number, or NaN both. */
static inline bool same(real a, real b)
{
    return same_bits(a, b) || (isnan(a) && isnan(b));
}

/* An emulator may read the whole vector of a masked load, which processors do not: RECUR_TEST_GUARDS=before leaves a page to read after each
 * buffer. */
static void map_memory(void)
{
    const char *guards = getenv("RECUR_TEST_GUARDS");
    bool        may_read_on = guards && !strcmp(guards, "before");
    size_t      page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < SLOTS; i++) {
        void *all = mmap(NULL, SLOT_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memory.slots[i] = (unsigned char *)all + page;
        if (all == MAP_FAILED || mprotect(memory.slots[i], SLOT_BYTES, PROT_READ | PROT_WRITE)) abort();
        if (may_read_on && mprotect(memory.slots[i] + SLOT_BYTES, page, PROT_READ)) abort();
    }
}

/* Give all buffers back; the next ones end, or begin, at a page that may not be touched. */
static inline void fresh_memory(bool at_end)
{
    if (!memory.slots[0]) map_memory();
    memory.n_taken = 0;
    memory.at_end = at_end;
}

static inline real *take(int64_t n)
{
    size_t bytes = (size_t)n * sizeof(real);
    if (memory.n_taken == SLOTS || bytes > SLOT_BYTES) abort();
    unsigned char *slot = memory.slots[memory.n_taken++];
    real          *p = (real *)(void *)(memory.at_end ? slot + SLOT_BYTES - bytes : slot);
    for (int64_t i = 0; i < n; i++) p[i] = untouched();
    return p;
}

/* Rows of n numbers, `row` apart; the last row ends with its numbers. */
typedef struct matrix {
    real   *p;
    int64_t m, n, row;
} matrix;

static inline matrix take_matrix(int64_t m, int64_t n)
{
    static const int64_t gaps[] = {0, 1, 5, 16};
    matrix               x = {.m = m, .n = n, .row = n + gaps[below(4)]};
    x.p = take(m > 0 ? (m - 1) * x.row + n : 0);
    return x;
}

static inline matrix random_matrix(int64_t m, int64_t n, real (*number)(double), double size)
{
    matrix x = take_matrix(m, n);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) x.p[i * x.row + j] = number(size);
    return x;
}

static inline void expect_gaps_untouched(const char *name, const matrix *x)
{
    for (int64_t i = 0; i + 1 < x->m; i++)
        for (int64_t j = x->n; j < x->row; j++)
            if (!same_bits(x->p[i * x->row + j], untouched()))
                fail_case("%s was written at row %d, column %d of %d", name, (int)i, (int)j, (int)x->n);
}

/* Fail unless got is want: NaN for NaN, not finite for what overflows, else within the tolerance. */
static inline void expect_near(const char *name, real got, double want, double tolerance)
{
    bool good;
    if (isnan(want))
        good = isnan(got);
    else if (isinf((real)want))
        good = !isfinite(got);
    else
        good = fabs((double)got - want) <= tolerance;
    if (!good) fail_case("%s is %.9g; wanted %.9g, at most %.2g apart", name, (double)got, want, tolerance);
}

static inline void expect_same(const char *name, int64_t at, real got, real want)
{
    if (!same(got, want))
        fail_case("%s[%d] is %.9g; wanted the same bits as %.9g", name, (int)at, (double)got, (double)want);
}

#endif
