/* The cheap part of a diagnosis, for a training under way: one pass forwards and back.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "diag/probe.h"

/* The furthest lane of each stack, and of these the least. */
static void conclude_flow(const recur_flow *flow, recur_pulse *pulse)
{
    const recur_lane_flow *least = NULL;
    for (int64_t l = 0; l < flow->n;) {
        const recur_lane_flow *most = &flow->lanes[l];
        for (; l < flow->n && strcmp(flow->lanes[l].lane.stack, most->lane.stack) == 0; l++)
            if (flow->lanes[l].horizon > most->horizon) most = &flow->lanes[l];
        if (!least || most->horizon < least->horizon) least = most;
    }
    pulse->horizon = least->horizon;
    pulse->lags = least->lags;
    pulse->is_open = least->is_open;
    pulse->rate = least->rate;
}

static void conclude_units(const recur_gates *gates, recur_pulse *pulse)
{
    double states = 0, saturated = 0, units = 0, dead = 0;
    for (int64_t l = 0; l < gates->n; l++) {
        const recur_lane_gates *g = &gates->lanes[l];
        double                  n = (double)(g->lane.cell == RECUR_LSTM ? g->lane.units : g->lane.outputs);
        states += n;
        saturated += n * g->saturated;
        units += (double)g->lane.outputs;
        dead += (double)g->n_dead;
    }
    pulse->saturated = saturated / states;
    pulse->dead = dead / units;
}

static recur_status run(recur_probe *p, recur_pulse *pulse)
{
    ri_flow_sums *flow_sums;
    ri_gate_sums *gate_sums;
    recur_flow    flow;
    recur_gates   gates;
    double        loss = 0;
    recur_status  status = ri_flow_begin(p, ri_probe_spare, &flow_sums);
    if (!status) status = ri_gates_begin(p, ri_probe_spare, false, &gate_sums);
    for (int64_t first = 0, n; first < p->n && !status; first += n) {
        n = ri_probe_group(p, p->sequences, first, p->n);
        status = ri_flow_run(p, RI_FLOW_LAST, first, n, flow_sums, &loss);
        if (!status) status = ri_gates_add(p, gate_sums);
        if (!status && ri_flow_wants(p, RI_FLOW_FIRST))
            status = ri_flow_run(p, RI_FLOW_FIRST, first, n, flow_sums, NULL);
    }
    if (!status) status = ri_flow_end(p, ri_probe_spare, flow_sums, &flow);
    if (!status) status = ri_gates_end(p, ri_probe_spare, gate_sums, &gates);
    if (status) return status;
    *pulse = (recur_pulse){.loss = loss / (double)p->n};
    conclude_flow(&flow, pulse);
    conclude_units(&gates, pulse);
    return RECUR_OK;
}

recur_status recur_probe_pulse(recur_probe *p, recur_pulse *pulse)
{
    return p && pulse ? ri_probe_end(p, run(p, pulse)) : RECUR_EARG;
}
