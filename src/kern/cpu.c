/* Which kernels to run: the reference, overwritten upward by what the processor has.
 * SPDX-License-Identifier: MIT */
#include "kern/kern.h"

const rk_table_f32 *rk_choose_f32(void)
{
    const rk_table_f32 *best = &rk_f32_ref;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) best = &rk_f32_avx2;
#endif
    return best;
}
