/* recur inspect: what is in a model file.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"
#include "task.h"

static const option_group *const inspect_groups[] = {&common_group, NULL};

static const char *const unit_names[] = {"char", "byte", "word", "bpe"};

static size_t element_bytes(const app *a)
{
    return recur_ctx_dtype(a->ctx) == RECUR_F64 ? sizeof(double) : sizeof(float);
}

/* ---- tensors ---- */

static void shape_says(const recur_shape *shape, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < shape->rank; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%" PRId64, i ? "," : "", shape->size[i]);
    snprintf(text + n, size - n, "]");
}

static json_t *tensor_json(const app *a, const recur_tensor_info *t)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->shape.rank; i++) json_array_append_new(shape, json_integer(t->shape.size[i]));
    return json_pack("{s:o,s:o,s:I,s:I}", "name", output_string(t->name, strlen(t->name)), "shape", shape,
                     "count", (json_int_t)t->count, "bytes",
                     (json_int_t)(t->count * (int64_t)element_bytes(a)));
}

/* The names of labels or tags; null where there are none. */
static json_t *labels_json(const recur_model *model)
{
    const recur_labels *labels = recur_model_labels(model);
    json_t             *list = labels ? json_array() : json_null();
    for (int64_t k = 0; labels && k < recur_labels_count(labels); k++)
        json_array_append_new(list, json_string(recur_labels_name(labels, (int32_t)k)));
    return list;
}

static recur_status print_json(app *a, const recur_model *model, const char *architecture)
{
    const recur_params *params = recur_model_params(model);
    const recur_vocab  *vocab = recur_model_vocab(model);
    const char         *note = recur_model_note(model, "training");
    int64_t             count = recur_params_count(params);
    json_t             *tensors = json_array();
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        recur_status      status = recur_params_info(params, i, &info);
        if (status) return status;
        json_array_append_new(tensors, tensor_json(a, &info));
    }
    json_t *training = note ? json_loads(note, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (note && !training) training = output_string(note, strlen(note));
    output_json(a, json_pack("{s:s,s:s,s:o,s:o,s:o,s:I,s:I,s:I,s:o,s:o}", "task", task_of(model)->name,
                             "architecture", architecture, "unit",
                             vocab ? json_string(unit_names[recur_vocab_unit(vocab)]) : json_null(),
                             "vocabulary", vocab ? json_integer(recur_vocab_size(vocab)) : json_null(),
                             "labels", labels_json(model), "parameters", (json_int_t)count, "bytes",
                             (json_int_t)(count * (int64_t)element_bytes(a)), "flops_per_step",
                             (json_int_t)recur_model_flops_per_step(model), "training",
                             training ? training : json_null(), "tensors", tensors));
    return RECUR_OK;
}

/* Print what training noted, "step 3000, loss 1.5". Of a note that was not ours nothing is printed: it could move the cursor. */
static void print_training(app *a, const char *note)
{
    static const char *const keys[] = {"step", "epoch", "loss", "best_valid"};
    json_t                  *object = json_loads(note, JSON_REJECT_DUPLICATES, NULL);
    const char              *before = "training        ";
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        if (!json_is_number(value)) continue;
        output_format(a, "%s%s %.6g", before, keys[i], json_number_value(value));
        before = ", ";
    }
    if (*before == ',') output_format(a, "\n");
    json_decref(object);
}

/* Print the first labels. */
static void print_labels(app *a, const recur_labels *labels)
{
    enum { MOST = 12 };
    if (!labels) return;
    int64_t n = recur_labels_count(labels);
    output_format(a, "labels          %" PRId64 " (", n);
    for (int64_t k = 0; k < n && k < MOST; k++) {
        char name[64];
        snprintf(name, sizeof name, "%s", recur_labels_name(labels, (int32_t)k));
        for (char *p = name; *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f) *p = '?'; /* a name must not move the cursor */
        output_format(a, "%s%s", k ? ", " : "", name);
    }
    output_format(a, "%s)\n", n > MOST ? " ..." : "");
}

static recur_status print_text(app *a, const recur_model *model, const char *architecture)
{
    const recur_params *params = recur_model_params(model);
    const char         *note = recur_model_note(model, "training");
    int64_t             count = recur_params_count(params);
    output_format(a, "%s\n\n%-28s %-16s %12s %12s\n", architecture, "tensor", "shape", "count", "bytes");
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        char              shape[96];
        recur_status      status = recur_params_info(params, i, &info);
        if (status) return status;
        shape_says(&info.shape, shape, sizeof shape);
        output_format(a, "%-28s %-16s %12" PRId64 " %12" PRId64 "\n", info.name, shape, info.count,
                      info.count * (int64_t)element_bytes(a));
    }
    output_format(a, "\nparameters      %" PRId64 "\nbytes           %" PRId64 "\n", count,
                  count * (int64_t)element_bytes(a));
    output_format(a, "flops per step  %" PRId64 "\n", recur_model_flops_per_step(model));
    const recur_vocab *vocab = recur_model_vocab(model);
    if (vocab)
        output_format(a, "vocabulary      %" PRId64 " (%s)\n", recur_vocab_size(vocab),
                      unit_names[recur_vocab_unit(vocab)]);
    print_labels(a, recur_model_labels(model));
    if (note) print_training(a, note);
    return RECUR_OK;
}

static int inspect(app *a, options *o)
{
    char         architecture[512];
    recur_model *model = NULL;
    int          code = app_open(a, o);
    if (code) return code;
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    if (!status) {
        task_of(model)->describe(model, architecture, sizeof architecture);
        status = a->json ? print_json(a, model, architecture) : print_text(a, model, architecture);
    }
    if (status) code = output_failure(a, status);
    recur_model_destroy(model);
    return code;
}

const command inspect_command = {
    .name = "inspect",
    .synopsis = "RUN [options]",
    .brief = "RUN",
    .summary = "show a model's architecture, tensors and cost",
    .notes = "RUN is a run or a model file. A step is one token; multiply and add are two operations.\n",
    .groups = inspect_groups,
    .args = "RUN",
    .run = inspect,
};
