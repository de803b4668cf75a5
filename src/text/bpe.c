/* A table of merges at work: what each makes, and how a piece is put together by them.
 *
 * SPDX-License-Identifier: MIT */
#include "text/bpe.h"

#include <inttypes.h>
#include <string.h>

static recur_status no_memory(ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for a vocabulary of byte pairs");
}

/* ---- the tokens of a table ---- */

/* Find how long each token is. Returns their sum, at most RI_BPE_MOST_TOKENS * RI_PIECE_BYTES; 0 after an error. */
static size_t measure(const ri_pair *merges, int64_t n, ri_entry *tokens, ri_error *error)
{
    size_t total = RI_BPE_BYTES;
    for (int64_t i = 0; i < RI_BPE_BYTES; i++) tokens[i].span.size = 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t id = RI_BPE_BYTES + i;
        ri_pair m = merges[i];
        if (m.left < 0 || m.left >= id || m.right < 0 || m.right >= id) {
            ri_fail(error, RECUR_EDATA,
                    "merge %" PRId64 " is of tokens %" PRId32 " and %" PRId32
                    "; wanted numbers from 0 to %" PRId64,
                    i, m.left, m.right, id - 1);
            return 0;
        }
        size_t size = tokens[m.left].span.size + tokens[m.right].span.size;
        if (size > RI_PIECE_BYTES) {
            ri_fail(error, RECUR_EDATA, "merge %" PRId64 " makes a token of %zu bytes; wanted at most %d", i,
                    size, RI_PIECE_BYTES);
            return 0;
        }
        tokens[id].span.size = size;
        total += size;
    }
    return total;
}

static void spell(const ri_pair *merges, int64_t n, ri_entry *tokens, char *bytes)
{
    for (int64_t i = 0; i < RI_BPE_BYTES; i++) {
        tokens[i].span.bytes = bytes;
        *bytes++ = (char)i;
    }
    for (int64_t i = 0; i < n; i++) {
        ri_span left = tokens[merges[i].left].span, right = tokens[merges[i].right].span;
        tokens[RI_BPE_BYTES + i].span.bytes = bytes;
        memcpy(bytes, left.bytes, left.size);
        memcpy(bytes + left.size, right.bytes, right.size);
        bytes += left.size + right.size;
    }
}

/* Give the vocabulary its merges; as their tokens differ, so do they. */
static recur_status keep_merges(recur_vocab *vocab, const ri_pair *merges, int64_t n, ri_error *error)
{
    for (int64_t i = 0; i < n; i++)
        if (ri_pairs_add(&vocab->merges, merges[i]) < 0) return no_memory(error);
    return RECUR_OK;
}

recur_status ri_bpe_create(const recur_allocator *a, const ri_pair *merges, int64_t n, recur_vocab **vocab,
                           ri_error *error)
{
    *vocab = NULL;
    if (n > RI_BPE_MOST_TOKENS - RI_BPE_BYTES)
        return ri_fail(error, RECUR_EDATA, "%" PRId64 " merges; wanted at most %d", n,
                       RI_BPE_MOST_TOKENS - RI_BPE_BYTES);
    ri_entry *tokens = ri_allocate(a, (size_t)n + RI_BPE_BYTES, sizeof *tokens);
    if (!tokens) return no_memory(error);
    size_t       total = measure(merges, n, tokens, error);
    char        *bytes = total ? ri_allocate(a, total, 1) : NULL;
    recur_status status = total ? RECUR_OK : error->status;
    if (total && !bytes) status = no_memory(error);
    if (!status) {
        spell(merges, n, tokens, bytes);
        status = ri_vocab_create(a, RECUR_BPE, tokens, n + RI_BPE_BYTES, vocab, error);
    }
    if (!status) status = keep_merges(*vocab, merges, n, error);
    if (status) {
        recur_vocab_destroy(*vocab);
        *vocab = NULL;
    }
    ri_release(a, bytes);
    ri_release(a, tokens);
    return status;
}

/* ---- encoding ---- */

/* Return the merge of two neighbours; that of what cannot be merged comes after all. */
static int64_t rank_of(const ri_pairs *merges, int32_t left, int32_t right)
{
    int64_t rank = ri_pairs_find(merges, (ri_pair){left, right});
    return rank < 0 ? INT64_MAX : rank;
}

int ri_bpe_encode(const ri_pairs *merges, ri_span piece, int32_t ids[RI_PIECE_BYTES])
{
    int64_t ranks[RI_PIECE_BYTES]; /* of ids i and i + 1 */
    int     n = (int)piece.size;
    for (int i = 0; i < n; i++) ids[i] = (unsigned char)piece.bytes[i];
    for (int i = 0; i + 1 < n; i++) ranks[i] = rank_of(merges, ids[i], ids[i + 1]);
    for (;;) {
        int best = 0;
        for (int i = 1; i + 1 < n; i++)
            if (ranks[i] < ranks[best]) best = i;
        if (n < 2 || ranks[best] == INT64_MAX) return n;
        ids[best] = RI_BPE_BYTES + (int32_t)ranks[best];
        n--;
        memmove(ids + best + 1, ids + best + 2, (size_t)(n - best - 1) * sizeof *ids);
        if (n - best > 1) memmove(ranks + best, ranks + best + 1, (size_t)(n - best - 1) * sizeof *ranks);
        if (best > 0) ranks[best - 1] = rank_of(merges, ids[best - 1], ids[best]);
        if (best + 1 < n) ranks[best] = rank_of(merges, ids[best], ids[best + 1]);
    }
}
