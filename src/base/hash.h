/* FNV-1a, 64 bits: tells whether bytes changed. Not a defence against forgery.
 * SPDX-License-Identifier: MIT */
#ifndef RI_HASH_H
#define RI_HASH_H

#include <stddef.h>
#include <stdint.h>

#define RI_HASH_START UINT64_C(0xcbf29ce484222325)

/* Extend a hash by bytes; start from RI_HASH_START. */
uint64_t ri_hash(uint64_t hash, const void *bytes, size_t n);

#endif
