/* recur lab seq2seq: the textbook's encoder-decoder before any training. Its shapes and parameters, three greedy steps, and what the decoder
 * can see: the gradient of each token written by each token read, along the summary vector and along attention.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fragment.h"
#include "lab.h"
#include "memory.h"
#include "rows.h"

static const option seq2seq_rows[] = {
    ROW_INT("source", 1, 1000, "3", "tokens of the source"),
    ROW_INT("target", 1, FRAGMENT_MOST, "3", "tokens to write"),
    {.name = "lengths",
     .form = "N,...",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 1000,
     .least = 1,
     .most = OPTION_MAX_NUMBERS,
     .fallback = "3,10,30,100",
     .flags = OPTION_USUAL,
     .help = "of sources, to see how far back the first token written looks; the picture shows the last"},
    ROW_INT("embed", 1, 4096, "64", "size of a token's vector"),
    ROW_INT("hidden", 1, 4096, "128", "units of encoder and decoder"),
    ROW_INT("source-words", 1, 1e6, "5000", "vocabulary of sources"),
    ROW_INT("target-words", 2, 1e6, "6000", "vocabulary of targets"),
    ROW_SEED("of the weights"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        seq2seq_group = {"Experiment", seq2seq_rows};
static const option_group *const seq2seq_groups[] = {&seq2seq_group, &common_group, NULL};

enum {
    START = 1,
    N_KINDS = 2,
    N_WAYS = 3
}; /* the token fed first; without and with attention; fragment_way */

static const char *const kinds[N_KINDS] = {"none", "dot"};

typedef struct session {
    lab      l;
    fragment net;
    int64_t  n_source;
    int      n_target;
    int32_t *source;                          /* of the greatest length that is asked for */
    int32_t  written[N_KINDS][FRAGMENT_MOST]; /* greedily */
    double   p[N_KINDS][FRAGMENT_MOST];
} session;

/* "the cat sat" as the textbook numbers it, and then any others. */
static void make_source(session *s, int64_t n)
{
    static const int32_t chapter[] = {12, 457, 89};
    s->source = need_memory((size_t)n, sizeof *s->source);
    for (int64_t i = 0; i < n; i++)
        s->source[i] = (int32_t)((i < 3 ? chapter[i] : 89 + 445 * i) % s->net.sizes.source_words);
}

/* ---- shapes ---- */

static void say_shape(lab *l, const char *what, recur_shape s, bool is_batch_major)
{
    const int64_t first = is_batch_major ? 1 : s.size[0], middle = is_batch_major ? s.size[0] : s.size[1];
    lab_say(l, "    %-18s (%" PRId64 ", %" PRId64 ", %" PRId64 ")\n", what, first, middle,
            s.size[s.rank - 1]);
}

static void say_shapes(session *s)
{
    fragment *f = &s->net;
    lab      *l = &s->l;
    lab_say(l,
            "The textbook's encoder-decoder, untrained: an LSTM reads %" PRId64
            " tokens, another starts from its last state, the\nsummary vector, and writes %d. Shapes are "
            "(batch, steps, size), of states (layers, batch, size).\n\n",
            s->n_source, s->n_target);
    say_shape(l, "encoder outputs", recur_shape_of(f->tape, f->outputs), true);
    say_shape(l, "h", recur_shape_of(f->tape, f->h), false);
    say_shape(l, "c", recur_shape_of(f->tape, f->c), false);
    say_shape(l, "logits of a step", recur_shape_of(f->tape, f->logits), true);
    lab_say(l,
            "    parameters         encoder %" PRId64 ", decoder %" PRId64
            "; with attention a readout of %" PRId64 " more\n\n",
            recur_params_count(f->encoder), recur_params_count(f->decoder), recur_params_count(f->readout));
    lab_json(l,
             json_pack("{s:s,s:[I,I,I],s:[I,I,I],s:[I,I,I],s:I,s:I,s:I}", "part", "shapes", "encoder_outputs",
                       (json_int_t)1, (json_int_t)recur_shape_of(f->tape, f->outputs).size[0],
                       (json_int_t)f->sizes.hidden, "summary", (json_int_t)1, (json_int_t)1,
                       (json_int_t)recur_shape_of(f->tape, f->h).size[2], "logits", (json_int_t)1,
                       (json_int_t)1, (json_int_t)recur_shape_of(f->tape, f->logits).size[1],
                       "encoder_parameters", (json_int_t)recur_params_count(f->encoder), "decoder_parameters",
                       (json_int_t)recur_params_count(f->decoder), "readout_parameters",
                       (json_int_t)recur_params_count(f->readout)));
}

static void say_written(session *s)
{
    lab_say(&s->l,
            "Greedy steps, the first after token %d. The model knows nothing yet: every token is about as "
            "likely as\n1/%" PRId64 " = %.1e.\n\n",
            START, s->net.sizes.target_words, 1 / (double)s->net.sizes.target_words);
    for (int t = 0; t < s->n_target; t++) {
        lab_say(&s->l,
                "    step %d: token %5" PRId32 ", p = %.1e        with attention: token %5" PRId32
                ", p = %.1e\n",
                t, s->written[0][t], s->p[0][t], s->written[1][t], s->p[1][t]);
        for (int kind = 0; kind < N_KINDS; kind++)
            lab_json(&s->l,
                     json_pack("{s:s,s:s,s:i,s:i,s:o}", "part", "greedy", "attention", kinds[kind], "step", t,
                               "token", (int)s->written[kind][t], "p", output_number(s->p[kind][t])));
    }
}

static recur_status write_both(session *s)
{
    recur_status status = fragment_read(&s->net, s->n_source, s->source);
    for (int kind = N_KINDS - 1; kind >= 0 && !status; kind--)
        status = fragment_write(&s->net, kind == 1, START, s->n_target, s->written[kind], s->p[kind]);
    return status;
}

/* ---- what the decoder can see ---- */

/* norms [N_KINDS][N_WAYS][n] of token `out` by each of n tokens of the source. */
static recur_status look(session *s, int out, int64_t n, double *norms)
{
    recur_status status = RECUR_OK;
    for (int kind = 0; kind < N_KINDS; kind++)
        for (int way = 0; way < N_WAYS && !status; way++)
            status = fragment_gradient(&s->net, kind == 1, (fragment_way)way, START, out, s->written[kind],
                                       norms + (kind * N_WAYS + way) * n);
    return status;
}

static void say_gradients(session *s, int out, const double *norms)
{
    const int64_t n = s->n_source;
    for (int64_t i = 0; i < n; i++) {
        lab_say(&s->l, "%7d %6" PRId64, out, i);
        for (int kind = 0; kind < N_KINDS; kind++) {
            const double *v = norms + kind * N_WAYS * n + i;
            lab_say(&s->l, "  %11.2e %11.2e %11.2e", v[0], v[n], v[2 * n]);
            lab_json(&s->l, json_pack("{s:s,s:s,s:i,s:I,s:o,s:o,s:o}", "part", "gradient", "attention",
                                      kinds[kind], "step", out, "source", (json_int_t)i, "gradient",
                                      output_number(v[0]), "summary_only", output_number(v[n]),
                                      "attention_only", output_number(v[2 * n])));
        }
        lab_say(&s->l, "\n");
    }
}

static recur_status see_each(session *s)
{
    double      *norms = need_memory((size_t)(N_KINDS * N_WAYS * s->n_source), sizeof *norms);
    recur_status status = RECUR_OK;
    lab_say(
        &s->l,
        "\nWhat the decoder can see: the gradient of log p of the token written at a step by the embedding "
        "of each token of\nthe source, over all ways, and over one alone, the other cut.\n\n"
        "                 without attention                    with attention\n"
        "   step source          all     summary   attention          all     summary   attention\n");
    for (int t = 0; t < s->n_target && !status; t++) {
        status = look(s, t, s->n_source, norms);
        if (!status) say_gradients(s, t, norms);
    }
    free(norms);
    return status;
}

/* ---- how far back ---- */

static void say_length(session *s, int64_t n, const double *norms)
{
    const int64_t H = s->net.sizes.hidden, last = n - 1, summary = 2 * H, all = summary + n * H;
    const double *none = norms, *dot = norms + N_WAYS * n;
    lab_say(&s->l,
            "%6" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 "  %10.2e %10.2e %11.2e %10.2e\n",
            n, summary, summary * 4, all, all * 4, none[0], none[0] / none[last], dot[0], dot[0] / dot[last]);
    lab_json(&s->l, json_pack("{s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "part", "length", "source", (json_int_t)n,
                              "summary_bytes", (json_int_t)(summary * 4), "attention_bytes",
                              (json_int_t)(all * 4), "first", output_number(none[0]), "first_of_last",
                              output_number(none[0] / none[last]), "attention_first", output_number(dot[0]),
                              "attention_first_of_last", output_number(dot[0] / dot[last])));
}

/* Gradients of the longest source, by place. */
static int draw(session *s, int64_t n, const double *norms)
{
    static const char *const titles[N_KINDS] = {"Without attention", "With attention"};
    static const char *const labels[N_WAYS] = {"all ways", "the summary vector alone", "attention alone"};
    double                  *places = need_memory((size_t)n, sizeof *places);
    recur_curve              curves[N_KINDS][N_WAYS];
    recur_plot               plots[N_KINDS];
    char                     title[128];
    for (int64_t i = 0; i < n; i++) places[i] = (double)i;
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (int way = 0; way < N_WAYS; way++)
            curves[kind][way] =
                (recur_curve){labels[way], way, false, n, places, norms + (kind * N_WAYS + way) * n};
        plots[kind] = (recur_plot){.title = titles[kind],
                                   .x = "place in the source",
                                   .y = "gradient",
                                   .is_log = true,
                                   .n = N_WAYS,
                                   .curves = curves[kind]};
    }
    snprintf(title, sizeof title,
             "The first token written, by each of %" PRId64 " read: an untrained model of %" PRId64 " units",
             n, s->net.sizes.hidden);
    int code = lab_plots(&s->l, title, plots, N_KINDS);
    free(places);
    return code;
}

static int see_lengths(session *s, int n_lengths, const double *lengths)
{
    lab_say(
        &s->l,
        "\nThe numbers that stand ready for the decoder, and the gradient of the first token written by the "
        "first token of\nthe source, and that as a share of the last one's:\n\n"
        "               summary vector      and all outputs     without attention       with attention\n"
        "source   numbers     bytes   numbers     bytes       first      /last       first      /last\n");
    for (int i = 0; i < n_lengths; i++) {
        const int64_t n = (int64_t)lengths[i];
        double       *norms = need_memory((size_t)(N_KINDS * N_WAYS * n), sizeof *norms);
        recur_status  status = fragment_read(&s->net, n, s->source);
        int           code = RECUR_OK;
        if (!status) status = look(s, 0, n, norms);
        if (!status) say_length(s, n, norms);
        if (!status && i == n_lengths - 1) code = draw(s, n, norms);
        free(norms);
        if (status) return output_failure(s->l.app, status);
        if (code) return code;
    }
    lab_say(
        &s->l,
        "\nWithout attention nothing comes past the summary vector (the column is zero exactly): it has "
        "%" PRId64
        " numbers\nhowever long the source is, and over its steps the gradient fades. Attention adds %" PRId64
        " numbers for every token\nread, and a way to each that is one step long.\n",
        2 * s->net.sizes.hidden, s->net.sizes.hidden);
    return RECUR_OK;
}

/* ---- all together ---- */

static int see_all(session *s, const option_value *lengths, uint64_t seed)
{
    recur_status status = fragment_create(&s->net, s->l.app->ctx, &s->net.sizes, seed);
    if (!status) status = write_both(s);
    if (!status) {
        say_shapes(s);
        say_written(s);
        status = see_each(s);
    }
    return status ? output_failure(s->l.app, status) : see_lengths(s, lengths->n_numbers, lengths->numbers);
}

static int seq2seq(app *a, options *o)
{
    const option_value *lengths = options_find(o, "lengths");
    session             s = {.n_source = options_int(o, "source"),
                             .n_target = (int)options_int(o, "target"),
                             .net.sizes = {options_int(o, "source-words"), options_int(o, "target-words"),
                                           options_int(o, "embed"), options_int(o, "hidden")}};
    int64_t             longest = s.n_source;
    for (int i = 0; i < lengths->n_numbers; i++) {
        if (lengths->numbers[i] != floor(lengths->numbers[i]))
            return output_error(a, RECUR_EARG, "--lengths wants whole numbers, found %g",
                                lengths->numbers[i]);
        if ((int64_t)lengths->numbers[i] > longest) longest = (int64_t)lengths->numbers[i];
    }
    int code = lab_open(&s.l, a, o, "What a decoder can see");
    if (code) return code;
    make_source(&s, longest);
    code = see_all(&s, lengths, (uint64_t)options_int(o, "seed"));
    fragment_destroy(&s.net);
    free(s.source);
    return lab_close(&s.l, code);
}

const command lab_seq2seq_command = {
    .name = "lab seq2seq",
    .synopsis = "[options]",
    .brief = "",
    .summary = "an encoder-decoder's shapes, and what its decoder can see of the source",
    .notes = "An untrained encoder-decoder without and with attention: shapes, parameters, greedy steps, and "
             "the gradient of\neach token written by each token read.\n",
    .groups = seq2seq_groups,
    .args = "",
    .run = seq2seq,
};
