/* recur lab elman: words found by surprise (Elman 1990, "Finding Structure in Time"). A small recurrent net reads text without spaces and learns
 * to tell the next letter. Inside a word the letters soon leave little choice; at its end anything may begin. So -ln p of the letter that
 * comes is high where a word begins, and nobody told the net that there are words.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "lines.h"
#include "memory.h"
#include "rows.h"
#include "small_net.h"
#include "surprise.h"
#include "unspaced.h"

static const option elman_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "sentences that are made up",
     .help = "text whose spaces and signs are taken out"},
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "rnn|lstm|gru",
     .fallback = "rnn",
     .flags = OPTION_USUAL,
     .help = "rnn (Elman's), lstm or gru"},
    ROW_INT("hidden", 1, 65536, "64", "units"),
    ROW_INT("sentences", 10, 1e7, "2000", "so many are made up, where no FILE is given"),
    ROW_INT("steps", 1, 1e9, "1500", "updates"),
    {.name = "batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "32",
     .help = "pieces of the text that are read side by side"},
    {.name = "bptt",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 100000,
     .fallback = "25",
     .help = "letters of an update; the state is carried on to the next"},
    {.name = "lr",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .fallback = "0.004",
     .flags = OPTION_ABOVE,
     .help = "learning rate (Adam, norm clipped at 1)"},
    ROW_INT("passage", 1, 10000, "120", "letters that are shown one by one"),
    ROW_SEED("of the sentences and of the weights"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        elman_group = {"Experiment", elman_rows};
static const option_group *const elman_groups[] = {&elman_group, &common_group, NULL};

enum { MAX_TESTED = 20000, WARM_UP = 100 }; /* letters */

typedef struct elman {
    app             *app;
    lab              lab;
    unspaced         text;
    recur_rnn_spec   spec;
    recur_train_opts opts;
    const char      *cell_name, *file;
    int64_t          steps, batch, bptt, passage, sentences;
    uint64_t         seed;
    int64_t          n_training; /* letters; the rest is tested */
    int64_t          n_tested;
    double          *surprise; /* [n_tested] */
    const bool      *is_first; /* [n_tested] */
    double           loss;
} elman;

/* ---- training ---- */

/* A state between updates: h, and c of an LSTM. */
typedef struct carried {
    float *h, *c; /* [1,B,H] */
} carried;

static recur_state put_state(const elman *e, recur_tape *tape, const carried *s)
{
    const recur_shape shape = RECUR_SHAPE(1, e->batch, e->spec.hidden);
    recur_state       state = {recur_input(tape, shape, s->h), RECUR_NONE};
    if (e->spec.cell == RECUR_LSTM) state.c = recur_input(tape, shape, s->c);
    return state;
}

static void keep_state(const elman *e, const recur_tape *tape, recur_seq seq, carried *s)
{
    const size_t bytes = (size_t)(e->batch * e->spec.hidden) * sizeof *s->h;
    const float *h = recur_value(tape, seq.h), *c = recur_value(tape, seq.c);
    if (h) memcpy(s->h, h, bytes);
    if (c) memcpy(s->c, c, bytes);
}

/* Take T letters of each of the B pieces, and those that follow them. */
static recur_status next_window(const elman *e, int64_t at, int32_t *ids, recur_pack *inputs,
                                recur_pack *targets)
{
    const int64_t B = e->batch, T = e->bptt, piece = e->n_training / B;
    for (int which = 0; which < 2; which++) {
        for (int64_t t = 0; t < T; t++)
            for (int64_t b = 0; b < B; b++) ids[t * B + b] = e->text.ids[b * piece + at + t + which];
        recur_status status = recur_pack_set_grid(which ? targets : inputs, T, B, ids);
        if (status) return status;
    }
    return RECUR_OK;
}

/* Read the pieces from their beginnings to their ends, again and again. */
static recur_status train_with(elman *e, small_net *net, recur_pack *inputs, recur_pack *targets,
                               int32_t *ids, carried *state)
{
    const int64_t piece = e->n_training / e->batch, V = e->text.n_letters;
    int64_t       at = 0;
    recur_status  status = RECUR_OK;
    for (int64_t i = 0; i < e->steps && !status; i++) {
        recur_tape_reset(net->tape);
        status = next_window(e, at, ids, inputs, targets);
        if (status) break;
        recur_seq seq = recur_rnn_apply(net->tape, net->rnn, recur_one_hot(net->tape, inputs, V), inputs,
                                        put_state(e, net->tape, state));
        recur_var loss = recur_linear_cross_entropy(net->tape, net->out, seq.output, targets, RECUR_MEAN);
        keep_state(e, net->tape, seq, state);
        status = recur_trainer_step(net->trainer, net->tape, loss, NULL);
        at += e->bptt;
        if (at + e->bptt + 1 > piece) {
            at = 0;
            memset(state->h, 0, (size_t)(e->batch * e->spec.hidden) * sizeof *state->h);
            memset(state->c, 0, (size_t)(e->batch * e->spec.hidden) * sizeof *state->c);
        }
        progress_draw(e->app, (double)(i + 1) / (double)e->steps, NULL);
    }
    return status;
}

static recur_status train(elman *e, small_net *net)
{
    const size_t n = (size_t)(e->batch * e->spec.hidden);
    recur_pack  *inputs = NULL, *targets = NULL;
    carried      state = {need_memory(n, sizeof *state.h), need_memory(n, sizeof *state.c)};
    int32_t     *ids = need_memory((size_t)(e->batch * e->bptt), sizeof *ids);
    recur_status status = recur_pack_create(e->app->ctx, &inputs);
    if (!status) status = recur_pack_create(e->app->ctx, &targets);
    if (!status) status = train_with(e, net, inputs, targets, ids, &state);
    recur_pack_destroy(inputs);
    recur_pack_destroy(targets);
    free(state.h);
    free(state.c);
    free(ids);
    return status;
}

/* ---- surprise ---- */

/* The surprises of letters warm..n-1 of a sequence, where logits [n,V] tell the letter behind each. */
static recur_status take_surprise(elman *e, recur_tape *tape, recur_var logits, const int32_t *ids,
                                  int64_t warm)
{
    const int64_t V = e->text.n_letters;
    const float  *p = recur_value(tape, recur_softmax(tape, logits));
    recur_status  status = recur_tape_status(tape);
    for (int64_t t = 0; t < e->n_tested && !status; t++) {
        e->surprise[t] = -log(fmax((double)p[(warm + t - 1) * V + ids[warm + t]], 1e-30));
        e->loss += e->surprise[t] / (double)e->n_tested;
    }
    return status;
}

/* Read the text that is left, as one sequence; a few letters before it warm the state up. */
static recur_status listen(elman *e, small_net *net)
{
    const int64_t  warm = e->n_training < WARM_UP ? e->n_training : WARM_UP;
    const int32_t *ids = e->text.ids + e->n_training - warm;
    recur_pack    *pack = NULL;
    recur_status   status = recur_pack_create(e->app->ctx, &pack);
    if (!status) status = recur_pack_set_grid(pack, warm + e->n_tested, 1, ids);
    recur_tape_reset(net->tape);
    recur_tape_set_inference(net->tape, true);
    if (!status) {
        recur_var x = recur_one_hot(net->tape, pack, e->text.n_letters);
        recur_seq seq = recur_rnn_apply(net->tape, net->rnn, x, pack, RECUR_NO_STATE);
        recur_var logits = recur_linear_apply(net->tape, net->out, seq.output);
        status = take_surprise(e, net->tape, logits, ids, warm);
    }
    recur_pack_destroy(pack);
    return status;
}

/* ---- words ---- */

static void introduce(elman *e)
{
    lab_say(
        &e->lab,
        "Where do words begin, in text without spaces? A net that tells the next letter is surprised, by -ln "
        "p of the\nletter that comes: most where a word begins, for inside a word the letters leave less "
        "choice "
        "(Elman 1990).\nIt sees letters only. %s, %" PRId64 " units, %" PRId64 " updates of %" PRId64
        " x %" PRId64 " letters; seed %" PRIu64 ".\n",
        e->cell_name, e->spec.hidden, e->steps, e->batch, e->bptt, e->seed);
    if (e->file)
        lab_say(&e->lab, "Text: the letters of %s, small, ", lines_name(e->file));
    else
        lab_say(&e->lab, "Text: %" PRId64 " sentences out of %d words, ", e->sentences, UNSPACED_WORDS);
    lab_say(&e->lab, "%" PRId64 " letters to learn from, %" PRId64 " others to be surprised by.\n\n",
            e->n_training, e->n_tested);
}

/* A line for each letter: bars of surprise, a mark where a word begins. */
static void show_passage(elman *e)
{
    lab_say(&e->lab, "    surprise   (> the first letter of a word)\n");
    for (int64_t t = 0; t < e->passage; t++) {
        const slice letter = unspaced_letter(&e->text, e->n_training + t);
        int         width = (int)lrint(fmin(8 * e->surprise[t], 64));
        lab_say(&e->lab, "%c %.*s %7.2f  %.*s\n", e->is_first[t] ? '>' : ' ', (int)letter.size, letter.bytes,
                e->surprise[t], width, "################################################################");
    }
}

static void conclude(elman *e, const surprise_report *r)
{
    lab_say(&e->lab,
            "\nmean surprise (nats)      first letters of words %.3f, other letters %.3f; all %.3f "
            "(chance: ln %" PRId64 " = %.3f)\n"
            "AUC                       %.3f: a first letter surprises more than another one so often (chance "
            "0.5)\n"
            "words found by threshold  above %.2f nats: precision %.3f, recall %.3f, F1 %.3f\n"
            "                          the threshold with the best F1 over the first half, figures of the "
            "second\n"
            "for comparison            calling every letter a beginning: precision %.3f, recall 1, F1 %.3f\n",
            r->first, r->other, e->loss, e->text.n_letters, log((double)e->text.n_letters), r->auc,
            r->threshold, r->precision, r->recall, r->f1, r->share, 2 * r->share / (1 + r->share));
}

static void say_json(elman *e, const surprise_report *r)
{
    json_t *letters = json_array(), *first = json_array();
    for (int64_t t = 0; t < e->passage; t++) {
        const slice letter = unspaced_letter(&e->text, e->n_training + t);
        json_array_append_new(letters, output_string(letter.bytes, letter.size));
        json_array_append_new(first, json_boolean(e->is_first[t]));
    }
    lab_json(&e->lab,
             json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "cell",
                       e->cell_name, "hidden", (json_int_t)e->spec.hidden, "seed", (json_int_t)e->seed,
                       "symbols", (json_int_t)e->text.n_letters, "trained", (json_int_t)e->n_training,
                       "letters", (json_int_t)e->n_tested, "loss", output_number(e->loss), "first",
                       output_number(r->first), "other", output_number(r->other), "auc",
                       output_number(r->auc), "threshold", output_number(r->threshold), "precision",
                       output_number(r->precision), "recall", output_number(r->recall), "f1",
                       output_number(r->f1), "share", output_number(r->share), "passage", letters, "surprise",
                       output_numbers(e->passage, e->surprise), "is_first", first));
}

/* ---- the picture ---- */

static int draw(elman *e, double threshold)
{
    if (!e->lab.out && !e->lab.page) return RECUR_OK;
    recur_map_word *letters = need_memory((size_t)e->passage, sizeof *letters);
    for (int64_t t = 0; t < e->passage; t++) {
        const slice letter = unspaced_letter(&e->text, e->n_training + t);
        letters[t] = (recur_map_word){letter.bytes, letter.size};
    }
    const recur_profile profile = {.title = "Surprise at each letter of a text without spaces",
                                   .what = "-ln p of the letter, nats",
                                   .marked = "first letter of a word",
                                   .unmarked = "another letter",
                                   .n = e->passage,
                                   .words = letters,
                                   .values = e->surprise,
                                   .is_marked = e->is_first,
                                   .line = threshold};
    recur_picture      *picture = NULL;
    recur_status        status = recur_profile_draw(e->app->ctx, &profile, &picture);
    free(letters);
    return status ? output_failure(e->app, status) : lab_picture(&e->lab, picture);
}

/* ---- all of it ---- */

static int make_up(elman *e)
{
    recur_status status = unspaced_make_up(e->app->ctx, e->sentences, e->seed, &e->text);
    return status ? output_failure(e->app, status) : RECUR_OK;
}

/* Nine tenths are learnt, the rest is for surprise, up to MAX_TESTED letters. */
static int take_text(elman *e, const options *o)
{
    int code = RECUR_OK;
    if (e->file)
        code = unspaced_read(e->app, e->file, &e->text);
    else
        code = make_up(e);
    if (code) return code;
    e->n_training = e->text.n / 10 * 9;
    e->n_tested = e->text.n - e->n_training < MAX_TESTED ? e->text.n - e->n_training : MAX_TESTED;
    if (e->n_training / e->batch <= e->bptt || e->n_tested < 20)
        return output_error(e->app, RECUR_EDATA,
                            "%s has %" PRId64 " letters; wanted at least %" PRId64 " for a batch of %" PRId64
                            " pieces and updates of %" PRId64 " letters",
                            e->file ? lines_name(e->file) : "the text", e->text.n,
                            (e->batch * (e->bptt + 1) + 9) / 9 * 10 + 200, e->batch, e->bptt);
    e->passage = options_int(o, "passage");
    if (e->passage > e->n_tested) e->passage = e->n_tested;
    e->surprise = need_memory((size_t)e->n_tested, sizeof *e->surprise);
    e->is_first = e->text.is_first + e->n_training;
    return RECUR_OK;
}

static int work(elman *e)
{
    surprise_report report;
    small_net       net = {0};
    int             code = e->lab.page ? RECUR_OK : draw(e, NAN); /* so that a bad place for it is known */
    if (code) return code;
    introduce(e);
    e->spec.input = e->text.n_letters;
    recur_status status = small_net_create(&net, e->app->ctx, e->seed, &e->spec, e->text.n_letters, &e->opts);
    if (!status) status = train(e, &net);
    if (!status) status = listen(e, &net);
    small_net_destroy(&net);
    if (status) return output_failure(e->app, status);
    surprise_measure(e->n_tested, e->surprise, e->is_first, &report);
    show_passage(e);
    conclude(e, &report);
    say_json(e, &report);
    return draw(e, report.threshold);
}

static void read_options(elman *e, const options *o)
{
    e->cell_name = options_text(o, "cell");
    e->spec = (recur_rnn_spec){.hidden = options_int(o, "hidden")};
    cell_find(e->cell_name, strlen(e->cell_name), &e->spec.cell);
    e->opts = (recur_train_opts){.lr = options_number(o, "lr"), .clip_norm = 1};
    e->steps = options_int(o, "steps");
    e->batch = options_int(o, "batch");
    e->bptt = options_int(o, "bptt");
    e->sentences = options_int(o, "sentences");
    e->seed = (uint64_t)options_int(o, "seed");
    e->file = options_text(o, "data");
}

static int elman_run(app *a, options *o)
{
    elman e = {.app = a};
    read_options(&e, o);
    if (e.file && options_given(o, "sentences"))
        return output_error(a, RECUR_EARG, "--sentences is of a text that is made up, found a file as well");
    int code = lab_open(&e.lab, a, o, "Words found by surprise");
    if (code) return code;
    code = take_text(&e, o);
    if (!code) code = work(&e);
    free(e.surprise);
    unspaced_free(&e.text);
    return lab_close(&e.lab, code);
}

const command lab_elman_command = {
    .name = "lab elman",
    .synopsis = "[FILE] [options]",
    .brief = "",
    .summary = "surprise finds where words begin in text without spaces",
    .notes =
        "A small recurrent net learns to tell the next letter of sentences that are made up, or of FILE, "
        "whose "
        "spaces\nand signs are taken out; its surprise at other letters is held against the places where "
        "words begin.\n",
    .groups = elman_groups,
    .args = "",
    .rest = "data",
    .run = elman_run,
};
