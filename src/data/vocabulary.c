/* The functions of recur/text.h that want a context: its allocator and its error go to text/vocab.h, which knows no context.
 *
 * SPDX-License-Identifier: MIT */
#include "dev/ctx.h"
#include "text/vocab.h"

static bool has_missing_text(int64_t n, const char *const *texts, const size_t *bytes)
{
    if (n > 0 && (!texts || !bytes)) return true;
    for (int64_t i = 0; i < n; i++)
        if (!texts[i] && bytes[i] > 0) return true;
    return false;
}

recur_status recur_vocab_build(recur_ctx *ctx, recur_unit unit, int64_t n, const char *const *texts,
                               const size_t *bytes, const recur_vocab_opts *opts, recur_vocab **vocab)
{
    if (!ctx || !vocab) return RECUR_EARG;
    *vocab = NULL;
    if (unit != RECUR_CHAR && unit != RECUR_BYTE && unit != RECUR_WORD && unit != RECUR_BPE)
        return RI_FAIL(
            ctx, RECUR_EARG,
            "the unit of a vocabulary is %d; wanted RECUR_CHAR, RECUR_BYTE, RECUR_WORD or RECUR_BPE",
            (int)unit);
    if (n < 0 || has_missing_text(n, texts, bytes))
        return RI_FAIL(ctx, RECUR_EARG, "a text of the vocabulary is missing, or their number is below 0");
    return ri_vocab_build(&ctx->allocator, unit, n, texts, bytes, opts, vocab, ri_ctx_error(ctx));
}

recur_status recur_vocab_encode(recur_ctx *ctx, const recur_vocab *vocab, const char *text, size_t bytes,
                                int32_t *ids, int64_t *n, int64_t *n_unknown)
{
    if (!ctx) return RECUR_EARG;
    if (!vocab || !n || (!text && bytes > 0))
        return RI_FAIL(ctx, RECUR_EARG, "encoding wants a vocabulary, a text and a place for the count");
    return ri_vocab_encode(vocab, text, bytes, ids, n, n_unknown, ri_ctx_error(ctx));
}

recur_status recur_vocab_decode(recur_ctx *ctx, const recur_vocab *vocab, const int32_t *ids, int64_t n,
                                char *text, size_t *bytes)
{
    if (!ctx) return RECUR_EARG;
    if (!vocab || !bytes || n < 0 || (!ids && n > 0))
        return RI_FAIL(ctx, RECUR_EARG,
                       "decoding wants a vocabulary, ids and a place for the number of bytes");
    return ri_vocab_decode(vocab, ids, n, text, bytes, ri_ctx_error(ctx));
}
