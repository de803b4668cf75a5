/* Vectors of AVX-512: what the bodies in simd/ need of an instruction set.
 * SPDX-License-Identifier: MIT */
#ifndef RK_AVX512_H
#define RK_AVX512_H

#include <immintrin.h>
#include <stdint.h>

typedef __m512 vec;
#define TILE_ROWS 6
enum { LANES = 16 };

typedef __mmask16 part; /* the first n elements of a vector, or all of them */

static inline part v_part(int64_t n)
{
    return n >= LANES ? (part)0xffff : (part)((1u << n) - 1);
}
static inline vec v_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline vec v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void v_store(float *p, vec x)
{
    _mm512_storeu_ps(p, x);
}
static inline vec v_load_n(const float *p, part n)
{
    return _mm512_maskz_loadu_ps(n, p);
}
static inline void v_store_n(float *p, vec x, part n)
{
    _mm512_mask_storeu_ps(p, n, x);
}
static inline vec v_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}
static inline vec v_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}
static inline vec v_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}
static inline vec v_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
} /* a*b + c */
static inline vec v_fnma(vec a, vec b, vec c)
{
    return _mm512_fnmadd_ps(a, b, c);
} /* c - a*b */
/* x where a > 0, else 0 */
static inline vec v_where_positive(vec a, vec x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}
static inline vec v_round(vec x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x * 2^n for whole n, x in [0.5, 2], the result a normal number */
static inline vec v_scale(vec x, vec n)
{
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(_mm512_cvtps_epi32(n), 23)));
}

#endif
