/* What a case costs by its shape alone: operations, bytes; and the shapes that have names.
 * SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "bench/bench.h"

static const recur_bench_config configs[] = {
    {"A", {512, 32, 256, 256, 1, false}}, /* the textbook's */
    {"B", {50, 32, 128, 256, 1, false}},  /* a small layer, short sequences */
    {"C", {35, 20, 200, 200, 2, false}},  /* Zaremba's small word model */
    {"D", {100, 64, 512, 512, 2, false}}, /* weights beyond a core's cache */
    {"E", {1, 1, 256, 256, 1, false}},    /* one step at a time */
    {"F", {200, 1, 256, 256, 1, false}},  /* one sequence */
    {"G", {128, 16, 64, 64, 1, false}},   /* small matrices */
    {"H", {100, 1, 24, 32, 1, true}},     /* a tagger's characters */
    {NULL, {0, 0, 0, 0, 0, false}},
};

const recur_bench_config *recur_bench_configs(void)
{
    return configs;
}

static double gates(recur_cell cell)
{
    return cell == RECUR_LSTM ? 4 : cell == RECUR_GRU ? 3 : 1;
}

/* Elements that a call is about: matrices that are used once a sweep, those used at every step, rows in and out, gates. */
typedef struct volume {
    double once, each_step, rows, gates, steps;
} volume;

static volume volume_of(const recur_bench_case *c)
{
    recur_bench_shape s = c->shape;
    double            I = (double)s.I, H = (double)s.H, D = s.bidirectional ? 2 : 1, G = gates(c->cell);
    double            steps = c->mode == RECUR_BENCH_STEP ? 1 : (double)s.T, rows = steps * (double)s.B;
    if (c->linear) return (volume){.once = I * H, .rows = rows * (I + H), .steps = steps};
    volume v = {.steps = steps};
    for (int64_t l = 0; l < s.L; l++) {
        double input = l ? D * H : I;
        v.once += D * G * H * input;
        v.each_step += D * G * H * H;
        v.rows += rows * (input + D * H);
        v.gates += rows * D * G * H;
    }
    return v;
}

double recur_bench_flop(const recur_bench_case *c)
{
    volume v = volume_of(c);
    double rows = v.steps * (double)c->shape.B;
    return 2 * rows * (v.once + v.each_step) * (c->mode == RECUR_BENCH_TRAIN ? 3 : 1);
}

double ri_bench_weights(const recur_bench_case *c)
{
    volume v = volume_of(c);
    return v.once + v.each_step;
}

double ri_bench_traffic(const recur_bench_case *c)
{
    volume v = volume_of(c);
    double sweep = v.once + v.each_step * v.steps + v.rows;
    return c->mode == RECUR_BENCH_TRAIN ? 2 * (sweep + v.gates) : sweep;
}
