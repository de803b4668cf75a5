/* recur lab bottleneck: what fits through the summary vector, and what attention changes. For several hidden sizes a model with attention
 * and one without learn to copy random symbols, or to write them in reverse, and are tested length by length.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bottleneck.h"
#include "memory.h"
#include "rows.h"

static const option bottleneck_rows[] = {
    {.name = "task",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "copy|reverse",
     .fallback = "copy",
     .flags = OPTION_USUAL,
     .help = "copy: write the source again; reverse: from its end"},
    {.name = "hidden",
     .form = "N,...",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 65536,
     .least = 1,
     .most = MAX_HIDDEN,
     .fallback = "32,64,128",
     .flags = OPTION_USUAL,
     .help = "units of encoder and decoder, a model with and one without attention for each"},
    {.name = "attention",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "additive|dot|general",
     .fallback = "additive",
     .flags = OPTION_USUAL,
     .help = "additive, dot or general, of the models that have it"},
    {.name = "lengths",
     .form = "FROM,TO",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 10000,
     .least = 2,
     .most = 2,
     .fallback = "5,60",
     .flags = OPTION_USUAL,
     .help = "lengths of the sequences"},
    ROW_INT("symbols", 3, 256, "26", "how many different ones there are"),
    ROW_INT("steps", 1, 1e9, "3000", "updates of each model"),
    {.name = "minutes",
     .form = "M",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .flags = OPTION_USUAL | OPTION_ABOVE,
     .default_says = "no limit",
     .help = "train each model at most so long"},
    ROW_INT("every", 1, 10000, "5", "test the least length and every N-th after it"),
    ROW_INT("tests", 1, 1e6, "100", "sequences of each length that is tested"),
    {.name = "bidirectional",
     .type = OPTION_SWITCH,
     .fallback = "yes",
     .flags = OPTION_USUAL,
     .help = "read sources in both directions"},
    {.name = "forget-bias",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = -1e6,
     .max = 1e6,
     .fallback = "2",
     .help = "where the forget gates' biases begin; at 0 the gradient vanishes before the training begins"},
    {.name = "embed",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "32",
     .help = "size of a symbol's vector"},
    {.name = "batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "32",
     .help = "sequences of an update"},
    {.name = "lr",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .fallback = "0.004",
     .flags = OPTION_ABOVE,
     .help = "learning rate at the beginning; it falls along a cosine (Adam, norm clipped at 1)"},
    {.name = "growing",
     .form = "P",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .fallback = "0.25",
     .help = "share of the updates during which the longest sequences grow"},
    ROW_INT("seeds", 1, 1000, "1", "train so many of each model and show the mean"),
    ROW_SEED("the first of them; of weights and sequences"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        bottleneck_group = {"Experiment", bottleneck_rows};
static const option_group *const bottleneck_groups[] = {&bottleneck_group, &common_group, NULL};

enum { N_EPOCHS = 100, N_GRADIENTS = 8 };

finding *bottleneck_found(const bottleneck *b, int hidden, int kind, int64_t seed)
{
    return b->found + ((hidden * N_KINDS + kind) * b->seeds + seed) * b->n_lengths;
}

/* ---- progress ---- */

static double share_done(const bottleneck *b, double of_this)
{
    return ((double)b->done + of_this) / (double)(b->n_hidden * N_KINDS * b->seeds);
}

/* On a terminal the bar says it. */
static void say_step(bottleneck *b, double share, const recur_report *r)
{
    char   left[32], loss[32];
    double seconds = progress_seconds(b->lab.app);
    share = progress_share(b->lab.app, share);
    if (b->lab.app->bar.is_terminal || seconds < b->said + 5) return;
    b->said = seconds;
    progress_say(b->lab.app,
                 "hidden %" PRId64 ", attention %s, seed %" PRIu64 ": step %" PRId64 " of %" PRId64
                 "  loss %s  %.0f tokens/s  %s left",
                 b->spec.encoder.hidden, bottleneck_attention(b->spec.attention), b->task.seed, r->step,
                 b->run.steps, progress_loss(r->loss, loss), r->items_per_s,
                 progress_time(seconds * (1 - share) / share, left));
}

static bool on_report(void *user, const recur_report *r)
{
    bottleneck *b = user;
    if (r->event == RECUR_EVENT_STEP) say_step(b, share_done(b, r->progress), r);
    return true;
}

static bool on_tick(void *user, double done, const recur_report *last)
{
    bottleneck *b = user;
    progress_draw(b->lab.app, share_done(b, done), last);
    return !b->lab.app->is_broken;
}

/* ---- one model ---- */

static recur_status look(const bottleneck *b, recur_model *model, finding *found, bool is_trained)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < b->n_lengths && !status; i++) {
        int64_t length = (int64_t)b->lengths[i];
        if (is_trained)
            status = copying_measure(&b->task, model, length, b->tests, N_GRADIENTS, &found[i].score);
        else
            status = copying_gradient(&b->task, model, length, N_GRADIENTS, &found[i].first_before,
                                      &found[i].last_before);
    }
    return status;
}

static recur_status make(bottleneck *b, int hidden, int kind, int64_t seed)
{
    const recur_run_hooks hooks = {.user = b, .report = on_report, .tick = on_tick};
    recur_vocab          *vocab = NULL;
    recur_model          *model = NULL;
    finding              *found = bottleneck_found(b, hidden, kind, seed);
    b->spec.encoder.hidden = b->spec.decoder.hidden = b->hidden[hidden];
    b->spec.attention = kind == 0 ? RECUR_ATTENTION_NONE : b->attention;
    recur_status status = copying_vocab(&b->task, &vocab);
    if (!status) status = recur_seq2seq_create(b->task.ctx, &b->spec, vocab, NULL, b->task.seed, &model);
    if (!status) status = look(b, model, found, false);
    if (!status) status = copying_train(&b->task, model, &b->run, &hooks);
    if (!status) status = look(b, model, found, true);
    if (!status) b->parameters[hidden][kind] = recur_params_count(recur_model_params(model));
    recur_model_destroy(model);
    return status;
}

/* All seeds of one kind. */
static int make_seeds(bottleneck *b, int hidden, int kind)
{
    const uint64_t first = b->task.seed;
    recur_status   status = RECUR_OK;
    for (int64_t i = 0; i < b->seeds && !status; i++) {
        b->task.seed = b->run.seed = first + (uint64_t)i;
        status = make(b, hidden, kind, i);
        b->done++;
        if (!status) bottleneck_say_json(b, hidden, kind, i);
    }
    b->task.seed = first;
    return status ? output_failure(b->lab.app, status) : RECUR_OK;
}

/* ---- all of them ---- */

static int read_options(bottleneck *b, const options *o)
{
    const option_value *hidden = options_find(o, "hidden"), *lengths = options_find(o, "lengths");
    b->n_hidden = hidden->n_numbers;
    for (int i = 0; i < b->n_hidden; i++) b->hidden[i] = (int64_t)hidden->numbers[i];
    for (int i = 0; i < b->n_hidden; i++)
        if ((double)b->hidden[i] != hidden->numbers[i])
            return output_error(b->lab.app, RECUR_EARG, "--hidden wants whole numbers, found %g",
                                hidden->numbers[i]);
    b->task = (copying){.is_reversed = options_find(o, "task")->choice == 1,
                        .from = (int64_t)lengths->numbers[0],
                        .to = (int64_t)lengths->numbers[1],
                        .symbols = options_int(o, "symbols"),
                        .batch = options_int(o, "batch"),
                        .seed = (uint64_t)options_int(o, "seed")};
    if ((double)b->task.from != lengths->numbers[0] || (double)b->task.to != lengths->numbers[1] ||
        b->task.from > b->task.to)
        return output_error(b->lab.app, RECUR_EARG,
                            "--lengths wants two whole numbers, the second not below the first; found %g,%g",
                            lengths->numbers[0], lengths->numbers[1]);
    b->attention = (recur_attention_kind)options_find(o, "attention")->choice;
    b->tests = options_int(o, "tests");
    b->seeds = options_int(o, "seeds");
    b->spec.source_embed = b->spec.target_embed = options_int(o, "embed");
    b->spec.encoder.set_forget_bias = b->spec.decoder.set_forget_bias = true;
    b->spec.encoder.forget_bias = b->spec.decoder.forget_bias = options_number(o, "forget-bias");
    b->spec.encoder.bidirectional = options_on(o, "bidirectional");
    b->run.steps = options_int(o, "steps");
    b->run.epochs = N_EPOCHS;
    b->run.report_every = 20;
    if (options_given(o, "minutes")) b->run.minutes = options_number(o, "minutes");
    b->run.train = (recur_train_opts){.lr = options_number(o, "lr"),
                                      .clip_norm = 1,
                                      .schedule = {.kind = RECUR_COSINE, .epochs = N_EPOCHS}};
    b->task.growing = (int64_t)(options_number(o, "growing") * (double)b->run.steps);
    return RECUR_OK;
}

static void take(bottleneck *b, int64_t every)
{
    b->n_lengths = (b->task.to - b->task.from) / every + 1;
    b->lengths = need_memory((size_t)b->n_lengths, sizeof *b->lengths);
    for (int64_t i = 0; i < b->n_lengths; i++) b->lengths[i] = (double)(b->task.from + i * every);
    b->found = need_memory((size_t)(b->n_hidden * N_KINDS * b->seeds * b->n_lengths), sizeof *b->found);
}

/* The picture is drawn before anything is trained, so that a place where it cannot be is known, and again after each hidden size. */
static int make_all(bottleneck *b)
{
    int code = bottleneck_draw(b, false);
    if (!code) bottleneck_introduce(b);
    for (int h = 0; h < b->n_hidden && !code; h++) {
        for (int kind = 0; kind < N_KINDS && !code; kind++) code = make_seeds(b, h, kind);
        if (!code) code = bottleneck_draw(b, false);
        if (!code) bottleneck_say_table(b, h);
    }
    if (!code) bottleneck_conclude(b);
    return code ? code : bottleneck_draw(b, true);
}

static int bottleneck_run(app *a, options *o)
{
    bottleneck b = {.lab.app = a};
    int        code = read_options(&b, o);
    if (!code) code = lab_open(&b.lab, a, o, "What fits through the summary vector");
    if (code) return code;
    b.task.ctx = a->ctx;
    take(&b, options_int(o, "every"));
    code = lab_close(&b.lab, make_all(&b));
    free(b.lengths);
    free(b.found);
    return code;
}

const command lab_bottleneck_command = {
    .name = "lab bottleneck",
    .synopsis = "[options]",
    .brief = "",
    .summary = "what fits through an encoder's summary vector, and what attention changes",
    .notes =
        "Encoder-decoders with and without attention learn to copy random symbols; tested length by length "
        "for exact\n"
        "match, for the bits that came through, and for the gradient at the first token of the source.\n",
    .groups = bottleneck_groups,
    .args = "",
    .run = bottleneck_run,
};
