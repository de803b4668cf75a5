/* recur bench: how fast layers are, beside what the machine can do.
 *
 * Cases are measured one after the other, each in turns with the limits of the machine (recur/bench.h), all those of one number of threads
 * together.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "memory.h"
#include "rows.h"
#include "suggest.h"

static const option bench_rows[] = {
    {.name = "config",
     .form = "NAMES",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "all",
     .help = "configurations, A to H, with commas between them"},
    {.name = "shape",
     .form = "T,B,I,H,L",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 1e6,
     .least = 5,
     .most = 5,
     .flags = OPTION_USUAL,
     .help = "a shape of your own instead: steps, batch, input, hidden, layers"},
    {.name = "bidirectional",
     .type = OPTION_SWITCH,
     .flags = OPTION_USUAL,
     .help = "the shape has two directions"},
    {.name = "cell",
     .form = "NAMES",
     .type = OPTION_TEXT,
     .fallback = "lstm,gru,rnn",
     .flags = OPTION_USUAL,
     .help = "rnn, relu, lstm, gru, with commas between them"},
    {.name = "mode",
     .form = "NAMES",
     .type = OPTION_TEXT,
     .default_says = "infer,train, and step for E",
     .flags = OPTION_USUAL,
     .help = "infer, train, step (one step at a time), with commas between them"},
    {.name = "threads",
     .form = "N",
     .type = OPTION_TEXT,
     .default_says = "1 and all cores",
     .flags = OPTION_USUAL,
     .help = "numbers of threads with commas between them; 0: all cores"},
    ROW_ABOVE("seconds", "S", 0, 3600, "0.5", "measure each case at least so long"),
    {.name = "out",
     .form = "FILE.svg",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .help = "draw the cases under the limits of the machine: a roofline"},
    ROW_QUIET,
    ROW_JSON,
    ROW_END,
};

static const option_group        bench_group = {"Benchmark", bench_rows};
static const option_group *const bench_groups[] = {&bench_group, NULL};

static const char *const config_names[] = {"A", "B", "C", "D", "E", "F", "G", "H", NULL};
static const char *const cell_names[] = {"lstm", "gru", "rnn", "relu", NULL}; /* recur_cell */
static const char *const mode_names[] = {"infer", "train", "step", NULL};     /* recur_bench_mode */

enum { MAX_LIST = 16, MAX_THREADS = 1024 };

/* What was asked for, in the order in which it was. */
typedef struct list {
    int items[MAX_LIST], n;
} list;

typedef struct plan {
    list               configs, cells, modes, threads; /* configs empty: the shape */
    recur_bench_shape  shape;
    char               shape_name[96];
    recur_bench_point *points; /* [n] */
    int64_t            n;
} plan;

/* ---- lists ---- */

/* Return the next word of a list, cut off in `word`; NULL after the last. */
static const char *next_word(const char *text, char word[32])
{
    size_t n = strcspn(text, ",");
    snprintf(word, 32, "%.*s", (int)n, text);
    return text[n] ? text + n + 1 : NULL;
}

static int unknown_word(app *a, const char *label, const char *const *names, const char *word)
{
    char       all[128] = "";
    suggestion s;
    suggest_start(&s, word);
    for (int i = 0; names[i]; i++) {
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", names[i]);
        suggest_offer(&s, names[i]);
    }
    if (s.best)
        return output_error(a, RECUR_EARG, "--%s wants names of %s, found '%s'; did you mean %s?", label, all,
                            word, s.best);
    return output_error(a, RECUR_EARG, "--%s wants names of %s, found '%s'", label, all, word);
}

static int append(app *a, const char *label, list *l, int item)
{
    for (int i = 0; i < l->n; i++)
        if (l->items[i] == item) return RECUR_OK;
    if (l->n == MAX_LIST)
        return output_error(a, RECUR_EARG, "--%s wants at most %d items, found more", label, MAX_LIST);
    l->items[l->n++] = item;
    return RECUR_OK;
}

/* Read a list of names as their places in names. */
static int take_names(app *a, const options *o, const char *label, const char *const *names, list *l)
{
    char word[32];
    int  code = RECUR_OK;
    for (const char *rest = options_text(o, label); rest && !code;) {
        int i = 0;
        rest = next_word(rest, word);
        while (names[i] && strcmp(names[i], word) != 0) i++;
        code = names[i] ? append(a, label, l, i) : unknown_word(a, label, names, word);
    }
    return code;
}

static int take_threads(app *a, const options *o, int all, list *l)
{
    char        word[32], *end;
    int         code = RECUR_OK;
    const char *rest = options_text(o, "threads");
    if (!rest) rest = "1,0";
    while (rest && !code) {
        rest = next_word(rest, word);
        long n = strtol(word, &end, 10);
        if (end == word || *end || n < 0 || n > MAX_THREADS)
            return output_error(a, RECUR_EARG, "--threads wants whole numbers from 0 to %d, found '%s'",
                                MAX_THREADS, word);
        code = append(a, "threads", l, n ? (int)n : all);
    }
    return code;
}

/* ---- what to measure ---- */

static int take_shape(app *a, const options *o, plan *p)
{
    const option_value *v = options_find(o, "shape");
    int64_t             size[5];
    if (!v->n_texts) {
        if (options_on(o, "bidirectional"))
            return output_error(a, RECUR_EARG, "--bidirectional belongs to --shape, found none");
        if (!options_given(o, "config"))
            for (int i = 0; config_names[i]; i++) append(a, "config", &p->configs, i);
        return take_names(a, o, "config", config_names, &p->configs);
    }
    if (options_given(o, "config"))
        return output_error(a, RECUR_EARG, "--shape and --config exclude each other, found both");
    for (int i = 0; i < 5; i++) {
        size[i] = (int64_t)v->numbers[i];
        if ((double)size[i] != v->numbers[i])
            return output_error(a, RECUR_EARG, "--shape wants whole numbers, found %g in '%s'", v->numbers[i],
                                v->texts[0]);
    }
    p->shape =
        (recur_bench_shape){size[0], size[1], size[2], size[3], size[4], options_on(o, "bidirectional")};
    snprintf(p->shape_name, sizeof p->shape_name,
             "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "%s", size[0], size[1], size[2],
             size[3], size[4], p->shape.bidirectional ? ",bi" : "");
    return RECUR_OK;
}

static void add_case(plan *p, const char *label, int threads, recur_bench_shape shape, int cell, int mode)
{
    p->points = need_more(p->points, (size_t)p->n + 1, sizeof *p->points);
    p->points[p->n++] = (recur_bench_point){
        .label = label, .threads = threads, .what = {shape, (recur_bench_mode)mode, (recur_cell)cell, false}};
}

/* Every mode asked for; by default inference and training, and steps where a configuration is for them. */
static void add_modes(plan *p, const char *label, int threads, recur_bench_shape shape, int cell)
{
    for (int i = 0; i < p->modes.n; i++) add_case(p, label, threads, shape, cell, p->modes.items[i]);
    if (p->modes.n) return;
    add_case(p, label, threads, shape, cell, RECUR_BENCH_INFER);
    add_case(p, label, threads, shape, cell, RECUR_BENCH_TRAIN);
    if (strcmp(label, "E") == 0) add_case(p, label, threads, shape, cell, RECUR_BENCH_STEP);
}

static void add_cases(plan *p)
{
    const recur_bench_config *configs = recur_bench_configs();
    for (int t = 0; t < p->threads.n; t++) {
        for (int c = 0; c < p->cells.n; c++)
            if (!p->configs.n) add_modes(p, p->shape_name, p->threads.items[t], p->shape, p->cells.items[c]);
        for (int i = 0; i < p->configs.n; i++) {
            const recur_bench_config *config = &configs[p->configs.items[i]];
            for (int c = 0; c < p->cells.n; c++)
                add_modes(p, config->name, p->threads.items[t], config->shape, p->cells.items[c]);
        }
    }
}

/* Stacks of two directions have no steps: refused where one was named, left out of "all". */
static int check_steps(app *a, const options *o, plan *p)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const recur_bench_case *c = &p->points[i].what;
        bool                    has_steps = c->mode != RECUR_BENCH_STEP || !c->shape.bidirectional;
        if (!has_steps && (options_given(o, "config") || options_given(o, "shape")))
            return output_error(a, RECUR_EARG,
                                "--mode step is not for %s: a bidirectional stack needs the future",
                                p->points[i].label);
        if (has_steps) p->points[n++] = p->points[i];
    }
    p->n = n;
    return RECUR_OK;
}

static int make_plan(app *a, const options *o, plan *p)
{
    const char *out = options_text(o, "out");
    if (out && strcmp(out, "-") == 0)
        return output_error(a, RECUR_EARG, "--out wants a file; stdout has the table");
    int code = take_names(a, o, "cell", cell_names, &p->cells);
    if (!code) code = take_names(a, o, "mode", mode_names, &p->modes);
    if (!code) code = take_shape(a, o, p);
    if (!code) code = app_open_threads(a, 0);
    if (!code) code = take_threads(a, o, recur_ctx_threads(a->ctx), &p->threads);
    if (code) return code;
    add_cases(p);
    return check_steps(a, o, p);
}

/* ---- what was found ---- */

static void print_json(app *a, const recur_bench_point *p)
{
    const recur_bench_result *r = &p->result;
    const recur_bench_shape  *s = &p->what.shape;
    json_t                   *line =
        json_pack("{s:s,s:s,s:s,s:i,s:o,s:o,s:o,s:o}", "config", p->label, "cell", cell_names[p->what.cell],
                  "mode", mode_names[p->what.mode], "threads", p->threads, "ms", output_number(r->ms),
                  "gflops", output_number(r->gflops), "peak_gflops", output_number(r->peak_gflops),
                  "percent_of_peak", output_number(r->percent_of_peak));
    json_t *more = json_pack(
        "{s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:[I,I,I,I,I],s:b}", "ms_best", output_number(r->ms_best),
        "calls", (json_int_t)r->calls, "flop", output_number(r->flop), "bytes", output_number(r->bytes),
        "weight_bytes", output_number(r->weight_bytes), "bandwidth_gbs", output_number(r->bandwidth_gbs),
        "percent_of_bandwidth", output_number(r->percent_of_bandwidth), "product_gflops",
        output_number(r->product_gflops), "percent_of_product", output_number(r->percent_of_product),
        "kernels", recur_bench_kernels(a->ctx), "shape", (json_int_t)s->T, (json_int_t)s->B, (json_int_t)s->I,
        (json_int_t)s->H, (json_int_t)s->L, "bidirectional", s->bidirectional);
    if (line && more) json_object_update(line, more);
    json_decref(more);
    output_json(a, line);
}

/* One sequence alone reads each weight for two operations: there the memory is the limit that counts. */
static void print_row(app *a, const recur_bench_point *p)
{
    const recur_bench_result *r = &p->result;
    bool                      is_short = r->ms < 1;
    output_format(a, "%-7s %-5s %-6s %7d %9.2f %s %9.1f %5.0f %% of %-6.0f %5.0f %% of %-6.0f", p->label,
                  cell_names[p->what.cell], mode_names[p->what.mode], p->threads,
                  is_short ? 1e3 * r->ms : r->ms, is_short ? "µs" : "ms", r->gflops, r->percent_of_peak,
                  r->peak_gflops, r->percent_of_product, r->product_gflops);
    if (p->what.shape.B == 1)
        output_format(a, " %5.0f %% of %.0f", r->percent_of_bandwidth, r->bandwidth_gbs);
    output_format(a, "\n");
}

typedef struct session {
    app    *app;
    int64_t done, n;
} session;

static bool on_tick(void *user, double share)
{
    const session *s = user;
    progress_draw(s->app, ((double)s->done + share) / (double)s->n, NULL);
    return true;
}

static int measure(app *a, plan *p, double seconds)
{
    session                s = {.app = a, .n = p->n};
    const recur_bench_opts opts = {.seconds = seconds, .user = &s, .tick = on_tick};
    progress_begin(a);
    if (!a->json)
        output_format(a, "%-7s %-5s %-6s %7s %12s %9s %16s %15s  %s\n", "config", "cell", "mode", "threads",
                      "time", "GFLOP/s", "of the peak  ", "of the product ", "of GB/s read (batch 1)");
    for (; s.done < p->n; s.done++) {
        recur_bench_point *point = &p->points[s.done];
        if (recur_ctx_threads(a->ctx) != point->threads) {
            int code = app_open_threads(a, point->threads);
            if (code) return code;
        }
        recur_status status = recur_bench_run(a->ctx, &point->what, 1, &opts, &point->result);
        if (status) return output_failure(a, status);
        if (a->json)
            print_json(a, point);
        else
            print_row(a, point);
        if (a->is_broken || a->output_error) break; /* nobody reads on */
    }
    return RECUR_OK;
}

static int bench(app *a, options *o)
{
    plan        p = {.n = 0};
    const char *out = options_text(o, "out");
    int         code = make_plan(a, o, &p);
    if (!code) code = measure(a, &p, options_number(o, "seconds"));
    if (!code && out && !a->is_broken && !a->output_error) {
        recur_picture *picture = NULL;
        recur_status   status = recur_bench_draw_roofline(a->ctx, p.points, p.n, &picture);
        if (!status) status = recur_picture_save(picture, out);
        recur_picture_destroy(picture);
        if (status) code = output_failure(a, status);
    }
    free(p.points);
    return code;
}

const command bench_command = {
    .name = "bench",
    .synopsis = "[options]",
    .brief = "",
    .summary = "measure speed beside the machine's limits",
    .notes =
        "Configurations, as T,B,I,H,L: A 512,32,256,256,1   B 50,32,128,256,1   C 35,20,200,200,2   "
        "D 100,64,512,512,2\nE 1,1,256,256,1   F 200,1,256,256,1   G 128,16,64,64,1   H 100,1,24,32,1 in "
        "two directions.\nA step is recur_rnn_apply over one step with carried state, on a tape in "
        "inference.\n",
    .groups = bench_groups,
    .args = "",
    .run = bench,
};
