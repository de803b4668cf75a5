/* A probe's sequences as the inputs of a dynamical system: what the model's first stack reads of them, whichever way its task makes it.
 * SPDX-License-Identifier: MIT */
#include "diag/probe.h"
#include "nn/tape.h"

/* Copy row `row` of what a stack reads. Other rows than one-hot ones lie one behind the other. */
static void copy_input(const recur_probe *p, const ri_rnn_trace *trace, int64_t row, double *out)
{
    const ri_node *node = ri_tape_at(p->tape, trace->x);
    int64_t        I = trace->rnn->spec.input;
    if (node->ids)
        out[node->ids[row]] = 1;
    else
        p->ctx->dev->read(p->ctx, I, ri_at(p->ctx, node->value, row * I), out);
}

/* Read the sequences until there are `most` steps; *T says how many there are. */
static recur_status read_inputs(recur_probe *p, int64_t most, double *inputs, int64_t *T)
{
    recur_status status = RECUR_OK;
    int64_t      I = p->stacks[0].rnn->spec.input;
    for (int64_t i = 0; i < p->n && *T < most && !status; i++) {
        recur_var loss;
        ri_walk   walk;
        int64_t   steps = ri_probe_steps(p, &p->stacks[0], &p->sequences[i]);
        ri_arena_reset(&p->group);
        status = ri_probe_put(p, 1, &p->sequences[i], NULL, RI_VALUES, &loss);
        if (!status) status = ri_probe_walk(p, &p->stacks[0], &walk);
        for (int64_t t = 0; t < steps && *T < most && !status; t++) {
            const ri_rnn_trace *trace;
            int64_t             row = ri_walk_row(&walk, 0, t, &trace);
            copy_input(p, trace, row, inputs + (*T)++ * I);
        }
    }
    return status;
}

recur_status recur_probe_drive(recur_probe *p, recur_ctx *ctx, int64_t most, recur_driven **driven,
                               int64_t *steps)
{
    if (!p || !ctx || !driven || !steps) return RECUR_EARG;
    *driven = NULL;
    if (most < 1 || most > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "a system wants 1 to %d steps, found %lld", INT32_MAX,
                       (long long)most);
    *steps = 0;
    double      *inputs = ri_probe_spare(p, most, (size_t)p->stacks[0].rnn->spec.input * sizeof *inputs);
    recur_status status = inputs ? read_inputs(p, most, inputs, steps) : ri_probe_no_memory(p);
    if (!status) status = recur_driven_create(ctx, p->stacks[0].rnn, *steps, inputs, driven);
    return ri_probe_end(p, status);
}
