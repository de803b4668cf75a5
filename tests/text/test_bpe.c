/* Byte pairs: which merges are learned, what they make of texts, that nothing is lost, and tables that cannot be.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <time.h>

#include "base/rng.h"
#include "text/bpe.h"
#include "text/split.h"

static const recur_allocator HEAP;

static recur_vocab *build_of(int64_t n, const char *const *texts, const size_t *bytes, int64_t min_count,
                             int64_t max_size)
{
    recur_vocab     *v;
    ri_error         e;
    recur_vocab_opts opts = {min_count, max_size};
    if (ri_vocab_build(&HEAP, RECUR_BPE, n, texts, bytes, &opts, &v, &e) != RECUR_OK) fail_msg("%s", e.text);
    return v;
}

static recur_vocab *build(const char *text, int64_t min_count, int64_t max_size)
{
    size_t bytes = strlen(text);
    return build_of(1, &text, &bytes, min_count, max_size);
}

/* Join the tokens that are no single bytes as "token|token|...". */
static void check_learned(recur_vocab *v, const char *wanted)
{
    char found[2000] = "";
    for (int32_t id = 256; id < recur_vocab_size(v); id++) {
        size_t      n;
        const char *token = recur_vocab_token(v, id, &n);
        sprintf(found + strlen(found), "%s%.*s", id > 256 ? "|" : "", (int)n, token);
    }
    assert_string_equal(found, wanted);
    recur_vocab_destroy(v);
}

/* ---- pieces ---- */

static void check_pieces(const char *text, const char *wanted)
{
    char      found[1000] = "";
    ri_cursor cursor = {.unit = RECUR_BPE, .text = text, .bytes = strlen(text)};
    for (ri_span token; ri_split_next(&cursor, &token);)
        sprintf(found + strlen(found), "%s%.*s", *found ? "|" : "", (int)token.size, token.bytes);
    assert_string_equal(found, wanted);
    assert_int_equal(cursor.at, strlen(text));
}

static void pieces_are_words_numbers_signs_and_spaces(void **state)
{
    (void)state;
    check_pieces("", "");
    check_pieces("A man, 42 years.", "A| man|,| 42| years|.");
    check_pieces(" a  b   ", " a| | b|   ");
    check_pieces("\n\n  \n x\ny", "\n\n  \n| x|\n|y");
    check_pieces("don't ... (well-made!)", "don|'|t| ...| (|well|-|made|!)");
    check_pieces("stra\xc3\x9f"
                 "e e\xcc\x81t\xc3\xa9 \xe2\x82\xac"
                 "5",
                 "stra\xc3\x9f"
                 "e| e\xcc\x81t\xc3\xa9| \xe2\x82\xac|5");
    check_pieces("a\xc2\xa0"
                 "b",
                 "a|\xc2\xa0|b");
    check_pieces("a\xff\xfe \xc3(", "a|\xff\xfe| \xc3("); /* bytes that are no text are signs */
}

static void pieces_have_a_bound(void **state)
{
    (void)state;
    char text[1000];
    for (int kind = 0; kind < 4; kind++) {
        memset(text, "x \x82!"[kind], sizeof text);
        ri_cursor cursor = {.unit = RECUR_BPE, .text = text, .bytes = sizeof text};
        ri_span   token;
        size_t    n = 0;
        for (size_t at = 0; ri_split_next(&cursor, &token); at += token.size, n++) {
            assert_true(token.size > 0 && token.size <= RI_PIECE_BYTES);
            assert_ptr_equal(token.bytes, text + at);
        }
        assert_int_equal(cursor.at, sizeof text);
        assert_int_equal(n, (sizeof text + RI_PIECE_BYTES - 1) / RI_PIECE_BYTES);
    }
}

/* ---- learning ---- */

/* The example of Sennrich, Haddow and Birch. */
static void most_frequent_pairs_merge_first(void **state)
{
    (void)state;
    const char *text =
        "low low low low low lower lower newest newest newest newest newest newest widest widest widest";
    check_learned(build(text, 0, 256 + 10), "es|est|lo|low| n| low|ew| new| newest| w");
}

static void rare_pairs_stay_apart(void **state)
{
    (void)state;
    check_learned(build("abc", 0, 0), "");
    check_learned(build("ab\nab", 0, 0), "ab");
    check_learned(build("ab\nab", 3, 0), "");
    check_learned(build("ab\nab\nab", 3, 0), "ab");
    check_learned(build("aaaa", 0, 0), "aa");
    check_learned(build("ab\nab\nab", 0, 256), "");
}

static void what_makes_no_vocabulary_is_refused(void **state)
{
    (void)state;
    const char      *texts[] = {"ab"};
    size_t           bytes = 2, none = 0;
    recur_vocab     *v;
    ri_error         e;
    recur_vocab_opts few = {0, 255};
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_BPE, 1, texts, &bytes, &few, &v, &e), RECUR_EARG);
    assert_contains(e.text, "wanted at least as many tokens, found 255");
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_BPE, 1, texts, &none, NULL, &v, &e), RECUR_EDATA);
    assert_null(v);
}

/* A random text of few letters and spaces: pairs abound, and so do ties. */
static size_t scribble(char *text, size_t n, uint64_t seed, const char *letters)
{
    size_t kinds = strlen(letters);
    for (size_t i = 0; i < n; i++) text[i] = letters[(size_t)(ri_uniform(seed, 7, i) * (double)kinds)];
    return n;
}

static void check_same(const recur_vocab *a, const recur_vocab *b)
{
    assert_int_equal(a->merges.n, b->merges.n);
    assert_memory_equal(a->merges.list, b->merges.list, (size_t)a->merges.n * sizeof *a->merges.list);
}

static void order_of_texts_does_not_matter(void **state)
{
    (void)state;
    enum { N = 300, BYTES = 50 };
    static char text[N][BYTES];
    const char *forth[N], *back[N];
    size_t      bytes[N];
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (int i = 0; i < N; i++) {
            bytes[i] = scribble(text[i], BYTES, seed * N + (uint64_t)i, "abcde ");
            forth[i] = back[N - 1 - i] = text[i];
        }
        recur_vocab *a = build_of(N, forth, bytes, 0, 400), *b = build_of(N, back, bytes, 0, 400);
        assert_int_equal(recur_vocab_size(a), 400);
        check_same(a, b);
        recur_vocab_destroy(b);
        recur_vocab_destroy(a);
    }
}

/* The definition: count every pair anew for every merge, over pieces encoded with the merges so far. */
static ri_pair best_pair(const recur_vocab *v, const ri_pairs *merges, ri_span text)
{
    static int32_t counts[400][400];
    ri_pair        best = {-1, -1};
    ri_cursor      cursor = {.unit = RECUR_BPE, .text = text.bytes, .bytes = text.size};
    memset(counts, 0, sizeof counts);
    for (ri_span piece; ri_split_next(&cursor, &piece);) {
        int32_t ids[RI_PIECE_BYTES];
        int     n = ri_bpe_encode(merges, piece, ids);
        for (int i = 0; i + 1 < n; i++) counts[ids[i]][ids[i + 1]]++;
    }
    for (int32_t i = 0; i < 400; i++)
        for (int32_t j = 0; j < 400; j++) {
            char   bytes[2 * RI_PIECE_BYTES];
            size_t n, m;
            if (counts[i][j] < 2 || (best.left >= 0 && counts[i][j] <= counts[best.left][best.right]))
                continue;
            const char *left = recur_vocab_token(v, i, &n), *right = recur_vocab_token(v, j, &m);
            memcpy(bytes, left, n);
            memcpy(bytes + n, right, m);
            int64_t known = ri_table_find(&v->table, (ri_span){bytes, n + m});
            if (known < 0 || known >= 256 + merges->n) best = (ri_pair){i, j};
        }
    return best;
}

static void learning_is_counting_anew(void **state)
{
    (void)state;
    enum { BYTES = 1500 };
    char text[BYTES];
    for (uint64_t seed = 0; seed < 8; seed++) {
        const char  *t = text;
        size_t       bytes = scribble(text, BYTES, seed, seed % 2 ? "aab  " : "abcdefg ");
        recur_vocab *v = build_of(1, &t, &bytes, 0, 330);
        ri_pairs     merges;
        ri_pairs_init(&merges, &HEAP);
        for (int64_t i = 0; i < v->merges.n; i++) {
            ri_pair wanted = best_pair(v, &merges, (ri_span){text, bytes}), found = v->merges.list[i];
            assert_int_equal(found.left, wanted.left);
            assert_int_equal(found.right, wanted.right);
            assert_true(ri_pairs_add(&merges, found) == i);
        }
        if (recur_vocab_size(v) < 330)
            assert_int_equal(best_pair(v, &merges, (ri_span){text, bytes}).left, -1);
        assert_true(v->merges.n > 10);
        ri_pairs_destroy(&merges);
        recur_vocab_destroy(v);
    }
}

/* ---- encoding and decoding ---- */

static void check_round_trip(const recur_vocab *v, const char *text, size_t bytes)
{
    int64_t  n, again;
    size_t   size, same;
    ri_error e;
    assert_int_equal(ri_vocab_encode(v, text, bytes, NULL, &n, NULL, &e), RECUR_OK);
    assert_true(n >= 0 && n <= (int64_t)bytes);
    int32_t *ids = malloc((size_t)n * sizeof *ids + 1);
    int64_t  n_unknown = 1;
    assert_int_equal(ri_vocab_encode(v, text, bytes, ids, &again, &n_unknown, &e), RECUR_OK);
    assert_true(again == n && n_unknown == 0);
    assert_int_equal(ri_vocab_decode(v, ids, n, NULL, &size, &e), RECUR_OK);
    assert_int_equal(size, bytes);
    char *back = malloc(size + 1);
    assert_int_equal(ri_vocab_decode(v, ids, n, back, &same, &e), RECUR_OK);
    assert_int_equal(same, size);
    if (bytes) assert_memory_equal(back, text, bytes);
    free(back);
    free(ids);
}

static void any_bytes_come_back(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    recur_vocab *v =
        build("the cat sat on the mat with the hat\xc3\xa9\xc3\xa9\xc3\xa9 the  cat\n\n the cat", 0, 0);
    assert_true(recur_vocab_size(v) > 260);
    assert_int_equal(recur_vocab_unknown(v), -1);
    char *text = malloc(LONG);
    check_round_trip(v, "", 0);
    check_round_trip(v, "\0\0the\0cat", 9);
    check_round_trip(v, "\xc3\xa9\xc3 the\xff\xed\xa0\x80 cat\xf4\x90\x80\x80", 19);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        size_t bytes = (size_t)(ri_uniform(seed, 2, 0) * 60);
        for (size_t i = 0; i < bytes; i++) text[i] = (char)(ri_uniform(seed, 2, i + 1) * 256);
        check_round_trip(v, text, bytes);
        check_round_trip(v, text, scribble(text, bytes, seed, "the cat\n"));
    }
    check_round_trip(v, text, scribble(text, LONG, 1, "the cat"));
    memset(text, 'x', LONG);
    check_round_trip(v, text, LONG);
    memset(text, ' ', LONG);
    check_round_trip(v, text, LONG);
    free(text);
    recur_vocab_destroy(v);
}

static void tokens_are_those_of_the_merges(void **state)
{
    (void)state;
    recur_vocab *v = build("ab ab ab abc abc", 0, 0); /* ab, " ab", then abc */
    int32_t      ids[20];
    int64_t      n;
    ri_error     e;
    check_round_trip(v, "ab abc", 6);
    assert_int_equal(ri_vocab_encode(v, "ab abc", 6, ids, &n, NULL, &e), RECUR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(ids[0], 256);
    int32_t bad[] = {256, (int32_t)recur_vocab_size(v)};
    size_t  bytes;
    assert_int_equal(ri_vocab_decode(v, bad, 2, NULL, &bytes, &e), RECUR_EARG);
    assert_contains(e.text, "id 1 is");
    recur_vocab_destroy(v);
}

/* Of the other units, decoding joins words by single spaces and characters by nothing. */
static void words_and_characters_are_joined(void **state)
{
    (void)state;
    const char *text = "one  two\n\xc3\xa9 two";
    const char *wanted[] = {[RECUR_CHAR] = text, [RECUR_BYTE] = text, [RECUR_WORD] = "one two\n\xc3\xa9 two"};
    for (recur_unit unit = RECUR_CHAR; unit <= RECUR_WORD; unit++) {
        recur_vocab *v;
        ri_error     e;
        size_t       bytes = strlen(text), size;
        int32_t      ids[30];
        int64_t      n;
        char         found[30] = "";
        assert_int_equal(ri_vocab_build(&HEAP, unit, 1, &text, &bytes, NULL, &v, &e), RECUR_OK);
        assert_int_equal(ri_vocab_encode(v, text, bytes, ids, &n, NULL, &e), RECUR_OK);
        assert_int_equal(ri_vocab_decode(v, ids, n, found, &size, &e), RECUR_OK);
        assert_int_equal(size, strlen(wanted[unit]));
        assert_string_equal(found, wanted[unit]);
        recur_vocab_destroy(v);
    }
}

/* ---- JSON ---- */

static void merges_are_kept(void **state)
{
    (void)state;
    char        *json;
    recur_vocab *v = build("ab ab ab abc abc", 0, 258), *copy;
    ri_error     e;
    assert_int_equal(ri_vocab_to_json(v, &HEAP, &json, &e), RECUR_OK);
    assert_string_equal(json, "{\"unit\":\"bpe\",\"merges\":[[97,98],[32,256]]}");
    assert_int_equal(ri_vocab_from_json(&HEAP, json, &copy, &e), RECUR_OK);
    check_same(v, copy);
    assert_int_equal(recur_vocab_size(copy), 258);
    check_round_trip(copy, "ab abc", 6);
    ri_release(&HEAP, json);
    recur_vocab_destroy(copy);
    recur_vocab_destroy(v);
}

static void check_refused(const char *json, const char *part)
{
    recur_vocab *v;
    ri_error     e;
    assert_int_equal(ri_vocab_from_json(&HEAP, json, &v, &e), RECUR_EMODEL);
    assert_null(v);
    assert_contains(e.text, part);
}

static void hostile_merges_are_refused(void **state)
{
    (void)state;
    check_refused("{\"unit\":\"bpe\"}", "wanted \"unit\" and \"merges\" alone");
    check_refused("{\"unit\":\"bpe\",\"tokens\":[]}", "wanted \"unit\" and \"merges\" alone");
    check_refused("{\"unit\":\"bpe\",\"merges\":7}", "wanted an array");
    check_refused("{\"unit\":\"bpe\",\"merges\":[7]}", "merge 0 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97]]}", "merge 0 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98,99]]}", "merge 0 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98.0]]}", "merge 0 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98],[97,-1]]}", "merge 1 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,4294967393]]}", "merge 0 is not");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,256]]}",
                  "merge 0 is of tokens 97 and 256; wanted numbers from 0 to 255");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98],[257,98]]}", "merge 1 is of tokens 257 and 98");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98],[97,98]]}", "are the same");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,98],[98,99],[256,99],[97,257]]}",
                  "tokens 258 and 259 are the same: \"abc\"");
    check_refused("{\"unit\":\"bpe\",\"merges\":[[97,97],[256,256],[257,257],[258,258],[259,259],[260,260],["
                  "261,261],[262,262]]}",
                  "merge 7 makes a token of 256 bytes; wanted at most 128");
}

/* ---- speed and memory ---- */

static void much_text_takes_little_time(void **state)
{
    (void)state;
    enum { WORDS = 400000, TEXT = WORDS * 12 };
    char  *text = malloc(TEXT);
    size_t bytes = 0;
    for (uint64_t i = 0; i < WORDS; i++) {
        double u = ri_uniform(3, 1, i);
        bytes += (size_t)sprintf(text + bytes, " w%x", (unsigned)(u * u * u * 100000) * 40503u & 0xfffff);
    }
    clock_t      start = clock();
    const char  *t = text;
    recur_vocab *v = build_of(1, &t, &bytes, 0, 8000);
    assert_int_equal(recur_vocab_size(v), 8000);
    check_round_trip(v, text, bytes);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC <
                30); /* counting anew for each merge would take an hour */
    recur_vocab_destroy(v);
    free(text);
}

static recur_status build_with(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_vocab *v;
    static char  text[3000];
    (void)arg;
    size_t           bytes = scribble(text, sizeof text, 1, "abcdefghijklmnopqrstuvwxyz      ");
    const char      *t = text;
    recur_vocab_opts opts = {0, 700};
    recur_status     status = ri_vocab_build(a, RECUR_BPE, 1, &t, &bytes, &opts, &v, error);
    recur_vocab_destroy(v);
    return status;
}

static recur_status from_json(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_vocab *v;
    (void)arg;
    recur_status status =
        ri_vocab_from_json(a, "{\"unit\":\"bpe\",\"merges\":[[97,98],[256,97]]}", &v, error);
    recur_vocab_destroy(v);
    return status;
}

static recur_status to_json(const recur_allocator *a, void *arg, ri_error *error)
{
    char        *json;
    recur_status status = ri_vocab_to_json(arg, a, &json, error);
    ri_release(a, json);
    return status;
}

static void missing_memory_is_reported(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(build_with, NULL) > 10);
    assert_true(fail_every_allocation(from_json, NULL) > 0);
    recur_vocab *v = build("ab ab", 0, 0);
    assert_true(fail_every_allocation(to_json, v) > 0);
    recur_vocab_destroy(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_words_numbers_signs_and_spaces),
        cmocka_unit_test(pieces_have_a_bound),
        cmocka_unit_test(most_frequent_pairs_merge_first),
        cmocka_unit_test(rare_pairs_stay_apart),
        cmocka_unit_test(what_makes_no_vocabulary_is_refused),
        cmocka_unit_test(order_of_texts_does_not_matter),
        cmocka_unit_test(learning_is_counting_anew),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(tokens_are_those_of_the_merges),
        cmocka_unit_test(words_and_characters_are_joined),
        cmocka_unit_test(merges_are_kept),
        cmocka_unit_test(hostile_merges_are_refused),
        cmocka_unit_test(much_text_takes_little_time),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
