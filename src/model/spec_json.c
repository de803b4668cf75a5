/* Specifications as JSON: see spec_json.h.
 * SPDX-License-Identifier: MIT */
#include "model/spec_json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "nn/layers.h"
#include "recur/dataset.h"

/* ---- fields that several tasks have ---- */

static const char *const cell_words[] = {"lstm", "gru", "rnn_tanh", "rnn_relu", NULL};
static const char *const init_words[] = {"default", "uniform", "orthogonal", "identity",
                                         "chrono",  "normal",  "constant",   NULL};

#define AT(member) offsetof(recur_rnn_spec, member)

const ri_field ri_rnn_fields[RI_RNN_FIELDS] = {
    {"cell", RI_WORD, AT(cell), 0, 0, cell_words},
    {"hidden", RI_INTEGER, AT(hidden), 1, INT32_MAX, NULL},
    {"layers", RI_INTEGER, AT(layers), 1, RI_MAX_LAYERS, NULL},
    {"projection", RI_INTEGER, AT(projection), 0, INT32_MAX, NULL},
    {"no_bias", RI_BOOLEAN, AT(no_bias), 0, 0, NULL},
    {"reset_before", RI_BOOLEAN, AT(reset_before), 0, 0, NULL},
    {"trained_state", RI_BOOLEAN, AT(trained_state), 0, 0, NULL},
    {"rnn_dropout", RI_REAL, AT(dropout), 0, 1, NULL},
    {"init", RI_WORD, AT(init.kind), 0, 0, init_words},
    {"init_value", RI_REAL, AT(init.value), -HUGE_VAL, HUGE_VAL, NULL},
    {"set_forget_bias", RI_BOOLEAN, AT(set_forget_bias), 0, 0, NULL},
    {"forget_bias", RI_REAL, AT(forget_bias), -HUGE_VAL, HUGE_VAL, NULL},
};

static const char *const unit_words[] = {"char", "byte", "word", "bpe", NULL};
static const char *const splitting_words[] = {"words", "spaces", NULL};
static const char *const letters_words[] = {"default", "lower", "kept", NULL};

const ri_field ri_rule_fields[RI_RULE_FIELDS] = {
    {"unit", RI_WORD, offsetof(recur_text_rule, unit), 0, 0, unit_words},
    {"splitting", RI_WORD, offsetof(recur_text_rule, splitting), 0, 0, splitting_words},
    {"letters", RI_WORD, offsetof(recur_text_rule, letters), 0, 0, letters_words},
};

_Static_assert(sizeof(recur_cell) == sizeof(int) && sizeof(recur_init_kind) == sizeof(int) &&
                   sizeof(recur_unit) == sizeof(int) && sizeof(recur_splitting) == sizeof(int) &&
                   sizeof(recur_letters) == sizeof(int),
               "the tables read and write enumerations as int");

/* A field as it stands in a spec. */
typedef struct place {
    ri_field field;
    size_t   base; /* where its struct lies */
    char     name[64];
} place;

/* Field number i of all parts together. False: there is none. */
static bool field_at(const ri_spec_form *form, int i, place *found)
{
    for (int k = 0; k < RI_SPEC_PARTS; k++) {
        const ri_fields *part = &form->parts[k];
        if (i < part->n) {
            found->field = part->fields[i];
            found->base = part->base;
            snprintf(found->name, sizeof found->name, "%s%s", part->prefix ? part->prefix : "",
                     found->field.name);
            found->field.name = found->name;
            return true;
        }
        i -= part->n;
    }
    return false;
}

/* ---- writing ---- */

static json_t *field_json(const ri_field *f, const void *at)
{
    switch (f->kind) {
    case RI_INTEGER:
        return json_integer(*(const int64_t *)at);
    case RI_REAL:
        return json_real(*(const double *)at);
    case RI_BOOLEAN:
        return json_boolean(*(const bool *)at);
    case RI_WORD:
        break;
    }
    return json_string(f->words[*(const int *)at]);
}

char *ri_spec_to_json(const ri_spec_form *form, const void *spec, const recur_allocator *a)
{
    json_t *object = json_object();
    bool    is_ok = object && !json_object_set_new(object, "kind", json_string(form->kind));
    place   p;
    for (int i = 0; is_ok && field_at(form, i, &p); i++)
        is_ok = !json_object_set_new(object, p.name,
                                     field_json(&p.field, (const char *)spec + p.base + p.field.offset));
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

static recur_status read_number(const ri_field *f, const json_t *value, void *at, ri_error *error)
{
    if (f->kind == RI_INTEGER ? !json_is_integer(value) : !json_is_number(value))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be %s, found %s", f->name,
                       f->kind == RI_INTEGER ? "an integer" : "a number", type_name(value));
    double x = json_number_value(value);
    bool   is_below = f->kind == RI_INTEGER ? x <= f->most : x < f->most;
    if (!(x >= f->least && is_below && isfinite(x)))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be from %g to %s%g, found %g", f->name, f->least,
                       f->kind == RI_INTEGER ? "" : "below ", f->most, x);
    if (f->kind == RI_INTEGER)
        *(int64_t *)at = json_integer_value(value);
    else
        *(double *)at = x;
    return RECUR_OK;
}

static recur_status read_word(const ri_field *f, const json_t *value, void *at, ri_error *error)
{
    const char *word = json_string_value(value);
    if (!word)
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be a string, found %s", f->name, type_name(value));
    for (int i = 0; f->words[i]; i++) {
        if (strcmp(word, f->words[i]) != 0) continue;
        *(int *)at = i;
        return RECUR_OK;
    }
    return ri_fail(error, RECUR_EMODEL, "\"%s\" has the unknown value \"%s\"", f->name, word);
}

static recur_status read_field(const ri_field *f, const json_t *object, void *at, ri_error *error)
{
    const json_t *value = json_object_get(object, f->name);
    if (!value) return ri_fail(error, RECUR_EMODEL, "\"%s\" is missing", f->name);
    if (f->kind == RI_WORD) return read_word(f, value, at, error);
    if (f->kind != RI_BOOLEAN) return read_number(f, value, at, error);
    if (!json_is_boolean(value))
        return ri_fail(error, RECUR_EMODEL, "\"%s\" must be true or false, found %s", f->name,
                       type_name(value));
    *(bool *)at = json_is_true(value);
    return RECUR_OK;
}

/* Refuse a key that no field has: it would change what the model is, and this version would not know. */
static recur_status check_keys(const ri_spec_form *form, json_t *object, ri_error *error)
{
    const char *key;
    json_t     *value;
    place       p;
    json_object_foreach(object, key, value)
    {
        bool is_known = strcmp(key, "kind") == 0;
        for (int i = 0; !is_known && field_at(form, i, &p); i++) is_known = strcmp(key, p.name) == 0;
        if (!is_known) return ri_fail(error, RECUR_EMODEL, "unknown field \"%s\"", key);
    }
    return RECUR_OK;
}

static recur_status read_fields(const ri_spec_form *form, json_t *object, void *spec, ri_error *error)
{
    recur_status status = check_keys(form, object, error);
    place        p;
    for (int i = 0; !status && field_at(form, i, &p); i++)
        status = read_field(&p.field, object, (char *)spec + p.base + p.field.offset, error);
    return status;
}

/* Parse JSON that must be an object with a kind. */
static recur_status parse(const char *json, json_t **object, const char **kind, ri_error *error)
{
    json_error_t why;
    *object = json_loads(json, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!*object && json_error_code(&why) == json_error_out_of_memory)
        return ri_fail(error, RECUR_EMEMORY, "no memory for the specification of a model");
    if (!*object) return ri_fail(error, RECUR_EMODEL, "no valid JSON at byte %d: %s", why.position, why.text);
    if (!json_is_object(*object))
        return ri_fail(error, RECUR_EMODEL, "must be an object, found %s", type_name(*object));
    *kind = json_string_value(json_object_get(*object, "kind"));
    if (!*kind) return ri_fail(error, RECUR_EMODEL, "\"kind\" is missing or no string");
    return RECUR_OK;
}

recur_status ri_spec_from_json(const ri_spec_form *form, const char *json, void *spec, ri_error *error)
{
    json_t      *object;
    const char  *kind;
    recur_status status = parse(json, &object, &kind, error);
    if (!status && strcmp(kind, form->kind) != 0)
        status = ri_fail(error, RECUR_EMODEL, "\"kind\" is \"%s\"; wanted \"%s\"", kind, form->kind);
    if (!status) status = read_fields(form, object, spec, error);
    json_decref(object);
    return status;
}

recur_status ri_spec_kind(const char *json, char kind[RI_KIND_BYTES], ri_error *error)
{
    json_t      *object;
    const char  *found;
    recur_status status = parse(json, &object, &found, error);
    if (!status) snprintf(kind, RI_KIND_BYTES, "%s", found);
    json_decref(object);
    return status;
}
