/* recur's side of the comparison of encoder-decoders with PyTorch: training on Multi30k, every step reported, and greedy decoding.
 *
 *   seq2seq train RECIPE FOLDER MODEL ORDER STEPS f32|f64 THREADS [TRAINED]
 *   seq2seq decode MODEL SOURCES BATCH THREADS
 *
 * train saves the fresh model to MODEL, learns from FOLDER/train.de and train.en, and prints "step loss seconds" for every step: nats per
 * token, and the time since the start. The model as it has learnt goes to TRAINED. ORDER is file: as they stand there;
 * or lengths: batches of pairs of like lengths, in a mixed order.
 * decode prints a line for each line of SOURCES, and last the seconds it took to write them.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recur/recur.h"

enum {
    BATCH = 128,
    MIX = 37 /* batch i is number MIX i from the end: the longest first, for the memory, then any */
};

typedef struct recipe {
    const char        *name;
    recur_seq2seq_spec spec;
} recipe;

static const recipe recipes[] = {
    {"attention",
     {.encoder = {.cell = RECUR_GRU, .hidden = 512, .bidirectional = true},
      .decoder = {.cell = RECUR_GRU, .hidden = 512}}},
    {"plain",
     {.encoder = {.cell = RECUR_LSTM, .hidden = 512, .layers = 2},
      .decoder = {.cell = RECUR_LSTM, .hidden = 512, .layers = 2},
      .attention = RECUR_ATTENTION_NONE}},
};

static const recipe *find_recipe(const char *name)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (strcmp(recipes[i].name, name) == 0) return &recipes[i];
    return NULL;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static char *path_in(const char *folder, const char *name)
{
    size_t n = strlen(folder) + strlen(name) + 2;
    char  *path = malloc(n);
    if (path) snprintf(path, n, "%s/%s", folder, name);
    return path;
}

/* ---- training ---- */

/* Pairs in an order, cut into batches of equal size; the last ones, too few for a batch, are left out. */
typedef struct feed {
    const recur_pairs *pairs;
    int64_t           *order;
    int64_t            count; /* of batches */
    const int32_t     *sources[BATCH], *targets[BATCH];
    int64_t            source_lengths[BATCH], target_lengths[BATCH];
} feed;

static recur_status get(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    (void)epoch;
    feed   *f = user;
    int64_t place = f->count - 1 - i * MIX % f->count;
    for (int64_t k = 0; k < BATCH; k++) {
        int64_t item = f->order[place * BATCH + k];
        f->sources[k] = recur_pairs_ids(f->pairs, item, RECUR_SOURCE, &f->source_lengths[k]);
        f->targets[k] = recur_pairs_ids(f->pairs, item, RECUR_TARGET, &f->target_lengths[k]);
    }
    *batch = (recur_pair_batch){BATCH,      f->order + place * BATCH, f->sources, f->source_lengths,
                                f->targets, f->target_lengths};
    return RECUR_OK;
}

typedef struct lengths {
    int64_t source, target, item;
} lengths;

static int by_lengths(const void *a, const void *b)
{
    const lengths *x = a, *y = b;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->target != y->target) return x->target < y->target ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static int64_t *order_of(const recur_pairs *pairs, bool is_sorted)
{
    int64_t  n = recur_pairs_items(pairs);
    int64_t *order = malloc((size_t)n * sizeof *order);
    lengths *all = malloc((size_t)n * sizeof *all);
    for (int64_t i = 0; order && all && i < n; i++) {
        all[i].item = i;
        recur_pairs_ids(pairs, i, RECUR_SOURCE, &all[i].source);
        recur_pairs_ids(pairs, i, RECUR_TARGET, &all[i].target);
    }
    if (all && is_sorted) qsort(all, (size_t)n, sizeof *all, by_lengths);
    for (int64_t i = 0; order && all && i < n; i++) order[i] = all[i].item;
    free(all);
    return order;
}

static bool print_step(void *user, const recur_report *report)
{
    (void)user;
    if (report->event == RECUR_EVENT_STEP)
        printf("%" PRId64 " %.17g %.6f\n", report->step, report->loss, report->seconds);
    return true;
}

/* Read the pairs and make a fresh model for them. */
static recur_status prepare(recur_ctx *ctx, const recipe *wanted, const char *folder, recur_pairs **pairs,
                            recur_model **model)
{
    char             *source = path_in(folder, "train.de"), *target = path_in(folder, "train.en");
    recur_vocab      *sources = NULL, *targets = NULL;
    recur_vocab_opts  opts = {.min_count = 2};
    recur_pair_source files = {
        .n = 1, .sources = (const char *const *)&source, .targets = (const char *const *)&target};
    recur_status    status = recur_pairs_read(ctx, &files, pairs);
    recur_pair_part all = {.pairs = *pairs};
    if (!status) status = recur_pairs_vocab(ctx, &all, RECUR_SOURCE, RECUR_WORD, &opts, &sources);
    if (!status) status = recur_pairs_vocab(ctx, &all, RECUR_TARGET, RECUR_WORD, &opts, &targets);
    if (!status) status = recur_pairs_encode(*pairs, sources, targets, 0);
    recur_seq2seq_spec spec = wanted->spec;
    spec.rule.unit = RECUR_WORD;
    if (!status)
        status = recur_seq2seq_create(ctx, &spec, sources, targets, 1, model); /* takes the vocabularies */
    else {
        recur_vocab_destroy(sources);
        recur_vocab_destroy(targets);
    }
    free(source);
    free(target);
    return status;
}

static recur_status train(recur_ctx *ctx, const recipe *wanted, char **words, const char *trained)
{
    recur_pairs *pairs = NULL;
    recur_model *model = NULL;
    recur_status status = prepare(ctx, wanted, words[0], &pairs, &model);
    if (!status) status = recur_model_save(model, words[1]);
    if (!status) {
        feed                  f = {.pairs = pairs,
                                   .order = order_of(pairs, strcmp(words[2], "lengths") == 0),
                                   .count = recur_pairs_items(pairs) / BATCH};
        const recur_pair_feed batches = {.user = &f,
                                         .count = f.count,
                                         .items = f.count * BATCH,
                                         .target_tokens = recur_pairs_tokens(pairs, RECUR_TARGET),
                                         .get = get};
        const recur_run_opts  run = {.steps = atoll(words[3]),
                                     .report_every = 1,
                                     .train = {.optim = RECUR_ADAM, .lr = 1e-3, .clip_norm = 1}};
        const recur_run_hooks hooks = {.report = print_step};
        status =
            f.order ? recur_seq2seq_train(model, &batches, NULL, NULL, &run, &hooks, NULL) : RECUR_EMEMORY;
        free(f.order);
    }
    if (!status && trained) status = recur_model_save(model, trained);
    recur_model_destroy(model);
    recur_pairs_destroy(pairs);
    return status;
}

/* ---- decoding ---- */

typedef struct written {
    const recur_vocab *vocab;
    char             **lines; /* [items] */
} written;

static void keep(void *user, const recur_hypothesis *h)
{
    written *w = user;
    size_t   bytes = 1, n;
    for (int64_t i = 0; i < h->n; i++, bytes += n + 1) recur_vocab_token(w->vocab, h->ids[i], &n);
    char *line = w->lines[h->item] = calloc(bytes, 1);
    for (int64_t i = 0; line && i < h->n; i++) {
        const char *token = recur_vocab_token(w->vocab, h->ids[i], &n);
        memcpy(line, token, n);
        line += n;
        *line++ = i + 1 < h->n ? ' ' : '\0';
    }
}

static recur_status decode(recur_ctx *ctx, char **words)
{
    recur_model      *model = NULL;
    recur_pairs      *pairs = NULL;
    recur_pair_source file = {.n = 1, .sources = (const char *const *)&words[1], .bare = true};
    recur_status      status = recur_model_load(ctx, words[0], &model);
    if (!status) status = recur_pairs_read(ctx, &file, &pairs);
    if (!status) status = recur_pairs_encode(pairs, recur_model_vocab(model), NULL, 0);
    if (!status) {
        int64_t                 n = recur_pairs_items(pairs);
        written                 w = {recur_seq2seq_target_vocab(model), calloc((size_t)n, sizeof *w.lines)};
        const recur_decode_opts opts = {
            .unknown = true, .unscored = true, .batches = {.items = atoll(words[2])}};
        const recur_pair_part part = {.pairs = pairs};
        double                start = now();
        status = w.lines ? recur_seq2seq_predict(model, &part, &opts, NULL, keep, &w) : RECUR_EMEMORY;
        double seconds = now() - start;
        for (int64_t i = 0; !status && i < n; i++) puts(w.lines[i] ? w.lines[i] : "");
        if (!status) printf("%.6f\n", seconds);
        for (int64_t i = 0; w.lines && i < n; i++) free(w.lines[i]);
        free(w.lines);
    }
    recur_pairs_destroy(pairs);
    recur_model_destroy(model);
    return status;
}

int main(int argc, char **argv)
{
    const recipe *wanted = argc == 9 || argc == 10 ? find_recipe(argv[2]) : NULL;
    bool          is_training = wanted && strcmp(argv[1], "train") == 0;
    if (!is_training && !(argc == 6 && strcmp(argv[1], "decode") == 0)) {
        fprintf(stderr,
                "usage: seq2seq train attention|plain FOLDER MODEL file|lengths STEPS f32|f64 THREADS "
                "[TRAINED]\n       seq2seq decode MODEL SOURCES BATCH THREADS\n");
        return RECUR_EARG;
    }
    const recur_ctx_opts opts = {.dtype = is_training && strcmp(argv[7], "f64") == 0 ? RECUR_F64 : RECUR_F32,
                                 .threads = atoi(argv[is_training ? 8 : 5])};
    recur_ctx           *ctx;
    if (recur_ctx_create(&opts, &ctx)) return RECUR_EMEMORY;
    recur_status status =
        is_training ? train(ctx, wanted, argv + 3, argc == 10 ? argv[9] : NULL) : decode(ctx, argv + 2);
    if (status) recur_complain(ctx);
    recur_ctx_destroy(ctx);
    return (int)status;
}
