/* A small recurrent net of an experiment: a stack, a linear layer behind it, a tape, and what trains them.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_SMALL_NET_H
#define CLI_SMALL_NET_H

#include "recur/recur.h"

/* All zeros: nothing to destroy. */
typedef struct small_net {
    recur_params  *params;
    recur_rnn     *rnn; /* "rnn" */
    recur_linear  *out; /* "out": [outputs,H] */
    recur_tape    *tape;
    recur_trainer *trainer;
} small_net;

/* Create one. Whatever is returned, small_net_destroy is called at the end. Errors: those of its parts. */
recur_status small_net_create(small_net *net, recur_ctx *ctx, uint64_t seed, const recur_rnn_spec *spec,
                              int64_t outputs, const recur_train_opts *opts);
void         small_net_destroy(small_net *net);

#endif
