/* recur lab packing: what padding wastes, and what packing saves. Of a batch of sequences padded to its longest,
 *
 *   wasted = 1 - sum of lengths / (sequences * longest)
 *
 * is counted for every batch size, in random order and sorted by length; then updates of a tagger are timed in turns, packed and padded.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "dice.h"
#include "lab.h"
#include "memory.h"
#include "packing.h"
#include "rows.h"

static const option packing_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .default_says = "lengths made up",
     .help = "text, a sequence of words on each line; several files are joined; - is stdin"},
    ROW_INT("items", 2, 1e7, "20000", "sequences to make up where there are no data"),
    {.name = "median",
     .form = "N",
     .type = OPTION_NUMBER,
     .min = 1,
     .max = 1e6,
     .fallback = "20",
     .help = "of their lengths, which are log-normal"},
    {.name = "spread",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 10,
     .fallback = "0.8",
     .help = "standard deviation of their logarithm"},
    ROW_INT("longest", 1, 100000, "500", "longer sequences are cut to N words"),
    {.name = "batches",
     .form = "N,...",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 1024,
     .least = 1,
     .most = OPTION_MAX_NUMBERS,
     .fallback = "8,32,128",
     .flags = OPTION_USUAL,
     .help = "batch sizes whose updates are timed"},
    ROW_ABOVE("seconds", "S", 0, 3600, "1.5", "time each of them at least so long"),
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = CELL_CHOICES,
     .fallback = "lstm",
     .flags = OPTION_USUAL,
     .help = "rnn, relu, lstm or gru"},
    {.name = "embed",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 4096,
     .fallback = "128",
     .help = "size of a word's vector"},
    ROW_INT("hidden", 1, 4096, "128", "units"),
    ROW_SEED("of orders, of lengths that are made up, and of the tagger"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        packing_group = {"Experiment", packing_rows};
static const option_group *const packing_groups[] = {&packing_group, &common_group, NULL};

enum { N_SIZES = 9, N_ORDERS = 5 };

typedef struct session {
    lab            l;
    int64_t       *lengths, *sorted; /* [n]: in the order of the file, and the longest first */
    int64_t       *order;            /* [n]: shuffled */
    int64_t        n, total, longest, n_empty, n_cut;
    double         random[N_SIZES], by_length[N_SIZES]; /* wasted, for batches of 1, 2, 4 ... */
    packing_timing timings[OPTION_MAX_NUMBERS];
    int            n_timings;
    double         seconds;
    uint64_t       seed;
    tagger_sizes   sizes;
} session;

/* ---- lengths ---- */

static void keep(session *s, int64_t length)
{
    if (length == 0) s->n_empty++;
    if (length > s->longest) s->n_cut++;
    if (length) s->lengths[s->n++] = length < s->longest ? length : s->longest;
}

static recur_status read_lengths(session *s, const option_value *data)
{
    const recur_source source = {
        .format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_WORD, .splitting = RECUR_SPLIT_SPACES}};
    recur_dataset *lines = NULL;
    recur_status   status =
        recur_dataset_read(s->l.app->ctx, &source, data->n_texts, (const char *const *)data->texts, &lines);
    if (status) return status;
    s->lengths = need_memory((size_t)recur_dataset_items(lines), sizeof *s->lengths);
    for (int64_t i = 0; i < recur_dataset_items(lines); i++) keep(s, recur_dataset_length(lines, i));
    recur_dataset_destroy(lines);
    return RECUR_OK;
}

/* A number from N(0,1) (Box and Muller 1958). */
static double normal(dice *d)
{
    const double u = 1 - (double)dice_uniform(d), v = (double)dice_uniform(d);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static void make_lengths(session *s, int64_t n, double median, double spread)
{
    dice d = dice_at(s->seed, 1, 0);
    s->lengths = need_memory((size_t)n, sizeof *s->lengths);
    for (int64_t i = 0; i < n; i++)
        keep(s, (int64_t)fmin(fmax(rint(median * exp(spread * normal(&d))), 1), 1e9));
}

static int falling(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static void order_lengths(session *s)
{
    s->sorted = need_memory((size_t)s->n, sizeof *s->sorted);
    s->order = need_memory((size_t)s->n, sizeof *s->order);
    memcpy(s->sorted, s->lengths, (size_t)s->n * sizeof *s->sorted);
    memcpy(s->order, s->lengths, (size_t)s->n * sizeof *s->order);
    qsort(s->sorted, (size_t)s->n, sizeof *s->sorted, falling);
    for (int64_t i = 0; i < s->n; i++) s->total += s->lengths[i];
}

static void shuffle(session *s, dice *d)
{
    for (int64_t i = s->n - 1; i > 0; i--) {
        const int64_t k = dice_below(d, i + 1), length = s->order[i];
        s->order[i] = s->order[k];
        s->order[k] = length;
    }
}

/* ---- counting ---- */

/* The share of padding where sequences are cut into batches in this order. */
static double wasted(const session *s, const int64_t *order, int64_t batch)
{
    double cells = 0;
    for (int64_t i = 0; i < s->n; i += batch) {
        const int64_t n = s->n - i < batch ? s->n - i : batch;
        cells += (double)(n * packing_longest(order + i, n));
    }
    return 1 - (double)s->total / cells;
}

/* Of random orders the mean of a few. */
static void count_all(session *s)
{
    dice d = dice_at(s->seed, 2, 0);
    for (int i = 0; i < N_SIZES; i++) s->by_length[i] = wasted(s, s->sorted, INT64_C(1) << i);
    for (int k = 0; k < N_ORDERS; k++) {
        shuffle(s, &d);
        for (int i = 0; i < N_SIZES; i++) s->random[i] += wasted(s, s->order, INT64_C(1) << i) / N_ORDERS;
    }
}

/* ---- saying ---- */

static void introduce(session *s, const options *o)
{
    const bool is_read = options_find(o, "data")->n_texts > 0;
    lab_say(&s->l,
            "A batch of sequences of different lengths can be padded to the longest one, and the padding "
            "computed for nothing,\nor packed: no padding is there at all.\n\n"
            "    wasted = 1 - sum of lengths / (sequences x longest of the batch)\n\n");
    if (is_read)
        lab_say(&s->l, "%s%s: ", options_text(o, "data"),
                options_find(o, "data")->n_texts > 1 ? " and others" : "");
    else
        lab_say(
            &s->l,
            "No file was given, so lengths are made up, log-normal, median %g, spread %g of the logarithm: ",
            options_number(o, "median"), options_number(o, "spread"));
    lab_say(&s->l, "%" PRId64 " sequences of\n%.1f words on average, %" PRId64 " to %" PRId64, s->n,
            (double)s->total / (double)s->n, s->sorted[s->n - 1], s->sorted[0]);
    if (s->n_cut) lab_say(&s->l, " (%" PRId64 " were longer)", s->n_cut);
    if (s->n_empty) lab_say(&s->l, "; lines without a word: %" PRId64, s->n_empty);
    lab_say(&s->l, ". Random order: mean of %d.\n\nbatch    wasted in random order    sorted by length\n",
            N_ORDERS);
}

static void say_padding(session *s)
{
    for (int i = 0; i < N_SIZES; i++) {
        lab_say(&s->l, "%5d %23.1f %% %17.1f %%\n", 1 << i, 100 * s->random[i], 100 * s->by_length[i]);
        lab_json(&s->l, json_pack("{s:s,s:i,s:o,s:o}", "part", "padding", "batch", 1 << i, "random",
                                  output_number(s->random[i]), "sorted", output_number(s->by_length[i])));
    }
}

static void introduce_times(session *s)
{
    lab_say(
        &s->l,
        "\nUpdates of a tagger (%s, %" PRId64 " to %" PRId64
        " units, Adam, %d thread%s) in turns; medians, microseconds for each\nword that is there; time saved "
        "of the same batch. Sorted: batches of like lengths, padded.\n\n"
        "batch  updates    packed    padded    sorted     padding   time saved  times as fast   losses "
        "differ by\n",
        cell_name(s->sizes.cell), s->sizes.embed, s->sizes.hidden, recur_ctx_threads(s->l.app->ctx),
        recur_ctx_threads(s->l.app->ctx) == 1 ? "" : "s");
}

static void say_timing(session *s, const packing_timing *t)
{
    const double packed = t->us[PACKED], padded = t->us[PADDED], sorted = t->us[SORTED];
    const double difference = fabs(t->loss[PACKED] - t->loss[PADDED]);
    lab_say(&s->l, "%5" PRId64 " %8" PRId64 " %9.2f %9.2f %9.2f %9.1f %% %10.1f %% %14.2f %18.1e\n", t->batch,
            t->rounds, packed, padded, sorted, 100 * t->padding[PADDED], 100 * t->saved, 1 / (1 - t->saved),
            difference);
    lab_json(&s->l,
             json_pack("{s:s,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "part", "time", "batch",
                       (json_int_t)t->batch, "updates", (json_int_t)t->rounds, "packed_us",
                       output_number(packed), "padded_us", output_number(padded), "sorted_us",
                       output_number(sorted), "padding", output_number(t->padding[PADDED]), "sorted_padding",
                       output_number(t->padding[SORTED]), "saved", output_number(t->saved), "packed_loss",
                       output_number(t->loss[PACKED]), "padded_loss", output_number(t->loss[PADDED])));
}

static void conclude(session *s)
{
    double least = 1, most = -1;
    for (int i = 0; i < s->n_timings; i++) {
        least = fmin(least, s->timings[i].saved);
        most = fmax(most, s->timings[i].saved);
    }
    lab_say(
        &s->l,
        "\nPacking saves from %.0f to %.0f %% of the time here; the textbook says that it speeds up training "
        "by 20 "
        "to 40 %%.\n",
        100 * least, 100 * most);
}

/* By powers of two. */
static int draw(session *s)
{
    double sizes[N_SIZES], batches[OPTION_MAX_NUMBERS], saved[OPTION_MAX_NUMBERS];
    for (int i = 0; i < N_SIZES; i++) sizes[i] = i;
    for (int i = 0; i < s->n_timings; i++) {
        batches[i] = log2((double)s->timings[i].batch);
        saved[i] = s->timings[i].saved;
    }
    const recur_curve curves[] = {{"padding, random order", 0, false, N_SIZES, sizes, s->random},
                                  {"padding, sorted by length", 1, false, N_SIZES, sizes, s->by_length},
                                  {"time saved by packing", 2, true, s->n_timings, batches, saved}};
    const recur_plot  plot = {
         .title = "Wasted, and saved", .x = "batch size, log2", .y = "share", .n = 3, .curves = curves};
    return lab_plots(&s->l, "Padding and packing", &plot, 1);
}

/* ---- all together ---- */

static int read_options(session *s, app *a, const options *o)
{
    static const char *const made_up[] = {"items", "median", "spread"};
    const option_value      *batches = options_find(o, "batches");
    for (int i = 0; i < 3; i++)
        if (options_find(o, "data")->n_texts && options_given(o, made_up[i]))
            return output_error(a, RECUR_EARG, "--%s is of lengths that are made up, found a file as well",
                                made_up[i]);
    s->n_timings = batches->n_numbers;
    for (int i = 0; i < s->n_timings; i++) {
        s->timings[i].batch = (int64_t)batches->numbers[i];
        if (batches->numbers[i] != floor(batches->numbers[i]))
            return output_error(a, RECUR_EARG, "--batches wants whole numbers, found %g",
                                batches->numbers[i]);
    }
    s->longest = options_int(o, "longest");
    s->seconds = options_number(o, "seconds");
    s->seed = (uint64_t)options_int(o, "seed");
    s->sizes = (tagger_sizes){.cell = cell_of(options_find(o, "cell")->choice),
                              .embed = options_int(o, "embed"),
                              .hidden = options_int(o, "hidden")};
    return RECUR_OK;
}

static int take_lengths(session *s, const options *o)
{
    const option_value *data = options_find(o, "data");
    recur_status        status = RECUR_OK;
    if (data->n_texts)
        status = read_lengths(s, data);
    else
        make_lengths(s, options_int(o, "items"), options_number(o, "median"), options_number(o, "spread"));
    if (status) return output_failure(s->l.app, status);
    if (s->n == 0) return output_error(s->l.app, RECUR_EDATA, "the data have no line with a word");
    for (int i = 0; i < s->n_timings; i++)
        if (s->timings[i].batch > s->n)
            return output_error(s->l.app, RECUR_EDATA,
                                "--batches wants at most as many as there are sequences, %" PRId64
                                "; found %" PRId64,
                                s->n, s->timings[i].batch);
    order_lengths(s);
    return RECUR_OK;
}

static int measure(session *s, const options *o)
{
    int code = take_lengths(s, o);
    if (code) return code;
    introduce(s, o);
    count_all(s);
    say_padding(s);
    introduce_times(s);
    s->sizes.longest = s->sorted[0];
    for (int i = 0; i < s->n_timings && !code; i++) {
        const packing_job job = {.app = s->l.app,
                                 .sizes = s->sizes,
                                 .random = s->order,
                                 .sorted = s->sorted,
                                 .n = s->n,
                                 .seconds = s->seconds,
                                 .seed = s->seed,
                                 .number = i,
                                 .of = s->n_timings};
        recur_status      status = packing_time(&job, &s->timings[i]);
        if (status) return output_failure(s->l.app, status);
        say_timing(s, &s->timings[i]);
    }
    conclude(s);
    return draw(s);
}

static int packing(app *a, options *o)
{
    session s = {.n = 0};
    int     code = read_options(&s, a, o);
    if (!code) code = lab_open(&s.l, a, o, "Padding and packing");
    if (code) return code;
    code = measure(&s, o);
    free(s.lengths);
    free(s.sorted);
    free(s.order);
    return lab_close(&s.l, code);
}

const command lab_packing_command = {
    .name = "lab packing",
    .synopsis = "[FILE...] [options]",
    .brief = "",
    .summary = "what padding wastes, by batch size, and what packing saves",
    .notes = "FILE is text with a sequence of words on each line; without one lengths are made up.\n",
    .groups = packing_groups,
    .args = "",
    .rest = "data",
    .run = packing,
};
