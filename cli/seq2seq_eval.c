/* recur eval for an encoder-decoder: its loss on right targets, and its own targets beside them.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "metrics.h"
#include "seq2seq.h"

/* Sums of the losses of pairs of some length. */
typedef struct loss_sum {
    double  nats;
    int64_t tokens;
} loss_sum;

typedef struct job {
    app               *app;
    const recur_model *model;
    recur_pairs       *pairs;
    int64_t            edges[OPTION_MAX_NUMBERS], n_edges;
    int64_t           *lengths; /* [items]: words of the sources */
    char             **texts;   /* [items]: of the targets found */
    size_t            *bytes;
    int64_t            n_cut;
    loss_sum           all, by_length[OPTION_MAX_NUMBERS + 1];
    recur_seq_scorer  *scorer;
    double             begun; /* share of the work that was done before this part of it */
} job;

static bool on_tick(void *user, double share, const recur_report *last)
{
    job *j = user;
    (void)last;
    progress_draw(j->app, j->begun + share * (1 - j->begun) * (j->begun > 0 ? 1 : 0.2), NULL);
    return true;
}

/* ---- lengths ---- */

static int64_t bucket_of(const job *j, int64_t item)
{
    int64_t i = 0;
    while (i < j->n_edges && j->lengths[item] >= j->edges[i]) i++;
    return i;
}

/* Count the words of the whole sources, or their characters where these are the unit. */
static recur_status measure(job *j)
{
    const char            *any = "a"; /* the others are unknown to the vocabulary, and counted all the same */
    recur_vocab           *counter = NULL;
    bool                   has_characters = recur_vocab_unit(recur_model_vocab(j->model)) == RECUR_CHAR;
    int64_t                n = recur_pairs_items(j->pairs);
    const recur_vocab_opts rare = {.min_count = 2}; /* "<unk>" is left */
    recur_status status = recur_vocab_build(j->app->ctx, has_characters ? RECUR_CHAR : RECUR_WORD, 1, &any,
                                            &(size_t){1}, &rare, &counter);
    j->lengths = need_memory((size_t)n, sizeof *j->lengths);
    for (int64_t i = 0; i < n && !status; i++) {
        size_t      bytes;
        const char *text = recur_pairs_text(j->pairs, i, RECUR_SOURCE, &bytes);
        status = recur_vocab_encode(j->app->ctx, counter, text, bytes, NULL, &j->lengths[i], NULL);
    }
    recur_vocab_destroy(counter);
    return status;
}

/* ---- loss ---- */

static void add_loss(void *user, const recur_pair_score *score)
{
    job      *j = user;
    loss_sum *sums[] = {&j->all, &j->by_length[bucket_of(j, score->item)]};
    for (int i = 0; i < 2; i++) {
        sums[i]->nats += score->nats;
        sums[i]->tokens += score->tokens;
    }
}

static recur_status find_loss(job *j)
{
    const recur_run_hooks hooks = {.user = j, .tick = on_tick};
    recur_pair_part       part = {.pairs = j->pairs};
    recur_batch_opts      opts = {.items = 64, .tokens = 16384};
    recur_pair_batches   *batches = NULL;
    recur_status          status = recur_pair_batches_create(j->app->ctx, &part, &opts, &batches);
    if (!status) {
        recur_pair_feed feed = recur_pair_batches_feed(batches);
        status = recur_seq2seq_evaluate(j->model, &feed, &hooks, add_loss, j, NULL);
    }
    recur_pair_batches_destroy(batches);
    return status;
}

/* ---- targets ---- */

static void take(void *user, const recur_hypothesis *h)
{
    job *j = user;
    j->texts[h->item] = seq2seq_text(j->app, j->model, h->ids, h->n, &j->bytes[h->item]);
    j->n_cut += h->is_cut;
}

static recur_status find_targets(job *j, const options *o)
{
    const recur_run_hooks hooks = {.user = j, .tick = on_tick};
    recur_pair_part       part = {.pairs = j->pairs};
    recur_decode_opts     opts = seq2seq_decode_opts(o);
    size_t                n = (size_t)recur_pairs_items(j->pairs);
    j->texts = need_memory(n, sizeof *j->texts);
    j->bytes = need_memory(n, sizeof *j->bytes);
    j->begun = 0.2;
    return recur_seq2seq_predict(j->model, &part, &opts, &hooks, take, j);
}

/* Count them in the order of the data, so that their batches do not matter. */
static recur_status count_targets(job *j, const options *o)
{
    recur_unit                  unit = recur_vocab_unit(recur_model_vocab(j->model));
    const option_value         *tokenise = options_find(o, "tokenise");
    bool                        is_cut = tokenise->n_texts ? tokenise->choice == 1 : unit == RECUR_WORD;
    const recur_seq_scorer_opts opts = {.tokenise = is_cut ? RECUR_TOKENISE_NONE : RECUR_TOKENISE_13A,
                                        .by_characters = unit == RECUR_CHAR,
                                        .n_edges = j->n_edges,
                                        .edges = j->edges};
    recur_status                status = recur_seq_scorer_create(j->app->ctx, &opts, &j->scorer);
    for (int64_t i = 0; i < recur_pairs_items(j->pairs) && !status; i++) {
        size_t      bytes;
        const char *reference = recur_pairs_text(j->pairs, i, RECUR_TARGET, &bytes);
        status = recur_seq_scorer_add(j->scorer, j->texts[i], j->bytes[i], &reference, &bytes, j->lengths[i]);
    }
    return status;
}

/* ---- telling ---- */

static void put_loss(json_t *object, const loss_sum *sum)
{
    double loss = sum->tokens ? sum->nats / (double)sum->tokens : NAN;
    json_object_set_new(object, "loss", output_number(loss));
    json_object_set_new(object, "perplexity", output_number(exp(loss)));
}

static void tell_json(job *j, const recur_seq_report *r)
{
    json_t *line = metrics_json_texts(r), *lengths = json_object_get(line, "by_length");
    put_loss(line, &j->all);
    for (size_t i = 0; i < json_array_size(lengths); i++)
        put_loss(json_array_get(lengths, i), &j->by_length[i]);
    json_object_set_new(line, "unknown", json_integer(recur_pairs_unknown(j->pairs, RECUR_SOURCE)));
    json_object_set_new(line, "cut", json_integer(j->n_cut));
    output_json(j->app, line);
}

static void tell_text(job *j, const recur_seq_report *r)
{
    double loss = j->all.nats / (double)j->all.tokens;
    output_format(j->app, "loss            %8.4f nats per token, end included\nperplexity      %8.4f\n", loss,
                  exp(loss));
    metrics_print_texts(j->app, r);
}

static recur_status tell(job *j)
{
    recur_seq_report r;
    recur_status     status = recur_seq_scorer_report(j->scorer, &r);
    if (status) return status;
    if (j->app->json)
        tell_json(j, &r);
    else
        tell_text(j, &r);
    if (j->n_cut)
        progress_say(j->app, "note: %" PRId64 " targets were made to end at their greatest length", j->n_cut);
    return RECUR_OK;
}

static recur_status evaluate(job *j, const options *o, recur_pair_source *source)
{
    source->keep_text = true;
    recur_status status = recur_pairs_read(j->app->ctx, source, &j->pairs);
    if (!status) status = seq2seq_encode(j->pairs, j->model, o);
    if (!status) status = measure(j);
    progress_begin(j->app);
    if (!status) status = find_loss(j);
    if (!status) status = find_targets(j, o);
    progress_clear(j->app);
    if (!status) status = count_targets(j, o);
    return status ? status : tell(j);
}

int seq2seq_eval(app *a, options *o, const recur_model *model)
{
    job               j = {.app = a, .model = model};
    recur_pair_source source;
    int               code = metrics_edges(a, o, j.edges, &j.n_edges);
    if (!code) code = seq2seq_take_columns(a, o, model);
    if (!code) code = seq2seq_source(a, o, "data", "source", "target", false, &source);
    if (!code) {
        recur_status status = evaluate(&j, o, &source);
        if (status) code = output_failure(a, status);
    }
    for (int64_t i = 0; j.texts && i < recur_pairs_items(j.pairs); i++) free(j.texts[i]);
    free(j.texts);
    free(j.bytes);
    free(j.lengths);
    recur_seq_scorer_destroy(j.scorer);
    recur_pairs_destroy(j.pairs);
    return code;
}
