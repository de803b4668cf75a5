/* Which sequences a probe looks at.
 *
 * Of a corpus, windows at even distances. Of items, the longer half, for it is they that have far lags: sorted by length, taken at even
 * distances. Nothing is drawn at random, so a probe of the same data is the same.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/part.h"
#include "diag/probe.h"

/* An item that can be looked at. */
typedef struct candidate {
    int64_t length, item;
} candidate;

static int by_length(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* ---- a corpus ---- */

static recur_status choose_windows(recur_probe *p, const recur_corpus *corpus, const recur_probe_opts *o)
{
    if (!corpus) return RI_FAIL(p->ctx, RECUR_EARG, "a probe of a language model wants a corpus");
    const int32_t *tokens = recur_corpus_tokens(corpus);
    int64_t        size = recur_corpus_size(corpus), last = size - 1;
    if (size < 3)
        return RI_FAIL(p->ctx, RECUR_EDATA, "the data have %" PRId64 " tokens; wanted 3 or more", size);
    int64_t V = recur_vocab_size(p->model->parts.vocab);
    for (int64_t i = 0; i < size; i++)
        if (tokens[i] < 0 || tokens[i] >= V)
            return RI_FAIL(p->ctx, RECUR_EARG, "the corpus is of another vocabulary than the model's");
    int64_t steps = o->steps < last ? o->steps : last, most = last / steps;
    p->corpus = corpus;
    p->n = o->sequences < most ? o->sequences : most;
    p->sequences = ri_probe_keep(p, p->n, sizeof *p->sequences);
    if (!p->sequences) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < p->n; i++) {
        int64_t begin = p->n > 1 ? i * ((last - steps) / (p->n - 1)) : 0;
        p->sequences[i] = (ri_sequence){.n = steps, .ids = tokens + begin, .wanted = tokens + begin + 1};
    }
    p->lengths =
        (recur_lengths){.items = 1, .shortest = size, .median = size, .longest = size, .mean = (double)size};
    return RECUR_OK;
}

/* ---- items ---- */

/* Take of n candidates, sorted, what the probe is to see, longest first; they move to the front. */
static int64_t thin_out(candidate *all, int64_t n, int64_t wanted)
{
    int64_t half = n - n / 2, from = half > wanted ? half : wanted;
    int64_t taken = n < wanted ? n : wanted;
    if (from > n) from = n;
    for (int64_t i = 0; i < n / 2; i++) { /* longest first */
        candidate swap = all[i];
        all[i] = all[n - 1 - i];
        all[n - 1 - i] = swap;
    }
    for (int64_t i = 0; i < taken; i++) all[i] = all[i * from / taken];
    return taken;
}

static void measure(recur_probe *p, const candidate *all, int64_t n, int64_t items)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)all[i].length;
    p->lengths = (recur_lengths){.items = items,
                                 .shortest = all[0].length,
                                 .median = all[n / 2].length,
                                 .longest = all[n - 1].length,
                                 .mean = sum / (double)n};
}

static bool has_known_tags(const recur_model *m, const int32_t *tags, int64_t n)
{
    for (int64_t t = 0; t < n; t++)
        if (tags[t] < 0 || tags[t] >= recur_labels_count(m->parts.labels)) return false;
    return true;
}

static bool is_usable(const recur_probe *p, const recur_dataset *d, int64_t item)
{
    int64_t n = recur_dataset_length(d, item);
    if (n < 1) return false;
    if (p->model->tag) return has_known_tags(p->model, recur_dataset_tags(d, item), n);
    int32_t label = recur_dataset_label(d, item);
    return label >= 0 && label < recur_labels_count(p->model->parts.labels);
}

/* The last of an item, at most so many steps. A tagger's tags are written anew, as it learns them. */
static recur_status take_item(recur_probe *p, const recur_dataset *d, int64_t item, int64_t most,
                              ri_sequence *s)
{
    int64_t n = recur_dataset_length(d, item), F = recur_dataset_features(d), skip = n > most ? n - most : 0;
    const int32_t *ids = recur_dataset_ids(d, item), *forms = recur_dataset_form_ids(d, item);
    const float   *rows = recur_dataset_rows(d, item);
    *s = (ri_sequence){.n = n - skip,
                       .ids = ids ? ids + skip : NULL,
                       .rows = rows ? rows + skip * F : NULL,
                       .forms = forms ? forms + skip : NULL,
                       .label = recur_dataset_label(d, item)};
    if (!p->model->tag) return RECUR_OK;
    int32_t *tags = ri_probe_keep(p, n, sizeof *tags);
    if (!tags) return ri_probe_no_memory(p);
    memcpy(tags, recur_dataset_tags(d, item), (size_t)n * sizeof *tags);
    s->wanted = tags + skip;
    return ri_tag_to_learn(p->model, n, tags, NULL);
}

static recur_status check_part(const recur_probe *p, const recur_part *part)
{
    if (!part->data) return RI_FAIL(p->ctx, RECUR_EARG, "a probe of this model wants a dataset");
    recur_status status = ri_part_check(p->ctx, part);
    if (status) return status;
    if (p->model->tag) return ri_tag_check_data(p->model, part->data, true);
    status = ri_classify_check(p->model, part, "a probe");
    if (!status && !part->data->is_encoded)
        status = RI_FAIL(p->ctx, RECUR_EARG, "a probe wants a dataset that is encoded");
    return status;
}

static recur_status choose_items(recur_probe *p, const recur_part *part, const recur_probe_opts *o)
{
    recur_status status = check_part(p, part);
    if (status) return status;
    const recur_dataset *d = part->data;
    int64_t              items = ri_part_items(part), n = 0;
    candidate           *all = ri_probe_spare(p, items, sizeof *all);
    if (!all) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < items; i++) {
        int64_t item = ri_part_item(part, i);
        if (is_usable(p, d, item)) all[n++] = (candidate){recur_dataset_length(d, item), item};
    }
    if (!n)
        return RI_FAIL(p->ctx, RECUR_EDATA, "none of %" PRId64 " items has steps and %s that the model knows",
                       items, p->model->tag ? "tags" : "a label");
    qsort(all, (size_t)n, sizeof *all, by_length);
    measure(p, all, n, items);
    p->dataset = d;
    p->n = thin_out(all, n, o->sequences);
    p->sequences = ri_probe_keep(p, p->n, sizeof *p->sequences);
    if (!p->sequences) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < p->n && !status; i++)
        status = take_item(p, d, all[i].item, o->steps, &p->sequences[i]);
    return status;
}

/* ---- pairs ---- */

static void take_pair(const recur_probe *p, const recur_pairs *pairs, int64_t item, int64_t most,
                      ri_sequence *s)
{
    *s = (ri_sequence){0};
    s->ids = recur_pairs_ids(pairs, item, RECUR_SOURCE, &s->n);
    s->target = recur_pairs_ids(pairs, item, RECUR_TARGET, &s->n_target);
    if (s->n_target > most) s->n_target = most;
    if (s->n <= most) return;
    if (!p->model->spec.seq2seq.reverse_source) s->ids += s->n - most;
    s->n = most;
}

static recur_status choose_pairs(recur_probe *p, const recur_pair_part *part, const recur_probe_opts *o)
{
    if (!part->pairs) return RI_FAIL(p->ctx, RECUR_EARG, "a probe of an encoder-decoder wants pairs");
    int64_t    items = part->items ? part->n : recur_pairs_items(part->pairs), n = 0, length, n_target;
    candidate *all = ri_probe_spare(p, items, sizeof *all);
    if (!all) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < items; i++) {
        int64_t item = part->items ? part->items[i] : i;
        bool    has_both = recur_pairs_ids(part->pairs, item, RECUR_SOURCE, &length) &&
                        recur_pairs_ids(part->pairs, item, RECUR_TARGET, &n_target);
        if (has_both && length > 0 && n_target > 0) all[n++] = (candidate){length, item};
    }
    if (!n)
        return RI_FAIL(p->ctx, RECUR_EDATA,
                       "none of %" PRId64 " pairs is encoded and has tokens on both sides", items);
    qsort(all, (size_t)n, sizeof *all, by_length);
    measure(p, all, n, items);
    p->n = thin_out(all, n, o->sequences);
    p->sequences = ri_probe_keep(p, p->n, sizeof *p->sequences);
    if (!p->sequences) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < p->n; i++) take_pair(p, part->pairs, all[i].item, o->steps, &p->sequences[i]);
    return RECUR_OK;
}

recur_status ri_probe_choose(recur_probe *p, const recur_probe_data *data, const recur_probe_opts *o)
{
    recur_task   task = recur_model_task(p->model);
    recur_status status = task == RECUR_TASK_LM        ? choose_windows(p, data->corpus, o)
                          : task == RECUR_TASK_SEQ2SEQ ? choose_pairs(p, &data->pairs, o)
                                                       : choose_items(p, &data->part, o);
    p->lengths.sequences = p->n;
    for (int64_t i = 0; i < p->n && !status; i++) {
        int64_t n = ri_probe_steps(p, &p->stacks[0], &p->sequences[i]);
        if (n > p->lengths.most_steps) p->lengths.most_steps = n;
    }
    return status;
}
