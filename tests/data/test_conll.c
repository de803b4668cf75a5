/* CoNLL columns: what is a word, a comment or neither; sentences, kept lines, and faults.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

static const recur_source CONLL = {.format = RECUR_CONLL};

/* A line of CoNLL-U. */
#define U(id, form, pos) id "\t" form "\t_\t" pos "\tX\t_\t0\t_\t_\t_\n"

static void words_and_tags(void **state)
{
    check_read(state, "a", "He PRP B-NP\nruns VBZ B-VP\n\n\nNow RB O\n", &CONLL, "He_0|runs_1\nNow_2\n");
    check_read(state, "a", "He\tB-NP\nNew York\tI-NP\n\t\nNow\tO", &CONLL, "He_0|New York_1\nNow_2\n");
    recur_source s = CONLL;
    s.token = "3";
    s.tag = "2";
    check_read(state, "a", "1  A   He\n2 B\tgoes\n", &s, "He_0|goes_1\n");
    s = (recur_source){.format = RECUR_CONLL, .bare = true};
    check_read(state, "a", "He\n#one\n\nNow\n", &s, "He|#one\nNow\n");
    s.token = "FORM";
    check_read(state, "a", "He\nruns\n", &s, "He|runs\n");
    check_refused(state, "a2", "He\nruns\n", &CONLL, RECUR_EDATA, "both in column 1");
}

static void lines_of_conllu(void **state)
{
    const char *text = "# text = It's here\n" U("1-2", "It's", "_") U("1", "It", "PRON") U("2", "'s", "AUX")
        U("2.1", "gone", "VERB") U("3", "here", "ADV") "\n#note\n" U("1", "#", "SYM") "\n";
    check_read(state, "a", text, &CONLL, "It_0|'s_1|here_2\n#_3\n");
    recur_source s = CONLL;
    s.token = "lemma";
    s.tag = "XPOS";
    check_read(state, "a", U("1", "It", "PRON"), &s, "__0\n");
    s.tag = "POS";
    check_refused(state, "a", U("1", "It", "PRON"), &s, RECUR_EARG, "there is no column \"POS\"");
}

static void signs_that_are_words(void **state)
{
    check_read(state, "a", "a O\n\n# O\n#tag O\n", &CONLL, "a_0\n#_0|#tag_0\n");
    check_read(state, "a", "a\tO\n#tag\tO\n\n#\tO\n", &CONLL, "a_0|#tag_0\n#_0\n");
    check_read(state, "a", "1-2 O\n1.1 O\n", &CONLL, "1-2_0|1.1_0\n"); /* two columns: words */
}

static void comments_between_spaces(void **state)
{
    check_read(state, "a", "# a note first\na O\n\n# a longer note\nb O\n", &CONLL, "a_0\nb_0\n");
    check_refused(state, "a", "a O\n# a longer note\nb O\n", &CONLL, RECUR_EDATA,
                  "a, line 2: 4 columns; wanted 2, as in the first word line");
}

static void document_marks_are_skipped(void **state)
{
    check_read(state, "a", "-DOCSTART- -X- -X- O\n\na NN B-NP O\n\n-DOCSTART-\n\nb NN B-NP O\n", &CONLL,
               "a_0\nb_0\n");
}

static void faults_are_named(void **state)
{
    check_refused(state, "a", "a x O\nb O\n", &CONLL, RECUR_EDATA, "a, line 2: 2 columns; wanted 3");
    check_refused(state, "a", "a\tO\nb\t\n", &CONLL, RECUR_EDATA, "a, line 2: the tag is empty");
    check_refused(state, "a", "a\tO\n \tO\n", &CONLL, RECUR_EDATA, "a, line 2: the word is empty");
    check_refused(state, "a", "a\nb\n", &CONLL, RECUR_EDATA,
                  "a, line 1: words and tags are both in column 1");
    check_refused(state, "a", "\n\n# only a note\n", &CONLL, RECUR_EDATA, "holds no items");
    recur_source s = CONLL;
    s.tag = "4";
    check_refused(state, "a", "a x O\n", &s, RECUR_EDATA, "a, line 1: there is no column 4; found 3 columns");
    s.tag = "0";
    check_refused(state, "a", "a x O\n", &s, RECUR_EARG, "columns count from 1");
}

static void sentences_without_end(void **state)
{
    enum { LIMIT = 1000000 };
    char          *text = malloc(4 * (LIMIT + 1) + 10), *at = text + sprintf(text, "a O\n\n");
    recur_dataset *d;
    fixture       *f = *state;
    for (int i = 0; i < LIMIT + 1; i++) at = memcpy(at, "b O\n", 4), at += 4;
    *at = '\0';
    check_refused(state, "a", text, &CONLL, RECUR_EDATA,
                  "a, line 3: the sentence that begins here has more than 1,000,000 words");
    text[5 + 4 * 20000] = '\0';
    assert_int_equal(read_as(state, "a", text, &CONLL, &d), RECUR_OK);
    assert_int_equal(recur_dataset_length(d, 1), 20000);
    assert_contains(f->log, "line 3: a sentence of 20000 words begins here; are empty lines missing?");
    recur_dataset_destroy(d);
    free(text);
}

/* Copy an item's lines with the place of each word appended. */
static void copy_lines(const recur_dataset *d, int64_t item, char *text)
{
    size_t      bytes;
    int64_t     token;
    const char *line;
    for (int64_t k = 0; (line = recur_dataset_line(d, item, k, &bytes, &token)); k++) {
        add_text(text, "%.*s", (int)bytes, line);
        if (token >= 0) add_text(text, " %" PRId64, token);
        add_text(text, "\n");
    }
}

static void every_line_is_kept(void **state)
{
    fixture          *f = *state;
    char              path[128], found[2000] = "";
    const char *const paths[] = {path};
    const char       *text = "\n# note\n-DOCSTART-\n\na x\nb x\n\n\nc x\n\n# the end\n\n";
    const char       *wanted = "\n# note\n-DOCSTART-\n\na x 0\nb x 1\n\n\nc x 0\n\n# the end\n\n";
    recur_source      s = {.format = RECUR_CONLL, .bare = true, .keep_lines = true};
    recur_reader     *r;
    recur_dataset    *d;
    write_file(file_path(state, "a", path), text, strlen(text));
    assert_int_equal(recur_dataset_read(f->ctx, &s, 1, paths, &d), RECUR_OK);
    for (int64_t i = 0; i < recur_dataset_items(d); i++) copy_lines(d, i, found);
    assert_string_equal(found, wanted);
    assert_int_equal(recur_dataset_items(d), 3);
    assert_int_equal(recur_dataset_length(d, 2), 0); /* what is left */
    size_t n;
    assert_null(recur_dataset_line(d, 3, 0, &n, NULL));
    assert_null(recur_dataset_line(d, 0, -1, &n, NULL));
    recur_dataset_destroy(d);

    found[0] = '\0';
    assert_int_equal(recur_reader_open(f->ctx, &s, 1, paths, &r), RECUR_OK);
    while (recur_reader_next(r, 1, 100, &d) == RECUR_OK && d) {
        assert_int_equal(recur_dataset_items(d), 1);
        copy_lines(d, 0, found);
        recur_dataset_destroy(d);
    }
    recur_reader_close(r);
    assert_string_equal(found, wanted);
}

static void missing_memory_is_reported(void **state)
{
    fixture     *f = *state;
    int64_t      n_live = f->memory.n_live;
    recur_source s = CONLL;
    s.keep_lines = true;
    int n = 0;
    for (;; n++) {
        recur_dataset *d;
        f->memory.left = n;
        recur_status status = read_as(state, "a", "a x O\nb x B\n\nc x O\n", &s, &d);
        f->memory.left = -1;
        recur_dataset_destroy(d);
        assert_int_equal(f->memory.n_live, n_live);
        if (status == RECUR_OK) break;
        assert_int_equal(status, RECUR_EMEMORY);
    }
    assert_true(n > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(words_and_tags),
        READING_TEST(lines_of_conllu),
        READING_TEST(signs_that_are_words),
        READING_TEST(comments_between_spaces),
        READING_TEST(document_marks_are_skipped),
        READING_TEST(faults_are_named),
        READING_TEST(sentences_without_end),
        READING_TEST(every_line_is_kept),
        READING_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
