/* Vectors of AVX2 with fused multiply-add: what the bodies in simd/ need of an instruction set.
 * SPDX-License-Identifier: MIT */
#ifndef RK_AVX2_H
#define RK_AVX2_H

#include <immintrin.h>
#include <stdint.h>

typedef __m256 vec;
#define TILE_ROWS 3
enum { LANES = 8 };

/* The first n elements of a vector, or all of them; a masked store is slow on some processors, so whole vectors go without. */
typedef struct part {
    __m256i mask;
    bool    is_whole;
} part;

static inline part v_part(int64_t n)
{
    return (part){_mm256_cmpgt_epi32(_mm256_set1_epi32(n >= LANES ? LANES : (int)n),
                                     _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
                  n >= LANES};
}
static inline vec v_set(float x)
{
    return _mm256_set1_ps(x);
}
static inline vec v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void v_store(float *p, vec x)
{
    _mm256_storeu_ps(p, x);
}
static inline vec v_load_n(const float *p, part n)
{
    return n.is_whole ? v_load(p) : _mm256_maskload_ps(p, n.mask);
}
static inline void v_store_n(float *p, vec x, part n)
{
    if (n.is_whole)
        v_store(p, x);
    else
        _mm256_maskstore_ps(p, n.mask, x);
}
static inline vec v_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}
static inline vec v_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}
static inline vec v_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}
static inline vec v_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
} /* a*b + c */
static inline vec v_fnma(vec a, vec b, vec c)
{
    return _mm256_fnmadd_ps(a, b, c);
} /* c - a*b */
/* x where a > 0, else 0 */
static inline vec v_where_positive(vec a, vec x)
{
    return _mm256_and_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ), x);
}
static inline vec v_round(vec x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x * 2^n for whole n, x in [0.5, 2], the result a normal number */
static inline vec v_scale(vec x, vec n)
{
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23)));
}

#endif
