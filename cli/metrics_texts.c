/* Scores of texts. BLEU is said as sacreBLEU says it, so that the two can be laid side by side.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"

/* A measure of the tables: a rate, shown in percent, or a score that runs to 100 by itself. */
typedef struct measure_row {
    const char *name, *key;
    bool        is_rate;
} measure_row;

enum { N_MEASURES = 7 };

static const measure_row rows[N_MEASURES] = {{"exact match", "exact_match", true},
                                             {"token accuracy", "token_accuracy", true},
                                             {"BLEU", "bleu", false},
                                             {"chrF", "chrf", false},
                                             {"ROUGE-1", "rouge_1", true},
                                             {"ROUGE-2", "rouge_2", true},
                                             {"ROUGE-L", "rouge_l", true}};

static recur_measure measure_of(const recur_seq_score *s, int row)
{
    const recur_measure all[N_MEASURES] = {s->exact_match, s->token_accuracy, s->bleu,       s->chrf,
                                           s->rouge[0].f1, s->rouge[1].f1,    s->rouge[2].f1};
    return all[row];
}

/* ---- tables ---- */

static void print_measures(app *a, const recur_seq_score *s)
{
    for (int i = 0; i < N_MEASURES; i++) {
        recur_measure m = measure_of(s, i);
        double        unit = rows[i].is_rate ? 100 : 1;
        const char   *sign = rows[i].is_rate ? " %" : "";
        output_format(a, "%-15s", rows[i].name);
        if (isnan(m.value)) {
            output_format(a, " %8s\n", "-");
            continue;
        }
        output_format(a, " %8.2f%-2s   %.2f to %.2f%s", unit * m.value, sign, unit * m.low, unit * m.high,
                      sign);
        if (i >= 4)
            output_format(a, "   precision %.2f %%, recall %.2f %%", 100 * s->rouge[i - 4].precision,
                          100 * s->rouge[i - 4].recall);
        output_format(a, "\n");
    }
}

/* What BLEU is made of. */
static void print_bleu(app *a, const recur_seq_report *r)
{
    const recur_seq_score *s = &r->all;
    double ratio = s->reference_tokens ? (double)s->hypothesis_tokens / (double)s->reference_tokens : 0;
    output_format(a,
                  "\nBLEU is %.1f/%.1f/%.1f/%.1f (BP = %.3f ratio = %.3f hyp_len = %" PRId64
                  " ref_len = %" PRId64 ")\n        %s\n",
                  s->precisions[0], s->precisions[1], s->precisions[2], s->precisions[3], s->brevity_penalty,
                  ratio, s->hypothesis_tokens, s->reference_tokens, r->signature);
}

/* Append one measure of a row to a line. */
static void add_cell(char *line, size_t size, const recur_seq_score *s, int row)
{
    recur_measure m = measure_of(s, row);
    double        unit = rows[row].is_rate ? 100 : 1;
    size_t        at = strlen(line);
    if (isnan(m.value))
        snprintf(line + at, size - at, "  %6s%15s", "-", "");
    else
        snprintf(line + at, size - at, "  %6.2f (%5.1f to %4.1f)", unit * m.value, unit * m.low,
                 unit * m.high);
}

static void print_lengths(app *a, const recur_seq_report *r)
{
    static const int shown[] = {0, 1, 2, 3, 6};
    if (!r->n_lengths) return;
    output_format(a, "\n%-14s %7s  %-21s  %-21s  %-21s  %-21s  %s\n", "words", "items", "exact match %",
                  "token accuracy %", "BLEU", "chrF", "ROUGE-L %");
    for (int64_t i = 0; i < r->n_lengths; i++) {
        const recur_seq_score *s = &r->lengths[i];
        char                   range[METRICS_RANGE_BYTES], line[256] = "";
        metrics_range(s->from, s->to, range);
        for (int k = 0; k < 5; k++) add_cell(line, sizeof line, s, shown[k]);
        output_format(a, "%-14s %7" PRId64 "%s\n", range, s->items, line);
    }
}

void metrics_print_texts(app *a, const recur_seq_report *r)
{
    output_format(a, "items           %8" PRId64 "     95 %% interval\n", r->all.items);
    print_measures(a, &r->all);
    print_bleu(a, r);
    print_lengths(a, r);
}

/* ---- JSON ---- */

static json_t *pair(double first, double second)
{
    json_t *list = json_array();
    json_array_append_new(list, output_number(first));
    json_array_append_new(list, output_number(second));
    return list;
}

/* Put the scores of some items into an object. */
static void add_scores(json_t *o, const recur_seq_score *s)
{
    json_t *intervals = json_object();
    json_object_set_new(o, "items", json_integer(s->items));
    for (int i = 0; i < N_MEASURES; i++) {
        recur_measure m = measure_of(s, i);
        json_object_set_new(o, rows[i].key, output_number(m.value));
        json_object_set_new(intervals, rows[i].key, pair(m.low, m.high));
    }
    json_object_set_new(o, "intervals", intervals);
    for (int i = 0; i < 3; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s_precision", rows[4 + i].key);
        json_object_set_new(o, key, output_number(s->rouge[i].precision));
        snprintf(key, sizeof key, "%s_recall", rows[4 + i].key);
        json_object_set_new(o, key, output_number(s->rouge[i].recall));
    }
    json_object_set_new(o, "precisions", output_numbers(RECUR_BLEU_ORDERS, s->precisions));
    json_object_set_new(o, "brevity_penalty", output_number(s->brevity_penalty));
    json_object_set_new(o, "hypothesis_tokens", json_integer(s->hypothesis_tokens));
    json_object_set_new(o, "reference_tokens", json_integer(s->reference_tokens));
}

json_t *metrics_json_texts(const recur_seq_report *r)
{
    json_t *o = json_pack("{s:s}", "task", "seq2seq"), *lengths = json_array();
    add_scores(o, &r->all);
    json_object_set_new(o, "signature", json_string(r->signature));
    for (int64_t i = 0; i < r->n_lengths; i++) {
        const recur_seq_score *s = &r->lengths[i];
        json_t                *to = s->to == INT64_MAX ? json_null() : json_integer(s->to);
        json_t                *length = json_pack("{s:I,s:o}", "from", (json_int_t)s->from, "to", to);
        add_scores(length, s);
        json_array_append_new(lengths, length);
    }
    if (r->n_lengths) json_object_set(o, "by_length", lengths);
    json_decref(lengths);
    return o;
}
