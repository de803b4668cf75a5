/* What lab bottleneck shows: a table for each hidden size, what follows from it, lines of JSON, a picture.
 * SPDX-License-Identifier: MIT */
#include "bottleneck.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

const char *bottleneck_attention(recur_attention_kind kind)
{
    static const char *const names[] = {"additive", "dot", "general", "none"};
    return names[kind];
}

static const char *task_name(const bottleneck *b)
{
    return b->task.is_reversed ? "reverse" : "copy";
}

/* ---- means ---- */

/* Of all seeds; of gradients the geometric mean. */
static finding mean(const bottleneck *b, int hidden, int kind, int64_t i)
{
    const double n = (double)b->seeds;
    finding      m = {.score.length = (int64_t)b->lengths[i]};
    double       logs[4] = {0, 0, 0, 0};
    for (int64_t seed = 0; seed < b->seeds; seed++) {
        const finding *f = bottleneck_found(b, hidden, kind, seed) + i;
        const double   gradients[4] = {f->score.first, f->score.last, f->first_before, f->last_before};
        m.score.exact += f->score.exact / n;
        m.score.bits += f->score.bits / n;
        m.score.near += f->score.near / n;
        for (int k = 0; k < 4; k++) logs[k] += log(gradients[k]) / n;
    }
    m.score.first = exp(logs[0]);
    m.score.last = exp(logs[1]);
    m.first_before = exp(logs[2]);
    m.last_before = exp(logs[3]);
    return m;
}

/* ---- tables ---- */

void bottleneck_introduce(bottleneck *b)
{
    lab_say(
        &b->lab,
        "An encoder without attention hands its decoder one vector, the summary vector: its last state. It "
        "is as\n"
        "large for %" PRId64 " symbols as for %" PRId64
        ". With attention the decoder looks back at all states of the encoder.\n\n"
        "Task %s: %" PRId64 " to %" PRId64 " of %" PRId64 " symbols, %" PRId64 " updates of %" PRId64
        " fresh sequences; LSTM, the encoder\nreads in %s; seed %" PRIu64 "%s. At each length:\n\n"
        "    exact     share of %" PRId64 " new sequences that greedy decoding writes without a fault\n"
        "    bits      of those in the sequence, how many the decoder knows: n log2 V - loss / ln 2\n"
        "    gradient  norm of that of the loss by the embedding of the first token of the source;\n"
        "    /last     the same as a share of that of the last token; and before the training\n"
        "    near      share of attention within one place of the right diagonal\n",
        b->task.from, b->task.to, task_name(b), b->task.from, b->task.to, b->task.symbols, b->run.steps,
        b->task.batch, b->spec.encoder.bidirectional ? "both directions" : "one direction", b->task.seed,
        b->seeds > 1 ? " and the next ones, means" : "", b->tests);
}

static void say_figures(bottleneck *b, const finding *f)
{
    lab_say(&b->lab, "  %6.1f %% %6.1f %9.1e %8.1e %8.1e", 100 * f->score.exact, f->score.bits,
            f->score.first, f->score.first / f->score.last, f->first_before / f->last_before);
}

void bottleneck_say_table(bottleneck *b, int hidden)
{
    const int64_t *parameters = b->parameters[hidden];
    lab_say(&b->lab,
            "\nhidden %-6" PRId64 "        without attention, %" PRId64 " parameters%*s%s attention, %" PRId64
            " parameters\n",
            b->hidden[hidden], parameters[0], (int)(15 - snprintf(NULL, 0, "%" PRId64, parameters[0])), "",
            bottleneck_attention(b->attention), parameters[1]);
    lab_say(&b->lab,
            "length   bits     exact   bits  gradient    /last   before     exact   bits  gradient    /last "
            "  before     near\n");
    for (int64_t i = 0; i < b->n_lengths; i++) {
        finding without = mean(b, hidden, 0, i), with = mean(b, hidden, 1, i);
        lab_say(&b->lab, "%6.0f %6.1f", b->lengths[i], b->lengths[i] * log2((double)b->task.symbols));
        say_figures(b, &without);
        say_figures(b, &with);
        lab_say(&b->lab, "  %5.1f %%\n", 100 * with.score.near);
    }
}

/* ---- what follows ---- */

/* Below this share of the last token's gradient the first one's has vanished, as far as learning goes. */
static const double vanished = 1e-3;

/* What may be wrong where bits are missing. */
static void diagnose(bottleneck *b, const finding *f, bool is_short)
{
    double after = f->score.first / f->score.last, before = f->first_before / f->last_before;
    lab_say(&b->lab,
            "the gradient at the first token is %.2g times that at the last one, before the training it "
            "was %.2g times:\n    ",
            after, before);
    if (!(after >= vanished))
        lab_say(&b->lab, "it vanishes, so nothing is said of what the vector could hold.\n");
    else if (!(before >= vanished))
        lab_say(&b->lab, "it had vanished, so these updates may have been too few.\n");
    else if (is_short)
        lab_say(&b->lab, "it arrives; the limit is what the vector holds after these updates.\n");
    else
        lab_say(&b->lab, "it arrives, and the vector holds it.\n");
}

/* How far it goes, and what came through at the greatest length. */
static void conclude_without(bottleneck *b, int hidden)
{
    int64_t good = 0;
    finding f = mean(b, hidden, 0, b->n_lengths - 1);
    double  wanted = b->lengths[b->n_lengths - 1] * log2((double)b->task.symbols);
    while (good < b->n_lengths && mean(b, hidden, 0, good).score.exact >= 0.5) good++;
    lab_say(&b->lab, "hidden %" PRId64 " without attention: half of the sequences are right ",
            b->hidden[hidden]);
    if (good == 0)
        lab_say(&b->lab, "at no length.");
    else
        lab_say(&b->lab, "up to length %.0f.", b->lengths[good - 1]);
    lab_say(&b->lab, " At length %" PRId64 " %.0f of %.0f bits come through;\n    ", f.score.length,
            fmax(f.score.bits, 0), wanted);
    diagnose(b, &f, f.score.bits < 0.9 * wanted);
}

static void conclude_with(bottleneck *b, int hidden)
{
    double exact = 1, near = 1;
    for (int64_t i = 0; i < b->n_lengths; i++) {
        finding f = mean(b, hidden, 1, i);
        exact = fmin(exact, f.score.exact);
        near = fmin(near, f.score.near);
    }
    lab_say(&b->lab,
            "hidden %" PRId64 " with %s attention: at least %.1f %% exact and %.1f %% of attention "
            "near the diagonal at every length.\n",
            b->hidden[hidden], bottleneck_attention(b->attention), 100 * exact, 100 * near);
}

void bottleneck_conclude(bottleneck *b)
{
    lab_say(&b->lab, "\n");
    for (int h = 0; h < b->n_hidden; h++) {
        conclude_without(b, h);
        conclude_with(b, h);
    }
}

/* ---- JSON ---- */

void bottleneck_say_json(bottleneck *b, int hidden, int kind, int64_t seed)
{
    const finding *found = bottleneck_found(b, hidden, kind, seed);
    for (int64_t i = 0; i < b->n_lengths; i++) {
        const finding *f = found + i;
        json_t        *line = json_pack(
                   "{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "task", task_name(b),
                   "attention", bottleneck_attention(b->spec.attention), "hidden", (json_int_t)b->hidden[hidden],
                   "seed", (json_int_t)b->task.seed, "parameters", (json_int_t)b->parameters[hidden][kind], "length",
                   (json_int_t)f->score.length, "items", (json_int_t)f->score.n, "exact_match",
                   output_number(f->score.exact), "token_accuracy", output_number(f->score.accuracy), "loss",
                   output_number(f->score.loss), "bits", output_number(f->score.bits), "attention_near",
                   output_number(f->score.near), "grad_first", output_number(f->score.first), "grad_last",
                   output_number(f->score.last), "grad_first_before", output_number(f->first_before),
                   "grad_last_before", output_number(f->last_before));
        lab_json(&b->lab, line);
    }
}

/* ---- the picture ---- */

enum { N_PLOTS = 3, MAX_CURVES = N_KINDS * MAX_HIDDEN };

typedef struct picture {
    char        labels[MAX_CURVES][64];
    recur_curve curves[N_PLOTS][MAX_CURVES];
} picture;

/* The three curves of one model; models that are not made yet have no points. */
static void fill(const bottleneck *b, picture *p, int hidden, int kind, double *values)
{
    int c = hidden * N_KINDS + kind;
    snprintf(p->labels[c], sizeof p->labels[c], "hidden %" PRId64 ", %s", b->hidden[hidden],
             kind == 0 ? "no attention" : bottleneck_attention(b->attention));
    for (int plot = 0; plot < N_PLOTS; plot++)
        p->curves[plot][c] = (recur_curve){.label = p->labels[c],
                                           .colour = hidden,
                                           .is_dashed = kind == 0,
                                           .n = b->parameters[hidden][kind] ? b->n_lengths : 0,
                                           .x = b->lengths,
                                           .y = values + plot * b->n_lengths};
    for (int64_t i = 0; i < p->curves[0][c].n; i++) {
        finding f = mean(b, hidden, kind, i);
        values[i] = 100 * f.score.exact;
        values[b->n_lengths + i] = f.score.bits;
        values[2 * b->n_lengths + i] = f.score.first / f.score.last;
    }
}

int bottleneck_draw(bottleneck *b, bool is_all)
{
    if (!is_all && b->lab.page) return RECUR_OK;
    int     n = b->n_hidden * N_KINDS;
    char    title[160];
    picture p;
    double *values = need_memory((size_t)(N_PLOTS * n * b->n_lengths), sizeof *values);
    for (int c = 0; c < n; c++) fill(b, &p, c / N_KINDS, c % N_KINDS, values + c * N_PLOTS * b->n_lengths);
    const recur_plot plots[N_PLOTS] = {
        {"exact match, %", "length", "", false, 0, 100, n, p.curves[0]},
        {"bits that came through", "length", "", false, 0, 0, n, p.curves[1]},
        {"gradient at the first token / at the last", "length", "", true, 0, 0, n, p.curves[2]}};
    snprintf(title, sizeof title,
             "%s: %" PRId64 " to %" PRId64 " of %" PRId64 " symbols, %" PRId64 " updates of %" PRId64
             " sequences",
             b->task.is_reversed ? "Reversing" : "Copying", b->task.from, b->task.to, b->task.symbols,
             b->run.steps, b->task.batch);
    int code = lab_plots(&b->lab, title, plots, N_PLOTS);
    free(values);
    return code;
}
