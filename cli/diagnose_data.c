/* Data for recur diagnose: read as recur eval reads them, with what guessing would cost, and which items came off well.
 *
 * Two losses give a model's own a scale: that of a model that gives every answer the same probability, and that of one that knows how often each
 * answer occurs and nothing else.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "memory.h"

enum { MOST_SCORED = 2000 }; /* items */

static double entropy(const int64_t *counts, int64_t n)
{
    double total = 0, sum = 0;
    for (int64_t k = 0; k < n; k++) total += (double)counts[k];
    for (int64_t k = 0; k < n; k++)
        if (counts[k] > 0) sum -= (double)counts[k] / total * log((double)counts[k] / total);
    return sum;
}

/* Choose items spread evenly over n, all of them where there are few. Returns how many. */
static int64_t choose_items(patient_data *d, int64_t n)
{
    int64_t m = n < MOST_SCORED ? n : MOST_SCORED;
    d->chosen = need_memory((size_t)m, sizeof *d->chosen);
    d->scores = need_memory((size_t)n, sizeof *d->scores);
    for (int64_t i = 0; i < m; i++) d->chosen[i] = i * n / m;
    return m;
}

/* Data of which the model does not know most: they are of another kind. */
static int check_known(app *a, int64_t n_unknown, int64_t n, const char *unit)
{
    if (2 * n_unknown <= n) return RECUR_OK;
    return output_error(
        a, RECUR_EDATA,
        "the model does not know %.0f %% of the %s: these data are not of the kind that it was trained on",
        100 * (double)n_unknown / (double)n, unit);
}

static bool on_tick(void *user, double share, const recur_report *last)
{
    (void)last;
    progress_draw(user, 0.2 * share, NULL);
    return true;
}

void patient_data_free(app *a, patient_data *d)
{
    recur_text_free(a->ctx, &d->text);
    recur_corpus_destroy(d->corpus);
    recur_dataset_destroy(d->dataset);
    recur_pairs_destroy(d->pairs);
    free(d->names.names);
    free(d->chosen);
    free(d->scores);
}

/* ---- language models ---- */

int lm_examine(app *a, options *o, const recur_model *model, patient_data *d)
{
    static const char *const units[] = {"characters", "bytes", "words", "parts of words"};
    const recur_vocab       *vocab = recur_model_vocab(model);
    const option_value      *files = options_find(o, "data");
    recur_unit               unit = recur_vocab_unit(vocab);
    int64_t                  V = recur_vocab_size(vocab);
    recur_status             status =
        recur_text_read(a->ctx, unit, files->n_texts, (const char *const *)files->texts, &d->text);
    if (!status) status = recur_corpus_encode(a->ctx, vocab, d->text.bytes, d->text.size, &d->corpus);
    if (status) return output_failure(a, status);
    int64_t       *counts = need_memory((size_t)V, sizeof *counts);
    const int32_t *tokens = recur_corpus_tokens(d->corpus);
    d->unit = units[unit];
    d->size = recur_corpus_size(d->corpus);
    for (int64_t i = 0; i < d->size; i++) counts[tokens[i]]++;
    d->ignorance = log((double)V);
    d->guess = entropy(counts, V);
    d->probe.corpus = d->corpus;
    free(counts);
    return check_known(a, recur_corpus_unknown(d->corpus), d->size, d->unit);
}

/* ---- classifiers ---- */

static void count_guess(void *user, const recur_class_guess *guess)
{
    patient_data *d = user;
    int32_t       label = recur_dataset_label(d->dataset, guess->item);
    if (isnan(guess->loss)) return;
    d->scores[d->n_scores++] =
        (item_score){recur_dataset_length(d->dataset, guess->item), guess->label == label, 1};
    d->sum_loss += guess->loss;
    d->n_losses += 1;
}

static recur_status examine_labels(app *a, const recur_model *model, patient_data *d)
{
    const recur_labels   *labels = recur_model_labels(model);
    const recur_run_hooks hooks = {.user = a, .tick = on_tick};
    int64_t               K = recur_labels_count(labels), *counts = need_memory((size_t)K, sizeof *counts);
    d->probe.part = (recur_part){.data = d->dataset};
    recur_status status = recur_part_count_labels(a->ctx, &d->probe.part, labels, counts);
    d->ignorance = log((double)K);
    d->guess = entropy(counts, K);
    free(counts);
    int64_t m = choose_items(d, recur_dataset_items(d->dataset));
    if (!status)
        status = recur_classify_predict(model, &(recur_part){d->dataset, d->chosen, m}, NULL, &hooks,
                                        count_guess, d);
    return status;
}

int classify_examine(app *a, options *o, const recur_model *model, patient_data *d)
{
    const recur_classify_spec *spec = recur_classify_get_spec(model);
    const option_value        *files = options_find(o, "data");
    int                        code = labelled_take_columns(a, o, model);
    if (!code) code = classify_source(a, o, spec->rule, spec->features != 0, false, &d->names);
    if (code) return code;
    recur_status status = recur_dataset_read(a->ctx, &d->names.source, files->n_texts,
                                             (const char *const *)files->texts, &d->dataset);
    if (!status) status = classify_encode(d->dataset, model);
    d->unit = spec->features ? "rows" : train_units(spec->rule.unit);
    if (!status) d->size = recur_dataset_tokens(d->dataset);
    if (!status) code = check_known(a, recur_dataset_unknown(d->dataset), d->size, d->unit);
    if (!status && !code) status = examine_labels(a, model, d);
    return status ? output_failure(a, status) : code;
}

/* ---- taggers ---- */

static recur_status examine_tags(app *a, const recur_model *model, patient_data *d)
{
    const recur_run_hooks hooks = {.user = a, .tick = on_tick};
    int64_t               K = recur_labels_count(recur_model_labels(model)), at = 0, k = 0;
    int64_t      n = recur_dataset_items(d->dataset), *counts = need_memory((size_t)K, sizeof *counts);
    int32_t     *found = need_memory((size_t)d->size + 1, sizeof *found);
    int64_t      m = choose_items(d, n);
    recur_status status = recur_tag_predict(model, &(recur_part){d->dataset, d->chosen, m}, &hooks, found);
    for (int64_t i = 0; i < n && !status; i++) {
        int64_t        length = recur_dataset_length(d->dataset, i);
        const int32_t *tags = recur_dataset_tags(d->dataset, i);
        item_score     score = {.length = length, .of = (double)length};
        for (int64_t t = 0; t < length; t++) {
            if (tags[t] < K) counts[tags[t]]++;
            score.right += tags[t] == found[at + t];
        }
        at += length;
        if (k < m && d->chosen[k] == i) {
            k++;
            if (length > 0) d->scores[d->n_scores++] = score;
        }
    }
    d->ignorance = log((double)K);
    d->guess = entropy(counts, K);
    free(found);
    free(counts);
    return status;
}

int tag_examine(app *a, options *o, const recur_model *model, patient_data *d)
{
    int code = labelled_take_columns(a, o, model);
    if (code) return code;
    const option_value *files = options_find(o, "data");
    const recur_source  source = tag_source(o, recur_tag_get_spec(model)->rule, false);
    recur_status        status =
        recur_dataset_read(a->ctx, &source, files->n_texts, (const char *const *)files->texts, &d->dataset);
    if (!status)
        status = recur_dataset_encode(d->dataset, recur_model_vocab(model), recur_model_characters(model),
                                      recur_model_labels(model));
    d->unit = "words";
    d->probe.part = (recur_part){.data = d->dataset};
    if (!status) d->size = recur_dataset_tokens(d->dataset);
    if (!status) code = check_known(a, recur_dataset_unknown(d->dataset), d->size, d->unit);
    if (!status && !code) status = examine_tags(a, model, d);
    return status ? output_failure(a, status) : code;
}

/* ---- encoder-decoders ---- */

static void count_pair(void *user, const recur_pair_score *score)
{
    patient_data *d = user;
    item_score   *s = &d->scores[d->n_scores++];
    recur_pairs_ids(d->pairs, score->item, RECUR_SOURCE, &s->length);
    d->sum_loss += score->nats;
    d->n_losses += (double)score->tokens;
    s->right = (double)score->correct;
    s->of = (double)score->tokens;
}

static double guess_of_targets(const recur_model *model, const recur_pairs *pairs)
{
    int64_t  V = recur_seq2seq_mark(model) + 1, n;
    int64_t *counts = need_memory((size_t)V, sizeof *counts);
    for (int64_t i = 0; i < recur_pairs_items(pairs); i++) {
        const int32_t *ids = recur_pairs_ids(pairs, i, RECUR_TARGET, &n);
        for (int64_t t = 0; t < n; t++) counts[ids[t]]++;
        counts[V - 1]++; /* </s> behind each */
    }
    double nats = entropy(counts, V);
    free(counts);
    return nats;
}

static recur_status examine_pairs(app *a, const recur_model *model, patient_data *d)
{
    const recur_run_hooks  hooks = {.user = a, .tick = on_tick};
    const recur_batch_opts opts = {.items = 64, .tokens = 16384};
    recur_pair_batches    *batches = NULL;
    int64_t                m = choose_items(d, recur_pairs_items(d->pairs));
    d->probe.pairs = (recur_pair_part){.pairs = d->pairs};
    d->ignorance = log((double)recur_seq2seq_mark(model) + 1);
    d->guess = guess_of_targets(model, d->pairs);
    recur_status status =
        recur_pair_batches_create(a->ctx, &(recur_pair_part){d->pairs, d->chosen, m}, &opts, &batches);
    if (!status) {
        recur_pair_feed feed = recur_pair_batches_feed(batches);
        status = recur_seq2seq_evaluate(model, &feed, &hooks, count_pair, d, NULL);
    }
    recur_pair_batches_destroy(batches);
    return status;
}

int seq2seq_examine(app *a, options *o, const recur_model *model, patient_data *d)
{
    recur_pair_source source;
    int               code = seq2seq_take_columns(a, o, model);
    if (!code) code = seq2seq_source(a, o, "data", "source", "target", false, &source);
    if (code) return code;
    recur_status status = recur_pairs_read(a->ctx, &source, &d->pairs);
    if (!status) status = seq2seq_encode(d->pairs, model, o);
    d->unit = train_units(recur_vocab_unit(recur_model_vocab(model)));
    if (!status) d->size = recur_pairs_tokens(d->pairs, RECUR_SOURCE);
    if (!status) code = check_known(a, recur_pairs_unknown(d->pairs, RECUR_SOURCE), d->size, d->unit);
    if (!status && !code) status = examine_pairs(a, model, d);
    return status ? output_failure(a, status) : code;
}
