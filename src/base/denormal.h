/* Denormal numbers as zero, in operands and results: they cost a hundred cycles each on many processors, and a decaying state is full
 * of them. The setting belongs to the thread. Where the processor is not known, nothing changes.
 * SPDX-License-Identifier: MIT */
#ifndef RI_DENORMAL_H
#define RI_DENORMAL_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Flush denormals from here on and return the setting as it was. */
static inline uint64_t ri_denormals_flush(void)
{
#if defined(__SSE2__)
    unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* FTZ, DAZ */
    return before;
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | UINT64_C(1) << 24)); /* FZ */
    return before;
#else
    return 0;
#endif
}

/* Put a setting back. Exception flags raised in between are dropped with it. */
static inline void ri_denormals_restore(uint64_t before)
{
#if defined(__SSE2__)
    _mm_setcsr((unsigned int)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
    (void)before;
#endif
}

#endif
