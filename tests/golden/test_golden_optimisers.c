/* Ten updates of every optimiser against PyTorch's torch.optim and its clipping: a small regression, the parameters compared after
 * each update.
 * SPDX-License-Identifier: MIT */
#include "golden/golden.h"

enum { UPDATES = 10 };

typedef struct regression {
    const golden_case *test;
    recur_params      *params;
    recur_rnn         *rnn;
    recur_linear      *head;
    recur_tape        *tape;
    recur_trainer     *trainer;
    golden_array       x, target, losses, norms;
    bool               has_norms;
} regression;

static recur_train_opts options_of(const golden_case *c)
{
    int64_t      optim;
    golden_array o = golden_get(c, "options");
    golden_integers(c, "spec", 1, &optim);
    recur_train_opts opts = {.optim = (recur_optim)optim,
                             .lr = o.x[0],
                             .momentum = o.x[1],
                             .beta1 = o.x[2],
                             .beta2 = o.x[3],
                             .epsilon = o.x[4],
                             .decay_rate = o.x[5],
                             .weight_decay = o.x[6],
                             .clip_norm = o.x[7],
                             .clip_value = o.x[8]};
    free(o.x);
    return opts;
}

/* Data and starting weights are the same for all runs and stored once, outside the cases. */
static golden_array shared(const golden_case *c, const char *name)
{
    int64_t index = ri_st_find(c->golden->file, name);
    if (index < 0) fail_msg("no tensor %s", name);
    return golden_read(c, index);
}

static void create(regression *r, const golden_case *c)
{
    recur_train_opts opts = options_of(c);
    *r = (regression){.test = c, .x = shared(c, "x"), .target = shared(c, "target")};
    golden_ok(c, recur_params_create(golden_ctx(c), 1, &r->params));
    golden_ok(c,
              recur_rnn_create(r->params, "rnn",
                               &(recur_rnn_spec){.cell = RECUR_RNN_TANH, .input = 3, .hidden = 4}, &r->rnn));
    golden_ok(
        c, recur_linear_create(r->params, "head", &(recur_linear_spec){.input = 4, .output = 2}, &r->head));
    for (int64_t i = 0; i < recur_params_tensors(r->params); i++) {
        recur_tensor_info info;
        char              name[128];
        golden_ok(c, recur_params_info(r->params, i, &info));
        snprintf(name, sizeof name, "start/%s", info.name);
        golden_array w = shared(c, name);
        assert_int_equal(w.count, info.count);
        golden_ok(c, recur_params_set(r->params, i, w.x));
        free(w.x);
    }
    golden_ok(c, recur_tape_create(golden_ctx(c), &r->tape));
    golden_ok(c, recur_trainer_create(r->params, &opts, &r->trainer));
    r->losses = golden_get(c, "losses");
    r->has_norms = golden_has(c, "norms");
    if (r->has_norms) r->norms = golden_get(c, "norms");
}

static void destroy(regression *r)
{
    free(r->norms.x);
    free(r->losses.x);
    free(r->target.x);
    free(r->x.x);
    recur_trainer_destroy(r->trainer);
    recur_tape_destroy(r->tape);
    recur_linear_destroy(r->head);
    recur_rnn_destroy(r->rnn);
    recur_params_destroy(r->params);
}

static void compare_parameters(const regression *r, int64_t update)
{
    for (int64_t i = 0; i < recur_params_tensors(r->params); i++) {
        recur_tensor_info info;
        char              name[128], what[160];
        golden_ok(r->test, recur_params_info(r->params, i, &info));
        snprintf(name, sizeof name, "after/%s", info.name);
        snprintf(what, sizeof what, "%s after update %lld", info.name, (long long)(update + 1));
        golden_array wanted = golden_get(r->test, name);
        double      *found = calloc((size_t)info.count, sizeof *found);
        assert_non_null(found);
        golden_ok(r->test, recur_params_get(r->params, i, found));
        golden_agree(r->test, what, info.count, found, wanted.x + update * info.count);
        free(found);
        free(wanted.x);
    }
}

static void updates_agree(void **state)
{
    const golden_case *c = *state;
    regression         r;
    int64_t            n_clipped = 0;
    create(&r, c);
    double clip_norm = options_of(c).clip_norm;
    for (int64_t update = 0; update < UPDATES; update++) {
        recur_step_report report;
        recur_tape_reset(r.tape);
        recur_var x = recur_input_f64(r.tape, r.x.shape, r.x.x);
        recur_var h = recur_rnn_apply(r.tape, r.rnn, x, NULL, RECUR_NO_STATE).output;
        recur_var loss = recur_mse(r.tape, recur_linear_apply(r.tape, r.head, h),
                                   recur_input_f64(r.tape, r.target.shape, r.target.x), RECUR_MEAN);
        golden_ok(c, recur_trainer_step(r.trainer, r.tape, loss, &report));
        assert_int_equal(report.step, update + 1);
        golden_agree(c, "loss", 1, &report.loss, r.losses.x + update);
        if (r.has_norms) {
            golden_agree(c, "gradient norm", 1, &report.grad_norm, r.norms.x + update);
            n_clipped += clip_norm > 0 && r.norms.x[update] > clip_norm;
            assert_int_equal(report.n_clipped, n_clipped);
        }
        compare_parameters(&r, update);
    }
    destroy(&r);
}

int main(void)
{
    golden_file golden;
    golden_open(&golden, "tests/golden/optimisers.safetensors");
    int failed = golden_run(&golden, "", 40, updates_agree);
    golden_close(&golden);
    return failed;
}
