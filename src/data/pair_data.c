/* Pairs: text that becomes ids once. While it is text it lies in one block a side, and a side of an item is a piece of that.
 *
 * SPDX-License-Identifier: MIT */
#include "data/pair_data.h"

#include <inttypes.h>
#include <string.h>

#include "text/vocab.h"

recur_status ri_pair_data_create(recur_ctx *ctx, const recur_pair_source *source, recur_pairs **pairs)
{
    recur_pairs *p = *pairs = ri_allocate(&ctx->allocator, 1, sizeof *p);
    if (!p) return ri_no_memory(ctx, "pairs");
    p->ctx = ctx;
    p->has_targets = !source->bare;
    p->keeps_text = source->keep_text;
    return RECUR_OK;
}

void recur_pairs_destroy(recur_pairs *p)
{
    if (!p) return;
    const recur_allocator *a = &p->ctx->allocator;
    for (int side = 0; side < 2; side++) {
        ri_vec_free(a, &p->text[side]);
        ri_vec_free(a, &p->ends[side]);
        ri_vec_free(a, &p->ids[side]);
        ri_vec_free(a, &p->id_ends[side]);
    }
    ri_release(a, p);
}

static bool add_text(recur_pairs *p, int side, ri_span text)
{
    char *to = ri_vec_add(&p->ctx->allocator, &p->text[side], (int64_t)text.size, 1);
    for (size_t i = 0; to && i < text.size; i++)
        to[i] = text.bytes[i] == '\n' || text.bytes[i] == '\r' ? ' ' : text.bytes[i];
    return to && ri_vec_add_int64(&p->ctx->allocator, &p->ends[side], p->text[side].n);
}

recur_status ri_pair_data_add(recur_pairs *p, ri_span source, ri_span target)
{
    if (!add_text(p, RECUR_SOURCE, source) || (p->has_targets && !add_text(p, RECUR_TARGET, target)))
        return RI_FAIL(p->ctx, RECUR_EMEMORY, "no memory for pair %" PRId64, p->n + 1);
    p->n++;
    return RECUR_OK;
}

/* ---- looking ---- */

int64_t recur_pairs_items(const recur_pairs *p)
{
    return p->n;
}

uint64_t recur_pairs_checksum(const recur_pairs *p)
{
    return p->checksum;
}

bool recur_pairs_is_stream(const recur_pairs *p)
{
    return p->is_stream;
}

/* The piece of item i where item ends lie in ends. */
static int64_t begin_of(const ri_vec *ends, int64_t i, int64_t *n)
{
    const int64_t *end = ends->data;
    int64_t        begin = i > 0 ? end[i - 1] : 0;
    *n = end[i] - begin;
    return begin;
}

static bool has_side(const recur_pairs *p, int64_t item, recur_side side)
{
    return item >= 0 && item < p->n && (side == RECUR_SOURCE || (side == RECUR_TARGET && p->has_targets));
}

static ri_span text_of(const recur_pairs *p, int64_t item, int side)
{
    int64_t n, begin = begin_of(&p->ends[side], item, &n);
    return (ri_span){(const char *)p->text[side].data + begin, (size_t)n};
}

const char *recur_pairs_text(const recur_pairs *p, int64_t item, recur_side side, size_t *bytes)
{
    *bytes = 0;
    if (!has_side(p, item, side) || (p->is_encoded && !p->keeps_text)) return NULL;
    ri_span text = text_of(p, item, side);
    *bytes = text.size;
    return text.bytes;
}

const int32_t *recur_pairs_ids(const recur_pairs *p, int64_t item, recur_side side, int64_t *n)
{
    *n = 0;
    if (!has_side(p, item, side) || !p->is_encoded) return NULL;
    int64_t begin = begin_of(&p->id_ends[side], item, n);
    return (const int32_t *)p->ids[side].data + begin;
}

int64_t recur_pairs_tokens(const recur_pairs *p, recur_side side)
{
    if (side == RECUR_BOTH_SIDES) return p->ids[0].n + p->ids[1].n;
    return p->ids[side].n;
}

int64_t recur_pairs_unknown(const recur_pairs *p, recur_side side)
{
    if (side == RECUR_BOTH_SIDES) return p->n_unknown[0] + p->n_unknown[1];
    return p->n_unknown[side];
}

int64_t recur_pairs_cut(const recur_pairs *p)
{
    return p->n_cut;
}

recur_status ri_pair_part_check(recur_ctx *ctx, const recur_pair_part *part, bool is_encoded)
{
    if (!part || !part->pairs || (part->items && part->n < 0))
        return RI_FAIL(ctx, RECUR_EARG, "a part wants pairs and its items");
    if (part->pairs->is_encoded != is_encoded)
        return RI_FAIL(ctx, RECUR_EARG, "the pairs are %s; wanted %s",
                       is_encoded ? "not encoded" : "encoded already",
                       is_encoded ? "encoded ones" : "them before they are");
    for (int64_t i = 0; part->items && i < part->n; i++)
        if (part->items[i] < 0 || part->items[i] >= part->pairs->n)
            return RI_FAIL(ctx, RECUR_EARG, "pair %" PRId64 "; wanted one of %" PRId64, part->items[i],
                           part->pairs->n);
    return RECUR_OK;
}

/* ---- vocabularies ---- */

/* Count the tokens of a side of a part. */
static recur_status count(const recur_pair_part *part, int side, recur_unit unit, ri_table *table)
{
    ri_span token;
    for (int64_t i = 0; i < ri_pair_items(part); i++) {
        ri_span   text = text_of(part->pairs, ri_pair_item(part, i), side);
        ri_cursor cursor = {.unit = unit, .text = text.bytes, .bytes = text.size};
        while (ri_split_next(&cursor, &token)) {
            int64_t id = ri_table_add(table, token);
            if (id < 0) return ri_no_memory(part->pairs->ctx, "a vocabulary");
            table->entries[id].count++;
        }
    }
    return RECUR_OK;
}

/* Words and characters: always with "<unk>", since whoever asks for a prediction may write what training never met. */
static recur_status build_counted(recur_ctx *ctx, const recur_pair_part *part, const bool wants[2],
                                  recur_unit unit, const recur_vocab_opts *opts, recur_vocab **vocab)
{
    ri_table     table;
    recur_status status = RECUR_OK;
    ri_table_init(&table, &ctx->allocator);
    for (int side = 0; side < 2 && status == RECUR_OK; side++)
        if (wants[side]) status = count(part, side, unit, &table);
    if (status == RECUR_OK)
        status = ri_vocab_from_counts(&ctx->allocator, unit, &table, opts, true, vocab, ri_ctx_error(ctx));
    ri_table_destroy(&table);
    return status;
}

/* Other units look at the texts themselves. */
static recur_status build_from_texts(recur_ctx *ctx, const recur_pair_part *part, const bool wants[2],
                                     recur_unit unit, const recur_vocab_opts *opts, recur_vocab **vocab)
{
    int64_t      n = 0, room = 2 * ri_pair_items(part);
    const char **texts = ri_allocate(&ctx->allocator, (size_t)room, sizeof *texts);
    size_t      *bytes = ri_allocate(&ctx->allocator, (size_t)room, sizeof *bytes);
    for (int side = 0; side < 2 && texts && bytes; side++)
        for (int64_t i = 0; wants[side] && i < ri_pair_items(part); i++) {
            ri_span text = text_of(part->pairs, ri_pair_item(part, i), side);
            texts[n] = text.bytes;
            bytes[n++] = text.size;
        }
    recur_status status = texts && bytes ? recur_vocab_build(ctx, unit, n, texts, bytes, opts, vocab)
                                         : ri_no_memory(ctx, "a vocabulary");
    ri_release(&ctx->allocator, texts);
    ri_release(&ctx->allocator, bytes);
    return status;
}

recur_status recur_pairs_vocab(recur_ctx *ctx, const recur_pair_part *part, recur_side side, recur_unit unit,
                               const recur_vocab_opts *opts, recur_vocab **vocab)
{
    static const recur_vocab_opts everything;
    if (!ctx || !vocab) return RECUR_EARG;
    *vocab = NULL;
    if (!opts) opts = &everything;
    recur_status status = ri_pair_part_check(ctx, part, false);
    if (status == RECUR_OK) status = ri_vocab_check_opts(opts, ri_ctx_error(ctx));
    if (status != RECUR_OK) return status;
    if (side != RECUR_SOURCE && !part->pairs->has_targets)
        return RI_FAIL(ctx, RECUR_EARG, "a vocabulary of targets, which were not read");
    const bool wants[2] = {side != RECUR_TARGET, side != RECUR_SOURCE};
    return unit == RECUR_WORD || unit == RECUR_CHAR ? build_counted(ctx, part, wants, unit, opts, vocab)
                                                    : build_from_texts(ctx, part, wants, unit, opts, vocab);
}

/* ---- encoding ---- */

/* Add the ids of a text, which has at most as many tokens as bytes. */
static recur_status encode_text(recur_pairs *p, int side, ri_span text, const recur_vocab *vocab,
                                int64_t most)
{
    int64_t  n = 0, unknown = 0;
    int32_t *to = ri_vec_add(&p->ctx->allocator, &p->ids[side], (int64_t)text.size, sizeof *to);
    if (!to) return ri_no_memory(p->ctx, "the ids of pairs");
    p->ids[side].n -= (int64_t)text.size;
    recur_status status =
        ri_vocab_encode(vocab, text.bytes, text.size, to, &n, &unknown, ri_ctx_error(p->ctx));
    if (status != RECUR_OK) return status;
    if (side == RECUR_SOURCE && most > 0 && n > most) {
        n = most;
        p->n_cut++;
        unknown = 0;
        for (int64_t t = 0; t < n; t++) unknown += to[t] == recur_vocab_unknown(vocab);
    }
    p->ids[side].n += n;
    p->n_unknown[side] += unknown;
    if (!ri_vec_add_int64(&p->ctx->allocator, &p->id_ends[side], p->ids[side].n))
        return ri_no_memory(p->ctx, "the ids of pairs");
    return RECUR_OK;
}

static recur_status encode_side(recur_pairs *p, int side, const recur_vocab *vocab, int64_t most)
{
    for (int64_t i = 0; i < p->n; i++) {
        recur_status status = encode_text(p, side, text_of(p, i, side), vocab, most);
        if (status == RECUR_EDATA) {
            const ri_error reason = *ri_ctx_error(p->ctx);
            return RI_FAIL(p->ctx, RECUR_EDATA, "%s of pair %" PRId64 ": %.300s", side ? "target" : "source",
                           i + 1, reason.text);
        }
        if (status != RECUR_OK) return status;
    }
    return RECUR_OK;
}

recur_status recur_pairs_encode(recur_pairs *p, const recur_vocab *source, const recur_vocab *target,
                                int64_t max_source)
{
    if (!p) return RECUR_EARG;
    if (p->is_encoded) return RI_FAIL(p->ctx, RECUR_EARG, "the pairs are encoded already");
    if (!source || (p->has_targets && !target) || max_source < 0)
        return RI_FAIL(p->ctx, RECUR_EARG,
                       "encoding pairs wants a vocabulary of each side and a length of at least 0");
    const recur_allocator *a = &p->ctx->allocator;
    recur_status           status = encode_side(p, RECUR_SOURCE, source, max_source);
    if (status == RECUR_OK && p->has_targets) status = encode_side(p, RECUR_TARGET, target, 0);
    p->is_encoded = status == RECUR_OK;
    for (int side = 0; side < 2; side++) {
        if (!p->is_encoded) {
            p->n_unknown[side] = p->n_cut = 0;
            ri_vec_free(a, &p->ids[side]);
            ri_vec_free(a, &p->id_ends[side]);
        } else if (!p->keeps_text) {
            ri_vec_free(a, &p->text[side]);
            ri_vec_free(a, &p->ends[side]);
        }
    }
    return status;
}

/* ---- choosing ---- */

/* Whether a pair may stay; otherwise the reason is counted. */
static bool is_within(const recur_pairs *p, int64_t item, const recur_pair_limits *limits,
                      recur_pair_counts *counts)
{
    int64_t n_source, n_target;
    recur_pairs_ids(p, item, RECUR_SOURCE, &n_source);
    recur_pairs_ids(p, item, RECUR_TARGET, &n_target);
    int64_t shorter = n_source < n_target ? n_source : n_target,
            longer = n_source < n_target ? n_target : n_source;
    int64_t *reason = NULL;
    if (shorter == 0)
        reason = &counts->n_empty;
    else if (limits->max_target > 0 && n_target > limits->max_target)
        reason = &counts->n_long;
    else if (limits->max_ratio > 0 && (double)longer > limits->max_ratio * (double)shorter)
        reason = &counts->n_ratio;
    if (reason) ++*reason;
    return !reason;
}

recur_status recur_pairs_select(recur_ctx *ctx, const recur_pair_part *part, const recur_pair_limits *limits,
                                int64_t *items, int64_t *n, recur_pair_counts *counts)
{
    static const recur_pair_limits none;
    if (!ctx || !n) return RECUR_EARG;
    *n = 0;
    if (!limits) limits = &none;
    recur_status status = ri_pair_part_check(ctx, part, true);
    if (status != RECUR_OK) return status;
    if (limits->max_target < 0 || !(limits->max_ratio == 0 || limits->max_ratio >= 1) || !items)
        return RI_FAIL(ctx, RECUR_EARG,
                       "targets of at most %" PRId64
                       " tokens, a ratio of at most %g; wanted 0 or more, 0 or at least 1, and room",
                       limits->max_target, limits->max_ratio);
    recur_pair_counts dropped = {0};
    for (int64_t i = 0; i < ri_pair_items(part); i++) {
        int64_t item = ri_pair_item(part, i);
        if (is_within(part->pairs, item, limits, &dropped)) items[(*n)++] = item;
    }
    if (counts) *counts = dropped;
    if (*n > 0) return RECUR_OK;
    return RI_FAIL(ctx, RECUR_EDATA,
                   "no pair is left to learn from: of %" PRId64 " an empty side have %" PRId64
                   ", a target too long %" PRId64 ", a ratio too great %" PRId64,
                   ri_pair_items(part), dropped.n_empty, dropped.n_long, dropped.n_ratio);
}
