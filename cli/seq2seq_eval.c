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

/* What a model writes for the sources of a part. */
typedef struct targets {
    recur_ctx         *ctx;
    const recur_model *model;
    recur_pair_part    part;
    int64_t            n_items; /* of its pairs */
    char             **texts;   /* [n_items] */
    size_t            *bytes;
    int64_t            n_cut;
} targets;

typedef struct job {
    app               *app;
    const recur_model *model;
    recur_pairs       *pairs;
    targets            found;
    int64_t            edges[OPTION_MAX_NUMBERS], n_edges;
    int64_t           *lengths; /* [items]: words of the sources */
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
    targets *t = user;
    t->texts[h->item] = seq2seq_text(t->ctx, t->model, h->ids, h->n, &t->bytes[h->item]);
    t->n_cut += h->is_cut;
}

static recur_status find_targets(targets *t, const recur_decode_opts *opts, const recur_run_hooks *hooks)
{
    recur_decode_opts o = opts ? *opts : (recur_decode_opts){0};
    o.unscored = true;
    t->n_items = recur_pairs_items(t->part.pairs);
    t->texts = need_memory((size_t)t->n_items, sizeof *t->texts);
    t->bytes = need_memory((size_t)t->n_items, sizeof *t->bytes);
    return recur_seq2seq_predict(t->model, &t->part, &o, hooks, take, t);
}

static void free_targets(targets *t)
{
    for (int64_t i = 0; i < t->n_items; i++) free(t->texts[i]);
    free(t->texts);
    free(t->bytes);
}

/* Count them in the order of the data, so that their batches do not matter. lengths may be NULL. */
static recur_status count_targets(const targets *t, const int64_t *lengths, recur_seq_scorer *scorer)
{
    recur_status status = RECUR_OK;
    int64_t      n = t->part.items ? t->part.n : t->n_items;
    for (int64_t i = 0; i < n && !status; i++) {
        size_t      bytes;
        int64_t     item = t->part.items ? t->part.items[i] : i;
        const char *reference = recur_pairs_text(t->part.pairs, item, RECUR_TARGET, &bytes);
        status = recur_seq_scorer_add(scorer, t->texts[item], t->bytes[item], &reference, &bytes,
                                      lengths ? lengths[item] : 0);
    }
    return status;
}

/* Words that white space separates are cut already; others are cut as sacreBLEU does. */
static recur_tokenisation tokenisation_of(const recur_model *model)
{
    bool is_cut = recur_vocab_unit(recur_model_vocab(model)) == RECUR_WORD;
    return is_cut ? RECUR_TOKENISE_NONE : RECUR_TOKENISE_13A;
}

recur_status seq2seq_bleu(void *user, const recur_model *model, double *score)
{
    const seq2seq_judge        *judge = user;
    targets                     t = {.ctx = judge->ctx, .model = model, .part = judge->part};
    const recur_seq_scorer_opts opts = {.tokenise = tokenisation_of(model)};
    recur_seq_scorer           *scorer = NULL;
    recur_seq_report            r;
    recur_status                status = recur_seq_scorer_create(t.ctx, &opts, &scorer);
    if (!status) status = find_targets(&t, NULL, NULL);
    if (!status) status = count_targets(&t, NULL, scorer);
    if (!status) status = recur_seq_scorer_report(scorer, &r);
    if (!status) *score = r.all.bleu.value;
    recur_seq_scorer_destroy(scorer);
    free_targets(&t);
    return status;
}

static recur_status score_targets(job *j, const options *o)
{
    const recur_run_hooks       hooks = {.user = j, .tick = on_tick};
    const recur_decode_opts     decode = seq2seq_decode_opts(o);
    const option_value         *tokenise = options_find(o, "tokenise");
    const recur_seq_scorer_opts opts = {
        .tokenise = tokenise->n_texts ? (recur_tokenisation)tokenise->choice : tokenisation_of(j->model),
        .by_characters = recur_vocab_unit(recur_model_vocab(j->model)) == RECUR_CHAR,
        .n_edges = j->n_edges,
        .edges = j->edges};
    j->begun = 0.2;
    j->found = (targets){.ctx = j->app->ctx, .model = j->model, .part = {.pairs = j->pairs}};
    recur_status status = recur_seq_scorer_create(j->app->ctx, &opts, &j->scorer);
    if (!status) status = find_targets(&j->found, &decode, &hooks);
    return status ? status : count_targets(&j->found, j->lengths, j->scorer);
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
    json_object_set_new(line, "cut", json_integer(j->found.n_cut));
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
    if (j->found.n_cut)
        progress_say(j->app, "note: %" PRId64 " targets were made to end at their greatest length",
                     j->found.n_cut);
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
    if (!status) status = score_targets(j, o);
    progress_clear(j->app);
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
    free_targets(&j.found);
    free(j.lengths);
    recur_seq_scorer_destroy(j.scorer);
    recur_pairs_destroy(j.pairs);
    return code;
}
