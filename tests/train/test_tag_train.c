/* Training a tagger: what it learns, going on to the bit, hidden words, tags that validation alone has.
 * SPDX-License-Identifier: MIT */
#include "model/tag_fixture.h"

#include <math.h>

enum { SENTENCES = 60, PATH = 300 };

/* Sentences in which a word's tag follows from its last letter, or from the word after it: only who reads both ways and spells gets it. */
static char *make_text(void)
{
    char *text = calloc(SENTENCES, 200);
    assert_non_null(text);
    for (int i = 0; i < SENTENCES; i++) {
        char *at = text + strlen(text);
        if (i % 2)
            sprintf(at, "w%da B-X\nw%db I-X\nthe O\nw%dc O\n\n", i * 7 % 31, i * 5 % 29, i * 3 % 23);
        else
            sprintf(at, "the O\nw%da B-X\nof O\nw%da B-Y\n\n", i * 7 % 31, i * 5 % 29);
    }
    return text;
}

static const recur_tag_spec learner = {.embed = 8,
                                       .char_embed = 6,
                                       .char_hidden = 8,
                                       .crf = true,
                                       .scheme = RECUR_TAGS_BIOES,
                                       .dropout = 0.1,
                                       .rnn = {.hidden = 12, .bidirectional = true}};

static const recur_tag_opts opts = {.batches = {.items = 8, .seed = 3}, .hide = 0.5};

typedef struct stopper {
    int64_t ticks, stop_at;
    double  accuracy, f1;
} stopper;

static bool on_tick(void *user, double share, const recur_report *last)
{
    stopper *s = user;
    (void)share;
    (void)last;
    return ++s->ticks != s->stop_at;
}

static bool on_report(void *user, const recur_report *report)
{
    stopper *s = user;
    if (report->event == RECUR_EVENT_VALID) {
        s->accuracy = report->accuracy;
        s->f1 = report->f1;
    }
    return true;
}

/* Train from the beginning, or go on, in dir. */
static recur_status run(recur_ctx *ctx, const char *dir, bool is_resumed, stopper *s)
{
    char    *text = make_text();
    tag_case c = tag_open(ctx, text, learner);
    int64_t  items[SENTENCES];
    for (int64_t i = 0; i < SENTENCES; i++) items[i] = i;
    const recur_part      train = {c.data, items, 48}, valid = {c.data, items + 48, 12};
    const recur_run_opts  run_opts = {.dir = dir,
                                      .resume = is_resumed,
                                      .seed = 5,
                                      .epochs = 25,
                                      .stop_on = RECUR_STOP_ON_F1,
                                      .train = {.lr = 0.01}};
    const recur_run_hooks hooks = {.user = s, .report = on_report, .tick = on_tick};
    recur_status          status = recur_tag_train(c.model, &train, &valid, &opts, &run_opts, &hooks, NULL);
    tag_close(&c);
    free(text);
    return status;
}

static void in_dir(char path[PATH], const char *name, const char *file)
{
    snprintf(path, PATH, "%s/%s%s%s", lm_dir(), name, *file ? "/" : "", file);
}

static void assert_same(const char *a, const char *b, const char *file)
{
    char   path[PATH];
    size_t n, m;
    in_dir(path, a, file);
    unsigned char *x = lm_read_bytes(path, &n);
    in_dir(path, b, file);
    unsigned char *y = lm_read_bytes(path, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

static void it_learns_and_goes_on_to_the_bit(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    char       dir[PATH];
    stopper    whole = {0};
    in_dir(dir, "whole", "");
    LM_OK(ctx, run(ctx, dir, false, &whole));
    assert_true(whole.f1 > 0.95 && whole.accuracy > 0.95);
    for (int i = 1; i < 4; i++) {
        char    name[16];
        stopper cut = {.stop_at = whole.ticks * i / 4};
        snprintf(name, sizeof name, "cut%d", i);
        in_dir(dir, name, "");
        LM_FAILS(ctx, RECUR_STOPPED, "", run(ctx, dir, false, &cut));
        LM_OK(ctx, run(ctx, dir, true, &(stopper){0}));
        assert_same("whole", name, "model.safetensors");
    }
    lm_end(&memory, ctx);
}

/* Train a little without a directory; returns the weights' first numbers. */
static void weights_after(recur_ctx *ctx, recur_tag_opts how, double first[8])
{
    char    *text = make_text();
    tag_case c = tag_open(ctx, text, learner);
    LM_OK(ctx, recur_tag_train(c.model, &(recur_part){.data = c.data}, NULL, &how,
                               &(recur_run_opts){.steps = 3}, NULL, NULL));
    recur_params     *params = recur_model_params(c.model);
    recur_tensor_info info;
    int64_t           head = recur_params_find(params, "head.weight");
    LM_OK(ctx, recur_params_info(params, head, &info));
    double *all = malloc((size_t)info.count * sizeof *all);
    LM_OK(ctx, recur_params_get(params, head, all));
    memcpy(first, all, 8 * sizeof *first);
    free(all);
    tag_close(&c);
    free(text);
}

static void hidden_words_are_drawn_by_the_seed(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    double     a[8], b[8], never[8];
    weights_after(ctx, opts, a);
    weights_after(ctx, opts, b);
    weights_after(ctx, (recur_tag_opts){.batches = opts.batches}, never);
    assert_memory_equal(a, b, sizeof a);
    assert_true(memcmp(a, never, sizeof a) != 0);
    lm_end(&memory, ctx);
}

static void tags_of_validation_alone_are_legal(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    tag_case       c = tag_open(ctx, tag_text, tag_spec(3));
    recur_dataset *other = tag_read(ctx, "Rio B-ORG\nran O\n\nran O\n\n");
    recur_report   done;
    tag_encode(ctx, other, c.model);
    LM_OK(ctx, recur_tag_train(c.model, &(recur_part){.data = c.data}, &(recur_part){.data = other}, NULL,
                               &(recur_run_opts){.epochs = 2, .stop_on = RECUR_STOP_ON_F1}, NULL, &done));
    assert_true(done.best_valid == 0);
    LM_FAILS(ctx, RECUR_EARG, "do not hold all tags",
             recur_tag_train(c.model, &(recur_part){.data = other}, NULL, NULL, NULL, NULL, NULL));
    recur_dataset_destroy(other);
    tag_close(&c);
    lm_end(&memory, ctx);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    lm_memory        memory;
    recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
    tag_case         c = tag_open(ctx, tag_text, tag_spec(1));
    recur_dataset   *raw = tag_read(ctx, tag_text);
    const recur_part all = {.data = c.data};
    LM_FAILS(ctx, RECUR_EARG, "probability",
             recur_tag_train(c.model, &all, NULL, &(recur_tag_opts){.hide = 1.5}, NULL, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "encoded",
             recur_tag_train(c.model, &(recur_part){.data = raw}, NULL, NULL, NULL, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "encoded",
             recur_tag_train(c.model, &all, &(recur_part){.data = raw}, NULL, NULL, NULL, NULL));
    recur_dataset_destroy(raw);
    tag_close(&c);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_and_goes_on_to_the_bit),
        cmocka_unit_test(hidden_words_are_drawn_by_the_seed),
        cmocka_unit_test(tags_of_validation_alone_are_legal),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
