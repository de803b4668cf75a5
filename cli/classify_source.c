/* Where in a file a classifier's texts, series and labels are: from the options, or from those of training, which the model keeps.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "config.h"
#include "memory.h"

/* Cut names at commas, in place; *n counts. */
static int cut(app *a, const char *option_name, char *names, const char *columns[MOST_COLUMNS], int *n)
{
    *n = 0;
    for (char *p = names; p; (*n)++) {
        if (*n == MOST_COLUMNS)
            return output_error(a, RECUR_EARG, "--%s names more than %d columns", option_name, MOST_COLUMNS);
        columns[*n] = p;
        p = strchr(p, ',');
        if (p) *p++ = '\0';
    }
    return RECUR_OK;
}

static recur_format format_of(const options *o, bool is_series, bool is_bare)
{
    static const recur_format formats[] = {RECUR_FORMAT_DEFAULT, RECUR_TSV, RECUR_CSV, RECUR_TS};
    int                       choice = options_find(o, "format")->choice;
    if (options_text(o, "id")) return RECUR_SERIES_CSV;
    if (options_on(o, "label-first")) return RECUR_LABEL_FIRST;
    if (choice) return formats[choice];
    if (is_series) return RECUR_TS;
    return is_bare && !options_given(o, "text") ? RECUR_LINES : RECUR_FORMAT_DEFAULT;
}

int classify_source(app *a, const options *o, recur_text_rule rule, bool is_series, bool is_bare,
                    class_source *s)
{
    const char         *text = options_text(o, "text"), *label = options_text(o, "label");
    const char         *values = options_text(o, "values");
    const option_value *header = options_find(o, "header");
    int                 code = RECUR_OK;
    s->source = (recur_source){.format = format_of(o, is_series, is_bare),
                               .encoding = options_find(o, "encoding")->choice ? RECUR_LATIN1 : RECUR_UTF8,
                               .bare = is_bare,
                               .rule = rule,
                               .label = label || is_bare ? label : "label",
                               .id = options_text(o, "id")};
    if (options_given(o, "header")) s->source.header = header->is_on ? RECUR_HEADER_YES : RECUR_HEADER_NO;
    if (s->source.format == RECUR_SERIES_CSV && values) {
        s->names = need_copy(values);
        s->source.values = s->values;
        return cut(a, "values", s->names, s->values, &s->source.n_values);
    }
    s->names = need_copy(text ? text : "text");
    s->source.text = s->text;
    if (!code) code = cut(a, "text", s->names, s->text, &s->source.n_text);
    return code;
}

int classify_take_columns(app *a, options *o, const recur_model *model)
{
    const char *note = recur_model_note(model, "columns");
    if (!note || config_take(o, "the model's columns", note) == RECUR_OK) return RECUR_OK;
    return output_error(a, RECUR_EMODEL, "%s", o->error);
}

recur_status classify_encode(recur_dataset *data, const recur_model *model)
{
    int64_t F = recur_classify_get_spec(model)->features;
    if ((recur_dataset_kind(data) == RECUR_DATA_SERIES) != (F > 0))
        return RECUR_OK; /* using them says what is wrong */
    recur_status status =
        recur_dataset_encode(data, recur_model_vocab(model), NULL, recur_model_labels(model));
    if (status || !F || recur_dataset_features(data) != F) return status; /* likewise */
    double *moments = need_memory((size_t)F, 2 * sizeof *moments);
    status = recur_classify_moments(model, moments, moments + F);
    if (!status) status = recur_dataset_standardise(data, moments, moments + F);
    free(moments);
    return status;
}
