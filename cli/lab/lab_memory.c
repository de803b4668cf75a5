/* recur lab memory: the same task for feed-forward nets, one symbol at a time or on a joined window, and for a recurrent net. Who gets one
 * symbol at a time knows only the last one. The window's weights belong to places, so what it has learnt at one place says nothing about another, and
 * there are none for a longer sequence; the recurrent weights are the same at every step.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "memory.h"
#include "pattern_task.h"
#include "rows.h"
#include "small_net.h"

static const option memory_rows[] = {
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "rnn|lstm|gru",
     .fallback = "gru",
     .flags = OPTION_USUAL,
     .help = "of the recurrent net: rnn, lstm or gru"},
    ROW_INT("hidden", 2, 65536, "32",
            "units of the feed-forward nets; the recurrent one has as many as fit into as many parameters "
            "as the "
            "window's"),
    {.name = "lengths",
     .form = "FROM,TO",
     .type = OPTION_NUMBERS,
     .min = 2,
     .max = 1000,
     .least = 2,
     .most = 2,
     .fallback = "8,12",
     .flags = OPTION_USUAL,
     .help = "lengths that are trained; the second one is the window's width"},
    ROW_INT("places", 1, 10000, "6", "in training the pattern begins at one of the first N places"),
    {.name = "pattern",
     .form = "N",
     .type = OPTION_INT,
     .min = 2,
     .max = MAX_PATTERN,
     .fallback = "3",
     .help = "symbols of the pattern"},
    {.name = "symbols",
     .form = "N",
     .type = OPTION_INT,
     .min = 3,
     .max = 64,
     .fallback = "8",
     .help = "how many different ones there are"},
    ROW_INT("steps", 1, 1e9, "3000", "updates of each net"),
    {.name = "batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 4096,
     .fallback = "64",
     .help = "fresh sequences of an update"},
    {.name = "lr",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .fallback = "0.004",
     .flags = OPTION_ABOVE,
     .help = "learning rate (Adam, norm clipped at 1)"},
    {.name = "tests",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .fallback = "1024",
     .help = "new sequences of each test, rounded up to whole batches"},
    ROW_INT("seeds", 1, 1000, "1", "train so many of each net and show the mean"),
    ROW_SEED("the first of them; of weights and sequences"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        memory_group = {"Experiment", memory_rows};
static const option_group *const memory_groups[] = {&memory_group, &common_group, NULL};

typedef enum net_kind { SINGLE, WINDOW, RECURRENT, N_NETS } net_kind;

enum { N_LENGTHS = 6, STREAM_TRAINING = 0 };

static const char *const net_names[N_NETS] = {"single", "window", "recurrent"};

typedef struct memory_lab {
    app             *app;
    lab              lab;
    pattern_task     task; /* its seed is that of the net at work */
    pattern_draw     training;
    recur_train_opts opts;
    recur_cell       cell;
    const char      *cell_name;
    int64_t          hidden[N_NETS], parameters[N_NETS];
    int64_t          steps, tests, seeds, done;
    int64_t          n_places, n_tests; /* tests: each place at the window's width, then lengths */
    pattern_draw    *test;              /* [n_tests] */
    double          *found;             /* [N_NETS,n_tests,seeds]: accuracy */
} memory_lab;

static double *found_at(const memory_lab *m, int which, int64_t test)
{
    return m->found + (which * m->n_tests + test) * m->seeds;
}

static double mean(const memory_lab *m, int which, int64_t test)
{
    double sum = 0;
    for (int64_t i = 0; i < m->seeds; i++) sum += found_at(m, which, test)[i];
    return sum / (double)m->seeds;
}

/* A window net cannot read what is longer than its window. */
static bool can_read(const memory_lab *m, int which, int64_t test)
{
    return which != WINDOW || m->test[test].to <= m->task.window;
}

/* ---- the nets ---- */

/* A feed-forward net has no stack: its first layer is `join`. */
typedef struct any_net {
    net_kind      kind;
    small_net     net;
    recur_linear *join;
} any_net;

static recur_status net_create(const memory_lab *m, int which, any_net *n)
{
    const recur_rnn_spec spec = {.cell = m->cell, .input = m->task.symbols, .hidden = m->hidden[RECURRENT]};
    const int64_t        places = which == WINDOW ? m->task.window : 1;
    const recur_linear_spec in = {.input = places * m->task.symbols, .output = m->hidden[which]};
    const recur_linear_spec out = {.input = m->hidden[which], .output = 2};
    small_net              *net = &n->net;
    *n = (any_net){.kind = (net_kind)which};
    if (which == RECURRENT) return small_net_create(net, m->app->ctx, m->task.seed, &spec, 2, &m->opts);
    recur_status status = recur_params_create(m->app->ctx, m->task.seed, &net->params);
    if (!status) status = recur_linear_create(net->params, "join", &in, &n->join);
    if (!status) status = recur_linear_create(net->params, "out", &out, &net->out);
    if (!status) status = recur_tape_create(m->app->ctx, &net->tape);
    return status ? status : recur_trainer_create(net->params, &m->opts, &net->trainer);
}

static void net_destroy(any_net *n)
{
    recur_linear_destroy(n->join);
    small_net_destroy(&n->net);
}

/* Return [B,2]: not there, there. */
static recur_var net_apply(const memory_lab *m, any_net *n, const pattern_batch *b)
{
    const int64_t     V = m->task.symbols;
    const recur_shape shape = RECUR_SHAPE(m->task.batch, m->task.window * V);
    recur_tape       *tape = n->net.tape;
    if (n->kind == RECURRENT) {
        recur_var x = recur_one_hot(tape, b->inputs, V);
        recur_seq seq = recur_rnn_apply(tape, n->net.rnn, x, b->inputs, RECUR_NO_STATE);
        return recur_linear_apply(tape, n->net.out, recur_pool_last(tape, n->net.rnn, seq));
    }
    recur_var x = n->kind == WINDOW ? recur_input(tape, shape, b->joined) : recur_one_hot(tape, b->latest, V);
    recur_var state = recur_tanh(tape, recur_linear_apply(tape, n->join, x));
    return recur_linear_apply(tape, n->net.out, state);
}

/* ---- training and tests ---- */

static recur_status train(memory_lab *m, any_net *n)
{
    pattern_batch batch;
    recur_tape   *tape = n->net.tape;
    recur_status  status = pattern_batch_begin(&batch, m->app->ctx, &m->task, m->training.to);
    for (int64_t i = 0; i < m->steps && !status; i++) {
        recur_tape_reset(tape);
        status = pattern_batch_draw(&batch, &m->training, i);
        if (status) break;
        recur_var loss = recur_cross_entropy(tape, net_apply(m, n, &batch), batch.targets, RECUR_MEAN);
        status = recur_trainer_step(n->net.trainer, tape, loss, NULL);
        progress_draw(m->app, (double)++m->done / (double)(N_NETS * m->seeds * m->steps), NULL);
    }
    pattern_batch_end(&batch);
    return status;
}

static recur_status measure(const memory_lab *m, any_net *n, const pattern_draw *test, double *accuracy)
{
    const int64_t B = m->task.batch, count = (m->tests + B - 1) / B;
    pattern_batch batch;
    int64_t       right = 0;
    recur_status  status = pattern_batch_begin(&batch, m->app->ctx, &m->task, test->to);
    for (int64_t i = 0; i < count && !status; i++) {
        recur_tape_reset(n->net.tape);
        status = pattern_batch_draw(&batch, test, i);
        if (status) break;
        const float *answer = recur_value(n->net.tape, net_apply(m, n, &batch));
        status = recur_tape_status(n->net.tape);
        for (int64_t j = 0; j < B && !status; j++)
            right += (answer[2 * j + 1] > answer[2 * j]) == batch.right[j];
    }
    *accuracy = (double)right / (double)(count * B);
    pattern_batch_end(&batch);
    return status;
}

static void say_json(memory_lab *m, int which, int64_t test, int64_t seed)
{
    const pattern_draw *t = &m->test[test];
    const bool          is_place = test < m->n_places;
    json_t             *line = json_pack(
                    "{s:s,s:s,s:I,s:I,s:I,s:s,s:I,s:b,s:o}", "net", net_names[which], "cell",
        which == RECURRENT ? m->cell_name : "tanh", "hidden", (json_int_t)m->hidden[which], "parameters",
                    (json_int_t)m->parameters[which], "seed", (json_int_t)m->task.seed, "test",
        is_place ? "place" : "length", "length", (json_int_t)t->to, "trained",
        is_place ? t->first <= m->training.last : t->to >= m->training.from && t->to <= m->training.to,
                    "accuracy", output_number(found_at(m, which, test)[seed]));
    if (line && is_place) json_object_set_new(line, "place", json_integer(t->first));
    lab_json(&m->lab, line);
}

static recur_status make(memory_lab *m, int which, int64_t seed)
{
    any_net      n;
    recur_status status = net_create(m, which, &n);
    if (!status) m->parameters[which] = recur_params_count(n.net.params);
    if (!status) status = train(m, &n);
    if (!status) recur_tape_set_inference(n.net.tape, true);
    for (int64_t i = 0; i < m->n_tests && !status; i++) {
        double *accuracy = &found_at(m, which, i)[seed];
        *accuracy = NAN;
        if (can_read(m, which, i)) status = measure(m, &n, &m->test[i], accuracy);
        if (!status) say_json(m, which, i, seed);
    }
    net_destroy(&n);
    return status;
}

/* The recurrent net's units: the most that have no more parameters than the window net. */
static int64_t equal_hidden(const memory_lab *m)
{
    const int64_t V = m->task.symbols, gates = cell_products(m->cell);
    const int64_t room = m->hidden[WINDOW] * (m->task.window * V + 1) + 2 * (m->hidden[WINDOW] + 1);
    int64_t       h = 1;
    while (gates * (h + 1) * (V + h + 1 + 2) + 2 * (h + 1 + 1) <= room) h++;
    return h;
}

/* ---- words ---- */

static void introduce(memory_lab *m)
{
    char pattern[MAX_PATTERN + 1];
    for (int64_t i = 0; i < m->task.pattern; i++) pattern[i] = (char)('a' + i);
    pattern[m->task.pattern] = '\0';
    lab_say(&m->lab,
            "Three nets learn whether \"%s\" stands in a sequence of %" PRId64
            " symbols; where it does not, the same letters stand there\nin another order.\n"
            "    single      feed-forward, one symbol at a time: when it is asked, it has the last one\n"
            "    window      feed-forward, the sequence joined: every symbol at every place has weights of "
            "its own\n"
            "    recurrent   step by step, with the same weights at each and a state between them\n"
            "Trained: lengths %" PRId64 " to %" PRId64 ", the pattern begins at places 0 to %" PRId64
            "; %" PRId64 " updates of %" PRId64 " fresh sequences;\nseed %" PRIu64 "%s.\n\n",
            pattern, m->task.symbols, m->training.from, m->training.to, m->training.last, m->steps,
            m->task.batch, m->task.seed, m->seeds > 1 ? " and the next ones, means" : "");
}

static void row(memory_lab *m, const char *name, int which, int64_t first, int64_t n)
{
    lab_say(&m->lab, "%-12s", name);
    for (int64_t i = first; i < first + n; i++)
        if (can_read(m, which, i))
            lab_say(&m->lab, "%7.1f", 100 * mean(m, which, i));
        else
            lab_say(&m->lab, "%7s", "-");
    lab_say(&m->lab, "\n");
}

static void tables(memory_lab *m)
{
    const int64_t P = m->n_places, n = m->n_tests - P;
    lab_say(&m->lab, "right, %% (by chance 50)\n\nlength %-5" PRId64, m->task.window);
    lab_say(&m->lab, "  the pattern begins at place\n%12s", "");
    for (int64_t i = 0; i < P; i++) lab_say(&m->lab, "%6" PRId64 "%c", i, i <= m->training.last ? ' ' : '*');
    lab_say(&m->lab, "\n");
    for (int k = 0; k < N_NETS; k++) row(m, net_names[k], k, 0, P);
    lab_say(&m->lab, "\nanywhere      the sequence's length\n%12s", "");
    for (int64_t i = P; i < m->n_tests; i++)
        lab_say(&m->lab, "%6" PRId64 "%c", m->test[i].to,
                m->test[i].to < m->training.from || m->test[i].to > m->training.to ? '*' : ' ');
    lab_say(&m->lab, "\n");
    for (int k = 0; k < N_NETS; k++) row(m, net_names[k], k, P, n);
    lab_say(&m->lab, "\n* never trained; - more than the window holds\n");
}

/* The mean over the places that were trained, or over the others; NaN where there are none. */
static double over_places(const memory_lab *m, int which, bool trained)
{
    double  sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < m->n_places; i++)
        if ((i <= m->training.last) == trained) sum += mean(m, which, i), n++;
    return sum / (double)n;
}

static void conclude(memory_lab *m)
{
    lab_say(&m->lab, "\n");
    for (int k = 0; k < N_NETS; k++)
        lab_say(&m->lab,
                "%s net (%" PRId64 " %s units, %" PRId64
                " parameters): %.1f %% at the places it was trained at, %.1f %% at others.\n",
                net_names[k], m->hidden[k], k == RECURRENT ? m->cell_name : "tanh", m->parameters[k],
                100 * over_places(m, k, true), 100 * over_places(m, k, false));
    lab_say(&m->lab,
            "At %" PRId64 " steps, %" PRId64 " times the window, the recurrent net is right in %.1f %%.\n",
            m->test[m->n_tests - 1].to, m->test[m->n_tests - 1].to / m->task.window,
            100 * mean(m, RECURRENT, m->n_tests - 1));
}

/* ---- the picture ---- */

static void fill(const memory_lab *m, recur_curve *curve, int which, int64_t first, int64_t n, double *xy)
{
    static const char *const labels[] = {"one symbol at a time", "joined window", "recurrent", "chance"};
    for (int64_t i = 0; i < n; i++) {
        const pattern_draw *t = &m->test[first + i];
        xy[i] = (double)(first == 0 ? t->first : t->to);
        xy[n + i] = which == N_NETS                 ? 50
                    : can_read(m, which, first + i) ? 100 * mean(m, which, first + i)
                                                    : NAN;
    }
    *curve = (recur_curve){.label = labels[which],
                           .colour = which == N_NETS ? 4 : (which + N_NETS - 1) % N_NETS,
                           .is_dashed = which == N_NETS,
                           .n = n,
                           .x = xy,
                           .y = xy + n};
}

static int draw(memory_lab *m)
{
    const int64_t P = m->n_places, n = m->n_tests;
    recur_curve   curves[2][N_NETS + 1];
    char          title[160], at[64];
    double       *values = need_memory((size_t)(2 * n * (N_NETS + 1)), sizeof *values);
    for (int c = 0; c <= N_NETS; c++) {
        fill(m, &curves[0][c], c, 0, P, values + 2 * n * c);
        fill(m, &curves[1][c], c, P, n - P, values + 2 * n * c + 2 * P);
    }
    snprintf(at, sizeof at, "place (trained: 0 to %" PRId64 ")", m->training.last);
    const recur_plot plots[2] = {
        {"right, %, by the pattern's place", at, "", false, 0, 100, N_NETS + 1, curves[0]},
        {"right, %, by length", "length", "", false, 0, 100, N_NETS + 1, curves[1]}};
    snprintf(title, sizeof title,
             "Finding a pattern, trained at %" PRId64 " places and lengths %" PRId64 " to %" PRId64,
             m->training.last + 1, m->training.from, m->training.to);
    int code = lab_plots(&m->lab, title, plots, 2);
    free(values);
    return code;
}

/* ---- all of it ---- */

/* Tests: the pattern at each place of a whole window; anywhere, at half the least length, the trained ones, and 2 and 4 windows. */
static void choose_tests(memory_lab *m)
{
    const int64_t W = m->task.window, from = m->training.from, k = m->task.pattern;
    const int64_t lengths[N_LENGTHS] = {from / 2 > k ? from / 2 : k, from, (from + W) / 2, W, 2 * W, 4 * W};
    m->n_places = W - k + 1;
    m->n_tests = m->n_places + N_LENGTHS;
    m->test = need_memory((size_t)m->n_tests, sizeof *m->test);
    m->found = need_memory((size_t)(N_NETS * m->n_tests * m->seeds), sizeof *m->found);
    for (int64_t i = 0; i < m->n_places; i++)
        m->test[i] = (pattern_draw){.from = W, .to = W, .first = i, .last = i};
    for (int64_t i = 0; i < N_LENGTHS; i++)
        m->test[m->n_places + i] = (pattern_draw){.from = lengths[i], .to = lengths[i], .last = lengths[i]};
    for (int64_t i = 0; i < m->n_tests; i++) m->test[i].stream = (uint64_t)(STREAM_TRAINING + 1 + i);
}

static int make_all(memory_lab *m)
{
    const uint64_t first = m->task.seed;
    recur_status   status = RECUR_OK;
    int            code = m->lab.page ? RECUR_OK : draw(m); /* so that a bad place for it is known */
    if (code) return code;
    introduce(m);
    for (int k = 0; k < N_NETS && !status; k++)
        for (int64_t i = 0; i < m->seeds && !status; i++) {
            m->task.seed = first + (uint64_t)i;
            status = make(m, k, i);
        }
    m->task.seed = first;
    if (status) return output_failure(m->app, status);
    tables(m);
    conclude(m);
    return draw(m);
}

static int read_options(memory_lab *m, const options *o)
{
    const option_value *lengths = options_find(o, "lengths");
    const double        from = lengths->numbers[0], to = lengths->numbers[1];
    m->task = (pattern_task){.symbols = options_int(o, "symbols"),
                             .pattern = options_int(o, "pattern"),
                             .window = (int64_t)to,
                             .batch = options_int(o, "batch"),
                             .seed = (uint64_t)options_int(o, "seed")};
    m->training =
        (pattern_draw){STREAM_TRAINING, (int64_t)from, (int64_t)to, 0, options_int(o, "places") - 1};
    m->opts = (recur_train_opts){.lr = options_number(o, "lr"), .clip_norm = 1};
    m->cell_name = options_text(o, "cell");
    cell_find(m->cell_name, strlen(m->cell_name), &m->cell);
    m->steps = options_int(o, "steps");
    m->tests = options_int(o, "tests");
    m->seeds = options_int(o, "seeds");
    m->hidden[SINGLE] = m->hidden[WINDOW] = options_int(o, "hidden");
    m->hidden[RECURRENT] = equal_hidden(m);
    if (from != floor(from) || to != floor(to) || from > to || from < (double)m->task.pattern)
        return output_error(m->app, RECUR_EARG,
                            "--lengths wants two whole numbers, the first not below --pattern %" PRId64
                            ", the second not below the first; found %g,%g",
                            m->task.pattern, from, to);
    if (m->task.symbols < m->task.pattern)
        return output_error(m->app, RECUR_EARG,
                            "--symbols wants at least the %" PRId64 " of --pattern, found %" PRId64,
                            m->task.pattern, m->task.symbols);
    if (m->training.last >= m->task.window - m->task.pattern)
        return output_error(m->app, RECUR_EARG,
                            "--places wants to leave one out of %" PRId64 ", found %" PRId64,
                            m->task.window - m->task.pattern + 1, m->training.last + 1);
    return RECUR_OK;
}

static int memory_run(app *a, options *o)
{
    memory_lab m = {.app = a};
    int        code = read_options(&m, o);
    if (!code) code = lab_open(&m.lab, a, o, "A joined window against a recurrent net");
    if (code) return code;
    choose_tests(&m);
    code = make_all(&m);
    free(m.test);
    free(m.found);
    return lab_close(&m.lab, code);
}

const command lab_memory_command = {
    .name = "lab memory",
    .synopsis = "[options]",
    .brief = "",
    .summary = "feed-forward nets, of one symbol and of a joined window, against a recurrent one",
    .notes =
        "Both learn to find a pattern at some places of sequences of some lengths, and are tested at other "
        "places\nand lengths.\n",
    .groups = memory_groups,
    .args = "",
    .run = memory_run,
};
