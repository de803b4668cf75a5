/* A vocabulary that exists: looking up and encoding. Building is in build.c, JSON in vocab_json.c.
 *
 * SPDX-License-Identifier: MIT */
#include "text/vocab.h"

#include <inttypes.h>
#include <string.h>

#include "text/bpe.h"
#include "text/utf8.h"

static bool has_bytes(ri_span span, const char *bytes)
{
    return span.size == strlen(bytes) && memcmp(span.bytes, bytes, span.size) == 0;
}

static recur_status no_memory(ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for the vocabulary");
}

/* Copy the tokens into vocab's block and table. */
static recur_status fill(recur_vocab *vocab, const ri_entry *tokens, int64_t n, ri_error *error)
{
    size_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        if (tokens[i].span.size > SIZE_MAX - total) return no_memory(error);
        total += tokens[i].span.size;
    }
    char *at = vocab->bytes = ri_allocate(&vocab->allocator, total, 1);
    if (!at) return no_memory(error);
    for (int64_t i = 0; i < n; i++) {
        ri_span copy = {at, tokens[i].span.size};
        memcpy(at, tokens[i].span.bytes, copy.size);
        at += copy.size;
        int64_t id = ri_table_add(&vocab->table, copy);
        if (id < 0) return no_memory(error);
        if (id < i)
            return ri_fail(error, RECUR_EDATA, "tokens %" PRId64 " and %" PRId64 " are the same: \"%.*s\"",
                           id, i, (int)(copy.size < 100 ? copy.size : 100), copy.bytes);
    }
    return RECUR_OK;
}

recur_status ri_vocab_create(const recur_allocator *a, recur_unit unit, const ri_entry *tokens, int64_t n,
                             recur_vocab **vocab, ri_error *error)
{
    *vocab = NULL;
    recur_vocab *v = ri_allocate(a, 1, sizeof *v);
    if (!v) return no_memory(error);
    v->allocator = *a;
    v->unit = unit;
    ri_table_init(&v->table, &v->allocator);
    ri_pairs_init(&v->merges, &v->allocator);
    recur_status status = fill(v, tokens, n, error);
    if (status != RECUR_OK) {
        recur_vocab_destroy(v);
        return status;
    }
    v->unknown = n > 0 && has_bytes(tokens[0].span, RI_VOCAB_UNKNOWN)
                     ? 0
                     : -1; /* not where it begins with the byte 0 */
    v->line_feed = (int32_t)ri_table_find(&v->table, (ri_span){"\n", 1});
    *vocab = v;
    return RECUR_OK;
}

void recur_vocab_destroy(recur_vocab *vocab)
{
    if (!vocab) return;
    recur_allocator a = vocab->allocator;
    ri_table_destroy(&vocab->table);
    ri_pairs_destroy(&vocab->merges);
    ri_release(&a, vocab->bytes);
    ri_release(&a, vocab);
}

recur_unit recur_vocab_unit(const recur_vocab *vocab)
{
    return vocab->unit;
}

int64_t recur_vocab_size(const recur_vocab *vocab)
{
    return vocab->table.n;
}

int32_t recur_vocab_unknown(const recur_vocab *vocab)
{
    return vocab->unknown;
}

const char *recur_vocab_token(const recur_vocab *vocab, int32_t id, size_t *bytes)
{
    if (id < 0 || id >= vocab->table.n) return NULL;
    ri_span span = vocab->table.entries[id].span;
    *bytes = span.size;
    return span.bytes;
}

bool recur_vocab_spaced(const recur_vocab *vocab, int32_t previous, int32_t id)
{
    return vocab->unit == RECUR_WORD && previous >= 0 && previous != vocab->line_feed &&
           id != vocab->line_feed;
}

/* Name the character that the vocabulary does not hold. */
static recur_status fail_unknown(const char *text, ri_span token, ri_error *error)
{
    int32_t code_point;
    size_t  at = (size_t)(token.bytes - text);
    ri_utf8_next(token.bytes, token.size, &code_point);
    bool is_shown = code_point > ' ' && code_point != 0x7f;
    return ri_fail(error, RECUR_EDATA,
                   "the character U+%04" PRIX32 "%s%.*s%s at byte %zu (line %" PRId64
                   ") is not in the model's vocabulary",
                   (uint32_t)code_point, is_shown ? " '" : "", is_shown ? (int)token.size : 0, token.bytes,
                   is_shown ? "'" : "", at, ri_utf8_line(text, at));
}

static void encode_pieces(const recur_vocab *vocab, ri_cursor cursor, int32_t *ids, int64_t *n)
{
    int32_t room[RI_PIECE_BYTES];
    ri_span piece;
    *n = 0;
    while (ri_split_next(&cursor, &piece)) {
        int count = ri_bpe_encode(&vocab->merges, piece, room);
        if (ids) memcpy(ids + *n, room, (size_t)count * sizeof *ids);
        *n += count;
    }
}

recur_status ri_vocab_encode(const recur_vocab *vocab, const char *text, size_t bytes, int32_t *ids,
                             int64_t *n, int64_t *n_unknown, ri_error *error)
{
    ri_cursor cursor = {.unit = vocab->unit, .text = text, .bytes = bytes};
    ri_span   token;
    int64_t   count = 0, unknown = 0;
    if (vocab->unit == RECUR_BPE) {
        encode_pieces(vocab, cursor, ids, n);
        if (n_unknown) *n_unknown = 0;
        return RECUR_OK;
    }
    for (; ri_split_next(&cursor, &token); count++) {
        int64_t id = ri_table_find(&vocab->table, token);
        if (id < 0) id = vocab->unknown;
        if (id < 0) return fail_unknown(text, token, error);
        if (ids) ids[count] = (int32_t)id;
        unknown += id == vocab->unknown;
    }
    if (cursor.at < bytes) return ri_utf8_fail("", text, cursor.at, error);
    *n = count;
    if (n_unknown) *n_unknown = unknown;
    return RECUR_OK;
}

recur_status ri_vocab_decode(const recur_vocab *vocab, const int32_t *ids, int64_t n, char *text,
                             size_t *bytes, ri_error *error)
{
    size_t  size = 0;
    int32_t previous = -1;
    for (int64_t i = 0; i < n; previous = ids[i++]) {
        if (ids[i] < 0 || ids[i] >= vocab->table.n)
            return ri_fail(error, RECUR_EARG, "id %" PRId64 " is %" PRId32 "; wanted 0 to %" PRId64, i,
                           ids[i], vocab->table.n - 1);
        ri_span token = vocab->table.entries[ids[i]].span;
        bool    is_spaced = recur_vocab_spaced(vocab, previous, ids[i]);
        if (token.size >= SIZE_MAX - size) return no_memory(error);
        if (text && is_spaced) text[size] = ' ';
        size += is_spaced;
        if (text) memcpy(text + size, token.bytes, token.size);
        size += token.size;
    }
    *bytes = size;
    return RECUR_OK;
}
