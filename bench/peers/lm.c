/* recur's side of the comparison with PyTorch: a recipe on a text, every step reported.
 *
 *   lm RECIPE TEXT MODEL STEPS f32|f64 THREADS
 *
 * Saves the fresh model to MODEL, trains it, and prints "step loss seconds" for every step: nats per token, and the time since the start.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "recur/recur.h"

static bool print_step(void *user, const recur_report *report)
{
    (void)user;
    if (report->event == RECUR_EVENT_STEP)
        printf("%" PRId64 " %.17g %.6f\n", report->step, report->loss, report->seconds);
    return true;
}

typedef struct recipe {
    const char      *name;
    recur_unit       unit;
    recur_vocab_opts vocab;
    recur_lm_spec    spec;
    recur_lm_batches batches;
    recur_train_opts train;
} recipe;

static const recipe recipes[] = {
    {.name = "charrnn",
     .unit = RECUR_CHAR,
     .spec = {.rnn = {.cell = RECUR_LSTM,
                      .hidden = 128,
                      .layers = 2,
                      .init = {.kind = RECUR_INIT_UNIFORM, .value = 0.08}}},
     .batches = {.batch = 50, .bptt = 50},
     .train = {.optim = RECUR_RMSPROP, .lr = 0.002, .decay_rate = 0.95, .clip_value = 5}},
    {.name = "words", /* the small one of Zaremba et al. 2014 */
     .unit = RECUR_WORD,
     .vocab = {.max_size = 10000},
     .spec = {.embed = 200,
              .rnn = {.cell = RECUR_LSTM,
                      .hidden = 200,
                      .layers = 2,
                      .init = {.kind = RECUR_INIT_UNIFORM, .value = 0.1}}},
     .batches = {.batch = 20, .bptt = 20, .reduction = RECUR_SUM_OVER_TIME},
     .train = {.optim = RECUR_SGD, .lr = 1, .clip_norm = 5}},
};

static const recipe *find_recipe(const char *name)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (strcmp(recipes[i].name, name) == 0) return &recipes[i];
    return NULL;
}

/* The first 95 % of the tokens of a text, and a fresh model for them. */
static recur_status prepare(recur_ctx *ctx, const recipe *wanted, const char *path, recur_corpus **part,
                            recur_model **model)
{
    recur_text    text = {0};
    recur_vocab  *vocab = NULL;
    recur_corpus *all = NULL;
    recur_status  status = recur_text_read(ctx, wanted->unit, 1, &path, &text);
    if (!status)
        status = recur_vocab_build(ctx, wanted->unit, 1, (const char *const[]){text.bytes}, &text.size,
                                   &wanted->vocab, &vocab);
    if (!status) status = recur_corpus_encode(ctx, vocab, text.bytes, text.size, &all);
    if (!status)
        status =
            recur_corpus_slice(ctx, all, 0, (int64_t)((double)recur_corpus_size(all) * 0.95 + 0.5), part);
    if (!status)
        status = recur_lm_create(ctx, &wanted->spec, vocab, 1, model); /* takes the vocabulary */
    else
        recur_vocab_destroy(vocab);
    recur_corpus_destroy(all);
    recur_text_free(ctx, &text);
    return status;
}

int main(int argc, char **argv)
{
    const recipe *wanted = argc == 7 ? find_recipe(argv[1]) : NULL;
    if (!wanted) {
        fprintf(stderr, "usage: lm charrnn|words TEXT MODEL STEPS f32|f64 THREADS\n");
        return RECUR_EARG;
    }
    const recur_ctx_opts  ctx_opts = {.dtype = strcmp(argv[5], "f64") == 0 ? RECUR_F64 : RECUR_F32,
                                      .threads = atoi(argv[6])};
    const recur_run_opts  run_opts = {.steps = atoll(argv[4]), .report_every = 1, .train = wanted->train};
    const recur_run_hooks hooks = {.report = print_step};

    recur_ctx    *ctx;
    recur_corpus *part = NULL;
    recur_model  *model = NULL;
    if (recur_ctx_create(&ctx_opts, &ctx)) return RECUR_EMEMORY;
    recur_status status = prepare(ctx, wanted, argv[2], &part, &model);
    if (!status) status = recur_model_save(model, argv[3]);
    if (!status) status = recur_lm_train(model, part, NULL, &wanted->batches, &run_opts, &hooks, NULL);
    if (status) recur_complain(ctx);
    recur_model_destroy(model);
    recur_corpus_destroy(part);
    recur_ctx_destroy(ctx);
    return (int)status;
}
