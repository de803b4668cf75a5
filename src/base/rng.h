/* Random numbers from a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). No state: a number is a function of its key and counter,
 * so the order in which numbers are asked for, and by which thread, does not matter.
 * SPDX-License-Identifier: MIT */
#ifndef RI_RNG_H
#define RI_RNG_H

#include <stdint.h>

typedef struct ri_block {
    uint32_t word[4];
} ri_block;

ri_block ri_philox(ri_block counter, uint64_t key);

/* Number `index` of stream `stream` of a seed: uniform in [0,1) with 53 bits, or standard normal. */
double ri_uniform(uint64_t seed, uint64_t stream, uint64_t index);
double ri_normal(uint64_t seed, uint64_t stream, uint64_t index);

#endif
