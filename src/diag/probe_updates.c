/* How far one step of training moves each tensor: the gradient of the mean loss beside the weights.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "diag/probe.h"

/* The gradient of the mean over all sequences, into the params; groups count by their losses. */
static recur_status gradients(recur_probe *p, double *loss)
{
    int64_t      all = 0;
    recur_status status = RECUR_OK;
    recur_params_zero_grad(p->model->params);
    for (int64_t i = 0; i < p->n; i++) all += ri_probe_losses(p, &p->sequences[i]);
    for (int64_t first = 0, n; first < p->n && !status; first += n) {
        recur_var v;
        int64_t   here = 0;
        n = ri_probe_group(p, p->sequences, first, p->n);
        for (int64_t i = first; i < first + n; i++) here += ri_probe_losses(p, &p->sequences[i]);
        status = ri_probe_put(p, n, p->sequences + first, NULL, RI_GRADIENTS, &v);
        if (status) return status;
        v = recur_scale(p->tape, v, (double)here / (double)all);
        *loss += recur_scalar(p->tape, v);
        status = recur_backward(p->tape, v);
    }
    return status;
}

static recur_status look_at(recur_probe *p, int64_t index, double lr, recur_tensor_update *u)
{
    const recur_params *params = p->model->params;
    recur_tensor_info   info;
    recur_status        status = recur_params_info(params, index, &info);
    if (status) return status;
    double *values = ri_probe_group_take(p, info.count, sizeof *values);
    if (!values) return ri_probe_no_memory(p);
    double  weights = 0, grads = 0;
    int64_t n_moved = 0;
    status = recur_params_get(params, index, values);
    for (int64_t i = 0; i < info.count; i++) weights += values[i] * values[i];
    if (!status) status = recur_params_grad(params, index, values);
    for (int64_t i = 0; i < info.count; i++) {
        grads += values[i] * values[i];
        n_moved += values[i] != 0;
    }
    double norm = sqrt(weights), per = norm > 0 ? lr / norm : NAN;
    *u = (recur_tensor_update){.name = info.name,
                               .count = info.count,
                               .is_frozen = recur_params_is_frozen(params, index),
                               .weight_norm = norm,
                               .grad_norm = sqrt(grads),
                               .ratio = per * sqrt(grads),
                               .adam_ratio = per * sqrt((double)n_moved)};
    return status;
}

static recur_status run_all(recur_probe *p, double lr, recur_updates *updates)
{
    double               loss = 0;
    int64_t              n = recur_params_tensors(p->model->params);
    recur_tensor_update *tensors = ri_probe_keep(p, n, sizeof *tensors);
    recur_status         status = tensors ? gradients(p, &loss) : ri_probe_no_memory(p);
    for (int64_t i = 0; i < n && !status; i++) {
        ri_arena_reset(&p->group);
        status = look_at(p, i, lr, &tensors[i]);
    }
    *updates = (recur_updates){
        .n = n, .tensors = tensors, .loss = loss, .grad_norm = recur_params_grad_norm(p->model->params)};
    recur_params_zero_grad(p->model->params);
    return status;
}

recur_status recur_probe_updates(recur_probe *p, double lr, recur_updates *updates)
{
    return p && updates ? ri_probe_end(p, run_all(p, lr, updates)) : RECUR_EARG;
}
