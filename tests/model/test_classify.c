/* Classifiers as models: gradients of the whole model, the same model back from its file, files that are none, and no leak without memory.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "io/safetensors.h"
#include "model/class_fixture.h"
#include "model/classify_feed.h"

/* ---- gradients ---- */

typedef struct check {
    class_case       c;
    ri_classify_feed feed;
    recur_tape      *tape;
    recur_pack      *targets;
    recur_batch      batch;
} check;

static recur_var loss_of(check *k)
{
    recur_var logits;
    recur_tape_reset(k->tape);
    LM_OK(k->c.ctx, ri_classify_feed_put(&k->feed, k->tape, &k->batch, NULL, &logits, NULL));
    recur_var loss = recur_cross_entropy(k->tape, logits, k->targets, RECUR_MEAN);
    LM_OK(k->c.ctx, recur_tape_status(k->tape));
    return loss;
}

static double moved(check *k, int64_t index, double *values, int64_t i, double by)
{
    recur_params *params = recur_model_params(k->c.model);
    double        kept = values[i];
    values[i] += by;
    LM_OK(k->c.ctx, recur_params_set(params, index, values));
    double loss = recur_scalar(k->tape, loss_of(k));
    values[i] = kept;
    LM_OK(k->c.ctx, recur_params_set(params, index, values));
    return loss;
}

/* Compare the gradient of one tensor with central differences. Returns the greatest error beside the tensor's largest gradient. */
static double error_of(check *k, int64_t index, const recur_tensor_info *info)
{
    const double  step = 6e-6;
    recur_params *params = recur_model_params(k->c.model);
    double       *values = malloc((size_t)info->count * sizeof *values),
           *grad = malloc((size_t)info->count * sizeof *grad), largest = 1e-3, worst = 0;
    LM_OK(k->c.ctx, recur_params_get(params, index, values));
    LM_OK(k->c.ctx, recur_params_grad(params, index, grad));
    for (int64_t i = 0; i < info->count; i++) largest = fmax(largest, fabs(grad[i]));
    for (int64_t i = 0; i < info->count; i++) {
        double found = (moved(k, index, values, i, step) - moved(k, index, values, i, -step)) / (2 * step);
        worst = fmax(worst, fabs(found - grad[i]));
    }
    free(values);
    free(grad);
    return worst / largest;
}

static void check_spec(recur_ctx *ctx, recur_classify_spec spec)
{
    check          k = {.tape = NULL};
    recur_batches *batches;
    class_open(&k.c, ctx, spec);
    recur_params *params = recur_model_params(k.c.model);
    LM_OK(ctx, recur_tape_create(ctx, &k.tape));
    LM_OK(ctx, recur_pack_create(ctx, &k.targets));
    LM_OK(ctx, ri_classify_feed_init(&k.feed, k.c.model));
    LM_OK(ctx, recur_batches_create(ctx, &k.c.all, NULL, &batches));
    LM_OK(ctx, recur_batches_get(batches, 0, 0, &k.batch));
    LM_OK(ctx, recur_pack_set_grid(k.targets, 1, k.batch.n, k.batch.labels));
    recur_tape_set_noise(k.tape, 3, 4);
    LM_OK(ctx, recur_backward(k.tape, loss_of(&k)));
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        LM_OK(ctx, recur_params_info(params, i, &info));
        if (recur_params_is_frozen(params, i)) continue;
        double error = error_of(&k, i, &info);
        if (!(error < 1e-6)) fail_msg("%s: the gradient is off by %g of its largest", info.name, error);
    }
    recur_batches_destroy(batches);
    ri_classify_feed_free(&k.feed);
    recur_pack_destroy(k.targets);
    recur_tape_destroy(k.tape);
    class_close(&k.c);
}

static void gradients(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F64);
    for (int i = 0; i < CLASS_SPECS; i++) check_spec(ctx, class_spec(i));
    lm_end(&memory, ctx);
}

/* ---- files ---- */

typedef struct answers {
    int    n, K;
    double p[16][4];
} answers;

static void keep(void *user, const recur_class_guess *guess)
{
    answers *a = user;
    for (int k = 0; k < a->K; k++) a->p[guess->item][k] = guess->probabilities[k];
    a->n++;
}

static answers ask(recur_ctx *ctx, const recur_model *model, const recur_part *part,
                   const recur_batch_opts *opts)
{
    answers a = {.K = (int)recur_labels_count(recur_model_labels(model))};
    LM_OK(ctx, recur_classify_predict(model, part, opts, NULL, keep, &a));
    return a;
}

static void there_and_back(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < CLASS_SPECS; i++) {
        class_case   c;
        recur_model *loaded;
        class_open(&c, ctx, class_spec(i));
        LM_OK(ctx, recur_model_save(c.model, lm_path("model.safetensors")));
        LM_OK(ctx, recur_model_load(ctx, lm_path("model.safetensors"), &loaded));
        const recur_classify_spec *a = recur_classify_get_spec(c.model), *b = recur_classify_get_spec(loaded);
        assert_int_equal(recur_model_task(loaded), RECUR_TASK_CLASSIFY);
        assert_null(recur_lm_get_spec(loaded));
        assert_int_equal(a->pooling, b->pooling);
        assert_int_equal(a->rule.unit, b->rule.unit);
        assert_int_equal(a->rnn.bidirectional, b->rnn.bidirectional);
        assert_true(a->embed_dropout == b->embed_dropout && a->dropout == b->dropout);
        int64_t table = recur_params_find(recur_model_params(loaded), "embedding.weight");
        if (table >= 0)
            assert_int_equal(recur_params_is_frozen(recur_model_params(loaded), table), a->frozen_embedding);
        assert_string_equal(recur_labels_name(recur_model_labels(loaded), 1), a->features ? "up" : "pos");
        answers x = ask(ctx, c.model, &c.all, NULL), y = ask(ctx, loaded, &c.all, NULL);
        assert_int_equal(x.n, recur_dataset_items(c.data));
        assert_memory_equal(&x, &y, sizeof x);
        recur_model_destroy(loaded);
        class_close(&c);
    }
    lm_end(&memory, ctx);
}

/* What is said of an item is the same to the bit alone and among others. */
static void alone_and_among_others(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < CLASS_SPECS; i++) {
        class_case c;
        class_open(&c, ctx, class_spec(i));
        answers together = ask(ctx, c.model, &c.all, NULL);
        for (int64_t item = 0; item < together.n; item++) {
            answers one = ask(ctx, c.model, &(recur_part){c.data, &item, 1}, NULL);
            assert_memory_equal(one.p[item], together.p[item], sizeof one.p[item]);
        }
        class_close(&c);
    }
    lm_end(&memory, ctx);
}

/* Save a model and change its file's metadata: every `from` becomes `to` of equal length, so that offsets stay. */
static void change(const char *from, const char *to)
{
    size_t         n, length = strlen(from);
    unsigned char *bytes = lm_read_bytes(lm_path("model.safetensors"), &n);
    assert_int_equal(length, strlen(to));
    bool is_found = false;
    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(bytes + i, from, length) == 0) {
            memcpy(bytes + i, to, length);
            is_found = true;
            break;
        }
    assert_true(is_found);
    lm_write_bytes(lm_path("bad.safetensors"), bytes, n);
    free(bytes);
}

static void hostile_files(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *part;
    } cases[] = {
        {"\\\"classify\\\"", "\\\"clossify\\\"", "clossify"},
        {"\\\"embed\\\":5", "\\\"embed\\\":9", "embedding.weight"},
        {"\\\"embed\\\":5", "\\\"embod\\\":5", "embod"},
        {"\\\"hidden\\\":6", "\\\"hidden\\\":7", "rnn.weight_ih_l0"},
        {"\\\"bidirectional\\\":true", "\\\"bidirectional\\\":null", "bidirectional"},
        {"\\\"pooling\\\":\\\"last\\\"", "\\\"pooling\\\":\\\"lost\\\"", "lost"},
        {"\\\"features\\\":0", "\\\"features\\\":2", "series"},
        {"\\\"unit\\\":\\\"word\\\",\\\"splitting", "\\\"unit\\\":\\\"char\\\",\\\"splitting", "unit"},
        {"[\\\"neg\\\",\\\"pos\\\"]", "[\\\"neg\\\",\\\"neg\\\"]", "recur.labels"},
        {"[\\\"neg\\\",\\\"pos\\\"]", "[\\\"neg     pos\\\"]", "two labels"},
        {"recur.labels", "recur.lobels", "two labels"},
        {"recur.vocab", "recur.vocob", "vocabulary"},
    };
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    class_case c;
    class_open(&c, ctx, class_spec(1));
    LM_OK(ctx, recur_model_save(c.model, lm_path("model.safetensors")));
    class_close(&c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recur_model *model = NULL;
        change(cases[i].from, cases[i].to);
        recur_status status = recur_model_load(ctx, lm_path("bad.safetensors"), &model);
        assert_null(model);
        lm_status_at(ctx, status, RECUR_EMODEL, cases[i].part, cases[i].to, __FILE__, __LINE__);
    }
    lm_end(&memory, ctx);
}

/* ---- what cannot be ---- */

static recur_labels *some_labels(recur_ctx *ctx, int64_t n)
{
    static const char *const names[] = {"a", "b", "c"};
    recur_labels            *labels = NULL;
    LM_OK(ctx, recur_labels_create(ctx, n, names, &labels));
    return labels;
}

static void refusals(void **state)
{
    (void)state;
    const recur_text_rule words = {.unit = RECUR_WORD};
    const struct {
        recur_classify_spec spec;
        const char         *part;
    } cases[] = {
        {{.rule = words, .no_stack = true, .embed = 4}, "last state"},
        {{.rule = words, .no_stack = true, .pooling = RECUR_POOL_MEAN}, "one-hot"},
        {{.rule = words, .embed = -1, .rnn = {.hidden = 4}}, "embed"},
        {{.rule = words, .embed = 4, .dropout = 1, .rnn = {.hidden = 4}}, "dropout"},
        {{.rule = words, .embed = 4, .embed_dropout = -1, .rnn = {.hidden = 4}}, "embed_dropout"},
        {{.rule = words, .frozen_embedding = true, .rnn = {.hidden = 4}}, "frozen"},
        {{.rule = {.unit = RECUR_CHAR}, .embed = 4, .rnn = {.hidden = 4}}, "unit"},
        {{.features = 2, .rnn = {.hidden = 4}}, "no vocabulary"},
        {{.rule = words, .embed = 4, .pooling = 9, .rnn = {.hidden = 4}}, "pooling 9"},
        {{.rule = words, .embed = 4}, "hidden"},
    };
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        LM_FAILS(ctx, RECUR_EARG, cases[i].part,
                 recur_classify_create(ctx, &cases[i].spec, lm_vocab(ctx, RECUR_WORD, "a b c"),
                                       some_labels(ctx, 3), 1, &model));
    recur_classify_spec good = class_spec(0);
    LM_FAILS(
        ctx, RECUR_EARG, "two labels",
        recur_classify_create(ctx, &good, lm_vocab(ctx, RECUR_WORD, "a b"), some_labels(ctx, 1), 1, &model));
    LM_FAILS(ctx, RECUR_EARG, "vocabulary",
             recur_classify_create(ctx, &good, NULL, some_labels(ctx, 2), 1, &model));
    lm_end(&memory, ctx);
}

static bool never(void *user, const char *bytes, size_t n)
{
    (void)user;
    (void)bytes;
    (void)n;
    fail_msg("text was made");
    return false;
}

/* A classifier is no language model, and the other way round. */
static void other_tasks(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    class_case   c;
    recur_model *lm = lm_model(ctx, lm_spec(0));
    class_open(&c, ctx, class_spec(0));
    LM_FAILS(ctx, RECUR_EARG, "language model", recur_generate(c.model, "", 0, 3, NULL, never, NULL));
    assert_int_equal(recur_stream_bytes(c.model), 0);
    answers a = {.n = 0};
    LM_FAILS(ctx, RECUR_EARG, "classifies", recur_classify_predict(lm, &c.all, NULL, NULL, keep, &a));
    assert_null(recur_classify_get_spec(lm));
    class_close(&c);
    recur_model_destroy(lm);
    lm_end(&memory, ctx);
}

static void no_memory(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    class_case c;
    class_open(&c, ctx, class_spec(4));
    LM_OK(ctx, recur_model_save(c.model, lm_path("model.safetensors")));
    long live = memory.live;
    for (long n = 1;; n++) {
        recur_model *model = NULL;
        answers      a = {.K = 2};
        memory.n = 0;
        memory.fail_at = n;
        recur_status status = recur_model_load(ctx, lm_path("model.safetensors"), &model);
        if (!status) status = recur_classify_predict(model, &c.all, NULL, NULL, keep, &a);
        memory.fail_at = 0;
        recur_model_destroy(model);
        assert_int_equal(memory.live, live);
        if (!status) break;
        assert_int_equal(status, RECUR_EMEMORY);
    }
    class_close(&c);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(alone_and_among_others),
        cmocka_unit_test(hostile_files),
        cmocka_unit_test(refusals),
        cmocka_unit_test(other_tasks),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
