/* Training classifiers: they learn, go on to the bit, drop words and weigh classes as said, and refuse what teaches nothing.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/class_fixture.h"

static const recur_run_opts short_run = {.epochs = 12, .seed = 3, .report_every = 1, .train = {.lr = 0.05}};

/* The weights after training from fresh ones; the caller frees them. */
static double *weights_of(const recur_model *model, int64_t *n)
{
    const recur_params *params = recur_model_params(model);
    *n = recur_params_count(params);
    double *all = malloc((size_t)*n * sizeof *all), *at = all;
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        assert_int_equal(recur_params_info(params, i, &info), RECUR_OK);
        assert_int_equal(recur_params_get(params, i, at), RECUR_OK);
        at += info.count;
    }
    return all;
}

static void assert_same_weights(const recur_model *a, const recur_model *b, bool same)
{
    int64_t n, m;
    double *x = weights_of(a, &n), *y = weights_of(b, &m);
    assert_int_equal(n, m);
    assert_int_equal(memcmp(x, y, (size_t)n * sizeof *x) == 0, same);
    free(x);
    free(y);
}

typedef struct tally {
    const recur_dataset *data;
    int                  items, correct;
} tally;

static void count(void *user, const recur_class_guess *guess)
{
    tally *t = user;
    t->items++;
    t->correct += guess->label == recur_dataset_label(t->data, guess->item);
}

/* ---- learning ---- */

static void it_learns(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    const int  specs[] = {0, 1, 4, 5, 9};
    for (int i = 0; i < 5; i++) {
        class_case     c;
        recur_run_opts opts = short_run;
        recur_report   done;
        opts.epochs = 60;
        class_open(&c, ctx, class_spec(specs[i]));
        LM_OK(ctx, recur_classify_train(c.model, &c.all, NULL, &(recur_classify_opts){.batches.items = 4},
                                        &opts, NULL, &done));
        tally t = {.data = c.data};
        LM_OK(ctx, recur_classify_predict(c.model, &c.all, NULL, NULL, count, &t));
        assert_int_equal(t.items, recur_dataset_items(c.data));
        assert_int_equal(t.correct, t.items);
        assert_int_equal(done.step, 60 * ((t.items - 1) / 4 + 1));
        class_close(&c);
    }
    lm_end(&memory, ctx);
}

/* ---- going on ---- */

typedef struct stopper {
    int64_t at;
    double  accuracy;
} stopper;

static bool stop(void *user, const recur_report *report)
{
    stopper *s = user;
    if (report->event == RECUR_EVENT_VALID) s->accuracy = report->accuracy;
    return report->event != RECUR_EVENT_STEP || report->step < s->at;
}

static void goes_on_to_the_bit(void **state)
{
    (void)state;
    lm_memory           memory;
    recur_ctx          *ctx = lm_ctx(&memory, RECUR_F32);
    recur_classify_opts classify = {
        .batches = {.items = 3, .seed = 8}, .word_dropout = 0.3, .label_smoothing = 0.1};
    class_case     whole, cut;
    char           dir[300];
    recur_run_opts opts = short_run;
    recur_report   a, b;
    class_open(&whole, ctx, class_spec(11));
    class_open(&cut, ctx, class_spec(11));
    opts.stop_on = RECUR_STOP_ON_ACCURACY;
    LM_OK(ctx, recur_classify_train(whole.model, &whole.all, &whole.all, &classify, &opts, NULL, &a));

    snprintf(dir, sizeof dir, "%s", lm_path("run"));
    opts.dir = dir;
    stopper s = {.at = 17};
    LM_FAILS(ctx, RECUR_STOPPED, "17",
             recur_classify_train(cut.model, &cut.all, &cut.all, &classify, &opts,
                                  &(recur_run_hooks){.user = &s, .report = stop}, NULL));
    assert_true(s.accuracy > 0 && s.accuracy <= 1);
    class_close(&cut);
    class_open(&cut, ctx, class_spec(11));
    opts.resume = true;
    LM_OK(ctx, recur_classify_train(cut.model, &cut.all, &cut.all, &classify, &opts, NULL, &b));
    assert_int_equal(a.step, b.step);
    assert_true(a.loss == b.loss && a.best_valid == b.best_valid);
    assert_same_weights(whole.model, cut.model, true);

    classify.word_dropout = 0.2;
    LM_FAILS(ctx, RECUR_EMISMATCH, "word dropout",
             recur_classify_train(cut.model, &cut.all, &cut.all, &classify, &opts, NULL, NULL));
    class_close(&cut);
    class_close(&whole);
    lm_end(&memory, ctx);
}

/* ---- options ---- */

static void train_with(recur_ctx *ctx, class_case *c, int spec, recur_classify_opts classify)
{
    class_open(c, ctx, class_spec(spec));
    LM_OK(ctx, recur_classify_train(c->model, &c->all, NULL, &classify, &short_run, NULL, NULL));
}

/* Each option changes the result, an equal one repeats it, and weights of 1 are as none. */
static void options_matter(void **state)
{
    (void)state;
    static const double ones[] = {1, 1}, uneven[] = {1, 3};
    lm_memory           memory;
    recur_ctx          *ctx = lm_ctx(&memory, RECUR_F32);
    class_case          plain, other;
    train_with(ctx, &plain, 0, (recur_classify_opts){.batches.items = 4});
    const struct {
        recur_classify_opts opts;
        bool                same;
    } cases[] = {
        {{.batches.items = 4}, true},
        {{.batches.items = 4, .class_weights = ones}, true},
        {{.batches.items = 4, .class_weights = uneven}, false},
        {{.batches.items = 4, .word_dropout = 0.3}, false},
        {{.batches.items = 4, .label_smoothing = 0.3}, false},
        {{.batches = {.items = 4, .seed = 1}}, false},
        {{.batches.tokens = 12}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        train_with(ctx, &other, 0, cases[i].opts);
        assert_same_weights(plain.model, other.model, cases[i].same);
        class_close(&other);
    }
    class_close(&plain);
    lm_end(&memory, ctx);
}

/* A frozen embedding and the moments of series are after training what they were before. */
static void frozen_stays(void **state)
{
    (void)state;
    static const char *const names[] = {"embedding.weight", "input.mean"};
    const int                specs[] = {11, 9};
    lm_memory                memory;
    recur_ctx               *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < 2; i++) {
        class_case        fresh, trained;
        recur_tensor_info info;
        class_open(&fresh, ctx, class_spec(specs[i]));
        train_with(ctx, &trained, specs[i], (recur_classify_opts){.batches.items = 4});
        const recur_params *a = recur_model_params(fresh.model), *b = recur_model_params(trained.model);
        int64_t             index = recur_params_find(a, names[i]);
        LM_OK(ctx, recur_params_info(a, index, &info));
        double *x = malloc((size_t)info.count * sizeof *x), *y = malloc((size_t)info.count * sizeof *y);
        LM_OK(ctx, recur_params_get(a, index, x));
        LM_OK(ctx, recur_params_get(b, index, y));
        assert_memory_equal(x, y, (size_t)info.count * sizeof *x);
        assert_same_weights(fresh.model, trained.model, false);
        free(x);
        free(y);
        class_close(&fresh);
        class_close(&trained);
    }
    lm_end(&memory, ctx);
}

static void vectors_are_taken(void **state)
{
    (void)state;
    static const char text[] = "2 5\ngood 1 2 3 4 5\nnowhere 9 9 9 9 9\nbad -1 -2 -3 -4 -5\n";
    lm_memory         memory;
    recur_ctx        *ctx = lm_ctx(&memory, RECUR_F32);
    class_case        c;
    recur_vectors     vectors;
    class_open(&c, ctx, class_spec(0));
    lm_write_bytes(lm_path("vectors.txt"), text, sizeof text - 1);
    const recur_vocab *vocab = recur_model_vocab(c.model);
    LM_OK(ctx, recur_vectors_read(ctx, lm_path("vectors.txt"), vocab, &vectors));
    LM_OK(ctx, recur_model_set_vectors(c.model, &vectors));
    int64_t n, V = recur_vocab_size(vocab), found = 0;
    double *all = weights_of(c.model, &n); /* the table is the first tensor */
    for (int32_t v = 0; v < V; v++) {
        size_t      bytes;
        const char *word = recur_vocab_token(vocab, v, &bytes);
        double      sign = bytes == 4 && memcmp(word, "good", 4) == 0  ? 1
                           : bytes == 3 && memcmp(word, "bad", 3) == 0 ? -1
                                                                       : 0;
        for (int k = 0; k < 5 && sign != 0; k++) assert_true(all[v * 5 + k] == sign * (k + 1));
        found += sign != 0;
    }
    assert_int_equal(found, 2);
    vectors.size = 4;
    LM_FAILS(ctx, RECUR_EARG, "the vectors are of", recur_model_set_vectors(c.model, &vectors));
    free(all);
    recur_vectors_free(ctx, &vectors);
    class_close(&c);
    lm_end(&memory, ctx);
}

static void refusals(void **state)
{
    (void)state;
    static const double wrong[] = {1, -1};
    lm_memory           memory;
    recur_ctx          *ctx = lm_ctx(&memory, RECUR_F32);
    class_case          words, series, bytes;
    recur_run_opts      opts = short_run;
    class_open(&words, ctx, class_spec(0));
    class_open(&bytes, ctx, class_spec(6));
    class_open(&series, ctx, class_spec(9));
    LM_FAILS(ctx, RECUR_EARG, "word_dropout",
             recur_classify_train(words.model, &words.all, NULL, &(recur_classify_opts){.word_dropout = 1},
                                  &opts, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "unknown token",
             recur_classify_train(bytes.model, &bytes.all, NULL, &(recur_classify_opts){.word_dropout = 0.1},
                                  &opts, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "label_smoothing",
             recur_classify_train(words.model, &words.all, NULL, &(recur_classify_opts){.label_smoothing = 2},
                                  &opts, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "\"pos\" is -1",
             recur_classify_train(words.model, &words.all, NULL,
                                  &(recur_classify_opts){.class_weights = wrong}, &opts, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "reads texts",
             recur_classify_train(words.model, &series.all, NULL, NULL, &opts, NULL, NULL));
    LM_FAILS(ctx, RECUR_EARG, "reads series",
             recur_classify_train(series.model, &words.all, NULL, NULL, &opts, NULL, NULL));
    opts.stop_on = RECUR_STOP_ON_F1;
    LM_FAILS(ctx, RECUR_EARG, "F1",
             recur_classify_train(words.model, &words.all, &words.all, NULL, &opts, NULL, NULL));
    class_close(&series);
    class_close(&bytes);
    class_close(&words);
    lm_end(&memory, ctx);
}

static void no_memory(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    class_case c;
    class_open(&c, ctx, class_spec(9));
    recur_run_opts opts = short_run;
    opts.epochs = 1;
    for (long n = 1;; n += 1 + n / 40) { /* the first ones all, later ones in strides */
        memory.n = 0;
        memory.fail_at = n;
        recur_status status = recur_classify_train(c.model, &c.all, &c.all, NULL, &opts, NULL, NULL);
        memory.fail_at = 0;
        if (!status) break;
        assert_int_equal(status, RECUR_EMEMORY);
    }
    class_close(&c);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns),         cmocka_unit_test(goes_on_to_the_bit),
        cmocka_unit_test(options_matter),    cmocka_unit_test(frozen_stays),
        cmocka_unit_test(vectors_are_taken), cmocka_unit_test(refusals),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
