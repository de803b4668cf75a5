/* Labelled texts: TSV, CSV, lines that begin with their label, bare lines; headers, columns, encodings, and every fault with its sentence.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

#include <sys/wait.h>

#include "base/hash.h"

static const char *const TEXT[] = {"text"}, *const SECOND[] = {"2"}, *const TWO[] = {"2", "3"};

/* Sources that most tests start from. */
static const recur_source NAMED = {.rule = {.unit = RECUR_WORD}, .n_text = 1, .text = TEXT, .label = "label"};
static const recur_source NUMBERED = {
    .rule = {.unit = RECUR_WORD}, .n_text = 1, .text = SECOND, .label = "1"};
static const recur_source FIRST = {.format = RECUR_LABEL_FIRST, .rule = {.unit = RECUR_WORD}};

static recur_source with_format(recur_source s, recur_format format)
{
    s.format = format;
    return s;
}

static void tab_separated_rows(void **state)
{
    check_read(state, "a.tsv", "label\ttext\nyes\tgood day\nno\t\"bad\nyes\t\n", &NAMED,
               "good|day/0\n\"|bad/1\n/0\n");
    check_read(state, "a.txt", "text\tid\tlabel\nA b\t7\tx\nc\t8\ty", &NAMED, "A|b/0\nc/1\n");
    check_read(state, "a.tsv", "yes\ta b\nno\tc\n yes \td\nno\te\n", &NUMBERED, "a|b/0\nc/1\nd/0\ne/1\n");
    recur_source two = NUMBERED;
    two.n_text = 2;
    two.text = TWO;
    check_read(state, "a.tsv", "x\ta\tb\ny\tc\td e\nx\t\tf\n", &two, "a|b/0\nc|d|e/1\nf/0\n");
    two.rule.unit = RECUR_CHAR;
    check_read(state, "a.tsv", "x\ta\tbc\nx\td\t\n", &two, "a| |b|c/0\nd| /0\n");
}

static void comma_separated_rows(void **state)
{
    const char *text = "label,text\r\nyes,\"one, \"\"two\"\"\r\nthree\"\r\nno,four\r\n\"yes\",\"\"\r\n";
    check_read(state, "a.csv", text, &NAMED, "one|,|\"|two|\"|three/0\nfour/1\n/0\n");
    recur_source csv = with_format(NAMED, RECUR_CSV);
    check_read(state, "a.txt", text, &csv, "one|,|\"|two|\"|three/0\nfour/1\n/0\n");
    csv.rule.unit = RECUR_CHAR;
    check_read(state, "a.txt", "label,text\nx,\"a\nb\"\n", &csv, "a|\n|b/0\n");
    check_read(state, "A.CSV", "label,text\nx,\"a,\"\n", &NAMED, "a|,/0\n");
}

static void quotes_out_of_place_are_refused(void **state)
{
    check_refused(state, "a.csv", "label,text\ny,a\nx,\"one\ntwo\nthree\n", &NAMED, RECUR_EDATA,
                  "a.csv, line 3: the quote that opens here is not closed before the end of the file");
    check_refused(state, "a.csv", "label,text\nx,a\"b\n", &NAMED, RECUR_EDATA,
                  "line 2: a quote inside a field that does not begin with one");
    check_refused(state, "a.csv", "label,text\nx,\"a\nb\" c\n", &NAMED, RECUR_EDATA,
                  "line 3: a character after a closing quote");
}

static void columns_that_are_not_there_are_named(void **state)
{
    recur_source s = NAMED;
    check_refused(state, "a.tsv", "text\tmark\na\tb\n", &s, RECUR_EDATA,
                  "a.tsv, line 1: there is no column \"label\"; found text, mark");
    check_refused(state, "a.tsv", "text\tlabel\tlabel\na\tb\tc\n", &s, RECUR_EDATA,
                  "columns 2 and 3 are both named \"label\"");
    s.header = RECUR_HEADER_NO;
    check_refused(state, "a.tsv", "text\tlabel\n", &s, RECUR_EARG,
                  "column \"label\" has a name, but there is no header");
    s = NUMBERED;
    s.label = "3";
    check_refused(state, "a.tsv", "a\tb\n", &s, RECUR_EDATA, "there is no column 3; found 2 columns");
    s.label = "99999999999999999999";
    check_refused(state, "a.tsv", "a\tb\n", &s, RECUR_EDATA,
                  "there is no column 99999999999999999999; found 2");
    s.label = "0";
    check_refused(state, "a.tsv", "a\tb\n", &s, RECUR_EARG, "there is no column 0; columns count from 1");
    s.label = NULL;
    check_refused(state, "a.tsv", "a\tb\n", &s, RECUR_EARG, "no column of labels");
    s = NUMBERED;
    s.n_text = 0;
    check_refused(state, "a.tsv", "a\tb\n", &s, RECUR_EARG, "0 columns of text");
}

static void rows_with_other_columns_are_refused(void **state)
{
    check_refused(state, "a.tsv", "label\ttext\nx\ta\ny\tb\tc\n", &NAMED, RECUR_EDATA,
                  "a.tsv, line 3: 3 columns; wanted 2, as in the first line");
    check_refused(state, "a.tsv", "label\ttext\nx\ta\ny\n", &NAMED, RECUR_EDATA,
                  "line 3: 1 column; wanted 2");
    check_refused(state, "a.csv", "label,text\nx,\"a\n\n\"\ny\n", &NAMED, RECUR_EDATA,
                  "line 5: 1 column; wanted 2");
    check_refused(state, "a.tsv", "label\ttext\n \ta\n", &NAMED, RECUR_EDATA, "line 2: the label is empty");
}

static void empty_lines_are_skipped_where_there_are_labels(void **state)
{
    check_read(state, "a.tsv", "\n\nlabel\ttext\nx\ta\n\ny\tb\n\n", &NAMED, "a/0\nb/1\n");
    assert_contains(((fixture *)*state)->log, "a.tsv: 4 empty lines skipped");
    recur_source s = NUMBERED;
    s.bare = true;
    s.label = NULL;
    check_read(state, "a.tsv", "\n\nx\ta\n\ny\tb c\n\n", &s, "\n\na\n\nb|c\n\n");
    check_read(state, "a.tsv", "\n\n", &s, "\n\n");
}

/* With numbered columns a first line whose label stands alone is a header. */
static void headers_are_found(void **state)
{
    recur_source s = NUMBERED;
    const char  *text = "mood\ttext\nyes\ta\nno\tb\nyes\tc\nno\td\n";
    check_read(state, "a.tsv", text, &s, "a/1\nb/2\nc/1\nd/2\n");
    assert_contains(((fixture *)*state)->log, "a.tsv: the first line is taken as a header");
    assert_contains(((fixture *)*state)->log, "\"mood\"");
    check_read(state, "a.tsv", "odd\tx\nyes\ta\nno\tb\nyes\tc\n", &s,
               "x/0\na/1\nb/2\nc/1\n"); /* so does no */
    check_read(state, "a.tsv", "yes\tx\nyes\ta\nno\tb\nno\tc\n", &s, "x/0\na/0\nb/1\nc/1\n");
    check_read(state, "a.tsv", "a\tx\nb\ta\n", &s, "x/0\na/1\n"); /* too few to say */
    s.header = RECUR_HEADER_NO;
    check_read(state, "a.tsv", text, &s, "text/0\na/1\nb/2\nc/1\nd/2\n");
    s.header = RECUR_HEADER_YES;
    check_read(state, "a.tsv", "yes\tx\nyes\ta\nno\tb\nno\tc\n", &s, "a/0\nb/1\nc/1\n");
    recur_dataset *d;
    assert_int_equal(read_as(state, "a.tsv", text, &NUMBERED, &d), RECUR_OK);
    assert_true(recur_dataset_has_header(d));
    recur_dataset_destroy(d);
    assert_int_equal(read_as(state, "a.tsv", text, &s, &d), RECUR_OK);
    assert_true(recur_dataset_has_header(d));
    recur_dataset_destroy(d);
}

static void a_dropped_header_leaves_the_items_whole(void **state)
{
    recur_dataset *d;
    recur_labels  *labels;
    fixture       *f = *state;
    assert_int_equal(
        read_as(state, "a.tsv", "mood\tthe text\nyes\ta b\nno\tc\nyes\td\nno\te\n", &NUMBERED, &d), RECUR_OK);
    assert_int_equal(recur_dataset_tokens(d), 5);
    assert_int_equal(recur_dataset_words(d, 0), 2);
    recur_vocab *v;
    recur_part   part = {.data = d};
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_OK);
    assert_int_equal(recur_vocab_size(v), 6); /* no "the" */
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &labels), RECUR_OK);
    assert_int_equal(recur_labels_count(labels), 2);
    assert_int_equal(recur_dataset_encode(d, v, NULL, labels), RECUR_OK);
    assert_int_equal(recur_dataset_unseen(d), 0);
    assert_int_equal(recur_dataset_label(d, 0), 1);
    recur_labels_destroy(labels);
    recur_vocab_destroy(v);
    recur_dataset_destroy(d);
}

static void lines_that_begin_with_their_label(void **state)
{
    check_read(state, "a.txt", "1 a stirring , film\n0\tbad\n1\n\n 0  x \n", &FIRST,
               "a|stirring|,|film/0\nbad/1\n/0\nx/1\n");
    assert_contains(((fixture *)*state)->log, "1 empty line skipped");
    assert_contains(((fixture *)*state)->log, "a.txt: 1 text without a word, first in line 3; kept");
    recur_source bare = FIRST;
    bare.bare = true;
    check_read(state, "a.txt", "1 a b\n\n0 c", &bare, "a|b\n\nc\n");
}

static void bare_lines(void **state)
{
    recur_source s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_WORD}};
    check_read(state, "a.txt", "a b\n\n \nc", &s, "a|b\n\n\nc\n");
    s.bare = false;
    check_refused(state, "a.txt", "a\n", &s, RECUR_EARG, "lines of bare text have no labels");
}

static void units(void **state)
{
    recur_source s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_CHAR}};
    check_read(state, "a.txt", "\xc3\xa9 b\n", &s, "\xc3\xa9| |b\n");
    s.rule.unit = RECUR_BYTE;
    check_read(state, "a.txt", "\xc3\xa9\xff\n", &s, "\xc3|\xa9|\xff\n");
    s.rule = (recur_text_rule){.unit = RECUR_WORD, .splitting = RECUR_SPLIT_SPACES};
    check_read(state, "a.txt", "don't (stop) !\n", &s, "don't|(stop)|!\n");
    s.rule = (recur_text_rule){.unit = RECUR_BYTE, .letters = RECUR_LETTERS_LOWER};
    check_refused(state, "a.txt", "a\n", &s, RECUR_EARG, "bytes have no lower-case letters");
    s.rule = (recur_text_rule){.unit = (recur_unit)9};
    check_refused(state, "a.txt", "a\n", &s, RECUR_EARG, "none of those there are");
}

static void other_encodings(void **state)
{
    recur_source s = FIRST;
    check_refused(
        state, "a.txt", "1 good\n0 caf\xe9\n", &s, RECUR_EDATA,
        "a.txt, line 2: invalid UTF-8 at byte 5 of the line; wanted text in UTF-8 (--encoding latin1");
    s.encoding = RECUR_LATIN1;
    check_read(state, "a.txt", "1 good\n0 caf\xe9 \xff\xa9\n", &s,
               "good/0\ncaf\xc3\xa9|\xc3\xbf|\xc2\xa9/1\n");
    check_read(state, "a.txt", "1 long enough to be read in eights caf\xe9\n0 x\n", &s,
               "long|enough|to|be|read|in|eights|caf\xc3\xa9/0\nx/1\n");
    s = FIRST;
    s.rule.unit = RECUR_BYTE;
    check_refused(state, "a.txt", "\xff good\n", &s, RECUR_EDATA,
                  "line 1: invalid UTF-8"); /* a label is text */
    check_read(state, "a.txt",
               "\xef\xbb\xbf"
               "1 a\r\n0 b\r\n1 c",
               &FIRST, "a/0\nb/1\nc/0\n");
    assert_contains(((fixture *)*state)->log, "a.txt: byte order mark skipped");
    assert_contains(((fixture *)*state)->log, "a.txt: CRLF line ends are read as LF");
}

static void nul_bytes_are_refused(void **state)
{
    fixture          *f = *state;
    char              path[128];
    const char *const paths[] = {path};
    recur_dataset    *d;
    for (size_t at = 2; at < 20; at++) {
        char text[] = "1 aaaaaaaaaaaaaaaaaaaaaaaaaaa\n", wanted[60];
        text[at] = '\0';
        write_file(file_path(state, "a.txt", path), text, sizeof text - 1);
        snprintf(wanted, sizeof wanted, "a.txt, line 1: a NUL byte at byte %zu of the line", at);
        assert_int_equal(recur_dataset_read(f->ctx, &FIRST, 1, paths, &d), RECUR_EDATA);
        assert_contains(recur_error(f->ctx), wanted);
    }
}

static void files_follow_each_other(void **state)
{
    fixture          *f = *state;
    char              paths[3][128];
    const char *const names[] = {paths[0], paths[1], paths[2]};
    recur_dataset    *d;
    write_file(file_path(state, "a.tsv", paths[0]), "label\ttext\nx\ta", 14);
    write_file(file_path(state, "empty.tsv", paths[1]), "", 0);
    write_file(file_path(state, "b.csv", paths[2]), "text,label\nb,x\nc,y\n", 19);
    assert_int_equal(recur_dataset_read(f->ctx, &NAMED, 3, names, &d), RECUR_OK);
    check_items(d, "a/0\nb/0\nc/1\n");
    uint64_t checksum =
        ri_hash(ri_hash(RI_HASH_START, "label\ttext\nx\ta", 14), "text,label\nb,x\nc,y\n", 19);
    assert_true(recur_dataset_checksum(d) == checksum);
    assert_false(recur_dataset_is_stream(d));
    assert_true(recur_dataset_has_header(d));
    recur_dataset_destroy(d);
    const char *const missing[] = {paths[0], "/nowhere/at/all"};
    assert_int_equal(recur_dataset_read(f->ctx, &NAMED, 2, missing, &d), RECUR_EIO);
    const char *const series[] = {paths[0], "x.ts"};
    assert_int_equal(recur_dataset_read(f->ctx, &NAMED, 2, series, &d), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "hold data of different kinds");
    const char *const twice[] = {"-", "-"};
    assert_int_equal(recur_dataset_read(f->ctx, &NAMED, 2, twice, &d), RECUR_EARG);
    assert_int_equal(recur_dataset_read(f->ctx, &NAMED, 0, twice, &d), RECUR_EARG);
    assert_int_equal(recur_dataset_read(f->ctx, NULL, 1, names, &d), RECUR_EARG);
    recur_dataset_destroy(NULL);
}

static void nothing_to_read_is_an_error(void **state)
{
    check_refused(state, "a.tsv", "", &NAMED, RECUR_EDATA, "a.tsv holds no items; wanted data");
    check_refused(state, "a.tsv", "label\ttext\n", &NAMED, RECUR_EDATA, "a.tsv holds no items");
}

static void long_texts_are_read(void **state)
{
    enum { WORDS = 100000 };
    char          *text = malloc(WORDS * 8 + 2), *at = text;
    recur_dataset *d;
    at += sprintf(at, "1 ");
    for (int i = 0; i < WORDS; i++) at += sprintf(at, "w%d ", i % 9000);
    assert_int_equal(read_as(state, "a.txt", text, &FIRST, &d), RECUR_OK);
    assert_int_equal(recur_dataset_length(d, 0), WORDS);
    assert_int_equal(recur_dataset_words(d, 0), WORDS);
    size_t n;
    assert_memory_equal(recur_dataset_form(d, 0, WORDS - 1, &n), "w999", 4);
    assert_null(recur_dataset_form(d, 0, WORDS, &n));
    assert_null(recur_dataset_form(d, 1, 0, &n));
    recur_dataset_destroy(d);
    free(text);
}

/* ---- piece by piece ---- */

static void pieces_hold_so_many_items(void **state)
{
    fixture          *f = *state;
    char              path[128];
    const char *const paths[] = {path};
    const char *const wanted[] = {"a/0\nb/1\n", "c|d|e|f/0\n", "g/0\n"};
    recur_reader     *r;
    recur_dataset    *d;
    write_file(file_path(state, "a.txt", path), "x a\ny b\nx c d e f\nz g\n", 22);
    assert_int_equal(recur_reader_open(f->ctx, &FIRST, 1, paths, &r), RECUR_OK);
    assert_int_equal(recur_reader_next(r, 0, 1, &d), RECUR_EARG);
    int64_t items[] = {2, 1, 1};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recur_reader_next(r, items[i], 100, &d), RECUR_OK);
        check_items(d, wanted[i]);
        recur_dataset_destroy(d);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(recur_reader_next(r, 1, 1, &d), RECUR_OK);
        assert_null(d);
    }
    recur_reader_close(r);
    recur_reader_close(NULL);
}

static void pieces_hold_so_many_tokens(void **state)
{
    fixture          *f = *state;
    char              path[128];
    const char *const paths[] = {path};
    recur_reader     *r;
    recur_dataset    *d;
    write_file(file_path(state, "a.txt", path), "x a b\ny c\nx d e f g\nz h\n", 24);
    assert_int_equal(recur_reader_open(f->ctx, &FIRST, 1, paths, &r), RECUR_OK);
    assert_int_equal(recur_reader_next(r, 100, 3, &d), RECUR_OK);
    check_items(d, "a|b/0\nc/1\n");
    recur_dataset_destroy(d);
    assert_int_equal(recur_reader_next(r, 100, 3, &d), RECUR_OK);
    check_items(d, "d|e|f|g/0\n"); /* its labels are its own */
    recur_dataset_destroy(d);
    assert_int_equal(recur_reader_next(r, 100, 3, &d), RECUR_OK);
    check_items(d, "h/0\n");
    recur_dataset_destroy(d);
    recur_reader_close(r);
}

static void what_comes_before_a_fault_is_given(void **state)
{
    fixture          *f = *state;
    char              path[128];
    const char *const paths[] = {path};
    recur_reader     *r;
    recur_dataset    *d;
    write_file(file_path(state, "a.tsv", path), "label\ttext\nx\ta b\ny\tc\td\n", 24);
    assert_int_equal(recur_reader_open(f->ctx, &NAMED, 1, paths, &r), RECUR_OK);
    assert_int_equal(recur_reader_next(r, 100, 100, &d), RECUR_OK);
    check_items(d, "a|b/0\n");
    recur_dataset_destroy(d);
    assert_int_equal(recur_reader_next(r, 0, 0, &d), RECUR_EARG); /* another error comes between */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(recur_reader_next(r, 100, 100, &d), RECUR_EDATA);
        assert_null(d);
        assert_contains(recur_error(f->ctx), "line 3: 3 columns");
    }
    recur_reader_close(r);
}

/* The child answers each line of its stdin; it must get them while the pipe is still open. */
static int answer_lines(fixture *f)
{
    recur_source      s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_WORD}};
    const char *const paths[] = {"-"};
    recur_reader     *r;
    recur_dataset    *d = NULL;
    int               n = 0;
    if (recur_reader_open(f->ctx, &s, 1, paths, &r) != RECUR_OK) return 1;
    while (recur_reader_next(r, 1000, 1000000, &d) == RECUR_OK && d) {
        n += (int)recur_dataset_items(d);
        char answer = (char)('0' + recur_dataset_tokens(d));
        if (!recur_dataset_is_stream(d) || write(STDOUT_FILENO, &answer, 1) != 1) return 1;
        recur_dataset_destroy(d);
    }
    recur_reader_close(r);
    recur_ctx_destroy(f->ctx);
    return n == 3 && f->memory.n_live == 0 ? 0 : 1;
}

static void stdin_is_answered_as_it_comes(void **state)
{
    int  in[2], out[2], status;
    char answer;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        _exit(answer_lines(*state));
    }
    const char *const lines[] = {"one\n", "one two\n", "a b c"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(in[1], lines[i], strlen(lines[i])), strlen(lines[i]));
        if (i == 2) close(in[1]); /* the last line has no end but this */
        assert_int_equal(read(out[0], &answer, 1), 1);
        assert_int_equal(answer, '1' + i);
    }
    close(in[0]);
    close(out[0]);
    close(out[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A line longer than what is read at once, between short ones, from a pipe. */
static void long_lines_of_stdin(void **state)
{
    enum { N = 300000 };
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        fixture          *f = *state;
        recur_source      s = {.format = RECUR_LINES, .bare = true, .rule = {.unit = RECUR_CHAR}};
        const char *const paths[] = {"-"};
        recur_dataset    *d;
        dup2(ends[0], STDIN_FILENO);
        close(ends[1]);
        if (recur_dataset_read(f->ctx, &s, 1, paths, &d) != RECUR_OK) _exit(1);
        bool ok = recur_dataset_items(d) == 3 && recur_dataset_length(d, 0) == 2 &&
                  recur_dataset_length(d, 1) == N && recur_dataset_length(d, 2) == 1;
        recur_dataset_destroy(d);
        _exit(ok ? 0 : 1);
    }
    close(ends[0]);
    assert_int_equal(write(ends[1], "ab\n", 3), 3);
    char *text = malloc(N);
    memset(text, 'x', N);
    for (size_t sent = 0; sent < N;) {
        ssize_t n = write(ends[1], text + sent, N - sent);
        assert_true(n > 0);
        sent += (size_t)n;
    }
    free(text);
    assert_int_equal(write(ends[1], "\ny", 2), 2);
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void missing_memory_is_reported(void **state)
{
    fixture          *f = *state;
    char              paths[2][128];
    const char *const names[] = {paths[0], paths[1]};
    recur_dataset    *d;
    int64_t           n_live = f->memory.n_live;
    int               n_failures = 0;
    write_file(file_path(state, "a.csv", paths[0]), "1,\"a \"\"b\"\"\"\n2,c d\n1,e\n2,f\n", 26);
    write_file(file_path(state, "b.tsv", paths[1]), "mood\tx\n1\tg\n1\th\n", 15);
    for (;; n_failures++) {
        f->memory.left = n_failures;
        recur_status status = recur_dataset_read(f->ctx, &NUMBERED, 2, names, &d);
        f->memory.left = -1;
        if (status == RECUR_OK) break;
        assert_int_equal(status, RECUR_EMEMORY);
        assert_contains(recur_error(f->ctx), "no memory");
        assert_int_equal(f->memory.n_live, n_live);
    }
    assert_true(n_failures > 20);
    check_items(d, "a|\"|b|\"/0\nc|d/1\ne/0\nf/1\ng/0\nh/0\n");
    recur_dataset_destroy(d);
}

/* Read a file two items at a time. Returns the status that ends it. */
static recur_status read_pieces(recur_ctx *ctx, const recur_source *s, const char *path, int64_t *items,
                                int64_t *tokens)
{
    recur_reader *r;
    recur_status  status = recur_reader_open(ctx, s, 1, &path, &r);
    for (recur_dataset *d = NULL; status == RECUR_OK;) {
        status = recur_reader_next(r, 2, 5, &d);
        if (!d) break;
        *items += recur_dataset_items(d);
        *tokens += recur_dataset_tokens(d);
        recur_dataset_destroy(d);
    }
    recur_reader_close(r);
    return status;
}

/* Whatever bytes there are, reading ends with items or a sentence, the same by pieces as at once; sanitizers watch. */
static void random_bytes_do_no_harm(void **state)
{
    static const char         alphabet[] = "ab\t\t,,\"\"\n\n \r1:?#@-.\xc3\xa9\xff";
    static const recur_format formats[] = {RECUR_TSV, RECUR_CSV,        RECUR_LABEL_FIRST,
                                           RECUR_TS,  RECUR_SERIES_CSV, RECUR_CONLL};
    fixture                  *f = *state;
    uint64_t                  seed = 1;
    for (int round = 0; round < 3000; round++) {
        char              bytes[64], path[128];
        size_t            n = (size_t)(round % 64);
        recur_source      s = NUMBERED;
        recur_dataset    *d;
        int64_t           items = 0, tokens = 0;
        const char *const paths[] = {path};
        for (size_t i = 0; i < n; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        remove(file_path(state, "a", path)); /* a file that is cut and written again may wait for the disk */
        write_file(path, bytes, n);
        s.format = formats[round % 6];
        s.id = "2";
        s.header = RECUR_HEADER_NO;
        s.bare = round % 4 == 0;
        s.encoding = round % 3 ? RECUR_LATIN1 : RECUR_UTF8;
        s.keep_lines = true;
        recur_status status = recur_dataset_read(f->ctx, &s, 1, paths, &d);
        bool         is_empty = status == RECUR_EDATA && strstr(recur_error(f->ctx), "holds no items");
        if (status != RECUR_OK) assert_true(status == RECUR_EDATA && strlen(recur_error(f->ctx)) > 10);
        assert_int_equal(read_pieces(f->ctx, &s, path, &items, &tokens), is_empty ? RECUR_OK : status);
        if (d) assert_true(items == recur_dataset_items(d) && tokens == recur_dataset_tokens(d));
        recur_dataset_destroy(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(tab_separated_rows),
        READING_TEST(comma_separated_rows),
        READING_TEST(quotes_out_of_place_are_refused),
        READING_TEST(columns_that_are_not_there_are_named),
        READING_TEST(rows_with_other_columns_are_refused),
        READING_TEST(empty_lines_are_skipped_where_there_are_labels),
        READING_TEST(headers_are_found),
        READING_TEST(a_dropped_header_leaves_the_items_whole),
        READING_TEST(lines_that_begin_with_their_label),
        READING_TEST(bare_lines),
        READING_TEST(units),
        READING_TEST(other_encodings),
        READING_TEST(nul_bytes_are_refused),
        READING_TEST(files_follow_each_other),
        READING_TEST(nothing_to_read_is_an_error),
        READING_TEST(long_texts_are_read),
        READING_TEST(pieces_hold_so_many_items),
        READING_TEST(pieces_hold_so_many_tokens),
        READING_TEST(what_comes_before_a_fault_is_given),
        READING_TEST(stdin_is_answered_as_it_comes),
        READING_TEST(long_lines_of_stdin),
        READING_TEST(missing_memory_is_reported),
        READING_TEST(random_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
