/* The specification of a language model as JSON, by one table of fields that writing and reading both walk.
 *
 *   {"kind":"lm","embed":0,"tie":false,"dropout":0.0,"cell":"lstm","hidden":128, ...}
 *
 * The size of the input is not stored: embedding and vocabulary say it. A language model is never bidirectional.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "model/model.h"
#include "nn/layers.h"

typedef enum field_kind { INTEGER, REAL, BOOLEAN, WORD } field_kind;

typedef struct field {
    const char        *name;
    field_kind         kind;
    size_t             offset;
    double             least, most; /* of a number; most is reached by integers and not by reals */
    const char *const *words;       /* of an enumeration, in its order, ended by NULL */
} field;

static const char *const cell_words[] = {"lstm", "gru", "rnn_tanh", "rnn_relu", NULL};
static const char *const init_words[] = {"default", "uniform", "orthogonal", "identity",
                                         "chrono",  "normal",  "constant",   NULL};

#define AT(member) offsetof(recur_lm_spec, member)

static const field fields[] = {
    {"embed", INTEGER, AT(embed), 0, INT32_MAX, NULL},
    {"tie", BOOLEAN, AT(tie), 0, 0, NULL},
    {"dropout", REAL, AT(dropout), 0, 1, NULL},
    {"cell", WORD, AT(rnn.cell), 0, 0, cell_words},
    {"hidden", INTEGER, AT(rnn.hidden), 1, INT32_MAX, NULL},
    {"layers", INTEGER, AT(rnn.layers), 1, RI_MAX_LAYERS, NULL},
    {"projection", INTEGER, AT(rnn.projection), 0, INT32_MAX, NULL},
    {"no_bias", BOOLEAN, AT(rnn.no_bias), 0, 0, NULL},
    {"reset_before", BOOLEAN, AT(rnn.reset_before), 0, 0, NULL},
    {"trained_state", BOOLEAN, AT(rnn.trained_state), 0, 0, NULL},
    {"rnn_dropout", REAL, AT(rnn.dropout), 0, 1, NULL},
    {"init", WORD, AT(rnn.init.kind), 0, 0, init_words},
    {"init_value", REAL, AT(rnn.init.value), -HUGE_VAL, HUGE_VAL, NULL},
    {"set_forget_bias", BOOLEAN, AT(rnn.set_forget_bias), 0, 0, NULL},
    {"forget_bias", REAL, AT(rnn.forget_bias), -HUGE_VAL, HUGE_VAL, NULL},
};

enum { N_FIELDS = sizeof fields / sizeof fields[0] };

_Static_assert(sizeof(recur_cell) == sizeof(int) && sizeof(recur_init_kind) == sizeof(int),
               "the table reads and writes enumerations as int");

/* ---- writing ---- */

static json_t *field_json(const field *f, const recur_lm_spec *spec)
{
    const char *at = (const char *)spec + f->offset;
    switch (f->kind) {
    case INTEGER:
        return json_integer(*(const int64_t *)(const void *)at);
    case REAL:
        return json_real(*(const double *)(const void *)at);
    case BOOLEAN:
        return json_boolean(*(const bool *)at);
    case WORD:
        break;
    }
    return json_string(f->words[*(const int *)(const void *)at]);
}

char *ri_lm_spec_to_json(const recur_lm_spec *spec, const recur_allocator *a)
{
    json_t *object = json_object();
    bool    is_ok = object && !json_object_set_new(object, "kind", json_string("lm"));
    for (int i = 0; i < N_FIELDS && is_ok; i++)
        is_ok = !json_object_set_new(object, fields[i].name, field_json(&fields[i], spec));
    char *line = is_ok ? json_dumps(object, JSON_COMPACT) : NULL;
    char *copy = line ? ri_copy_string(a, line) : NULL;
    free(line);
    json_decref(object);
    return copy;
}

/* ---- reading ---- */

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {"an object",     "an array", "a string", "an integer",
                                        "a real number", "true",     "false",    "null"};
    return names[json_typeof(value)];
}

static recur_status read_number(const field *f, const json_t *value, char *at, ri_error *error)
{
    if (f->kind == INTEGER ? !json_is_integer(value) : !json_is_number(value))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be %s, found %s", f->name,
                       f->kind == INTEGER ? "an integer" : "a number", type_name(value));
    double x = json_number_value(value);
    bool   is_below = f->kind == INTEGER ? x <= f->most : x < f->most;
    if (!(x >= f->least && is_below && isfinite(x)))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be from %g to %s%g, found %g", f->name, f->least,
                       f->kind == INTEGER ? "" : "below ", f->most, x);
    if (f->kind == INTEGER)
        *(int64_t *)(void *)at = json_integer_value(value);
    else
        *(double *)(void *)at = x;
    return RECUR_OK;
}

static recur_status read_word(const field *f, const json_t *value, char *at, ri_error *error)
{
    const char *word = json_string_value(value);
    if (!word)
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be a string, found %s", f->name, type_name(value));
    for (int i = 0; f->words[i]; i++) {
        if (strcmp(word, f->words[i]) != 0) continue;
        *(int *)(void *)at = i;
        return RECUR_OK;
    }
    return ri_fail(error, RECUR_EMODEL, "\"%s\" has the unknown value \"%s\"", f->name, word);
}

static recur_status read_field(const field *f, const json_t *object, recur_lm_spec *spec, ri_error *error)
{
    const json_t *value = json_object_get(object, f->name);
    char         *at = (char *)spec + f->offset;
    if (!value) return ri_fail(error, RECUR_EMODEL, "\"%s\" is missing", f->name);
    if (f->kind == WORD) return read_word(f, value, at, error);
    if (f->kind != BOOLEAN) return read_number(f, value, at, error);
    if (!json_is_boolean(value))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be true or false, found %s", f->name,
                       type_name(value));
    *(bool *)at = json_is_true(value);
    return RECUR_OK;
}

/* Refuse a key that no field has: it would change what the model is, and this version would not know. */
static recur_status check_keys(json_t *object, ri_error *error)
{
    const char *key;
    json_t     *value;
    json_object_foreach(object, key, value)
    {
        bool is_known = strcmp(key, "kind") == 0;
        for (int i = 0; i < N_FIELDS && !is_known; i++) is_known = strcmp(key, fields[i].name) == 0;
        if (!is_known) return ri_fail(error, RECUR_EMODEL, "unknown field \"%s\"", key);
    }
    return RECUR_OK;
}

static recur_status read_object(json_t *object, recur_lm_spec *spec, ri_error *error)
{
    if (!json_is_object(object))
        return ri_fail(error, RECUR_EMODEL, "must be an object, found %s", type_name(object));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    if (!kind) return ri_fail(error, RECUR_EMODEL, "\"kind\" is missing or no string");
    if (strcmp(kind, "lm") != 0)
        return ri_fail(error, RECUR_EMODEL, "\"kind\" is \"%s\", this version reads \"lm\"", kind);
    recur_status status = check_keys(object, error);
    for (int i = 0; i < N_FIELDS && !status; i++) status = read_field(&fields[i], object, spec, error);
    return status;
}

recur_status ri_lm_spec_from_json(const char *json, recur_lm_spec *spec, ri_error *error)
{
    *spec = (recur_lm_spec){0};
    json_error_t why;
    json_t      *object = json_loads(json, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!object && json_error_code(&why) == json_error_out_of_memory)
        return ri_fail(error, RECUR_EMEMORY, "no memory for the specification of a model");
    if (!object) return ri_fail(error, RECUR_EMODEL, "no valid JSON at byte %d: %s", why.position, why.text);
    recur_status status = read_object(object, spec, error);
    json_decref(object);
    return status;
}
