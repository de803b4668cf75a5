/* recur lab chapter: the textbook's chapter, measured again. Every other experiment runs once with small sizes, in the order of the
 * chapter's sections, into one page (or, without one, to stdout).
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lab.h"
#include "rows.h"

static const option chapter_rows[] = {
    {.name = "out",
     .form = "FILE.html",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "stdout",
     .help = "write words and pictures as a page"},
    ROW_END,
};

static const option_group        chapter_group = {"Experiment", chapter_rows};
static const option_group *const chapter_groups[] = {&chapter_group, &common_group, NULL};

/* An experiment of the chapter: a line adds one. */
typedef struct part {
    const char    *section; /* of the chapter, where it begins; NULL: the section goes on */
    const command *command;
    const char    *words;   /* its options */
    double         seconds; /* that it takes, about: for the bar */
    const char    *says;    /* what the text says, and what to look for */
} part;

static const part parts[] = {
    {"1 The sequence modelling problem", &lab_memory_command, "", 5,
     "The text: a feed-forward net over a joined window cannot take sentences of other lengths and "
     "learns weights of positions, not patterns. To be seen: that net is right where it was trained and "
     "nowhere else, and the recurrent net is right at other positions and lengths too."},
    {NULL, &lab_elman_command, "", 15,
     "Elman (1990), whom the text calls the first: a recurrent net that only predicts the next letter "
     "finds words. To be seen: its surprise is high where a word begins and falls within it."},
    {"2 The cell and its parameters", &lab_cell_command, "", 1,
     "The text steps a cell by hand and then calls the whole sequence at once. To be seen: both give the "
     "same states, to the bit."},
    {NULL, &lab_parameters_command, "", 1,
     "The text: RNN, GRU and LSTM have about n, 3n and 4n parameters with n the square of the hidden "
     "size; exercise: what changes at hidden 64? To be seen: 1 : 3 : 4 exactly and at both sizes, but n "
     "squared leaves out the inputs, a third of the weights at 256 and two thirds at 64."},
    {"3 Vanishing and exploding gradients", &lab_jacobian_command, "--hidden 32", 2,
     "The text: a 2 x 2 example, products of Jacobians, 0.9 to the 100 and 1.1 to the 100. To be seen: "
     "the example's matrix is singular, the powers are right for a linear recurrence, and with a tanh "
     "even 1.1 times an orthogonal matrix vanishes though each step stretches something."},
    {NULL, &lab_vanishing_command, "--cell rnn --seeds 5", 3,
     "The text: over 100 steps the first gradient of an RNN is nearly 400,000 times smaller. To be seen: "
     "it is about 10^30 times smaller, as the theory of wide random networks says; 400,000 is reached 19 "
     "steps back."},
    {NULL, &lab_clipping_command, "", 1,
     "The text: exploding gradients are handled by clipping, a symptom's cure. To be seen: the same run "
     "diverges without it and goes on with it."},
    {NULL, &lab_longlag_command, "--lags 10,20 --cell rnn,lstm,lstm:2,gru --hidden 48", 10,
     "The text: vanilla RNNs struggle beyond 10 to 20 steps. To be seen: which lags each cell learns "
     "with this small budget; what helps is less the gates than where their biases begin."},
    {"4 Gated cells", &lab_lyapunov_command, "--hidden 64 --steps 200", 1,
     "The text: gradients vanish or explode by the largest Lyapunov exponent. To be seen: the exponents of "
     "random vanilla cells beside the analytic curve; above a gain of about 1.5 the greatest is above zero."},
    {NULL, &lab_lyapunov_command, "--cell lstm --gain 1 --gains 1,1,0 --hidden 64 --steps 200", 2,
     "The text: the cell state engineers an exponent near zero. To be seen: an untrained LSTM's are all far "
     "below zero; what brings the greatest near it is --forget-bias 2 in addition."},
    {NULL, &lab_highway_command, "", 2,
     "The text: with the forget gate near 1 and the input gate near 0 the cell state passes unchanged, "
     "and so does its gradient. To be seen: at exactly 1 and 0, to the bit over 1000 steps; slightly "
     "below 1 the power of the steps is left."},
    {NULL, &lab_cells_command, "--seeds 3 --seconds 0.1", 5,
     "The text's table of cells: gates, state, parameters, long-range learning, speed. To be seen: all "
     "five measured; the long range is good only with biases that open the gates."},
    {NULL, &lab_vanishing_command, "--cell lstm --init all --seeds 5", 8,
     "The text's second exercise puts an LSTM in place of the RNN. To be seen: by default its gradient "
     "vanishes as well, by 10^21; with the forget bias at 2 it arrives."},
    {NULL, &lab_vanishing_command, "--cell lstm --layers 3 --seeds 5", 4,
     "The third exercise takes three layers. To be seen: the gradient falls less steeply, since there "
     "are more ways back, and still arrives nowhere."},
    {"5 Bidirectional networks", &lab_bidirectional_command, "", 1,
     "The text: a second network read backwards lets each position see both sides. To be seen: the "
     "gradient of an output by a later input is exactly zero in one direction and not in two."},
    {"6 The encoder-decoder and its bottleneck", &lab_bottleneck_command,
     "--hidden 16,48 --lengths 2,14 --every 3 --steps 700 --symbols 12 --lr 0.008 --tests 60", 12,
     "The text: one vector cannot hold a long sentence, and attention cures it. To be seen: without "
     "attention the share of faultless copies falls with the length, later for the larger state; with "
     "attention it does not."},
    {"7 Sequential computation", &lab_sequential_command, "--seconds 0.05", 10,
     "The text: a linear layer is over 14 times as fast as an LSTM, since time steps cannot be done side "
     "by side. To be seen: most of that is eight times the arithmetic; the rest, waiting, is small at "
     "this size and grows as the batch shrinks."},
    {"8 A small encoder-decoder", &lab_seq2seq_command, "", 2,
     "The text builds one and looks at its shapes: the decoder is given the last state alone. To be "
     "seen: the shapes and counts, and that its first token hardly feels the beginning of a long source "
     "unless there is attention."},
    {"Takeaways: padding", &lab_packing_command, "--items 5000 --batches 8,32 --seconds 0.5", 10,
     "The text: packing saves 20 to 40 % of the time where lengths vary. To be seen: how much of a batch "
     "is padding, at random and sorted by length, and the time that packing saves here."},
};

enum { N_PARTS = sizeof parts / sizeof *parts, MAX_WORDS = 32, WIDTH = 108 };

/* ---- words ---- */

/* Words with blanks between them, and --threads, as main would have them. */
typedef struct command_line {
    char  text[256];
    char *words[MAX_WORDS];
    int   n;
} command_line;

static void split(command_line *line, const part *p, const options *o)
{
    snprintf(line->text, sizeof line->text, "%s --threads %d", p->words, (int)options_int(o, "threads"));
    line->n = 0;
    for (char *word = strtok(line->text, " "); word && line->n < MAX_WORDS; word = strtok(NULL, " "))
        line->words[line->n++] = word;
}

/* What it is called behind "lab". */
static const char *name_of(const part *p)
{
    return p->command->name + strlen("lab ");
}

/* ---- saying ---- */

/* A heading and running text look different on a page; on a terminal they are lines. */
static void say_heading(lab *l, int level, const char *text)
{
    if (l->page)
        recur_page_heading(l->page, level, text);
    else
        lab_say(l, "\n%s %s\n\n", level == 2 ? "==" : "--", text);
}

/* A paragraph; a page breaks its lines, a terminal gets lines of at most WIDTH letters. */
static void say_words(lab *l, const char *text)
{
    if (l->page) {
        recur_page_paragraph(l->page, text);
        return;
    }
    while (strlen(text) > WIDTH) {
        int n = WIDTH;
        while (n > 0 && text[n] != ' ') n--;
        if (n == 0) break;
        lab_say(l, "%.*s\n", n, text);
        text += n + 1;
    }
    lab_say(l, "%s\n\n", text);
}

static void introduce(lab *l)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "The experiments of a textbook's chapter on recurrent neural networks, run again by recur %s with "
        "small sizes (kernels %s, %d thread%s). Each one is a command of its own, which has "
        "more options and a page in docs/lab; docs/chapter.md goes through the chapter claim by claim.",
        recur_version(), recur_bench_kernels(l->app->ctx), recur_ctx_threads(l->app->ctx),
        recur_ctx_threads(l->app->ctx) == 1 ? "" : "s");
    say_words(l, text);
}

static void announce(lab *l, const part *p)
{
    char text[320];
    if (p->section) say_heading(l, 2, p->section);
    snprintf(text, sizeof text, "recur %s%s%s", p->command->name, *p->words ? " " : "", p->words);
    say_heading(l, 3, text);
    say_words(l, p->says);
}

/* ---- running ---- */

static int run_part(lab *l, const part *p, const options *chapter)
{
    command_line line;
    options      o;
    int          code;
    split(&line, p, chapter);
    recur_status status = command_parse(p->command, line.n, line.words, &o);
    if (status) {
        code = output_error(l->app, status, "%s", o.error);
    } else {
        announce(l, p);
        l->app->experiment = name_of(p);
        l->app->page = l->page;
        code = p->command->run(l->app, &o);
        l->app->page = NULL;
        l->app->experiment = NULL;
    }
    options_free(&o);
    return code;
}

static int run_all(lab *l, const options *o)
{
    app   *a = l->app;
    double done = 0, all = 0;
    int    code = RECUR_OK;
    for (int i = 0; i < N_PARTS; i++) all += parts[i].seconds;
    introduce(l);
    for (int i = 0; i < N_PARTS && !code && !a->is_broken; i++) {
        if (!a->bar.is_terminal) progress_say(a, "%d of %d: %s", i + 1, N_PARTS, parts[i].command->name);
        a->bar.from = done / all;
        a->bar.part = parts[i].seconds / all;
        progress_draw(a, 0, NULL);
        code = run_part(l, &parts[i], o);
        done += parts[i].seconds;
    }
    a->bar.part = 0;
    return code;
}

static int chapter(app *a, options *o)
{
    lab l;
    int code = output_check_page(a, options_text(o, "out"));
    if (!code) code = lab_open(&l, a, o, "A chapter on recurrent networks, measured again");
    return code ? code : lab_close(&l, run_all(&l, o));
}

const command lab_chapter_command = {
    .name = "lab chapter",
    .synopsis = "[options]",
    .brief = "",
    .summary = "all experiments with small sizes, in the textbook's order, on one page",
    .notes = "It takes a few minutes. With --json every line of an experiment bears its name.\n",
    .groups = chapter_groups,
    .args = "",
    .run = chapter,
};
