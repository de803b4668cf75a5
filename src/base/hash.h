/* FNV-1a, 64 bits: tells whether bytes changed. Not a defence against forgery.
 * SPDX-License-Identifier: MIT */
#ifndef RI_HASH_H
#define RI_HASH_H

#include <stddef.h>
#include <stdint.h>

#define RI_HASH_START UINT64_C(0xcbf29ce484222325)

/* Extend a hash by bytes; start from RI_HASH_START. */
uint64_t ri_hash(uint64_t hash, const void *bytes, size_t n);

/* The same for large blocks, at the speed of memory: eight hashes side by side over little-endian words of eight bytes, folded at the end.
 * A change of any one word changes it for certain. However the bytes are cut into calls, they give the same. */
typedef struct ri_digest {
    uint64_t      lanes[8];
    unsigned char rest[64]; /* bytes that do not fill a block yet */
    size_t        n_rest;
} ri_digest;

void     ri_digest_begin(ri_digest *digest);
void     ri_digest_add(ri_digest *digest, const void *bytes, size_t n);
uint64_t ri_digest_end(const ri_digest *digest);

#endif
