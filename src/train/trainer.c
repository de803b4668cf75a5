/* The trainer: backward, clip, update, over one block each.
 *
 * Nothing is changed by a loss or a gradient that is not finite: the loss is looked at before backward runs, the norm before the
 * update, and both times the gradients are cleared, so that the caller may go on with another batch.
 *
 * Clipping by norm multiplies by min(1, max / (norm + 1e-6)), as PyTorch's clip_grad_norm_ does (Pascanu, Mikolov, Bengio 2013).
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "dev/dev.h"

/* ---- options ---- */

static void complete(recur_train_opts *o)
{
    bool is_adam = o->optim == RECUR_ADAM || o->optim == RECUR_ADAMW;
    if (o->lr == 0) o->lr = 0.002;
    if (o->epsilon == 0 && o->optim != RECUR_SGD) o->epsilon = 1e-8;
    if (o->decay_rate == 0 && o->optim == RECUR_RMSPROP) o->decay_rate = 0.99;
    if (o->beta1 == 0 && is_adam) o->beta1 = 0.9;
    if (o->beta2 == 0 && is_adam) o->beta2 = 0.999;
}

/* A number of the options: where it must lie (from 0, below `below`), and whether this optimiser has it. */
typedef struct number {
    const char *name;
    double      value, below;
    bool        is_known;
} number;

static recur_status check_numbers(recur_ctx *ctx, const recur_train_opts *o)
{
    bool         is_adam = o->optim == RECUR_ADAM || o->optim == RECUR_ADAMW;
    const number all[] = {
        {"lr", o->lr, INFINITY, true},
        {"momentum", o->momentum, INFINITY, !is_adam},
        {"beta1", o->beta1, 1, is_adam},
        {"beta2", o->beta2, 1, is_adam},
        {"epsilon", o->epsilon, INFINITY, o->optim != RECUR_SGD},
        {"decay_rate", o->decay_rate, 1, o->optim == RECUR_RMSPROP},
        {"weight_decay", o->weight_decay, INFINITY, true},
        {"clip_norm", o->clip_norm, INFINITY, true},
        {"clip_value", o->clip_value, INFINITY, true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const number *n = &all[i];
        if (!(n->value >= 0 && n->value < n->below))
            return RI_FAIL(ctx, RECUR_EARG, "training: %s is %g, wanted 0 or more and below %g", n->name,
                           n->value, n->below);
        if (n->value != 0 && !n->is_known)
            return RI_FAIL(ctx, RECUR_EARG, "training: %s is %g, but this optimiser has none", n->name,
                           n->value);
    }
    return RECUR_OK;
}

static recur_status check_schedule(recur_ctx *ctx, const recur_schedule *s)
{
    bool has_factor = s->kind == RECUR_STEP || s->kind == RECUR_EXPONENTIAL;
    if ((int)s->kind < RECUR_CONSTANT || s->kind > RECUR_COSINE)
        return RI_FAIL(ctx, RECUR_EARG, "schedule: there is no kind %d", (int)s->kind);
    if (has_factor && !(s->factor > 0 && s->factor < INFINITY))
        return RI_FAIL(ctx, RECUR_EARG, "schedule: the factor is %g, wanted a positive number", s->factor);
    if (s->kind == RECUR_STEP && s->after < 0)
        return RI_FAIL(ctx, RECUR_EARG, "schedule: after is epoch %" PRId64 ", wanted 0 or more", s->after);
    if (s->kind == RECUR_COSINE && s->epochs < 1)
        return RI_FAIL(ctx, RECUR_EARG, "schedule: a cosine falls over a number of epochs, found %" PRId64,
                       s->epochs);
    if (s->warmup < 0)
        return RI_FAIL(ctx, RECUR_EARG, "schedule: the warm-up is %" PRId64 " steps, wanted 0 or more",
                       s->warmup);
    return RECUR_OK;
}

/* ---- life ---- */

static bool has_moment1(const recur_train_opts *o)
{
    return o->optim == RECUR_ADAM || o->optim == RECUR_ADAMW || o->momentum > 0;
}

static bool has_moment2(const recur_train_opts *o)
{
    return o->optim != RECUR_SGD;
}

recur_status recur_trainer_create(recur_params *params, const recur_train_opts *opts, recur_trainer **out)
{
    if (!params || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx       *ctx = params->ctx;
    recur_train_opts o = opts ? *opts : (recur_train_opts){0};
    if ((int)o.optim < RECUR_ADAM || o.optim > RECUR_SGD)
        return RI_FAIL(ctx, RECUR_EARG, "training: there is no optimiser %d", (int)o.optim);
    recur_status status = check_numbers(ctx, &o);
    if (!status) status = check_schedule(ctx, &o.schedule);
    if (status) return status;
    complete(&o);

    size_t         bytes = ctx->dev->element_bytes, n = (size_t)params->size;
    recur_trainer *t = ri_allocate(&ctx->allocator, 1, sizeof *t);
    if (!t) return ri_no_memory(ctx, "a trainer");
    *t = (recur_trainer){.ctx = ctx, .params = params, .opts = o, .size = params->size, .epoch = 1};
    if (has_moment1(&o)) t->moment1 = ri_allocate(&ctx->allocator, n, bytes);
    if (has_moment2(&o)) t->moment2 = ri_allocate(&ctx->allocator, n, bytes);
    if ((has_moment1(&o) && !t->moment1) || (has_moment2(&o) && !t->moment2)) {
        recur_trainer_destroy(t);
        return ri_no_memory(ctx, "the moments of a trainer");
    }
    *out = t;
    return RECUR_OK;
}

void recur_trainer_destroy(recur_trainer *trainer)
{
    if (!trainer) return;
    const recur_allocator *a = &trainer->ctx->allocator;
    ri_release(a, trainer->moment1);
    ri_release(a, trainer->moment2);
    ri_release(a, trainer);
}

/* ---- one step ---- */

/* Clip and update with the gradients that are there; norm is that of the gradients before clipping. */
static void update(recur_trainer *t, double norm, double lr, bool *was_clipped)
{
    const recur_train_opts *o = &t->opts;
    recur_params           *p = t->params;

    int64_t n_cut = 0;
    double  clipped = norm;
    if (o->clip_value > 0) clipped = sqrt(ri_params_square_norm(p, o->clip_value, &n_cut));
    double scale = o->clip_norm > 0 ? fmin(1, o->clip_norm / (clipped + 1e-6)) : 1;
    *was_clipped = n_cut > 0 || scale < 1;

    rk_update rule = {
        .optim = o->optim,
        .lr = lr,
        .momentum = o->momentum,
        .beta1 = o->beta1,
        .beta2 = o->beta2,
        .epsilon = o->epsilon,
        .decay_rate = o->decay_rate,
        .weight_decay = o->weight_decay,
        .bias1 = 1 - pow(o->beta1, (double)(t->step + 1)),
        .bias2 = 1 - pow(o->beta2, (double)(t->step + 1)),
        .clip_value = o->clip_value,
        .grad_scale = scale,
        .is_first = t->step == 0,
    };
    for (ri_stretch s = {0}; ri_params_next_stretch(p, &s);) {
        ri_update u = {rule,
                       s.n,
                       ri_at(t->ctx, p->values, s.first),
                       ri_at(t->ctx, p->grads, s.first),
                       t->moment1 ? ri_at(t->ctx, t->moment1, s.first) : NULL,
                       t->moment2 ? ri_at(t->ctx, t->moment2, s.first) : NULL};
        t->ctx->dev->update(t->ctx, &u);
    }
    ri_params_touch(p);
}

static recur_status diverged(recur_trainer *t, const char *what, double value)
{
    recur_params_zero_grad(t->params);
    return RI_FAIL(t->ctx, RECUR_EDIVERGED, "%s is %s at step %" PRId64 " (epoch %" PRId64 ")", what,
                   isnan(value) ? "nan" : "infinite", t->step + 1, t->epoch);
}

recur_status recur_trainer_step(recur_trainer *t, recur_tape *tape, recur_var loss, recur_step_report *report)
{
    if (!t || !tape) return RECUR_EARG;
    double start = ri_clock_seconds();
    if (t->params->size != t->size)
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "tensors were added to the parameters after their trainer was made");
    recur_status status = recur_tape_status(tape);
    if (status) return status;
    double value = recur_scalar(tape, loss);
    if (recur_shape_of(tape, loss).rank == 0 && !isfinite(value)) return diverged(t, "the loss", value);

    status = recur_backward(tape, loss);
    if (status) {
        recur_params_zero_grad(t->params);
        return status;
    }
    double norm = recur_params_grad_norm(t->params);
    if (!isfinite(norm)) return diverged(t, "the norm of the gradient", norm);

    bool   was_clipped;
    double lr = recur_schedule_rate(&t->opts.schedule, t->opts.lr, t->epoch, t->step + 1);
    update(t, norm, lr, &was_clipped);
    t->step++;
    t->n_clipped += was_clipped;
    if (report)
        *report = (recur_step_report){.step = t->step,
                                      .loss = value,
                                      .grad_norm = norm,
                                      .was_clipped = was_clipped,
                                      .n_clipped = t->n_clipped,
                                      .lr = lr,
                                      .seconds = ri_clock_seconds() - start};
    return RECUR_OK;
}

void recur_trainer_set_epoch(recur_trainer *trainer, int64_t epoch)
{
    trainer->epoch = epoch;
}

int64_t recur_trainer_steps(const recur_trainer *trainer)
{
    return trainer->step;
}
