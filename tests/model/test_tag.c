/* Taggers: gradients of all of it, files, tags in their scheme, sentences apart, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "model/tag_fixture.h"

#include <math.h>

#include "model/tag.h"
#include "proof/gradcheck.h"

/* ---- gradients ---- */

/* A batch of all sentences, with their tags as they are learnt. */
typedef struct filled {
    recur_model   *model;
    recur_batches *batches;
    ri_tag_batch   packs;
    int32_t        tags[8][8];
} filled;

static void fill(recur_ctx *ctx, tag_case *c, filled *f)
{
    recur_batch    batch;
    const int32_t *wanted[8];
    f->model = c->model;
    LM_OK(ctx, recur_batches_create(ctx, &(recur_part){.data = c->data}, NULL, &f->batches));
    LM_OK(ctx, recur_batches_get(f->batches, 0, 0, &batch));
    for (int64_t i = 0; i < batch.n; i++) {
        memcpy(f->tags[i], batch.tags[i], (size_t)batch.lengths[i] * sizeof(int32_t));
        LM_OK(ctx, ri_tag_to_learn(c->model, batch.lengths[i], f->tags[i], NULL));
        wanted[i] = f->tags[i];
    }
    LM_OK(ctx, ri_tag_batch_init(&f->packs, ctx));
    LM_OK(ctx, ri_tag_batch_fill(&f->packs, c->model, &batch, batch.ids, wanted));
}

static recur_var build(subject *s, const recur_var *in)
{
    const filled *f = s->detail;
    (void)in;
    return ri_tag_loss(s->tape, f->model, ri_tag_scores(s->tape, f->model, &f->packs), &f->packs, RECUR_MEAN);
}

static void gradients_are_right(void **state)
{
    (void)state;
    for (int i = 0; i < TAG_SPECS; i++) {
        subject s = {.name = "a tagger", .build = build};
        filled  f = {.model = NULL};
        gradcheck_open(&s);
        tag_case c = tag_open(s.ctx, tag_text, tag_spec(i));
        fill(s.ctx, &c, &f);
        recur_params_destroy(s.params);
        s.params = recur_model_params(c.model);
        s.detail = &f;
        gradcheck(&s);
        s.params = NULL; /* the model's */
        ri_tag_batch_free(&f.packs, s.ctx);
        recur_batches_destroy(f.batches);
        tag_close(&c);
        gradcheck_close(&s);
    }
}

static void rows_are_picked(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_tape    *tape;
    recur_pack    *pack;
    const int32_t  ids[] = {1, 1, 0};
    const int32_t *sequences[] = {ids, ids + 2};
    const float    x[] = {1, 2, 3, 4};
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    LM_OK(ctx, recur_pack_create(ctx, &pack));
    LM_OK(ctx, recur_pack_set(pack, 2, (const int64_t[]){2, 1}, sequences));
    recur_var from = recur_input(tape, RECUR_SHAPE(2, 2), x), y = recur_pick_rows(tape, from, pack);
    LM_OK(ctx, recur_backward(tape, recur_sum(tape, y)));
    const float wanted[] = {3, 4, 1, 2, 3, 4}, grads[] = {1, 1, 2, 2};
    assert_memory_equal(recur_value(tape, y), wanted, sizeof wanted);
    assert_memory_equal(recur_grad(tape, from), grads, sizeof grads);
    recur_tape_reset(tape);
    recur_pick_rows(tape, recur_input(tape, RECUR_SHAPE(1, 2), x), pack);
    LM_FAILS(ctx, RECUR_EARG, "token 1", recur_tape_status(tape));
    recur_tape_reset(tape);
    recur_pick_rows(tape, recur_input(tape, RECUR_SHAPE(4), x), pack);
    LM_FAILS(ctx, RECUR_EARG, "rank 1", recur_tape_status(tape));
    recur_pack_destroy(pack);
    recur_tape_destroy(tape);
    lm_end(&memory, ctx);
}

/* ---- predictions ---- */

static void predict(recur_ctx *ctx, const recur_model *model, const recur_part *part, int32_t *tags)
{
    LM_OK(ctx, recur_tag_predict(model, part, NULL, tags));
}

/* Nothing that a sentence gets depends on the others. */
static void sentences_are_independent(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < TAG_SPECS; i++) {
        recur_tag_spec spec = tag_spec(i);
        spec.rnn.init = (recur_init){RECUR_INIT_UNIFORM, 1};
        tag_case c = tag_open(ctx, tag_text, spec);
        int32_t  together[16], apart[16];
        int64_t  n = recur_dataset_tokens(c.data);
        assert_in_range(n, 1, 16);
        predict(ctx, c.model, &(recur_part){.data = c.data}, together);
        for (int64_t k = 0; k < recur_dataset_items(c.data); k++)
            predict(ctx, c.model, &(recur_part){c.data, &k, 1}, apart);
        assert_memory_equal(together, apart, (size_t)n * sizeof *apart);
        tag_close(&c);
    }
    lm_end(&memory, ctx);
}

static bool may_stand(const char *before, const char *tag)
{
    if (tag[0] != 'I') return true;
    return before[0] != 'O' && strcmp(before + 2, tag + 2) == 0;
}

/* Whatever the weights say, what is shown are labels in the scheme of the data. */
static void tags_are_in_their_scheme(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 3; i < TAG_SPECS; i++) {
        recur_tag_spec spec = tag_spec(i);
        spec.rnn.init = (recur_init){RECUR_INIT_NORMAL, 3};
        tag_case            c = tag_open(ctx, tag_text, spec);
        const recur_labels *labels = recur_model_labels(c.model);
        int32_t             tags[16];
        assert_int_equal(recur_labels_count(labels), 5); /* I-LOC was missing */
        assert_string_equal(recur_labels_name(labels, 4), "I-LOC");
        predict(ctx, c.model, &(recur_part){.data = c.data}, tags);
        for (int64_t k = 0, at = 0; k < recur_dataset_items(c.data); k++) {
            const char *before = "O";
            for (int64_t t = 0; t < recur_dataset_length(c.data, k); t++) {
                const char *tag = recur_labels_name(labels, tags[at++]);
                assert_non_null(tag);
                assert_true(may_stand(before, tag));
                before = tag;
            }
        }
        tag_close(&c);
    }
    lm_end(&memory, ctx);
}

static void tags_are_written_anew(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    tag_case   c = tag_open(ctx, tag_text, tag_spec(3));
    /* labels: B-LOC B-PER I-PER O I-LOC; then I-LOC E-LOC S-LOC ... in the order of types */
    int32_t    tags[] = {3, 4, 4, 1, 2, 2, 0}, labels[] = {3, 0, 4, 1, 2, 2, 0};
    int64_t    n_repaired = 0;
    LM_OK(ctx, ri_tag_to_learn(c.model, 7, tags, &n_repaired));
    assert_int_equal(n_repaired, 1);
    const char *wanted[] = {"O", "B-LOC", "E-LOC", "B-PER", "I-PER", "E-PER", "S-LOC"};
    for (int t = 0; t < 7; t++)
        assert_string_equal(c.model->tag->set.names.table.entries[tags[t]].span.bytes, wanted[t]);
    LM_OK(ctx, ri_tag_to_show(c.model, 7, tags));
    assert_memory_equal(tags, labels, sizeof tags);
    tag_close(&c);
    lm_end(&memory, ctx);
}

/* ---- scores ---- */

static void unseen_tags_count_as_wrong(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < TAG_SPECS; i++) {
        tag_case       c = tag_open(ctx, tag_text, tag_spec(i));
        recur_dataset *known = tag_read(ctx, "Rio B-LOC\nran O\n\n"),
                      *other = tag_read(ctx, "Rio B-LOC\nran O\n\nRio B-ORG\nran O\n\n");
        recur_tag_scorer *a, *b;
        recur_tag_report  r;
        double            loss, same_loss;
        tag_encode(ctx, known, c.model);
        tag_encode(ctx, other, c.model);
        const recur_scorer_opts opts = {.n_trained = recur_labels_count(recur_model_labels(c.model))};
        LM_OK(ctx, recur_tag_scorer_create(ctx, &opts, &a));
        LM_OK(ctx, recur_tag_scorer_create(ctx, &opts, &b));
        LM_OK(ctx, recur_tag_evaluate(c.model, &(recur_part){.data = known}, NULL, a, &loss));
        LM_OK(ctx, recur_tag_evaluate(c.model, &(recur_part){.data = other}, NULL, b, &same_loss));
        assert_true(isfinite(loss) && loss > 0 && loss == same_loss);
        LM_OK(ctx, recur_tag_scorer_report(b, &r));
        assert_int_equal(r.tokens, 4);
        assert_int_equal(r.unseen_tokens, 1);
        assert_true(r.correct <= 3);
        int32_t tag; /* named out of order */
        recur_tag_scorer_destroy(a);
        LM_OK(ctx, recur_tag_scorer_create(ctx, &opts, &a));
        LM_OK(ctx, recur_tag_scorer_tag(a, "O", 1, &tag));
        LM_FAILS(ctx, RECUR_EARG, "a scorer that knows no tags",
                 recur_tag_evaluate(c.model, &(recur_part){.data = known}, NULL, a, NULL));
        recur_tag_scorer_destroy(a);
        recur_tag_scorer_destroy(b);
        recur_dataset_destroy(known);
        recur_dataset_destroy(other);
        tag_close(&c);
    }
    lm_end(&memory, ctx);
}

/* ---- files ---- */

static void files_bring_it_back(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < TAG_SPECS; i++) {
        tag_case     c = tag_open(ctx, tag_text, tag_spec(i));
        recur_model *back = NULL;
        int32_t      before[16], after[16];
        LM_OK(ctx, recur_model_save(c.model, lm_path("tagger.safetensors")));
        LM_OK(ctx, recur_model_load(ctx, lm_path("tagger.safetensors"), &back));
        const recur_tag_spec *x = recur_tag_get_spec(c.model), *y = recur_tag_get_spec(back);
        assert_int_equal(recur_model_task(back), RECUR_TASK_TAG);
        assert_null(recur_lm_get_spec(back));
        assert_true(x->embed == y->embed && x->char_embed == y->char_embed &&
                    x->char_hidden == y->char_hidden);
        assert_true(x->crf == y->crf && x->scheme == y->scheme && x->dropout == y->dropout);
        assert_true(x->rnn.bidirectional == y->rnn.bidirectional && x->rnn.layers == y->rnn.layers);
        assert_int_equal(recur_model_flops_per_step(c.model), recur_model_flops_per_step(back));
        predict(ctx, c.model, &(recur_part){.data = c.data}, before);
        predict(ctx, back, &(recur_part){.data = c.data}, after);
        assert_memory_equal(before, after, (size_t)recur_dataset_tokens(c.data) * sizeof *after);
        recur_model_destroy(back);
        tag_close(&c);
    }
    lm_end(&memory, ctx);
}

/* Put other bytes of the same length in place of some of a file's. */
static void forge(const char *path, const char *old, const char *new)
{
    size_t         n, length = strlen(old);
    unsigned char *bytes = lm_read_bytes(path, &n);
    bool           is_found = false;
    assert_int_equal(length, strlen(new));
    for (size_t i = 0; i + length <= n && !is_found; i++) {
        is_found = memcmp(bytes + i, old, length) == 0;
        if (is_found) memcpy(bytes + i, new, length);
    }
    assert_true(is_found);
    lm_write_bytes(path, bytes, n);
    free(bytes);
}

static void forged_files_are_refused(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    const struct {
        const char *old, *new, *says;
    } cases[] = {
        {"\\\"char_embed\\\":2", "\\\"char_embed\\\":3", "characters.embedding.weight"},
        {"\\\"char_embed\\\":2", "\\\"char_embed\\\":0", ""},
        {"\\\"scheme\\\":\\\"bioes\\\"", "\\\"scheme\\\":\\\"plain\\\"", "head.weight"},
        {"\\\"B-PER\\\"", "\\\"X-PER\\\"", "scheme"},
        {"\\\"I-LOC\\\"", "\\\"I-PER\\\"", "same"},
        {"\\\"crf\\\":true", "\\\"crf\\\":null", "crf"},
        {"\\\"unit\\\":\\\"char\\\"", "\\\"unit\\\":\\\"word\\\"", "characters"},
    };
    tag_case c = tag_open(ctx, tag_text, tag_spec(3));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recur_model *back = NULL;
        LM_OK(ctx, recur_model_save(c.model, lm_path("forged.safetensors")));
        forge(lm_path("forged.safetensors"), cases[i].old, cases[i].new);
        LM_FAILS(ctx, RECUR_EMODEL, cases[i].says,
                 recur_model_load(ctx, lm_path("forged.safetensors"), &back));
        assert_null(back);
    }
    tag_close(&c);
    lm_end(&memory, ctx);
}

/* ---- mistakes ---- */

static void wrong_specs_are_refused(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    const struct {
        recur_tag_spec spec;
        const char    *says;
    } cases[] = {
        {{.embed = -1, .rnn = {.hidden = 3}}, "embed"},
        {{.char_embed = 2, .rnn = {.hidden = 3}}, "both be given or neither"},
        {{.dropout = 1, .rnn = {.hidden = 3}}, "dropout"},
        {{.scheme = (recur_tag_scheme)9, .rnn = {.hidden = 3}}, "scheme 9"},
        {{.rnn = {.hidden = 0}}, "hidden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recur_dataset *data = tag_read(ctx, tag_text);
        recur_model   *model = NULL;
        LM_FAILS(ctx, RECUR_EARG, cases[i].says, tag_create(ctx, data, &cases[i].spec, &model));
        assert_null(model);
        recur_dataset_destroy(data);
    }
    recur_dataset *data = tag_read(ctx, "a NN\nb VB\n\nc O\n");
    recur_model   *model = NULL;
    LM_FAILS(
        ctx, RECUR_EDATA, "NN",
        tag_create(ctx, data, &(recur_tag_spec){.scheme = RECUR_TAGS_BIO, .rnn = {.hidden = 3}}, &model));
    recur_dataset_destroy(data);
    lm_end(&memory, ctx);
}

static void wrong_data_are_refused(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    tag_case       c = tag_open(ctx, tag_text, tag_spec(1));
    recur_dataset *raw = tag_read(ctx, tag_text), *bare = tag_read(ctx, tag_text);
    int32_t        tags[16];
    LM_OK(ctx, recur_dataset_encode(bare, recur_model_vocab(c.model), NULL, recur_model_labels(c.model)));
    LM_FAILS(ctx, RECUR_EARG, "encoded", recur_tag_predict(c.model, &(recur_part){.data = raw}, NULL, tags));
    LM_FAILS(ctx, RECUR_EARG, "characters",
             recur_tag_predict(c.model, &(recur_part){.data = bare}, NULL, tags));
    LM_FAILS(ctx, RECUR_EARG, "place", recur_tag_predict(c.model, &(recur_part){.data = c.data}, NULL, NULL));
    recur_dataset_destroy(raw);
    recur_dataset_destroy(bare);
    tag_close(&c);
    lm_end(&memory, ctx);
}

static void scores_that_are_no_numbers_are_said(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    for (int i = 0; i < TAG_SPECS; i++) {
        tag_case      c = tag_open(ctx, tag_text, tag_spec(i));
        recur_params *params = recur_model_params(c.model);
        int32_t       tags[16];
        double        bias[16];
        for (int k = 0; k < 16; k++) bias[k] = NAN;
        LM_OK(ctx, recur_params_set(params, recur_params_find(params, "head.bias"), bias));
        LM_FAILS(ctx, RECUR_EDIVERGED, "not finite",
                 recur_tag_predict(c.model, &(recur_part){.data = c.data}, NULL, tags));
        tag_close(&c);
    }
    lm_end(&memory, ctx);
}

/* Each request for memory fails once, while a tagger is made and used. */
static void memory_that_is_not_there_is_said(void **state)
{
    (void)state;
    for (long fail_at = 1;; fail_at++) {
        lm_memory      memory;
        recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
        recur_dataset *data = tag_read(ctx, tag_text);
        recur_model   *model = NULL;
        int32_t        tags[16];
        recur_tag_spec spec = tag_spec(3);
        memory.fail_at = memory.n + fail_at;
        recur_status status = tag_create(ctx, data, &spec, &model);
        if (!status)
            status = recur_dataset_encode(data, recur_model_vocab(model), recur_model_characters(model),
                                          recur_model_labels(model));
        if (!status) status = recur_tag_predict(model, &(recur_part){.data = data}, NULL, tags);
        bool is_done = memory.n < memory.fail_at;
        assert_int_equal(status, is_done ? RECUR_OK : RECUR_EMEMORY);
        recur_model_destroy(model);
        recur_dataset_destroy(data);
        lm_end(&memory, ctx);
        if (is_done) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(rows_are_picked),
        cmocka_unit_test(sentences_are_independent),
        cmocka_unit_test(tags_are_in_their_scheme),
        cmocka_unit_test(tags_are_written_anew),
        cmocka_unit_test(unseen_tags_count_as_wrong),
        cmocka_unit_test(files_bring_it_back),
        cmocka_unit_test(forged_files_are_refused),
        cmocka_unit_test(wrong_specs_are_refused),
        cmocka_unit_test(wrong_data_are_refused),
        cmocka_unit_test(scores_that_are_no_numbers_are_said),
        cmocka_unit_test(memory_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
