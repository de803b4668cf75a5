/* A corpus is an array of ids. Encoding counts first, so that the array has the right size at once.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "dev/ctx.h"
#include "recur/corpus.h"

struct recur_corpus {
    recur_allocator allocator;
    int32_t        *tokens; /* [n] */
    int64_t         n, n_unknown;
    int32_t         unknown; /* the vocabulary's, -1: none */
};

/* Create a corpus of n tokens, to be filled. NULL: no memory. */
static recur_corpus *create(const recur_allocator *a, int64_t n, int32_t unknown)
{
    recur_corpus *corpus = ri_allocate(a, 1, sizeof *corpus);
    if (!corpus) return NULL;
    corpus->allocator = *a;
    corpus->n = n;
    corpus->unknown = unknown;
    corpus->tokens = ri_allocate(a, (size_t)n, sizeof *corpus->tokens);
    if (corpus->tokens) return corpus;
    recur_corpus_destroy(corpus);
    return NULL;
}

recur_status recur_corpus_encode(recur_ctx *ctx, const recur_vocab *vocab, const char *text, size_t bytes,
                                 recur_corpus **corpus)
{
    if (!ctx || !corpus) return RECUR_EARG;
    *corpus = NULL;
    int64_t      n;
    recur_status status = recur_vocab_encode(ctx, vocab, text, bytes, NULL, &n, NULL);
    if (status != RECUR_OK) return status;
    recur_corpus *fresh = create(&ctx->allocator, n, recur_vocab_unknown(vocab));
    if (!fresh) return RI_FAIL(ctx, RECUR_EMEMORY, "no memory for a corpus of %" PRId64 " tokens", n);
    status = recur_vocab_encode(ctx, vocab, text, bytes, fresh->tokens, &n, &fresh->n_unknown);
    if (status != RECUR_OK) {
        recur_corpus_destroy(fresh);
        return status;
    }
    *corpus = fresh;
    return RECUR_OK;
}

recur_status recur_corpus_slice(recur_ctx *ctx, const recur_corpus *corpus, int64_t begin, int64_t end,
                                recur_corpus **part)
{
    if (!ctx || !part) return RECUR_EARG;
    *part = NULL;
    if (!corpus || begin < 0 || begin > end || end > corpus->n)
        return RI_FAIL(ctx, RECUR_EARG,
                       "tokens %" PRId64 " to %" PRId64 " of a corpus; wanted a range inside its %" PRId64,
                       begin, end, corpus ? corpus->n : 0);
    recur_corpus *fresh = create(&ctx->allocator, end - begin, corpus->unknown);
    if (!fresh)
        return RI_FAIL(ctx, RECUR_EMEMORY, "no memory for a corpus of %" PRId64 " tokens", end - begin);
    memcpy(fresh->tokens, corpus->tokens + begin, (size_t)fresh->n * sizeof *fresh->tokens);
    for (int64_t i = 0; i < fresh->n; i++) fresh->n_unknown += fresh->tokens[i] == fresh->unknown;
    *part = fresh;
    return RECUR_OK;
}

void recur_corpus_destroy(recur_corpus *corpus)
{
    if (!corpus) return;
    recur_allocator a = corpus->allocator;
    ri_release(&a, corpus->tokens);
    ri_release(&a, corpus);
}

int64_t recur_corpus_size(const recur_corpus *corpus)
{
    return corpus->n;
}

const int32_t *recur_corpus_tokens(const recur_corpus *corpus)
{
    return corpus->tokens;
}

int64_t recur_corpus_unknown(const recur_corpus *corpus)
{
    return corpus->n_unknown;
}
