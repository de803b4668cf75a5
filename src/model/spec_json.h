/* Specifications as JSON, by tables of fields that writing and reading both walk.
 *
 *   {"kind":"lm","embed":0,"tie":false,"dropout":0.0,"cell":"lstm","hidden":128, ...}
 *
 * What follows from the rest, such as the size of a stack's input, is not stored.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SPEC_JSON_H
#define RI_SPEC_JSON_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/error.h"

typedef enum ri_field_kind { RI_INTEGER, RI_REAL, RI_BOOLEAN, RI_WORD } ri_field_kind;

/* A member of a struct: an int64_t, a double, a bool, or an enumeration. */
typedef struct ri_field {
    const char        *name;
    ri_field_kind      kind;
    size_t             offset;
    double             least, most; /* of a number; most is reached by integers and not by reals */
    const char *const *words;       /* of an enumeration, in its order, ended by NULL */
} ri_field;

/* Fields of a struct that lies at base in a spec. */
typedef struct ri_fields {
    const ri_field *fields;
    int             n;
    size_t          base;
    const char     *prefix; /* of their names; NULL: none */
} ri_fields;

enum { RI_SPEC_PARTS = 4 };

/* How the spec of a task looks. */
typedef struct ri_spec_form {
    const char *kind;                 /* "lm" */
    ri_fields   parts[RI_SPEC_PARTS]; /* those that are left are empty */
} ri_spec_form;

#define RI_COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* The fields of a recur_rnn_spec that are an unidirectional stack's, and of a recur_text_rule. */
enum { RI_RNN_FIELDS = 12, RI_RULE_FIELDS = 3 };
extern const ri_field ri_rnn_fields[RI_RNN_FIELDS], ri_rule_fields[RI_RULE_FIELDS];

/* Return the spec as one line of JSON; NULL: no memory. The caller releases it. */
char *ri_spec_to_json(const ri_spec_form *form, const void *spec, const recur_allocator *a);

/* Read a spec, which is zero before: every field must be there, with its type and in its range, and no other.
 * Errors: RECUR_EMODEL naming the field, RECUR_EMEMORY. */
recur_status ri_spec_from_json(const ri_spec_form *form, const char *json, void *spec, ri_error *error);

enum { RI_KIND_BYTES = 32 };

/* Read of a spec only its kind; what is longer than fits is cut. Errors: as ri_spec_from_json. */
recur_status ri_spec_kind(const char *json, char kind[RI_KIND_BYTES], ri_error *error);

#endif
