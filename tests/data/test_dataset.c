/* Vocabularies and labels of a part, encoding, and what a dataset then says of itself.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

static const recur_source FIRST = {.format = RECUR_LABEL_FIRST, .rule = {.unit = RECUR_WORD}};
static const recur_source CONLL = {.format = RECUR_CONLL};

static recur_dataset *read_ok(void **state, const char *text, const recur_source *source)
{
    recur_dataset *d;
    if (read_as(state, "a", text, source, &d) != RECUR_OK)
        fail_msg("%s", recur_error(((fixture *)*state)->ctx));
    return d;
}

static void check_tokens(const recur_vocab *v, const char *wanted)
{
    char text[2000] = "";
    for (int32_t id = 0; id < recur_vocab_size(v); id++) {
        size_t      n;
        const char *token = recur_vocab_token(v, id, &n);
        add_text(text, "%s%.*s", id ? " " : "", (int)n, token);
    }
    assert_string_equal(text, wanted);
}

static void check_labels(const recur_labels *labels, const char *wanted)
{
    char text[2000] = "";
    for (int32_t id = 0; id < recur_labels_count(labels); id++)
        add_text(text, "%s%s", id ? " " : "", recur_labels_name(labels, id));
    assert_string_equal(text, wanted);
}

/* Write encoded items: ids between spaces, then /label. */
static void check_ids(const recur_dataset *d, const char *wanted)
{
    char text[2000] = "";
    for (int64_t i = 0; i < recur_dataset_items(d); i++) {
        const int32_t *ids = recur_dataset_ids(d, i), *tags = recur_dataset_tags(d, i);
        for (int64_t t = 0; t < recur_dataset_length(d, i); t++) {
            add_text(text, "%s%d", t ? " " : "", ids[t]);
            if (tags) add_text(text, "_%d", tags[t]);
        }
        add_text(text, "/%d\n", recur_dataset_label(d, i));
    }
    assert_string_equal(text, wanted);
}

static void a_part_makes_the_vocabulary(void **state)
{
    fixture       *f = *state;
    recur_dataset *d = read_ok(state, "1 The film , the end\n0 A bad Film\n1 unseen words\n", &FIRST);
    const int64_t  items[] = {1, 0};
    recur_part     part = {d, items, 2};
    recur_vocab   *v, *small;
    recur_labels  *labels;
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    check_tokens(v, "<unk> film the , a bad end");
    recur_vocab_opts opts = {.min_count = 2, .max_size = 2};
    assert_int_equal(recur_part_vocab(f->ctx, &part, &opts, &small), RECUR_OK);
    check_tokens(small, "<unk> film");
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &labels), RECUR_OK);
    check_labels(labels, "0 1");
    assert_contains(f->log, "2 labels occur only once in the training data: \"0\", \"1\"");
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    check_ids(d, "2 1 3 2 6/1\n4 5 1/0\n0 0/1\n");
    assert_int_equal(recur_dataset_unknown(d), 2);
    size_t n;
    assert_null(recur_dataset_form(d, 0, 0, &n)); /* not kept */
    recur_vocab_destroy(v);
    recur_vocab_destroy(small);
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
}

static void forms_can_be_kept(void **state)
{
    fixture     *f = *state;
    recur_source s = FIRST;
    s.keep_forms = true;
    recur_dataset *d = read_ok(state, "1 The END\n0 a\n", &s);
    recur_part     part = {.data = d};
    recur_vocab   *v;
    recur_labels  *labels;
    assert_int_equal(recur_part_vocab(f->ctx, &part, &(recur_vocab_opts){.min_count = 9}, &v), RECUR_OK);
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &labels), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    check_ids(d, "0 0/1\n0/0\n");
    size_t n;
    assert_memory_equal(recur_dataset_form(d, 0, 1, &n), "END", 3);
    assert_null(recur_dataset_form_ids(d, 0)); /* these are for tagged words */
    recur_vocab_destroy(v);
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
}

static void characters_and_bytes(void **state)
{
    fixture     *f = *state;
    recur_source s = FIRST;
    recur_vocab *v;
    s.rule.unit = RECUR_CHAR;
    recur_dataset *d = read_ok(state, "1 bab\n0 \xc3\x89\n", &s);
    recur_part     part = {.data = d};
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    check_tokens(v, "<unk> a b \xc3\x89"); /* with <unk>, though nothing is cut */
    assert_int_equal(recur_vocab_unknown(v), 0);
    recur_vocab_destroy(v);
    recur_dataset_destroy(d);
    s.rule.unit = RECUR_BYTE;
    part.data = d = read_ok(state, "1 b\xff\n0 a\n", &s);
    recur_labels *labels;
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &labels), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    check_ids(d, "98 255/1\n97/0\n");
    assert_int_equal(recur_dataset_unknown(d), 0);
    recur_labels_destroy(labels);
    recur_vocab_destroy(v);
    recur_dataset_destroy(d);
}

static void tagged_words_have_forms_and_characters(void **state)
{
    fixture       *f = *state;
    recur_dataset *d = read_ok(state, "The\tD\nthe\tD\nNew York\tN\n\nend\tN\nThe\tX\n", &CONLL);
    const int64_t  items[] = {0};
    recur_part     part = {d, items, 1};
    recur_vocab   *v, *c;
    recur_labels  *tags;
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    check_tokens(v, "<unk> the new_york");
    assert_int_equal(recur_part_characters(f->ctx, &part, NULL, &c), RECUR_OK);
    check_tokens(c, "<unk>   N T Y e h k o r t w");
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &tags), RECUR_OK);
    check_labels(tags, "D N");
    assert_int_equal(recur_dataset_encode(d, v, c, tags), RECUR_OK);
    check_ids(d, "1_0 1_0 2_1/-1\n0_1 1_2/-1\n");
    assert_int_equal(recur_dataset_unseen(d), 1);
    assert_contains(f->log, "the tag \"X\" never occurred in training (1 time, first at ");
    assert_contains(f->log, "/a, line 6); it counts as wrong");

    const int32_t *first = recur_dataset_form_ids(d, 0), *second = recur_dataset_form_ids(d, 1);
    assert_int_equal(recur_dataset_forms(d), 4);
    assert_int_equal(first[0], second[1]);
    assert_int_not_equal(first[0], first[1]);
    int64_t        n;
    const int32_t *ids = recur_dataset_form_characters(d, first[0], &n); /* T h e */
    assert_int_equal(n, 3);
    assert_true(ids[0] == 3 && ids[1] == 6 && ids[2] == 5);
    ids = recur_dataset_form_characters(d, second[0], &n); /* e n d */
    assert_true(n == 3 && ids[0] == 5 && ids[1] == 0 && ids[2] == 0);
    assert_null(recur_dataset_form_characters(d, 4, &n));
    assert_null(recur_dataset_form_characters(d, -1, &n));
    size_t bytes;
    assert_memory_equal(recur_dataset_form(d, 0, 2, &bytes), "New York", 8);
    assert_int_equal(recur_dataset_words(d, 0), 3);
    recur_vocab_destroy(v);
    recur_vocab_destroy(c);
    recur_labels_destroy(tags);
    recur_dataset_destroy(d);
}

static void labels_of_other_data_are_named(void **state)
{
    fixture          *f = *state;
    const char *const names[] = {"yes", "no"};
    recur_dataset    *d = read_ok(state, "no a\nmaybe b\nyes c\nmaybe d\nnever e\n", &FIRST);
    recur_part        part = {.data = d};
    recur_labels     *labels;
    recur_vocab      *v;
    int64_t           counts[2], count;
    assert_int_equal(recur_labels_create(f->ctx, 2, names, &labels), RECUR_OK);
    assert_int_equal(recur_part_count_labels(f->ctx, &part, labels, counts), RECUR_OK);
    assert_true(counts[0] == 1 && counts[1] == 1);
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    check_ids(d, "1/1\n2/2\n3/0\n4/2\n5/3\n");
    assert_int_equal(recur_dataset_unseen(d), 2);
    assert_string_equal(recur_dataset_unseen_name(d, 0, &count), "maybe");
    assert_int_equal(count, 2);
    assert_string_equal(recur_dataset_unseen_name(d, 1, NULL), "never");
    assert_null(recur_dataset_unseen_name(d, 2, &count));
    assert_null(recur_dataset_unseen_name(d, -1, &count));
    assert_contains(f->log, "the label \"maybe\" never occurred in training (2 times, first at ");
    assert_contains(f->log, "/a, line 2)");
    assert_int_equal(recur_part_count_labels(f->ctx, &part, labels, counts), RECUR_OK);
    assert_true(counts[0] == 1 && counts[1] == 1);
    recur_vocab_destroy(v);
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
}

/* Labels that are refused. */
static void check_no_labels(void **state, const char *text, int64_t most, const char *part_of_sentence)
{
    fixture       *f = *state;
    recur_dataset *d = read_ok(state, text, &FIRST);
    recur_part     part = {.data = d};
    recur_labels  *labels;
    assert_int_equal(recur_part_labels(f->ctx, &part, most, &labels), RECUR_EDATA);
    assert_null(labels);
    assert_contains(recur_error(f->ctx), part_of_sentence);
    recur_dataset_destroy(d);
}

static void labels_that_cannot_be(void **state)
{
    check_no_labels(state, "1 a\n1 b\n1 c\n", 0,
                    "nothing to learn: all 3 items have the same label, \"1\"; wanted at least two");
    check_no_labels(state, "1 a\n2 b\n3 c\n", 2, "3 different labels for 3 items (\"1\", \"2\", \"3\" ...)");
    char *text = malloc(10000 * 12), *at = text;
    for (int i = 0; i < 30; i++) at += sprintf(at, "l%d x\n", i);
    check_no_labels(
        state, text, 0,
        "30 different labels for 30 items (\"l0\", \"l1\", \"l10\", \"l11\" ...): is this the right column?");
    at = text;
    for (int i = 0; i < 10000; i++) at += sprintf(at, "l%d x\n", i % 1200);
    check_no_labels(state, text, 0, "1200 different labels for 10000 items");
    fixture       *f = *state;
    recur_dataset *d = read_ok(state, text, &FIRST);
    recur_part     part = {.data = d};
    recur_labels  *labels;
    assert_int_equal(recur_part_labels(f->ctx, &part, 1200, &labels), RECUR_OK); /* asked for */
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
    free(text);
}

static void impossible_arguments_are_refused(void **state)
{
    fixture          *f = *state;
    const int64_t     beyond[] = {5};
    const char *const same[] = {"a", "b", "a"}, *const wrong[] = {"a\xff"}, *const good[] = {"0", "1"};
    recur_dataset *d = read_ok(state, "1 a\n0 b\n", &FIRST);
    recur_part     part = {d, beyond, 1}, all = {.data = d};
    recur_vocab   *v, *c, *bare;
    recur_labels  *labels;
    int64_t        counts[2];
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "item 5 of a dataset; wanted one of its 2");
    assert_int_equal(recur_part_vocab(f->ctx, NULL, NULL, &v), RECUR_EARG);
    assert_int_equal(recur_part_vocab(f->ctx, &all, &(recur_vocab_opts){.min_count = -1}, &v), RECUR_EARG);
    assert_int_equal(recur_part_characters(f->ctx, &all, NULL, &v), RECUR_EARG);
    assert_int_equal(recur_part_labels(f->ctx, &all, -1, &labels), RECUR_EARG);
    assert_int_equal(recur_labels_create(f->ctx, 3, same, &labels), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "labels 0 and 2 are the same: \"a\"");
    assert_int_equal(recur_labels_create(f->ctx, 1, wrong, &labels), RECUR_EDATA);
    assert_int_equal(recur_labels_create(f->ctx, 0, same, &labels), RECUR_EARG);
    assert_int_equal(recur_labels_create(f->ctx, 2, good, &labels), RECUR_OK);
    assert_int_equal(recur_part_count_labels(f->ctx, &all, NULL, counts), RECUR_EARG);

    const char *text = "abc";
    size_t      bytes = 3;
    assert_int_equal(recur_part_vocab(f->ctx, &all, NULL, &v), RECUR_OK);
    assert_int_equal(recur_vocab_build(f->ctx, RECUR_CHAR, 1, &text, &bytes, NULL, &c), RECUR_OK);
    assert_int_equal(recur_vocab_build(f->ctx, RECUR_WORD, 1, &text, &bytes, NULL, &bare), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, NULL, NULL, labels), RECUR_EARG);
    assert_int_equal(recur_dataset_encode(d, c, NULL, labels), RECUR_EARG);
    assert_int_equal(recur_dataset_encode(d, v, c, labels), RECUR_EARG);
    assert_int_equal(recur_dataset_encode(d, v, NULL, NULL), RECUR_EARG);
    check_ids(d, "0/0\n1/1\n"); /* unchanged */
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "encoded already");
    recur_vocab *late;
    assert_int_equal(recur_part_vocab(f->ctx, &all, NULL, &late), RECUR_EARG);
    recur_vocab_destroy(v);
    recur_vocab_destroy(c);
    recur_vocab_destroy(bare);
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
}

static void empty_texts_only(void **state)
{
    fixture       *f = *state;
    recur_dataset *d = read_ok(state, "1\n0\n", &FIRST);
    recur_part     part = {.data = d};
    recur_vocab   *v;
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "the text holds no words");
    recur_dataset_destroy(d);
}

/* ---- memory ---- */

static recur_status everything(recur_ctx *ctx, recur_dataset *d)
{
    recur_part    part = {.data = d};
    recur_vocab  *v = NULL, *c = NULL;
    recur_labels *tags = NULL;
    recur_status  status = recur_part_vocab(ctx, &part, NULL, &v);
    if (status == RECUR_OK) status = recur_part_characters(ctx, &part, NULL, &c);
    if (status == RECUR_OK) status = recur_part_labels(ctx, &part, 0, &tags);
    if (status == RECUR_OK) status = recur_dataset_encode(d, v, c, tags);
    recur_vocab_destroy(v);
    recur_vocab_destroy(c);
    recur_labels_destroy(tags);
    return status;
}

static void missing_memory_is_reported(void **state)
{
    fixture *f = *state;
    int64_t  n_live = f->memory.n_live;
    int      n = 0;
    for (recur_status status = RECUR_EMEMORY; status != RECUR_OK; n++) {
        recur_dataset *d = read_ok(state, "The D\nend N\n\nThe X\n", &CONLL);
        f->memory.left = n;
        status = everything(f->ctx, d);
        f->memory.left = -1;
        if (status != RECUR_OK) {
            assert_int_equal(status, RECUR_EMEMORY);
            assert_contains(recur_error(f->ctx), "no memory");
            assert_int_equal(everything(f->ctx, d), RECUR_OK); /* nothing had changed */
        }
        recur_dataset_destroy(d);
        assert_int_equal(f->memory.n_live, n_live);
    }
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(a_part_makes_the_vocabulary),
        READING_TEST(forms_can_be_kept),
        READING_TEST(characters_and_bytes),
        READING_TEST(tagged_words_have_forms_and_characters),
        READING_TEST(labels_of_other_data_are_named),
        READING_TEST(labels_that_cannot_be),
        READING_TEST(impossible_arguments_are_refused),
        READING_TEST(empty_texts_only),
        READING_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
