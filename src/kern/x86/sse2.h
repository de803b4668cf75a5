/* Vectors of SSE2, which every x86-64 has: what the bodies in simd/ need of an instruction set. No fused multiply-add.
 * SPDX-License-Identifier: MIT */
#ifndef RK_SSE2_H
#define RK_SSE2_H

#include <emmintrin.h>
#include <stdint.h>
#include <string.h>

typedef __m128 vec;
#define TILE_ROWS 3
enum { LANES = 4 };

typedef int64_t part; /* the first n elements of a vector, or all of them */

static inline part v_part(int64_t n)
{
    return n < LANES ? n : LANES;
}

static inline vec v_set(float x)
{
    return _mm_set1_ps(x);
}
static inline vec v_load(const float *p)
{
    return _mm_loadu_ps(p);
}
static inline void v_store(float *p, vec x)
{
    _mm_storeu_ps(p, x);
}
static inline vec v_load_n(const float *p, part n)
{
    if (n == LANES) return v_load(p);
    float some[LANES] = {0};
    memcpy(some, p, (size_t)n * sizeof *some);
    return v_load(some);
}
static inline void v_store_n(float *p, vec x, part n)
{
    if (n == LANES) {
        v_store(p, x);
        return;
    }
    float some[LANES];
    v_store(some, x);
    memcpy(p, some, (size_t)n * sizeof *some);
}
static inline vec v_add(vec a, vec b)
{
    return _mm_add_ps(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return _mm_sub_ps(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return _mm_mul_ps(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return _mm_div_ps(a, b);
}
static inline vec v_min(vec a, vec b)
{
    return _mm_min_ps(a, b);
}
static inline vec v_max(vec a, vec b)
{
    return _mm_max_ps(a, b);
}
static inline vec v_fma(vec a, vec b, vec c)
{
    return _mm_add_ps(_mm_mul_ps(a, b), c);
} /* a*b + c */
static inline vec v_fnma(vec a, vec b, vec c)
{
    return _mm_sub_ps(c, _mm_mul_ps(a, b));
} /* c - a*b */
/* x where a > 0, else 0 */
static inline vec v_where_positive(vec a, vec x)
{
    return _mm_and_ps(_mm_cmpgt_ps(a, _mm_setzero_ps()), x);
}
static inline vec v_round(vec x)
{
    return _mm_cvtepi32_ps(_mm_cvtps_epi32(x));
} /* |x| < 2^31 */
/* x * 2^n for whole n, x in [0.5, 2], the result a normal number */
static inline vec v_scale(vec x, vec n)
{
    return _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(x), _mm_slli_epi32(_mm_cvtps_epi32(n), 23)));
}

#endif
