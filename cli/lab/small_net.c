/* A small recurrent net: made and destroyed in one place.
 * SPDX-License-Identifier: MIT */
#include "small_net.h"

recur_status small_net_create(small_net *net, recur_ctx *ctx, uint64_t seed, const recur_rnn_spec *spec,
                              int64_t outputs, const recur_train_opts *opts)
{
    const recur_linear_spec out = {.input = (spec->bidirectional ? 2 : 1) * spec->hidden, .output = outputs};
    *net = (small_net){0};
    recur_status status = recur_params_create(ctx, seed, &net->params);
    if (!status) status = recur_rnn_create(net->params, "rnn", spec, &net->rnn);
    if (!status) status = recur_linear_create(net->params, "out", &out, &net->out);
    if (!status) status = recur_tape_create(ctx, &net->tape);
    return status ? status : recur_trainer_create(net->params, opts, &net->trainer);
}

void small_net_destroy(small_net *net)
{
    recur_trainer_destroy(net->trainer);
    recur_tape_destroy(net->tape);
    recur_linear_destroy(net->out);
    recur_rnn_destroy(net->rnn);
    recur_params_destroy(net->params);
}
