/* Vectors of NEON on aarch64: what the bodies in simd/ need of an instruction set.
 * SPDX-License-Identifier: MIT */
#ifndef RK_NEON_H
#define RK_NEON_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

typedef float32x4_t vec;
#define TILE_ROWS 6
enum { LANES = 4 };

typedef int64_t part; /* the first n elements of a vector, or all of them */

static inline part v_part(int64_t n)
{
    return n < LANES ? n : LANES;
}

static inline vec v_set(float x)
{
    return vdupq_n_f32(x);
}
static inline vec v_load(const float *p)
{
    return vld1q_f32(p);
}
static inline void v_store(float *p, vec x)
{
    vst1q_f32(p, x);
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
    return vaddq_f32(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return vsubq_f32(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return vdivq_f32(a, b);
}
static inline vec v_min(vec a, vec b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
} /* b where either is NaN, as on x86 */
static inline vec v_max(vec a, vec b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
static inline vec v_fma(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
} /* a*b + c */
static inline vec v_fnma(vec a, vec b, vec c)
{
    return vfmsq_f32(c, a, b);
} /* c - a*b */
/* x where a > 0, else 0 */
static inline vec v_where_positive(vec a, vec x)
{
    return vreinterpretq_f32_u32(vandq_u32(vcgtq_f32(a, vdupq_n_f32(0)), vreinterpretq_u32_f32(x)));
}
static inline vec v_round(vec x)
{
    return vrndnq_f32(x);
}
/* x * 2^n for whole n, x in [0.5, 2], the result a normal number */
static inline vec v_scale(vec x, vec n)
{
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), vshlq_n_s32(vcvtnq_s32_f32(n), 23)));
}

#endif
