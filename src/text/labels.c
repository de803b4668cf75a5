/* Labels: names in an order, found by name, and as JSON by jansson.
 *
 * SPDX-License-Identifier: MIT */
#include "text/labels.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "text/utf8.h"

static recur_status no_memory(ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for the labels");
}

/* Whether a name is UTF-8 without NUL bytes, and not empty. */
static bool is_name(ri_span name)
{
    int32_t code_point;
    for (size_t at = 0, n; at < name.size; at += n) {
        n = ri_utf8_next(name.bytes + at, name.size - at, &code_point);
        if (n == 0 || code_point == 0) return false;
    }
    return name.size > 0;
}

static recur_status fill(recur_labels *labels, const ri_span *names, int64_t n, ri_error *error)
{
    for (int64_t i = 0; i < n; i++) {
        if (!is_name(names[i]))
            return ri_fail(error, RECUR_EDATA, "label %" PRId64 " is %s; wanted a name in UTF-8", i,
                           names[i].size == 0 ? "empty" : "no text");
        int64_t id = ri_intern_add(&labels->names, names[i]);
        if (id < 0) return no_memory(error);
        if (id < i)
            return ri_fail(error, RECUR_EDATA, "labels %" PRId64 " and %" PRId64 " are the same: \"%.*s\"",
                           id, i, (int)(names[i].size < 100 ? names[i].size : 100), names[i].bytes);
    }
    return RECUR_OK;
}

recur_status ri_labels_create(const recur_allocator *a, const ri_span *names, int64_t n,
                              recur_labels **labels, ri_error *error)
{
    *labels = NULL;
    recur_labels *fresh = ri_allocate(a, 1, sizeof *fresh);
    if (!fresh) return no_memory(error);
    fresh->allocator = *a;
    ri_intern_init(&fresh->names, &fresh->allocator);
    recur_status status = fill(fresh, names, n, error);
    if (status != RECUR_OK) {
        recur_labels_destroy(fresh);
        return status;
    }
    *labels = fresh;
    return RECUR_OK;
}

void recur_labels_destroy(recur_labels *labels)
{
    if (!labels) return;
    recur_allocator a = labels->allocator;
    ri_intern_destroy(&labels->names);
    ri_release(&a, labels);
}

int64_t recur_labels_count(const recur_labels *labels)
{
    return labels->names.table.n;
}

const char *recur_labels_name(const recur_labels *labels, int32_t id)
{
    if (id < 0 || id >= labels->names.table.n) return NULL;
    return labels->names.table.entries[id].span.bytes;
}

int32_t recur_labels_find(const recur_labels *labels, const char *name)
{
    return (int32_t)ri_table_find(&labels->names.table, (ri_span){name, strlen(name)});
}

/* ---- JSON ---- */

recur_status ri_labels_to_json(const recur_labels *labels, const recur_allocator *a, char **json,
                               ri_error *error)
{
    json_t *list = json_array();
    bool    ok = list != NULL;
    for (int64_t i = 0; ok && i < labels->names.table.n; i++) {
        ri_span name = labels->names.table.entries[i].span;
        ok = json_array_append_new(list, json_stringn(name.bytes, name.size)) == 0;
    }
    char *text = ok ? json_dumps(list, JSON_COMPACT) : NULL;
    *json = text ? ri_copy_string(a, text) : NULL;
    free(text);
    json_decref(list);
    return *json ? RECUR_OK : no_memory(error);
}

static recur_status from_list(const recur_allocator *a, json_t *list, recur_labels **labels, ri_error *error)
{
    size_t n = json_array_size(list), i; /* 0 for what is no array */
    if (n == 0 || n > INT32_MAX)
        return ri_fail(error, RECUR_EMODEL,
                       "the labels have %zu members; wanted an array of 1 to 2^31-1 strings", n);
    ri_span *names = ri_allocate(a, n, sizeof *names);
    if (!names) return no_memory(error);
    recur_status status = RECUR_OK;
    json_t      *item;
    json_array_foreach(list, i, item)
    {
        names[i] = (ri_span){json_string_value(item), json_string_length(item)};
        if (!json_is_string(item)) status = ri_fail(error, RECUR_EMODEL, "label %zu is not a string", i);
        if (status != RECUR_OK) break;
    }
    if (status == RECUR_OK) status = ri_labels_create(a, names, (int64_t)n, labels, error);
    if (status == RECUR_EDATA) status = error->status = RECUR_EMODEL;
    ri_release(a, names);
    return status;
}

recur_status ri_labels_from_json(const recur_allocator *a, const char *json, recur_labels **labels,
                                 ri_error *error)
{
    json_error_t where;
    *labels = NULL;
    json_t *list = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (!list && json_error_code(&where) == json_error_out_of_memory) return no_memory(error);
    if (!list)
        return ri_fail(error, RECUR_EMODEL, "the labels are not JSON as wanted: %s (byte %d)", where.text,
                       where.position);
    recur_status status = from_list(a, list, labels, error);
    json_decref(list);
    return status;
}
