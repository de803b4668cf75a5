/* oneDNN's side of layers.py: a stack with all its layers and directions is one primitive, and one case is one run of this program.
 *
 *   onednn lstm|gru|rnn infer|train|step T B I H L 1|2 SECONDS      (1 or 2 directions)
 *
 * Prints a line of JSON. Weights have the form that oneDNN chooses. Inference and steps pack them beforehand. In training an optimiser
 * changes them after every call, so a call begins with plain weights and packs them twice, for forward and for backward, and ends with
 * plain gradients; "ms_packed" leaves that out: what no training loop could reach. Clearing the gradients, which oneDNN adds to, is not timed.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oneapi/dnnl/dnnl.h"

/* So many calls at least, but not for longer than so many times the seconds that were asked for. */
enum { MIN_CALLS = 3, PATIENCE = 5 };

enum { WARM_UP = 2, STEPS_PER_CALL = 64, MAX_CALLS = 1 << 20, MAX_ARGS = 24 };

typedef enum cell { LSTM, GRU, RNN } cell;
typedef enum mode { INFER, TRAIN, STEP } mode;

static void must(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success) return;
    fprintf(stderr, "onednn: %s: status %d\n", what, (int)status);
    exit(1);
}

/* ---- oneDNN 2 and 3 ---- */

/* The arrays that a primitive knows, or their gradients. An array that is NULL is not there. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc;
#else
typedef const dnnl_memory_desc_t *desc;
#endif
typedef struct arrays {
    desc x, h, c, w_x, w_h, b, y, h_out, c_out;
} arrays;

#if DNNL_VERSION_MAJOR >= 3

static desc describe(int n, const dnnl_dim_t *dims, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t d;
    must(dnnl_memory_desc_create_with_tag(&d, n, dims, dnnl_f32, tag), "a description");
    return d;
}

static dnnl_primitive_desc_t forward_of(dnnl_engine_t engine, cell kind, dnnl_prop_kind_t prop,
                                        dnnl_rnn_direction_t direction, const arrays *a)
{
    dnnl_primitive_desc_t p = NULL;
    dnnl_status_t         status;
    if (kind == LSTM)
        status = dnnl_lstm_forward_primitive_desc_create(&p, engine, prop, direction, a->x, a->h, a->c,
                                                         a->w_x, a->w_h, NULL, NULL, a->b, a->y, a->h_out,
                                                         a->c_out, 0, NULL);
    else if (kind == GRU)
        status = dnnl_lbr_gru_forward_primitive_desc_create(&p, engine, prop, direction, a->x, a->h, a->w_x,
                                                            a->w_h, a->b, a->y, a->h_out, 0, NULL);
    else
        status = dnnl_vanilla_rnn_forward_primitive_desc_create(&p, engine, prop, dnnl_eltwise_tanh,
                                                                direction, a->x, a->h, a->w_x, a->w_h, a->b,
                                                                a->y, a->h_out, 0, 0, 0, NULL);
    must(status, "forward");
    return p;
}

static dnnl_primitive_desc_t backward_of(dnnl_engine_t engine, cell kind, dnnl_rnn_direction_t direction,
                                         const arrays *a, const arrays *d, dnnl_primitive_desc_t forward)
{
    const dnnl_prop_kind_t prop = dnnl_backward;
    dnnl_primitive_desc_t  p = NULL;
    dnnl_status_t          status;
    if (kind == LSTM)
        status = dnnl_lstm_backward_primitive_desc_create(
            &p, engine, prop, direction, a->x, NULL, NULL, a->w_x, a->w_h, NULL, NULL, a->b, a->y, NULL, NULL,
            d->x, NULL, NULL, d->w_x, d->w_h, NULL, NULL, d->b, d->y, NULL, NULL, 0, forward, NULL);
    else if (kind == GRU)
        status = dnnl_lbr_gru_backward_primitive_desc_create(&p, engine, prop, direction, a->x, NULL, a->w_x,
                                                             a->w_h, a->b, a->y, NULL, d->x, NULL, d->w_x,
                                                             d->w_h, d->b, d->y, NULL, 0, forward, NULL);
    else
        status = dnnl_vanilla_rnn_backward_primitive_desc_create(
            &p, engine, prop, dnnl_eltwise_tanh, direction, a->x, NULL, a->w_x, a->w_h, a->b, a->y, NULL,
            d->x, NULL, d->w_x, d->w_h, d->b, d->y, NULL, 0, 0, 0, forward, NULL);
    must(status, "backward");
    return p;
}

#else

static desc describe(int n, const dnnl_dim_t *dims, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t *d = malloc(sizeof *d);
    must(d ? dnnl_memory_desc_init_by_tag(d, n, dims, dnnl_f32, tag) : dnnl_out_of_memory, "a description");
    return d;
}

static dnnl_primitive_desc_t forward_of(dnnl_engine_t engine, cell kind, dnnl_prop_kind_t prop,
                                        dnnl_rnn_direction_t direction, const arrays *a)
{
    dnnl_primitive_desc_t p = NULL;
    dnnl_rnn_desc_t       rnn;
    dnnl_status_t         status;
    if (kind == LSTM)
        status = dnnl_lstm_forward_desc_init(&rnn, prop, direction, a->x, a->h, a->c, a->w_x, a->w_h, a->b,
                                             a->y, a->h_out, a->c_out, 0);
    else if (kind == GRU)
        status = dnnl_lbr_gru_forward_desc_init(&rnn, prop, direction, a->x, a->h, a->w_x, a->w_h, a->b, a->y,
                                                a->h_out, 0);
    else
        status = dnnl_vanilla_rnn_forward_desc_init(&rnn, prop, dnnl_eltwise_tanh, direction, a->x, a->h,
                                                    a->w_x, a->w_h, a->b, a->y, a->h_out, 0, 0, 0);
    must(status, "forward");
    must(dnnl_primitive_desc_create(&p, &rnn, NULL, engine, NULL), "forward");
    return p;
}

static dnnl_primitive_desc_t backward_of(dnnl_engine_t engine, cell kind, dnnl_rnn_direction_t direction,
                                         const arrays *a, const arrays *d, dnnl_primitive_desc_t forward)
{
    const dnnl_prop_kind_t prop = dnnl_backward;
    dnnl_primitive_desc_t  p = NULL;
    dnnl_rnn_desc_t        rnn;
    dnnl_status_t          status;
    if (kind == LSTM)
        status = dnnl_lstm_backward_desc_init(&rnn, prop, direction, a->x, NULL, NULL, a->w_x, a->w_h, a->b,
                                              a->y, NULL, NULL, d->x, NULL, NULL, d->w_x, d->w_h, d->b, d->y,
                                              NULL, NULL, 0);
    else if (kind == GRU)
        status = dnnl_lbr_gru_backward_desc_init(&rnn, prop, direction, a->x, NULL, a->w_x, a->w_h, a->b,
                                                 a->y, NULL, d->x, NULL, d->w_x, d->w_h, d->b, d->y, NULL, 0);
    else
        status = dnnl_vanilla_rnn_backward_desc_init(&rnn, prop, dnnl_eltwise_tanh, direction, a->x, NULL,
                                                     a->w_x, a->w_h, a->b, a->y, NULL, d->x, NULL, d->w_x,
                                                     d->w_h, d->b, d->y, NULL, 0, 0, 0);
    must(status, "backward");
    must(dnnl_primitive_desc_create(&p, &rnn, NULL, engine, forward), "backward");
    return p;
}

#endif

/* ---- a case ---- */

typedef struct operation {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t  args[MAX_ARGS];
    int              n;
} operation;

typedef struct subject {
    cell                  kind;
    mode                  mode;
    dnnl_dim_t            T, B, I, H, L, D;
    dnnl_rnn_direction_t  direction;
    dnnl_engine_t         engine;
    dnnl_stream_t         stream;
    arrays                shapes;                           /* as a program holds them: weights plain */
    dnnl_memory_t         x, w_x, w_h, b, y, dy, dx, dw[3]; /* dw: of w_x, w_h, b, as backward wants them */
    dnnl_memory_t         state[2][2];                      /* [turn][h, c] */
    dnnl_primitive_desc_t forward_desc, backward_desc;
    operation             forward[2], backward; /* forward[1] is the step back from state 1 to state 0 */
    operation             pack[4], unpack[2];   /* w_x, w_h for forward and for backward; gradients */
    int                   n_pack, n_unpack;
} subject;

static dnnl_memory_t allocate(subject *s, desc d)
{
    dnnl_memory_t m;
    void         *bytes;
    must(dnnl_memory_create(&m, d, s->engine, DNNL_MEMORY_ALLOCATE), "memory");
    must(dnnl_memory_get_data_handle(m, &bytes), "memory");
    memset(bytes, 0, dnnl_memory_desc_get_size(d));
    return m;
}

static float *values_of(dnnl_memory_t m)
{
    void *values;
    must(dnnl_memory_get_data_handle(m, &values), "memory");
    return values;
}

static dnnl_memory_t random_array(subject *s, desc d, double bound)
{
    dnnl_memory_t m = allocate(s, d);
    float        *values = values_of(m);
    size_t        n = dnnl_memory_desc_get_size(d) / sizeof *values;
    for (size_t i = 0; i < n; i++) values[i] = (float)(bound * (2.0 * rand() / RAND_MAX - 1));
    return m;
}

static void give(operation *o, int role, dnnl_memory_t m)
{
    o->args[o->n++] = (dnnl_exec_arg_t){role, m};
}

static void run(subject *s, const operation *o)
{
    must(dnnl_primitive_execute(o->primitive, s->stream, o->n, o->args), "a call");
}

static desc wanted_by(dnnl_primitive_desc_t p, int role)
{
    return dnnl_primitive_desc_query_md(p, dnnl_query_exec_arg_md, role);
}

/* Return the operation that copies an array into another form, of which the memories are given. */
static operation reorder(subject *s, desc from, dnnl_memory_t source, desc to, dnnl_memory_t target)
{
    operation             o = {.n = 0};
    dnnl_primitive_desc_t p;
    must(dnnl_reorder_primitive_desc_create(&p, from, s->engine, to, s->engine, NULL), "packing");
    must(dnnl_primitive_create(&o.primitive, p), "packing");
    give(&o, DNNL_ARG_FROM, source);
    give(&o, DNNL_ARG_TO, target);
    return o;
}

/* Give weights to an operation in the form it wants, packed from the plain ones by an operation of its own. */
static void give_packed(subject *s, operation *o, dnnl_primitive_desc_t p, int role, desc plain,
                        dnnl_memory_t weights)
{
    desc wanted = wanted_by(p, role);
    if (dnnl_memory_desc_equal(wanted, plain)) {
        give(o, role, weights);
        return;
    }
    dnnl_memory_t packed = allocate(s, wanted);
    s->pack[s->n_pack++] = reorder(s, plain, weights, wanted, packed);
    give(o, role, packed);
}

static void describe_arrays(subject *s)
{
    const dnnl_dim_t T = s->T, B = s->B, I = s->I, H = s->H, L = s->L, D = s->D;
    const dnnl_dim_t G = s->kind == LSTM ? 4 : s->kind == GRU ? 3 : 1, biases = s->kind == GRU ? 4 : G;
    const dnnl_dim_t x[] = {T, B, I}, y[] = {T, B, D * H}, state[] = {L, D, B, H}, b[] = {L, D, biases, H};
    const dnnl_dim_t w_x[] = {L, D, I, G, H}, w_h[] = {L, D, H, G, H};
    s->shapes = (arrays){.x = describe(3, x, dnnl_tnc),
                         .w_x = describe(5, w_x, dnnl_ldigo),
                         .w_h = describe(5, w_h, dnnl_ldigo),
                         .b = describe(4, b, dnnl_ldgo),
                         .y = describe(3, y, dnnl_tnc)};
    if (s->mode == STEP) {
        s->shapes.h = s->shapes.h_out = describe(4, state, dnnl_ldnc);
        s->shapes.c = s->shapes.c_out = s->kind == LSTM ? s->shapes.h : NULL;
    }
}

/* The same arrays with the form of the weights left to oneDNN. */
static arrays with_any_weights(const subject *s)
{
    const dnnl_dim_t G = s->kind == LSTM ? 4 : s->kind == GRU ? 3 : 1;
    const dnnl_dim_t w_x[] = {s->L, s->D, s->I, G, s->H}, w_h[] = {s->L, s->D, s->H, G, s->H};
    arrays           a = s->shapes;
    a.w_x = describe(5, w_x, dnnl_format_tag_any);
    a.w_h = describe(5, w_h, dnnl_format_tag_any);
    return a;
}

static void make_arrays(subject *s)
{
    double bound = 1 / sqrt((double)s->H);
    s->x = random_array(s, s->shapes.x, 1);
    s->w_x = random_array(s, s->shapes.w_x, bound);
    s->w_h = random_array(s, s->shapes.w_h, bound);
    s->b = random_array(s, s->shapes.b, bound);
    s->y = allocate(s, s->shapes.y);
    for (int turn = 0; turn < 2 && s->mode == STEP; turn++)
        for (int k = 0; k < 2; k++) s->state[turn][k] = allocate(s, s->shapes.h);
}

static void make_forward(subject *s)
{
    arrays           a = with_any_weights(s);
    dnnl_prop_kind_t prop = s->mode == TRAIN ? dnnl_forward_training : dnnl_forward_inference;
    operation       *o = &s->forward[0];
    s->forward_desc = forward_of(s->engine, s->kind, prop, s->direction, &a);
    must(dnnl_primitive_create(&o->primitive, s->forward_desc), "forward");
    give_packed(s, o, s->forward_desc, DNNL_ARG_WEIGHTS_LAYER, s->shapes.w_x, s->w_x);
    give_packed(s, o, s->forward_desc, DNNL_ARG_WEIGHTS_ITER, s->shapes.w_h, s->w_h);
    give(o, DNNL_ARG_SRC_LAYER, s->x);
    give(o, DNNL_ARG_BIAS, s->b);
    give(o, DNNL_ARG_DST_LAYER, s->y);
    if (s->mode != STEP) return;
    s->forward[1] = *o;
    for (int turn = 0; turn < 2; turn++) {
        give(&s->forward[turn], DNNL_ARG_SRC_ITER, s->state[turn][0]);
        give(&s->forward[turn], DNNL_ARG_DST_ITER, s->state[1 - turn][0]);
        if (s->kind != LSTM) continue;
        give(&s->forward[turn], DNNL_ARG_SRC_ITER_C, s->state[turn][1]);
        give(&s->forward[turn], DNNL_ARG_DST_ITER_C, s->state[1 - turn][1]);
    }
}

/* Take the gradients of weights as backward gives them; where that is not the plain form, an operation brings them there. */
static void take_gradient(subject *s, int k, int role, desc plain)
{
    desc given = wanted_by(s->backward_desc, role);
    s->dw[k] = allocate(s, given);
    give(&s->backward, role, s->dw[k]);
    if (!dnnl_memory_desc_equal(given, plain))
        s->unpack[s->n_unpack++] = reorder(s, given, s->dw[k], plain, allocate(s, plain));
}

static void make_backward(subject *s)
{
    arrays        a = with_any_weights(s);
    operation    *o = &s->backward;
    dnnl_memory_t workspace = allocate(s, wanted_by(s->forward_desc, DNNL_ARG_WORKSPACE));
    s->backward_desc = backward_of(s->engine, s->kind, s->direction, &a, &a, s->forward_desc);
    must(dnnl_primitive_create(&o->primitive, s->backward_desc), "backward");
    give(&s->forward[0], DNNL_ARG_WORKSPACE, workspace);
    give(o, DNNL_ARG_WORKSPACE, workspace);
    give_packed(s, o, s->backward_desc, DNNL_ARG_WEIGHTS_LAYER, s->shapes.w_x, s->w_x);
    give_packed(s, o, s->backward_desc, DNNL_ARG_WEIGHTS_ITER, s->shapes.w_h, s->w_h);
    give(o, DNNL_ARG_SRC_LAYER, s->x);
    give(o, DNNL_ARG_BIAS, s->b);
    give(o, DNNL_ARG_DST_LAYER, s->y);
    s->dx = allocate(s, s->shapes.x);
    s->dy = allocate(s, s->shapes.y);
    for (dnnl_dim_t i = 0; i < s->T * s->B * s->D * s->H; i++) values_of(s->dy)[i] = 1;
    give(o, DNNL_ARG_DIFF_SRC_LAYER, s->dx);
    give(o, DNNL_ARG_DIFF_DST_LAYER, s->dy);
    take_gradient(s, 0, DNNL_ARG_DIFF_WEIGHTS_LAYER, s->shapes.w_x);
    take_gradient(s, 1, DNNL_ARG_DIFF_WEIGHTS_ITER, s->shapes.w_h);
    take_gradient(s, 2, DNNL_ARG_DIFF_BIAS, s->shapes.b);
}

static void make(subject *s)
{
    s->direction = s->D == 2 ? dnnl_bidirectional_concat : dnnl_unidirectional_left2right;
    must(dnnl_engine_create(&s->engine, dnnl_cpu, 0), "an engine");
    must(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags), "a stream");
    describe_arrays(s);
    make_arrays(s);
    make_forward(s);
    if (s->mode == TRAIN) make_backward(s);
    for (int i = 0; i < s->n_pack; i++) run(s, &s->pack[i]);
    must(dnnl_stream_wait(s->stream), "packing");
}

/* ---- measuring ---- */

typedef struct duration {
    double whole, packed;
} duration;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static duration call_once(subject *s)
{
    double began = now();
    if (s->mode == STEP)
        for (int i = 0; i < STEPS_PER_CALL; i++) run(s, &s->forward[i % 2]);
    else
        run(s, &s->forward[0]);
    must(dnnl_stream_wait(s->stream), "a call");
    double took = (now() - began) / (s->mode == STEP ? STEPS_PER_CALL : 1);
    return (duration){took, took};
}

static duration call_training(subject *s)
{
    const int roles[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS};
    for (int k = 0; k < 3; k++)
        memset(values_of(s->dw[k]), 0, dnnl_memory_desc_get_size(wanted_by(s->backward_desc, roles[k])));
    double began = now();
    for (int i = 0; i < s->n_pack; i++) run(s, &s->pack[i]);
    double packed = now();
    run(s, &s->forward[0]);
    run(s, &s->backward);
    double done = now();
    for (int i = 0; i < s->n_unpack; i++) run(s, &s->unpack[i]);
    must(dnnl_stream_wait(s->stream), "a call");
    return (duration){now() - began, done - packed};
}

static duration call(subject *s)
{
    return s->mode == TRAIN ? call_training(s) : call_once(s);
}

static void check(const char *what, desc d, dnnl_memory_t m)
{
    const float *values = values_of(m);
    size_t       n = dnnl_memory_desc_get_size(d) / sizeof *values;
    double       sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs((double)values[i]);
    if (isfinite(sum) && sum > 0) return;
    fprintf(stderr, "onednn: %s: the values are all zero or not finite\n", what);
    exit(1);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void check_all(subject *s)
{
    check("the output", s->shapes.y, s->y);
    if (s->mode != TRAIN) return;
    check("the input's gradient", s->shapes.x, s->dx);
    check("the weights' gradient", wanted_by(s->backward_desc, DNNL_ARG_DIFF_WEIGHTS_ITER), s->dw[1]);
}

static void measure(subject *s, double seconds)
{
    double *whole = malloc(MAX_CALLS * sizeof *whole), *packed = malloc(MAX_CALLS * sizeof *packed);
    must(whole && packed ? dnnl_success : dnnl_out_of_memory, "measurements");
    for (int i = 0; i < WARM_UP; i++) call(s);
    check_all(s);
    int    n = 0;
    double began = now(), elapsed = 0;
    while (n < MAX_CALLS && (elapsed < seconds || (n < MIN_CALLS && elapsed < PATIENCE * seconds))) {
        duration d = call(s);
        whole[n] = d.whole;
        packed[n++] = d.packed;
        elapsed = now() - began;
    }
    const dnnl_version_t *v = dnnl_version();
    printf("{\"ms\": %.6g, \"ms_packed\": %.6g, \"calls\": %d, \"version\": \"oneDNN %d.%d.%d\"}\n",
           1e3 * median(whole, n), 1e3 * median(packed, n), n, v->major, v->minor, v->patch);
    free(whole);
    free(packed);
}

/* ---- the command line ---- */

static int find(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) return i;
    fprintf(stderr, "onednn: %s is not known\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    static const char *const cells[] = {"lstm", "gru", "rnn", NULL}, *const modes[] = {"infer", "train",
                                                                                       "step", NULL};
    if (argc != 10) {
        fprintf(stderr, "usage: onednn lstm|gru|rnn infer|train|step T B I H L 1|2 SECONDS\n");
        return 2;
    }
    subject s = {.kind = (cell)find(argv[1], cells),
                 .mode = (mode)find(argv[2], modes),
                 .T = atoll(argv[3]),
                 .B = atoll(argv[4]),
                 .I = atoll(argv[5]),
                 .H = atoll(argv[6]),
                 .L = atoll(argv[7]),
                 .D = atoll(argv[8])};
    if (s.mode == STEP) s.T = 1;
    make(&s);
    measure(&s, atof(argv[9]));
    return 0;
}
