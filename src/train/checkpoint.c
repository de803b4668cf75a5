/* Checkpoints: see checkpoint.h. Loading reads everything into one block of doubles, checks it, and only then changes the trainer.
 * SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <math.h>
#include <string.h>

#include "dev/dev.h"
#include "model/params_file.h"
#include "train/fingerprint.h"

enum { N_COUNTERS = 3, MAX_OWN = 3 };

static const char moment1_name[] = "recur.moment1", moment2_name[] = "recur.moment2",
                  counters_name[] = "recur.counters";
static const char fingerprint_key[] = "trainer";

/* ---- what must be equal ---- */

static const char *const optimisers[] = {
    [RECUR_ADAM] = "adam", [RECUR_ADAMW] = "adamw", [RECUR_RMSPROP] = "rmsprop", [RECUR_SGD] = "sgd"};
static const char *const schedules[] = {[RECUR_CONSTANT] = "constant",
                                        [RECUR_STEP] = "step",
                                        [RECUR_EXPONENTIAL] = "exponential",
                                        [RECUR_COSINE] = "cosine"};

static void describe(const recur_trainer *t, ri_fingerprint *f)
{
    const recur_train_opts *o = &t->opts;
    const recur_schedule   *s = &o->schedule;
    ri_fingerprint_name(f, "numbers", recur_ctx_dtype(t->ctx) == RECUR_F64 ? "float64" : "float32");
    ri_fingerprint_name(f, "optimiser", optimisers[o->optim]);
    ri_fingerprint_real(f, "lr", o->lr);
    ri_fingerprint_real(f, "momentum", o->momentum);
    ri_fingerprint_real(f, "beta1", o->beta1);
    ri_fingerprint_real(f, "beta2", o->beta2);
    ri_fingerprint_real(f, "epsilon", o->epsilon);
    ri_fingerprint_real(f, "decay rate", o->decay_rate);
    ri_fingerprint_real(f, "weight decay", o->weight_decay);
    ri_fingerprint_real(f, "clip norm", o->clip_norm);
    ri_fingerprint_real(f, "clip value", o->clip_value);
    ri_fingerprint_name(f, "schedule", schedules[s->kind]);
    if (s->kind == RECUR_STEP || s->kind == RECUR_EXPONENTIAL)
        ri_fingerprint_real(f, "schedule factor", s->factor);
    if (s->kind == RECUR_STEP) ri_fingerprint_int(f, "schedule after", s->after);
    if (s->kind == RECUR_COSINE) ri_fingerprint_int(f, "schedule epochs", s->epochs);
    ri_fingerprint_int(f, "warm-up", s->warmup);
}

/* ---- saving ---- */

/* Copy a block of the trainer into host memory and describe it; returns the memory after it. */
static char *gather(const recur_trainer *t, const char *name, const void *block, char *host,
                    ri_st_tensor *out)
{
    recur_dtype dtype = recur_ctx_dtype(t->ctx);
    *out = (ri_st_tensor){.name = name, .dtype = dtype, .shape = RECUR_SHAPE(t->size), .data = host};
    if (dtype == RECUR_F64)
        t->ctx->dev->read(t->ctx, t->size, block, (double *)(void *)host);
    else
        t->ctx->dev->read_f32(t->ctx, t->size, block, (float *)(void *)host);
    return host + (size_t)t->size * t->ctx->dev->element_bytes;
}

static recur_status write_all(const recur_trainer *t, const char *path, const ri_array *arrays,
                              size_t n_arrays, const ri_st_note *notes, size_t n_notes, char *host,
                              ri_st_tensor *tensors, ri_st_note *all_notes)
{
    size_t n = 0;
    if (t->moment1) host = gather(t, moment1_name, t->moment1, host, &tensors[n++]);
    if (t->moment2) gather(t, moment2_name, t->moment2, host, &tensors[n++]);
    double counters[N_COUNTERS] = {(double)t->step, (double)t->epoch, (double)t->n_clipped};
    tensors[n++] = (ri_st_tensor){counters_name, RECUR_F64, RECUR_SHAPE(N_COUNTERS), counters};
    for (size_t i = 0; i < n_arrays; i++)
        tensors[n++] = (ri_st_tensor){arrays[i].name, RECUR_F64, RECUR_SHAPE(arrays[i].n), arrays[i].values};

    ri_fingerprint fingerprint = {.used = 0};
    describe(t, &fingerprint);
    all_notes[0] = (ri_st_note){fingerprint_key, fingerprint.text};
    for (size_t i = 0; i < n_notes; i++) all_notes[i + 1] = notes[i];
    return ri_params_write(t->params, path, tensors, n, all_notes, n_notes + 1);
}

recur_status ri_checkpoint_save(const recur_trainer *t, const char *path, const ri_array *arrays,
                                size_t n_arrays, const ri_st_note *notes, size_t n_notes)
{
    const recur_allocator *a = &t->ctx->allocator;
    size_t                 n_moments = (t->moment1 != NULL) + (size_t)(t->moment2 != NULL);

    char         *host = ri_allocate(a, n_moments * (size_t)t->size, t->ctx->dev->element_bytes);
    ri_st_tensor *tensors = ri_allocate(a, MAX_OWN + n_arrays, sizeof *tensors);
    ri_st_note   *all_notes = ri_allocate(a, 1 + n_notes, sizeof *all_notes);
    recur_status  status = RECUR_EMEMORY;
    if (host && tensors && all_notes)
        status = write_all(t, path, arrays, n_arrays, notes, n_notes, host, tensors, all_notes);
    else
        ri_no_memory(t->ctx, "writing a checkpoint");
    ri_release(a, all_notes);
    ri_release(a, tensors);
    ri_release(a, host);
    return status;
}

recur_status recur_trainer_save(const recur_trainer *trainer, const char *path)
{
    if (!trainer) return RECUR_EARG;
    if (!path) return RI_FAIL(trainer->ctx, RECUR_EARG, "no path to save the trainer to");
    return ri_checkpoint_save(trainer, path, NULL, 0, NULL, 0);
}

/* ---- loading ---- */

/* What is read before anything is changed: places inside one block of doubles. */
typedef struct incoming {
    double *all, *moment1, *moment2, *counters, *arrays;
} incoming;

static bool is_extra(const char *name)
{
    return strncmp(name, "recur.", 6) == 0;
}

/* Check that the file belongs to a trainer like this one. */
static recur_status check_kind(const recur_trainer *t, const ri_st_file *file, const char *path,
                               const ri_array *arrays, size_t n_arrays)
{
    const recur_status mismatch = RECUR_EMISMATCH;
    const char        *stored = ri_st_note_of(file, fingerprint_key);
    if (!stored)
        return RI_FAIL(t->ctx, RECUR_EMODEL, "%s is no checkpoint: it says nothing about its trainer", path);
    ri_fingerprint now = {.used = 0};
    describe(t, &now);
    recur_status status = ri_fingerprint_compare(t->ctx, path, stored, now.text);
    if (!status) status = ri_params_check(t->params, file, path, is_extra, mismatch);
    if (!status && t->moment1)
        status = ri_params_want(t->ctx, file, path, moment1_name, RECUR_SHAPE(t->size), mismatch);
    if (!status && t->moment2)
        status = ri_params_want(t->ctx, file, path, moment2_name, RECUR_SHAPE(t->size), mismatch);
    if (!status)
        status = ri_params_want(t->ctx, file, path, counters_name, RECUR_SHAPE(N_COUNTERS), mismatch);
    for (size_t i = 0; i < n_arrays && !status; i++)
        status = ri_params_want(t->ctx, file, path, arrays[i].name, RECUR_SHAPE(arrays[i].n), mismatch);
    return status;
}

static recur_status reserve(const recur_trainer *t, const ri_array *arrays, size_t n_arrays, incoming *in)
{
    size_t size = (size_t)t->size, n_moments = (t->moment1 != NULL) + (size_t)(t->moment2 != NULL);
    size_t n = n_moments * size + N_COUNTERS;
    for (size_t i = 0; i < n_arrays; i++) n += (size_t)arrays[i].n;
    in->all = ri_allocate(&t->ctx->allocator, n, sizeof(double));
    if (!in->all) return ri_no_memory(t->ctx, "reading a checkpoint");
    in->moment1 = in->all;
    in->moment2 = in->moment1 + (t->moment1 ? size : 0);
    in->counters = in->moment2 + (t->moment2 ? size : 0);
    in->arrays = in->counters + N_COUNTERS;
    return RECUR_OK;
}

static bool is_count(double x, double least)
{
    return x >= least && x <= 9007199254740992.0 && x == floor(x); /* 2^53: exact in a double */
}

static recur_status read_all(const recur_trainer *t, const ri_st_file *file, const char *path,
                             const ri_array *arrays, size_t n_arrays, incoming *in)
{
    recur_status status = RECUR_OK;
    if (t->moment1)
        status =
            ri_params_read_tensor(t->params, file, path, (size_t)ri_st_find(file, moment1_name), in->moment1);
    if (!status && t->moment2)
        status =
            ri_params_read_tensor(t->params, file, path, (size_t)ri_st_find(file, moment2_name), in->moment2);
    ri_error *error = ri_ctx_error(t->ctx);
    if (!status) status = ri_st_read(file, (size_t)ri_st_find(file, counters_name), in->counters, error);
    double *to = in->arrays;
    for (size_t i = 0; i < n_arrays && !status; to += arrays[i++].n)
        status = ri_st_read(file, (size_t)ri_st_find(file, arrays[i].name), to, error);
    if (status) return status;
    if (!is_count(in->counters[0], 0) || !is_count(in->counters[1], 1) || !is_count(in->counters[2], 0))
        return RI_FAIL(t->ctx, RECUR_EMODEL,
                       "%s: tensor \"%s\" holds %g, %g, %g, wanted counts of steps, epoch and clips", path,
                       counters_name, in->counters[0], in->counters[1], in->counters[2]);
    return RECUR_OK;
}

static void take(recur_trainer *t, const ri_array *arrays, size_t n_arrays, const incoming *in)
{
    if (t->moment1) t->ctx->dev->write(t->ctx, t->size, in->moment1, t->moment1);
    if (t->moment2) t->ctx->dev->write(t->ctx, t->size, in->moment2, t->moment2);
    t->step = (int64_t)in->counters[0];
    t->epoch = (int64_t)in->counters[1];
    t->n_clipped = (int64_t)in->counters[2];
    const double *from = in->arrays;
    for (size_t i = 0; i < n_arrays; from += arrays[i++].n)
        memcpy(arrays[i].values, from, (size_t)arrays[i].n * sizeof *from);
}

recur_status ri_checkpoint_load(recur_trainer *t, const ri_st_file *file, const char *path,
                                const ri_array *arrays, size_t n_arrays)
{
    incoming     in = {0};
    recur_status status = check_kind(t, file, path, arrays, n_arrays);
    if (!status) status = reserve(t, arrays, n_arrays, &in);
    if (!status) status = read_all(t, file, path, arrays, n_arrays, &in);
    if (!status) status = ri_params_fill(t->params, file);
    if (!status) take(t, arrays, n_arrays, &in);
    ri_release(&t->ctx->allocator, in.all);
    return status;
}

recur_status recur_trainer_load(recur_trainer *trainer, const char *path)
{
    if (!trainer) return RECUR_EARG;
    if (!path) return RI_FAIL(trainer->ctx, RECUR_EARG, "no path to load the trainer from");
    ri_st_file  *file = NULL;
    recur_status status = ri_st_open(&trainer->ctx->allocator, path, &file, ri_ctx_error(trainer->ctx));
    if (status) return status;
    status = ri_checkpoint_load(trainer, file, path, NULL, 0);
    ri_st_close(file);
    return status;
}
