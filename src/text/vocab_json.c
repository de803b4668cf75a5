/* Vocabularies as JSON, by jansson: strict in what it reads, since a model file may come from anywhere.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "text/bpe.h"
#include "text/vocab.h"

static const char *const UNITS[] = {
    [RECUR_CHAR] = "char", [RECUR_BYTE] = "byte", [RECUR_WORD] = "word", [RECUR_BPE] = "bpe"};

/* The field beside the unit. */
static const char *const FIELDS[] = {
    [RECUR_CHAR] = "tokens", [RECUR_BYTE] = NULL, [RECUR_WORD] = "tokens", [RECUR_BPE] = "merges"};

enum { N_UNITS = sizeof UNITS / sizeof *UNITS };

static recur_status no_memory(ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for the vocabulary");
}

/* The tokens as an array of strings; NULL without memory. */
static json_t *list_tokens(const recur_vocab *vocab)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < vocab->table.n; i++) {
        ri_span token = vocab->table.entries[i].span;
        if (json_array_append_new(list, json_stringn(token.bytes, token.size)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The merges as an array of arrays; NULL without memory. */
static json_t *list_merges(const recur_vocab *vocab)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < vocab->merges.n; i++) {
        ri_pair m = vocab->merges.list[i];
        if (json_array_append_new(list, json_pack("[i,i]", (int)m.left, (int)m.right)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

recur_status ri_vocab_to_json(const recur_vocab *vocab, const recur_allocator *a, char **json,
                              ri_error *error)
{
    const char *field = FIELDS[vocab->unit];
    json_t     *object = json_pack("{s:s}", "unit", UNITS[vocab->unit]);
    json_t     *list = !field ? NULL : vocab->unit == RECUR_BPE ? list_merges(vocab) : list_tokens(vocab);
    bool        ok = !field || json_object_set_new(object, field, list) == 0;
    char       *text = ok ? json_dumps(object, JSON_COMPACT) : NULL;
    *json = text ? ri_copy_string(a, text) : NULL;
    free(text);
    json_decref(object);
    return *json ? RECUR_OK : no_memory(error);
}

/* Check a token against its unit: a vocabulary that was built could hold it. */
static bool fits(recur_unit unit, int64_t id, ri_span token)
{
    if (id == 0 && token.size == strlen(RI_VOCAB_UNKNOWN) &&
        memcmp(token.bytes, RI_VOCAB_UNKNOWN, token.size) == 0)
        return true;
    if (id == 0 && unit == RECUR_WORD) return false;
    ri_cursor cursor = {.unit = unit, .text = token.bytes, .bytes = token.size};
    ri_span   first;
    return ri_split_next(&cursor, &first) && first.bytes == token.bytes && first.size == token.size;
}

static recur_status read_tokens(json_t *list, recur_unit unit, ri_entry *tokens, ri_error *error)
{
    size_t  i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) return ri_fail(error, RECUR_EMODEL, "token %zu is not a string", i);
        tokens[i].span = (ri_span){json_string_value(item), json_string_length(item)};
        if (!fits(unit, (int64_t)i, tokens[i].span))
            return ri_fail(error, RECUR_EMODEL, "token %zu is \"%.100s\"; wanted %s", i,
                           json_string_value(item),
                           unit == RECUR_CHAR ? "one character"
                           : i == 0           ? "\"" RI_VOCAB_UNKNOWN "\""
                                              : "a line feed, or a word without white space");
    }
    return RECUR_OK;
}

static recur_status from_list(const recur_allocator *a, recur_unit unit, json_t *list, recur_vocab **vocab,
                              ri_error *error)
{
    size_t n = json_array_size(list); /* 0 for what is no array */
    if (n == 0 || n > INT32_MAX)
        return ri_fail(error, RECUR_EMODEL,
                       "\"tokens\" has %zu members; wanted an array of 1 to 2^31-1 strings", n);
    ri_entry *tokens = ri_allocate(a, n, sizeof *tokens);
    if (!tokens) return no_memory(error);
    recur_status status = read_tokens(list, unit, tokens, error);
    if (status == RECUR_OK) status = ri_vocab_create(a, unit, tokens, (int64_t)n, vocab, error);
    if (status == RECUR_EDATA) status = error->status = RECUR_EMODEL;
    ri_release(a, tokens);
    return status;
}

static recur_status read_merges(json_t *list, ri_pair *merges, ri_error *error)
{
    size_t  i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        json_t *left = json_array_get(item, 0), *right = json_array_get(item, 1);
        if (json_array_size(item) != 2 || !json_is_integer(left) || !json_is_integer(right) ||
            json_integer_value(left) < 0 || json_integer_value(left) >= RI_BPE_MOST_TOKENS ||
            json_integer_value(right) < 0 || json_integer_value(right) >= RI_BPE_MOST_TOKENS)
            return ri_fail(error, RECUR_EMODEL, "merge %zu is not an array of the numbers of two tokens", i);
        merges[i] = (ri_pair){(int32_t)json_integer_value(left), (int32_t)json_integer_value(right)};
    }
    return RECUR_OK;
}

static recur_status from_merges(const recur_allocator *a, json_t *list, recur_vocab **vocab, ri_error *error)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > RI_BPE_MOST_TOKENS)
        return ri_fail(error, RECUR_EMODEL, "\"merges\" has %zu members; wanted an array of at most %d", n,
                       RI_BPE_MOST_TOKENS);
    ri_pair *merges = ri_allocate(a, n, sizeof *merges);
    if (!merges) return no_memory(error);
    recur_status status = read_merges(list, merges, error);
    if (status == RECUR_OK) status = ri_bpe_create(a, merges, (int64_t)n, vocab, error);
    if (status == RECUR_EDATA) status = error->status = RECUR_EMODEL;
    ri_release(a, merges);
    return status;
}

static recur_status from_object(const recur_allocator *a, const json_t *object, recur_vocab **vocab,
                                ri_error *error)
{
    const char *name = json_string_value(json_object_get(object, "unit"));
    if (!name)
        return ri_fail(error, RECUR_EMODEL,
                       "\"unit\" is missing; wanted an object with \"unit\": char, byte, word or bpe");
    int unit = 0;
    while (unit < N_UNITS && strcmp(name, UNITS[unit]) != 0) unit++;
    if (unit == N_UNITS)
        return ri_fail(error, RECUR_EMODEL, "\"unit\" is \"%.40s\"; wanted char, byte, word or bpe", name);
    const char *field = FIELDS[unit];
    json_t     *list = field ? json_object_get(object, field) : NULL;
    if (json_object_size(object) != (field ? 2 : 1) || (field && !list))
        return ri_fail(error, RECUR_EMODEL, "there are %zu fields; wanted \"unit\"%s%s%s alone",
                       json_object_size(object), field ? " and \"" : "", field ? field : "",
                       field ? "\"" : "");
    if (!field) return ri_vocab_build(a, RECUR_BYTE, 0, NULL, NULL, NULL, vocab, error);
    if (unit == RECUR_BPE) return from_merges(a, list, vocab, error);
    return from_list(a, (recur_unit)unit, list, vocab, error);
}

recur_status ri_vocab_from_json(const recur_allocator *a, const char *json, recur_vocab **vocab,
                                ri_error *error)
{
    json_error_t where;
    *vocab = NULL;
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (!object && json_error_code(&where) == json_error_out_of_memory) return no_memory(error);
    if (!object)
        return ri_fail(error, RECUR_EMODEL, "the vocabulary is not JSON as wanted: %s (byte %d)", where.text,
                       where.position);
    recur_status status = from_object(a, object, vocab, error);
    json_decref(object);
    return status;
}
