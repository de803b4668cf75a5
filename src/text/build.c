/* Building a vocabulary: count every token, cut, order.
 *
 * Counting keeps pointers into the texts; only what stays in the vocabulary is copied.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text/bpe.h"
#include "text/utf8.h"
#include "text/vocab.h"

static recur_status no_memory(ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for the vocabulary, or more than 2^31-2 tokens");
}

static int by_bytes(const void *a, const void *b)
{
    ri_span x = ((const ri_entry *)a)->span, y = ((const ri_entry *)b)->span;
    int     order = memcmp(x.bytes, y.bytes, x.size < y.size ? x.size : y.size);
    return order ? order : (x.size > y.size) - (x.size < y.size);
}

static int by_count(const void *a, const void *b)
{
    int64_t x = ((const ri_entry *)a)->count, y = ((const ri_entry *)b)->count;
    return x != y ? (x < y ? 1 : -1) : by_bytes(a, b);
}

/* Count the tokens of one text. */
static recur_status count(ri_table *table, recur_unit unit, const char *where, const char *text, size_t bytes,
                          ri_error *error)
{
    ri_cursor cursor = {.unit = unit, .text = text, .bytes = bytes};
    ri_span   token;
    while (ri_split_next(&cursor, &token)) {
        int64_t i = ri_table_add(table, token);
        if (i < 0) return no_memory(error);
        table->entries[i].count++;
    }
    return cursor.at < bytes ? ri_utf8_fail(where, text, cursor.at, error) : RECUR_OK;
}

/* Cut and order the counted tokens; "<unk>", which is one of them, counts as the most frequent. The numbers that the table gave them no
 * longer hold. Returns how many stay. */
static int64_t choose(ri_table *table, recur_unit unit, const recur_vocab_opts *opts, int64_t unknown,
                      bool needs_unknown)
{
    ri_entry *e = table->entries;
    int64_t   n = table->n;
    e[unknown].count = INT64_MAX;
    qsort(e, (size_t)n, sizeof *e, by_count);
    while (n > 1 && e[n - 1].count < opts->min_count) n--;
    bool is_cut = n < table->n;
    if (unit == RECUR_CHAR && !needs_unknown && !is_cut && (opts->max_size == 0 || n - 1 <= opts->max_size)) {
        memmove(e, e + 1, (size_t)--n * sizeof *e); /* nothing is cut: characters do without "<unk>" */
        qsort(e, (size_t)n, sizeof *e, by_bytes);
        return n;
    }
    if (opts->max_size > 0 && n > opts->max_size) n = opts->max_size;
    if (unit == RECUR_CHAR) qsort(e + 1, (size_t)n - 1, sizeof *e, by_bytes);
    return n;
}

static recur_status build_bytes(const recur_allocator *a, const recur_vocab_opts *opts, recur_vocab **vocab,
                                ri_error *error)
{
    char     bytes[256];
    ri_entry tokens[256];
    if (opts->min_count > 1 || (opts->max_size > 0 && opts->max_size < 256))
        return ri_fail(
            error, RECUR_EARG,
            "a vocabulary of bytes always has 256 tokens; wanted no limits, found at least %" PRId64
            " times, at most %" PRId64 " tokens",
            opts->min_count, opts->max_size);
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        tokens[i] = (ri_entry){.span = {bytes + i, 1}};
    }
    return ri_vocab_create(a, RECUR_BYTE, tokens, 256, vocab, error);
}

static recur_status build_pairs(const recur_allocator *a, const ri_table *pieces,
                                const recur_vocab_opts *opts, recur_vocab **vocab, ri_error *error)
{
    if (opts->max_size > 0 && opts->max_size < RI_BPE_BYTES)
        return ri_fail(error, RECUR_EARG,
                       "a vocabulary of byte pairs begins with the 256 bytes; wanted at least as many "
                       "tokens, found %" PRId64,
                       opts->max_size);
    ri_pairs merges;
    ri_pairs_init(&merges, a);
    recur_status status = ri_bpe_learn(pieces, opts, &merges, error);
    if (status == RECUR_OK) status = ri_bpe_create(a, merges.list, merges.n, vocab, error);
    ri_pairs_destroy(&merges);
    return status;
}

recur_status ri_vocab_from_counts(const recur_allocator *a, recur_unit unit, ri_table *table,
                                  const recur_vocab_opts *opts, bool needs_unknown, recur_vocab **vocab,
                                  ri_error *error)
{
    *vocab = NULL;
    if (table->n == 0)
        return ri_fail(error, RECUR_EDATA, "the text holds no %s; wanted some",
                       unit == RECUR_WORD ? "words" : "characters");
    if (unit == RECUR_BPE) return build_pairs(a, table, opts, vocab, error);
    int64_t unknown = ri_table_add(table, (ri_span){RI_VOCAB_UNKNOWN, strlen(RI_VOCAB_UNKNOWN)});
    if (unknown < 0) return no_memory(error);
    int64_t n = choose(table, unit, opts, unknown, needs_unknown);
    return ri_vocab_create(a, unit, table->entries, n, vocab, error);
}

static recur_status build_counted(const recur_allocator *a, ri_table *table, recur_unit unit, int64_t n,
                                  const char *const *texts, const size_t *bytes, const recur_vocab_opts *opts,
                                  recur_vocab **vocab, ri_error *error)
{
    for (int64_t i = 0; i < n; i++) {
        char where[40] = "";
        if (n > 1) snprintf(where, sizeof where, "text %" PRId64 ": ", i);
        recur_status status = count(table, unit, where, texts[i], bytes[i], error);
        if (status != RECUR_OK) return status;
    }
    return ri_vocab_from_counts(a, unit, table, opts, false, vocab, error);
}

recur_status ri_vocab_check_opts(const recur_vocab_opts *opts, ri_error *error)
{
    if (opts->min_count >= 0 && opts->max_size >= 0) return RECUR_OK;
    return ri_fail(error, RECUR_EARG,
                   "a vocabulary's least count is %" PRId64 " and its greatest size %" PRId64
                   "; wanted 0 or more",
                   opts->min_count, opts->max_size);
}

recur_status ri_vocab_build(const recur_allocator *a, recur_unit unit, int64_t n, const char *const *texts,
                            const size_t *bytes, const recur_vocab_opts *opts, recur_vocab **vocab,
                            ri_error *error)
{
    static const recur_vocab_opts everything;
    if (!opts) opts = &everything;
    *vocab = NULL;
    recur_status status = ri_vocab_check_opts(opts, error);
    if (status != RECUR_OK) return status;
    if (unit == RECUR_BYTE) return build_bytes(a, opts, vocab, error);
    ri_table table;
    ri_table_init(&table, a);
    status = build_counted(a, &table, unit, n, texts, bytes, opts, vocab, error);
    ri_table_destroy(&table);
    return status;
}
