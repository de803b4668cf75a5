/* Random numbers against known answers and laws; the hash against published values.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "base/hash.h"
#include "base/rng.h"

static void check_philox(ri_block counter, uint64_t key, ri_block wanted)
{
    ri_block found = ri_philox(counter, key);
    for (int i = 0; i < 4; i++) assert_int_equal(found.word[i], wanted.word[i]);
}

/* The vectors of the Random123 distribution (kat_vectors, philox4x32 10). */
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    check_philox((ri_block){{0, 0, 0, 0}}, 0, (ri_block){{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
    check_philox((ri_block){{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, UINT64_MAX,
                 (ri_block){{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
    check_philox((ri_block){{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, UINT64_C(0x299f31d0a4093822),
                 (ri_block){{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

enum { N = 200000 };

static void uniform_numbers_are_uniform(void **state)
{
    (void)state;
    double sum = 0, product = 0, before = 0;
    int    bins[64] = {0};
    for (uint64_t i = 0; i < N; i++) {
        double u = ri_uniform(1, 2, i);
        assert_true(u >= 0 && u < 1);
        sum += u;
        product += (u - 0.5) * (before - 0.5);
        bins[(int)(u * 64)]++;
        before = u;
    }
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1 / 12.0 / N));
    assert_true(fabs(product / N) < 5 / 12.0 / sqrt(N)); /* neighbours do not know each other */
    double chi2 = 0;
    for (int b = 0; b < 64; b++) chi2 += pow(bins[b] - N / 64.0, 2) / (N / 64.0);
    assert_true(chi2 < 63 + 5 * sqrt(2 * 63));
}

static void normal_numbers_are_normal(void **state)
{
    (void)state;
    double m[5] = {0}, pairs = 0;
    for (uint64_t i = 0; i < N; i++) {
        double x = ri_normal(7, 0, i), power = 1;
        assert_true(isfinite(x));
        for (int k = 0; k < 5; k++, power *= x) m[k] += power / N;
        if (i % 2 == 1) pairs += x * ri_normal(7, 0, i - 1) / (N / 2);
    }
    double s = 5 / sqrt(N);
    assert_true(fabs(m[1]) < s);
    assert_true(fabs(m[2] - 1) < s * sqrt(2));
    assert_true(fabs(m[3]) < s * sqrt(15));
    assert_true(fabs(m[4] - 3) < s * sqrt(96));
    assert_true(fabs(pairs) < s * sqrt(2));
}

static void seeds_streams_and_indexes_differ(void **state)
{
    (void)state;
    double u = ri_uniform(1, 1, 1);
    assert_true(u == ri_uniform(1, 1, 1));
    assert_true(u != ri_uniform(2, 1, 1) && u != ri_uniform(1, 2, 1) && u != ri_uniform(1, 1, 2));
    assert_true(u != ri_uniform(UINT64_C(1) << 32 | 1, 1, 1));
    assert_true(u != ri_uniform(1, UINT64_C(1) << 32 | 1, 1));
    assert_true(u != ri_uniform(1, 1, UINT64_C(1) << 32 | 1));
}

static void the_hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(ri_hash(RI_HASH_START, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(ri_hash(RI_HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(ri_hash(RI_HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(ri_hash(ri_hash(RI_HASH_START, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

/* The digest does not depend on how the bytes are cut, and every bit counts. */
static void the_digest_is_of_all_bytes(void **state)
{
    (void)state;
    unsigned char bytes[300];
    for (int i = 0; i < 300; i++) bytes[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n <= 300; n += 1 + n / 3) {
        ri_digest whole;
        ri_digest_begin(&whole);
        ri_digest_add(&whole, bytes, n);
        uint64_t wanted = ri_digest_end(&whole);
        for (size_t piece = 1; piece < 90; piece += 7) {
            ri_digest pieces;
            ri_digest_begin(&pieces);
            for (size_t at = 0; at < n; at += piece)
                ri_digest_add(&pieces, bytes + at, n - at < piece ? n - at : piece);
            assert_true(ri_digest_end(&pieces) == wanted);
        }
        for (size_t bit = 0; bit < 8 * n; bit++) {
            ri_digest other;
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            ri_digest_begin(&other);
            ri_digest_add(&other, bytes, n);
            assert_true(ri_digest_end(&other) != wanted);
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(uniform_numbers_are_uniform),
        cmocka_unit_test(normal_numbers_are_normal),
        cmocka_unit_test(seeds_streams_and_indexes_differ),
        cmocka_unit_test(the_hash_is_fnv_1a),
        cmocka_unit_test(the_digest_is_of_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
