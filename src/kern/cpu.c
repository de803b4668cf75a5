/* Which kernels to run: the reference, overwritten upward by what the processor has.
 * SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "kern/kern.h"

/* All that this program holds, the best last. */
static const rk_table_f32 *const tables[] = {
    &rk_f32_ref,
#if defined(__x86_64__)
    &rk_f32_sse2,
    &rk_f32_avx2,
    &rk_f32_avx512,
#elif defined(__aarch64__)
    &rk_f32_neon,
#endif
};

static bool processor_has(const rk_table_f32 *table)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (table == &rk_f32_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (table == &rk_f32_avx512) return __builtin_cpu_supports("avx512f");
#endif
    (void)table;
    return true;
}

const rk_table_f32 *rk_choose_f32(const char *at_most)
{
    const rk_table_f32 *best = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (!processor_has(tables[i])) break;
        best = tables[i];
        if (at_most && !strcmp(at_most, best->name)) return best;
    }
    return at_most ? NULL : best;
}
