/* Vocabularies as JSON, by jansson: strict in what it reads, since a model file may come from anywhere.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "text/utf8.h"
#include "text/vocab.h"

static const char *const UNITS[] = {[RECUR_CHAR] = "char", [RECUR_BYTE] = "byte", [RECUR_WORD] = "word"};

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

recur_status ri_vocab_to_json(const recur_vocab *vocab, const recur_allocator *a, char **json,
                              ri_error *error)
{
    json_t *object = json_pack("{s:s}", "unit", UNITS[vocab->unit]);
    bool    ok = vocab->unit == RECUR_BYTE || json_object_set_new(object, "tokens", list_tokens(vocab)) == 0;
    char   *text = ok ? json_dumps(object, JSON_COMPACT) : NULL;
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

static recur_status from_object(const recur_allocator *a, const json_t *object, recur_vocab **vocab,
                                ri_error *error)
{
    const char *unit = json_string_value(json_object_get(object, "unit"));
    json_t     *tokens = json_object_get(object, "tokens");
    if (!unit)
        return ri_fail(error, RECUR_EMODEL,
                       "\"unit\" is missing; wanted an object with \"unit\": char, byte or word");
    bool is_byte = strcmp(unit, UNITS[RECUR_BYTE]) == 0;
    if (!is_byte && strcmp(unit, UNITS[RECUR_CHAR]) != 0 && strcmp(unit, UNITS[RECUR_WORD]) != 0)
        return ri_fail(error, RECUR_EMODEL, "\"unit\" is \"%.40s\"; wanted char, byte or word", unit);
    if (json_object_size(object) != (is_byte ? 1 : 2) || (!is_byte && !tokens))
        return ri_fail(error, RECUR_EMODEL, "there are %zu fields; wanted \"unit\"%s alone",
                       json_object_size(object), is_byte ? "" : " and \"tokens\"");
    if (is_byte) return ri_vocab_build(a, RECUR_BYTE, 0, NULL, NULL, NULL, vocab, error);
    return from_list(a, strcmp(unit, UNITS[RECUR_WORD]) == 0 ? RECUR_WORD : RECUR_CHAR, tokens, vocab, error);
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
