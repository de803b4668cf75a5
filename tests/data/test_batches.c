/* Splits and batches: every item once, bounds that hold, orders that repeat and differ, different forms; and word vectors.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

#include <math.h>

/* ---- splits ---- */

static void splits_divide_all_items(void **state)
{
    fixture     *f = *state;
    int64_t      order[100], again[100], sizes[3];
    const double thirds[] = {0.7, 0.2, 0.1};
    bool         seen[100] = {false};
    assert_int_equal(recur_split_items(f->ctx, 100, 3, thirds, 1, order, sizes), RECUR_OK);
    assert_true(sizes[0] == 70 && sizes[1] == 20 && sizes[2] == 10);
    for (int i = 0; i < 100; i++) {
        assert_in_range(order[i], 0, 99);
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
    }
    assert_int_equal(recur_split_items(f->ctx, 100, 3, thirds, 1, again, sizes), RECUR_OK);
    assert_memory_equal(order, again, sizeof order);
    assert_int_equal(recur_split_items(f->ctx, 100, 3, thirds, 2, again, sizes), RECUR_OK);
    assert_memory_not_equal(order, again, sizeof order);
    const double half[] = {0.25, 0.25};
    assert_int_equal(recur_split_items(f->ctx, 10, 2, half, 1, order, sizes), RECUR_OK);
    assert_true(sizes[0] == 3 && sizes[1] == 2); /* borders at round(2.5) and 5 */
}

static void impossible_splits_are_refused(void **state)
{
    fixture     *f = *state;
    int64_t      order[10], sizes[2];
    const double negative[] = {1.1, -0.1}, much[] = {0.9, 0.2}, none[] = {0.9, NAN}, thin[] = {0.99, 0.01};
    assert_int_equal(recur_split_items(f->ctx, 10, 2, negative, 1, order, sizes), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "part 2 is a fraction of -0.1");
    assert_int_equal(recur_split_items(f->ctx, 10, 2, much, 1, order, sizes), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "sum to 1.1");
    assert_int_equal(recur_split_items(f->ctx, 10, 2, none, 1, order, sizes), RECUR_EARG);
    assert_int_equal(recur_split_items(f->ctx, 10, 2, thin, 1, order, sizes), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "10 items are too few to divide: part 2");
    assert_int_equal(recur_split_items(f->ctx, -1, 2, thin, 1, order, sizes), RECUR_EARG);
}

/* ---- batches ---- */

enum { ITEMS = 400 };

/* The length of item i: many short ones, some long, some empty. */
static int64_t length_of(int64_t i)
{
    return i % 17 == 0 ? 0 : i % 50 == 1 ? 100 + i : 1 + (i * 7919) % 40;
}

/* A dataset of ITEMS texts. */
static recur_dataset *make(void **state)
{
    fixture       *f = *state;
    char          *text = malloc(ITEMS * 1200), *at = text;
    recur_dataset *d;
    recur_source   s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_WORD}};
    for (int64_t i = 0; i < ITEMS; i++) {
        for (int64_t t = 0; t < length_of(i); t++) at += sprintf(at, "w ");
        at += sprintf(at, "\n");
    }
    if (read_as(state, "a", text, &s, &d) != RECUR_OK) fail_msg("%s", recur_error(f->ctx));
    free(text);
    recur_vocab *v;
    recur_part   part = {.data = d};
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, v, NULL, NULL), RECUR_OK);
    recur_vocab_destroy(v);
    return d;
}

static void a_batch_shows_its_items(void **state)
{
    fixture         *f = *state;
    recur_dataset   *d = make(state);
    recur_part       part = {.data = d};
    recur_batch_opts opts = {.tokens = 300, .seed = 5};
    recur_batches   *b;
    recur_batch      batch;
    int64_t          n_items = 0, n_steps = 0;
    assert_int_equal(recur_batches_create(f->ctx, &part, &opts, &b), RECUR_OK);
    assert_int_equal(recur_batches_items(b), ITEMS);
    assert_int_equal(recur_batches_tokens(b), recur_dataset_tokens(d));
    for (int64_t i = 0; i < recur_batches_count(b); i++) {
        int64_t n = 0;
        assert_int_equal(recur_batches_get(b, 1, i, &batch), RECUR_OK);
        for (int64_t k = 0; k < batch.n; k++) {
            assert_int_equal(batch.lengths[k], length_of(batch.items[k]));
            if (batch.lengths[k] > 0) assert_int_equal(batch.ids[k][batch.lengths[k] - 1], 1);
            assert_int_equal(batch.labels[k], -1);
            n += batch.lengths[k];
        }
        assert_int_equal(batch.n_steps, n);
        assert_true(batch.n == 1 || n <= opts.tokens);
        assert_true(!batch.tags && !batch.rows && !batch.forms);
        n_items += batch.n;
        n_steps += n;
    }
    assert_true(n_items == ITEMS && n_steps == recur_batches_tokens(b));
    recur_batches_destroy(b);
    recur_batches_destroy(NULL);
    recur_dataset_destroy(d);
}

static void a_batch_has_similar_lengths(void **state)
{
    fixture         *f = *state;
    recur_dataset   *d = make(state);
    recur_part       part = {.data = d};
    recur_batch_opts opts = {.items = 8, .seed = 3};
    recur_batches   *b;
    int64_t          spread = 0, last = 0, n_falls = 0;
    assert_int_equal(recur_batches_create(f->ctx, &part, &opts, &b), RECUR_OK);
    for (int64_t i = 0; i < recur_batches_count(b); i++) {
        recur_batch batch;
        int64_t     least = INT64_MAX, most = 0;
        assert_int_equal(recur_batches_get(b, 1, i, &batch), RECUR_OK);
        for (int64_t k = 0; k < batch.n; k++) {
            least = batch.lengths[k] < least ? batch.lengths[k] : least;
            most = batch.lengths[k] > most ? batch.lengths[k] : most;
        }
        if (most < 100) spread += most - least;
        n_falls += most < last;
        last = most;
    }
    assert_true(spread < 100); /* of 50 batches together */
    assert_true(n_falls > 10); /* they are not sorted */
    recur_batch plain;
    last = 0;
    for (int64_t i = 0; i < recur_batches_count(b); i++) { /* but in the plain order */
        assert_int_equal(recur_batches_get(b, 0, i, &plain), RECUR_OK);
        assert_true(plain.lengths[0] >= last - last / 8);
        last = plain.lengths[plain.n - 1];
    }
    recur_batches_destroy(b);
    recur_dataset_destroy(d);
}

static void impossible_batches_are_refused(void **state)
{
    fixture         *f = *state;
    recur_dataset   *d = make(state), *raw;
    const int64_t    items[] = {2, 1, 2}; /* an item may be there twice */
    recur_part       part = {d, items, 0};
    recur_batches   *b;
    recur_batch      batch;
    recur_source     s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_WORD}};
    recur_batch_opts opts = {.items = -1};
    assert_int_equal(recur_batches_create(f->ctx, &part, NULL, &b), RECUR_EDATA);
    part.n = 3;
    assert_int_equal(recur_batches_create(f->ctx, &part, &opts, &b), RECUR_EARG);
    assert_int_equal(recur_batches_create(f->ctx, &part, NULL, &b), RECUR_OK);
    assert_int_equal(recur_batches_count(b), 1);
    assert_int_equal(recur_batches_get(b, 1, 1, &batch), RECUR_EARG);
    assert_int_equal(recur_batches_get(b, -1, 0, &batch), RECUR_EARG);
    assert_int_equal(recur_batches_get(b, 1, 0, &batch), RECUR_OK);
    assert_int_equal(batch.n, 3);
    recur_batches_destroy(b);
    assert_int_equal(read_as(state, "a", "x\n", &s, &raw), RECUR_OK);
    part = (recur_part){.data = raw};
    assert_int_equal(recur_batches_create(f->ctx, &part, NULL, &b), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "batches want a dataset that is encoded");
    recur_dataset_destroy(raw);
    recur_dataset_destroy(d);
}

/* Read, encode and batch tagged words; the caller destroys all three. */
static recur_status batch_tagged(fixture *f, recur_dataset *d, recur_batches **b)
{
    recur_part    part = {.data = d};
    recur_vocab  *v = NULL, *c = NULL;
    recur_labels *tags = NULL;
    *b = NULL;
    recur_status status = recur_part_vocab(f->ctx, &part, NULL, &v);
    if (status == RECUR_OK) status = recur_part_characters(f->ctx, &part, NULL, &c);
    if (status == RECUR_OK) status = recur_part_labels(f->ctx, &part, 0, &tags);
    if (status == RECUR_OK) status = recur_dataset_encode(d, v, c, tags);
    if (status == RECUR_OK) status = recur_batches_create(f->ctx, &part, NULL, b);
    recur_vocab_destroy(v);
    recur_vocab_destroy(c);
    recur_labels_destroy(tags);
    return status;
}

static void different_forms_of_a_batch(void **state)
{
    fixture       *f = *state;
    recur_source   s = {.format = RECUR_CONLL};
    recur_dataset *d;
    recur_batches *b;
    recur_batch    batch;
    assert_int_equal(read_as(state, "a", "to A\nbe B\nor A\nto A\n\nbe B\n\n", &s, &d), RECUR_OK);
    assert_int_equal(batch_tagged(f, d, &b), RECUR_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(recur_batches_get(b, 0, 0, &batch), RECUR_OK); /* "be" comes first: it is shorter */
        assert_int_equal(batch.n_forms, 3);
        assert_int_equal(batch.forms[0][0], 0);
        const int32_t wanted[] = {1, 0, 2, 1};
        assert_memory_equal(batch.forms[1], wanted, sizeof wanted);
        for (int k = 0; k < 3; k++) assert_int_equal(batch.form_lengths[k], 2);
        assert_int_equal(batch.form_characters[1][1],
                         batch.form_characters[2][0]); /* the o of "to" and "or" */
        assert_int_equal(batch.tags[1][1], 1);
    }
    recur_batches_destroy(b);
    recur_dataset_destroy(d);
}

static void missing_memory_is_reported(void **state)
{
    fixture     *f = *state;
    recur_source s = {.format = RECUR_CONLL};
    int64_t      n_live = f->memory.n_live;
    int          n = 0;
    for (recur_status status = RECUR_EMEMORY; status != RECUR_OK; n++) {
        recur_dataset *d;
        recur_batches *b;
        assert_int_equal(read_as(state, "a", "to A\nbe B\n\nor A\n", &s, &d), RECUR_OK);
        f->memory.left = n;
        status = batch_tagged(f, d, &b);
        f->memory.left = -1;
        if (status != RECUR_OK) assert_int_equal(status, RECUR_EMEMORY);
        recur_batches_destroy(b);
        recur_dataset_destroy(d);
        assert_int_equal(f->memory.n_live, n_live);
    }
    assert_true(n > 40);
}

/* ---- word vectors ---- */

/* The vocabulary <unk> a b c. */
static recur_vocab *abc(void **state)
{
    const char  *text = "a b c";
    size_t       bytes = 5;
    recur_vocab *v;
    recur_ctx   *ctx = ((fixture *)*state)->ctx;
    assert_int_equal(recur_vocab_build(ctx, RECUR_WORD, 1, &text, &bytes, NULL, &v), RECUR_OK);
    return v;
}

static recur_status read_vectors(void **state, const recur_vocab *v, const char *text, recur_vectors *vectors)
{
    char     path[128];
    fixture *f = *state;
    f->log[0] = '\0';
    write_file(file_path(state, "v.txt", path), text, strlen(text));
    return recur_vectors_read(f->ctx, path, v, vectors);
}

static void vectors_are_read(void **state)
{
    static const char *const texts[] = {"a 1 2\nzz 3 x\nc -0.5 1e1\n", "3 2\na 1 2 \nz\xff 3 4\nc -0.5\t1e1",
                                        "c -0.5 1e1\n. . 5 6\na 1 2\na 8 9\n"};
    static const char *const logs[] = {"vectors of 2 numbers for 2 of the 4 words", "for 2 of the 4 words",
                                       "1 words occur again; the first vector counts"};
    fixture                 *f = *state;
    recur_vocab             *v = abc(state);
    for (int i = 0; i < 3; i++) {
        recur_vectors out;
        if (read_vectors(state, v, texts[i], &out) != RECUR_OK) fail_msg("%s", recur_error(f->ctx));
        const float wanted[] = {0, 0, 1, 2, 0, 0, -0.5F, 10};
        assert_int_equal(out.words, 4);
        assert_int_equal(out.size, 2);
        assert_int_equal(out.n_found, 2);
        assert_memory_equal(out.values, wanted, sizeof wanted);
        assert_true(!out.found[0] && out.found[1] && !out.found[2] && out.found[3]);
        assert_contains(f->log, logs[i]);
        recur_vectors_free(f->ctx, &out);
        assert_null(out.values);
    }
    assert_contains(f->log, "1 lines with more numbers, or words with spaces, were skipped");
    recur_vectors out;
    assert_int_equal(read_vectors(state, v, "9 1\na 5\n", &out), RECUR_OK);
    assert_contains(f->log, "the first line says 9 vectors, and there are 1");
    recur_vectors_free(f->ctx, &out);
    recur_vocab_destroy(v);
}

static void faulty_vectors_are_refused(void **state)
{
    static const char *const faults[][2] = {
        {"", "v.txt is empty; wanted vectors"},
        {"a 1 2\nb 1\n", "line 2: 2 fields; wanted a word and 2 numbers"},
        {"a 1 2\n\n", "line 2: 0 fields"},
        {"a 1 2\nb 1 two\n", "line 2: \"two\" is no number; wanted a word and 2 numbers"},
        {"a nan\n", "line 1: \"nan\" is no number"},
        {"a\n", "line 1: 1 fields; wanted a word and 1 numbers"},
        {"3 900000000000\na 1\n", "line 2: 2 fields; wanted a word and 900000000000 numbers"},
        {"x 1 2\n", "v.txt has a vector for none of the 4 words"},
        {"2 2\n", "has a vector for none"},
    };
    fixture     *f = *state;
    recur_vocab *v = abc(state);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        recur_vectors out;
        assert_int_equal(read_vectors(state, v, faults[i][0], &out), RECUR_EDATA);
        assert_contains(recur_error(f->ctx), faults[i][1]);
        assert_null(out.values);
    }
    recur_vectors out;
    assert_int_equal(recur_vectors_read(f->ctx, "/nowhere", v, &out), RECUR_EIO);
    assert_int_equal(recur_vectors_read(f->ctx, NULL, v, &out), RECUR_EARG);
    for (int n = 0;; n++) {
        f->memory.left = n;
        recur_status status = read_vectors(state, v, "a 1 2\n", &out);
        f->memory.left = -1;
        if (status == RECUR_OK) break;
        assert_int_equal(status, RECUR_EMEMORY);
    }
    recur_vectors_free(f->ctx, &out);
    recur_vocab_destroy(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(splits_divide_all_items),        READING_TEST(impossible_splits_are_refused),
        READING_TEST(a_batch_shows_its_items),        READING_TEST(a_batch_has_similar_lengths),
        READING_TEST(impossible_batches_are_refused), READING_TEST(different_forms_of_a_batch),
        READING_TEST(missing_memory_is_reported),     READING_TEST(vectors_are_read),
        READING_TEST(faulty_vectors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
