/* Vocabularies: what goes in and in which order, encoding and its errors, JSON and its refusals, and laws over random texts.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <time.h>

#include "base/hash.h"
#include "base/rng.h"
#include "text/split.h"
#include "text/vocab.h"

static const recur_allocator HEAP;

/* Build the vocabulary of one text; the caller destroys it. */
static recur_vocab *build(recur_unit unit, const char *text, int64_t min_count, int64_t max_size)
{
    recur_vocab     *v;
    ri_error         e;
    size_t           bytes = strlen(text);
    recur_vocab_opts opts = {min_count, max_size};
    if (ri_vocab_build(&HEAP, unit, 1, &text, &bytes, &opts, &v, &e) != RECUR_OK) fail_msg("%s", e.text);
    return v;
}

/* Join all tokens as "token|token|...". */
static void join(const recur_vocab *v, char *out)
{
    *out = '\0';
    for (int32_t id = 0; id < recur_vocab_size(v); id++) {
        size_t      n;
        const char *token = recur_vocab_token(v, id, &n);
        sprintf(out + strlen(out), "%s%.*s", id ? "|" : "", (int)n, token);
    }
}

static void check_built(recur_unit unit, const char *text, int64_t min_count, int64_t max_size,
                        const char *wanted)
{
    char         found[1000];
    recur_vocab *v = build(unit, text, min_count, max_size);
    join(v, found);
    assert_string_equal(found, wanted);
    bool has_unknown = strncmp(wanted, "<unk>", 5) == 0;
    assert_int_equal(recur_vocab_unknown(v), has_unknown ? 0 : -1);
    assert_int_equal(recur_vocab_unit(v), unit);
    recur_vocab_destroy(v);
}

static void check_not_built(recur_unit unit, const char *text, size_t bytes, recur_vocab_opts opts,
                            recur_status status, const char *part)
{
    recur_vocab *v;
    ri_error     e;
    assert_int_equal(ri_vocab_build(&HEAP, unit, 1, &text, &bytes, &opts, &v, &e), status);
    assert_null(v);
    assert_contains(e.text, part);
}

/* ---- building ---- */

static void characters_are_ordered_by_code_point(void **state)
{
    (void)state;
    check_built(RECUR_CHAR, "hello", 0, 0, "e|h|l|o");
    check_built(RECUR_CHAR,
                "b\xc3\xa9"
                "a\xf0\x9f\x98\x80\xe2\x82\xac\nz",
                0, 0, "\n|a|b|z|\xc3\xa9|\xe2\x82\xac|\xf0\x9f\x98\x80");
    check_built(RECUR_CHAR, "hello", 1, 4, "e|h|l|o"); /* nothing to cut */
    check_built(RECUR_CHAR, "hello", 1, 9, "e|h|l|o");
    check_built(RECUR_CHAR, "hello", 2, 0, "<unk>|l");
    check_built(RECUR_CHAR, "hello", 1, 3, "<unk>|e|l"); /* a tie: the least bytes stay */
    check_built(RECUR_CHAR, "hello", 2, 9, "<unk>|l");
    check_built(RECUR_CHAR, "hello", 0, 1, "<unk>");
    check_built(RECUR_CHAR, "hello", 99, 0, "<unk>");
    check_built(RECUR_CHAR, "<unk>", 0, 0, "<|>|k|n|u");
}

static void words_are_ordered_by_count_then_bytes(void **state)
{
    (void)state;
    check_built(RECUR_WORD, "the cat the dog a cat the", 0, 0, "<unk>|the|cat|a|dog");
    check_built(RECUR_WORD,
                " b\ta \r\x0b\x0c"
                "ab\n\nb",
                0, 0, "<unk>|\n|b|a|ab");
    check_built(RECUR_WORD,
                "b\xc2\xa0"
                "a\xe3\x80\x80\xe2\x80\xa8"
                "c\xc2\x85"
                "d",
                0, 0, "<unk>|a|b|c|d");
    check_built(RECUR_WORD, "the cat the dog a cat the", 2, 0, "<unk>|the|cat");
    check_built(RECUR_WORD, "the cat the dog a cat the", 0, 4, "<unk>|the|cat|a");
    check_built(RECUR_WORD, "the cat the dog a cat the", 3, 3, "<unk>|the");
    check_built(RECUR_WORD, "the cat", 0, 1, "<unk>");
    check_built(RECUR_WORD, "a <unk> b <unk> b <unk>", 0, 0,
                "<unk>|b|a"); /* the literal is the unknown token */
    check_built(RECUR_WORD, "a", 0, 0, "<unk>|a");
}

static void bytes_are_always_256(void **state)
{
    (void)state;
    recur_vocab *v;
    ri_error     e;
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_BYTE, 0, NULL, NULL, NULL, &v, &e), RECUR_OK);
    assert_int_equal(recur_vocab_size(v), 256);
    assert_int_equal(recur_vocab_unknown(v), -1);
    char all[256];
    for (int i = 0; i < 256; i++) {
        size_t      n;
        const char *token = recur_vocab_token(v, i, &n);
        assert_true(n == 1 && (unsigned char)*token == i);
        all[i] = (char)(255 - i);
    }
    int32_t ids[256];
    int64_t n, n_unknown;
    assert_int_equal(ri_vocab_encode(v, all, 256, ids, &n, &n_unknown, &e), RECUR_OK);
    assert_true(n == 256 && n_unknown == 0);
    for (int i = 0; i < 256; i++) assert_int_equal(ids[i], 255 - i);
    recur_vocab_destroy(v);
    recur_vocab_destroy(NULL);
    check_not_built(RECUR_BYTE, "x", 1, (recur_vocab_opts){.max_size = 255}, RECUR_EARG,
                    "always has 256 tokens");
    check_not_built(RECUR_BYTE, "x", 1, (recur_vocab_opts){.min_count = 2}, RECUR_EARG,
                    "always has 256 tokens");
}

static void several_texts_are_one(void **state)
{
    (void)state;
    const char *const texts[] = {"a b", "", "b c"}, *const broken[] = {"a", "b\nc\xff"};
    const size_t bytes[] = {3, 0, 3}, broken_bytes[] = {1, 4};
    char         found[100];
    recur_vocab *v;
    ri_error     e;
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_WORD, 3, texts, bytes, NULL, &v, &e), RECUR_OK);
    join(v, found);
    assert_string_equal(found, "<unk>|b|a|c");
    recur_vocab_destroy(v);
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_CHAR, 2, broken, broken_bytes, NULL, &v, &e), RECUR_EDATA);
    assert_string_equal(e.text, "text 1: invalid UTF-8 at byte 3 (line 2); --unit byte reads any bytes");
}

static void what_makes_no_vocabulary_is_refused(void **state)
{
    (void)state;
    for (recur_unit unit = RECUR_CHAR; unit <= RECUR_WORD; unit++) {
        check_not_built(unit, "x", 1, (recur_vocab_opts){.min_count = -1}, RECUR_EARG, "least count is -1");
        check_not_built(unit, "x", 1, (recur_vocab_opts){.max_size = -5}, RECUR_EARG, "greatest size -5");
        if (unit == RECUR_BYTE) continue;
        check_not_built(unit, "", 0, (recur_vocab_opts){0}, RECUR_EDATA, "holds no ");
        check_not_built(unit, "a\nb \xe2\x82", 6, (recur_vocab_opts){0}, RECUR_EDATA,
                        "invalid UTF-8 at byte 4 (line 2); --unit byte");
        check_not_built(unit, "a\0b", 3, (recur_vocab_opts){0}, RECUR_EDATA,
                        "a NUL byte at byte 1 (line 1); --unit byte");
    }
    check_not_built(RECUR_WORD, " \t ", 3, (recur_vocab_opts){0}, RECUR_EDATA, "holds no words");
}

/* ---- encoding ---- */

static void check_encoded(recur_unit unit, const char *training, const char *text, const char *wanted,
                          int64_t wanted_unknown)
{
    recur_vocab *v = build(unit, training, 0, 0);
    ri_error     e;
    int32_t      ids[100];
    int64_t      n, n_counted, n_unknown;
    char         found[1000] = "";
    assert_int_equal(ri_vocab_encode(v, text, strlen(text), NULL, &n_counted, NULL, &e), RECUR_OK);
    assert_int_equal(ri_vocab_encode(v, text, strlen(text), ids, &n, &n_unknown, &e), RECUR_OK);
    assert_int_equal(n, n_counted);
    assert_int_equal(n_unknown, wanted_unknown);
    for (int64_t i = 0; i < n; i++) sprintf(found + strlen(found), "%s%d", i ? " " : "", ids[i]);
    assert_string_equal(found, wanted);
    recur_vocab_destroy(v);
}

static void tokens_become_ids(void **state)
{
    (void)state;
    check_encoded(RECUR_CHAR, "hello", "hole", "1 3 2 0", 0);
    check_encoded(RECUR_CHAR, "hello", "", "", 0);
    check_encoded(RECUR_WORD, "the cat the\n", "the  dog\nthe cat\n\n", "1 0 2 1 3 2 2", 1);
    check_encoded(RECUR_WORD, "the cat", "the\n", "2 0", 1); /* no line feed was seen in training */
    check_encoded(RECUR_WORD, "a b", "a <unk> b", "1 0 2", 1);
    check_encoded(RECUR_WORD, "a", "  \t ", "", 0);
}

static void characters_not_in_the_vocabulary_are_named_or_unknown(void **state)
{
    (void)state;
    recur_vocab *v = build(RECUR_CHAR, "abc\n", 0, 0);
    ri_error     e;
    int64_t      n, n_unknown;
    int32_t      ids[10];
    assert_int_equal(ri_vocab_encode(v, "ab\ncb\nb\xc3\xa9", 9, ids, &n, NULL, &e), RECUR_EDATA);
    assert_string_equal(
        e.text, "the character U+00E9 '\xc3\xa9' at byte 7 (line 3) is not in the model's vocabulary");
    assert_int_equal(ri_vocab_encode(v, "a\tb", 3, NULL, &n, NULL, &e), RECUR_EDATA);
    assert_string_equal(e.text, "the character U+0009 at byte 1 (line 1) is not in the model's vocabulary");
    assert_int_equal(ri_vocab_encode(v, "a\xf0\x9f\x98\x80", 5, NULL, &n, NULL, &e), RECUR_EDATA);
    assert_contains(e.text, "U+1F600");
    assert_int_equal(ri_vocab_encode(v, "ab\xc3", 3, NULL, &n, NULL, &e), RECUR_EDATA);
    assert_contains(e.text, "invalid UTF-8 at byte 2 (line 1)");
    recur_vocab_destroy(v);
    v = build(RECUR_CHAR, "aabbc", 2, 0);
    assert_int_equal(ri_vocab_encode(v, "abcd", 4, ids, &n, &n_unknown, &e), RECUR_OK);
    assert_true(n == 4 && n_unknown == 2 && ids[2] == 0 && ids[3] == 0);
    recur_vocab_destroy(v);
}

static void there_is_no_token_outside(void **state)
{
    (void)state;
    recur_vocab *v = build(RECUR_CHAR, "ab", 0, 0);
    size_t       n;
    assert_null(recur_vocab_token(v, -1, &n));
    assert_null(recur_vocab_token(v, 2, &n));
    recur_vocab_destroy(v);
}

static void spaces_stand_between_words_of_a_line(void **state)
{
    (void)state;
    recur_vocab *v = build(RECUR_WORD, "\n a b", 0, 0); /* 0 <unk>, 1 \n, 2 a, 3 b */
    assert_false(recur_vocab_spaced(v, -1, 2));
    assert_true(recur_vocab_spaced(v, 2, 3));
    assert_true(recur_vocab_spaced(v, 0, 0));
    assert_false(recur_vocab_spaced(v, 2, 1));
    assert_false(recur_vocab_spaced(v, 1, 2));
    assert_false(recur_vocab_spaced(v, 1, 1));
    recur_vocab_destroy(v);
    v = build(RECUR_CHAR, "ab", 0, 0);
    assert_false(recur_vocab_spaced(v, 0, 1));
    recur_vocab_destroy(v);
}

/* ---- JSON ---- */

static char *json_of(const recur_vocab *v)
{
    char    *json;
    ri_error e;
    assert_int_equal(ri_vocab_to_json(v, &HEAP, &json, &e), RECUR_OK);
    return json;
}

static void check_same(const recur_vocab *a, const recur_vocab *b)
{
    assert_int_equal(recur_vocab_unit(a), recur_vocab_unit(b));
    assert_int_equal(recur_vocab_size(a), recur_vocab_size(b));
    assert_int_equal(recur_vocab_unknown(a), recur_vocab_unknown(b));
    for (int32_t id = 0; id < recur_vocab_size(a); id++) {
        size_t      n, m;
        const char *s = recur_vocab_token(a, id, &n), *t = recur_vocab_token(b, id, &m);
        assert_int_equal(n, m);
        assert_memory_equal(s, t, n);
        assert_int_equal(recur_vocab_spaced(a, 0, id), recur_vocab_spaced(b, 0, id));
    }
}

static void check_json(recur_vocab *v, const char *wanted)
{
    char        *json = json_of(v);
    recur_vocab *copy;
    ri_error     e;
    if (wanted) assert_string_equal(json, wanted);
    if (ri_vocab_from_json(&HEAP, json, &copy, &e) != RECUR_OK) fail_msg("%s: %s", json, e.text);
    check_same(v, copy);
    recur_vocab_destroy(copy);
    recur_vocab_destroy(v);
    ri_release(&HEAP, json);
}

static void vocabularies_survive_json(void **state)
{
    (void)state;
    check_json(build(RECUR_CHAR, "a\"\\\n\x01\xc3\xa9\xef\xbf\xbf", 0, 0), NULL);
    check_json(build(RECUR_CHAR, "ba", 0, 0), "{\"unit\":\"char\",\"tokens\":[\"a\",\"b\"]}");
    check_json(build(RECUR_CHAR, "baa", 2, 0), "{\"unit\":\"char\",\"tokens\":[\"<unk>\",\"a\"]}");
    check_json(build(RECUR_WORD, "a\nb", 0, 0),
               "{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"\\n\",\"a\",\"b\"]}");
    check_json(build(RECUR_BYTE, "", 0, 0), "{\"unit\":\"byte\"}");
}

static void check_json_refused(const char *json, const char *part)
{
    recur_vocab *v;
    ri_error     e = {0};
    recur_status status = ri_vocab_from_json(&HEAP, json, &v, &e);
    if (status != RECUR_EMODEL) fail_msg("%s gives %s", json, recur_status_name(status));
    assert_int_equal(e.status, RECUR_EMODEL);
    assert_null(v);
    assert_contains(e.text, part);
}

static void hostile_json_is_refused(void **state)
{
    (void)state;
    check_json_refused("", "not JSON");
    check_json_refused("{", "not JSON");
    check_json_refused("7", "not JSON");
    check_json_refused("[]", "\"unit\" is missing");
    check_json_refused("{}", "\"unit\" is missing");
    check_json_refused("{\"unit\":7,\"tokens\":[]}", "\"unit\" is missing");
    check_json_refused("{\"unit\":\"part\",\"tokens\":[\"a\"]}",
                       "\"unit\" is \"part\"; wanted char, byte, word or bpe");
    check_json_refused("{\"unit\":\"char\",\"unit\":\"char\",\"tokens\":[\"a\"]}", "duplicate");
    check_json_refused("{\"unit\":\"char\"}", "there are 1 fields; wanted \"unit\" and \"tokens\" alone");
    check_json_refused("{\"unit\":\"char\",\"toks\":[\"a\"]}",
                       "there are 2 fields; wanted \"unit\" and \"tokens\"");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"a\"],\"more\":1}", "there are 3 fields");
    check_json_refused("{\"unit\":\"byte\",\"tokens\":[\"a\"]}", "there are 2 fields; wanted \"unit\" alone");
    check_json_refused("{\"unit\":\"char\",\"tokens\":{\"0\":\"a\"}}", "wanted an array of 1 to");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[]}", "0 members");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[7]}", "token 0 is not a string");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"a\",null]}", "token 1 is not a string");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"a\",\"\"]}",
                       "token 1 is \"\"; wanted one character");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"ab\"]}", "token 0 is \"ab\"; wanted one character");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"a\",\"<unk>\"]}",
                       "token 1 is \"<unk>\"; wanted one character");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"a\",\"b\",\"a\"]}",
                       "tokens 0 and 2 are the same: \"a\"");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"\\u0000\"]}", "not JSON");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"\\ud800\"]}", "not JSON");
    check_json_refused("{\"unit\":\"char\",\"tokens\":[\"\xff\"]}", "not JSON");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"a\"]}", "token 0 is \"a\"; wanted \"<unk>\"");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"\"]}",
                       "token 1 is \"\"; wanted a line feed, or a word");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"a b\"]}", "wanted a line feed, or a word");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\" a\"]}", "wanted a line feed, or a word");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"a\xc2\xa0\"]}",
                       "wanted a line feed, or a word");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"\\n\\n\"]}",
                       "wanted a line feed, or a word");
    check_json_refused("{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"<unk>\"]}", "tokens 0 and 1 are the same");
}

static void json_cut_anywhere_is_refused(void **state)
{
    (void)state;
    recur_vocab *v = build(RECUR_WORD, "the \xf0\x9f\x98\x80 \"cat\"\n", 0, 0);
    char        *json = json_of(v);
    recur_vocab_destroy(v);
    for (size_t n = strlen(json); n-- > 0;) {
        json[n] = '\0';
        check_json_refused(json, "not JSON");
    }
    ri_release(&HEAP, json);
}

/* ---- laws ---- */

/* Make a text of random code points, spaces and line feeds, of at most n_max characters. */
static size_t random_text(uint64_t seed, int n_max, char *out)
{
    static const char *const PIECES[] = {
        "a",  "b",        " ",     "\n",    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "\t", "\xc2\xa0", "zebra", "<unk>", "\xcc\x81"};
    int n = (int)(ri_uniform(seed, 0, 0) * n_max);
    *out = '\0';
    size_t length = 0;
    for (int i = 1; i <= n; i++) {
        const char *piece =
            PIECES[(int)(ri_uniform(seed, 0, (uint64_t)i) * (sizeof PIECES / sizeof *PIECES))];
        strcpy(out + length, piece);
        length += strlen(piece);
    }
    return length;
}

/* Write the text of ids as the program prints it. */
static size_t decode(const recur_vocab *v, const int32_t *ids, int64_t n, char *out)
{
    char *start = out;
    for (int64_t i = 0; i < n; i++) {
        size_t      bytes;
        const char *token = recur_vocab_token(v, ids[i], &bytes);
        if (recur_vocab_spaced(v, i ? ids[i - 1] : -1, ids[i])) *out++ = ' ';
        memcpy(out, token, bytes);
        out += bytes;
    }
    return (size_t)(out - start);
}

/* Characters and bytes come back exactly; words do up to white space: decoded text encodes to the same ids. */
static void encoding_loses_nothing(void **state)
{
    (void)state;
    char    text[4000], decoded[4000];
    int32_t ids[1000], again[1000];
    for (uint64_t seed = 0; seed < 600; seed++) {
        size_t     bytes = random_text(seed, 400, text);
        recur_unit unit = (recur_unit)(seed % 3);
        ri_error   e;
        int64_t    n, m, n_unknown;
        size_t     n_bytes;
        if (strspn(text, " \t\xa0\xc2") == bytes) continue;
        recur_vocab *v = build(unit, text, 0, 0);
        if (unit == RECUR_BYTE && bytes > 1000) bytes = 1000;
        assert_int_equal(ri_vocab_encode(v, text, bytes, ids, &n, &n_unknown, &e), RECUR_OK);
        n_bytes = decode(v, ids, n, decoded);
        if (unit != RECUR_WORD) {
            assert_int_equal(n_unknown, 0);
            assert_int_equal(n_bytes, bytes);
            assert_memory_equal(decoded, text, bytes);
        }
        assert_int_equal(ri_vocab_encode(v, decoded, n_bytes, again, &m, NULL, &e), RECUR_OK);
        assert_int_equal(m, n);
        assert_memory_equal(again, ids, (size_t)n * sizeof *ids);
        check_json(v, NULL);
    }
}

/* Whatever is cut, every id is in range, and the count of unknowns is that of the tokens not in the vocabulary. */
static void cutting_keeps_ids_in_range(void **state)
{
    (void)state;
    char    text[4000];
    int32_t ids[1000];
    for (uint64_t seed = 1000; seed < 1400; seed++) {
        size_t     bytes = random_text(seed, 400, text);
        recur_unit unit = seed % 2 ? RECUR_WORD : RECUR_CHAR;
        if (strspn(text, " \t\xa0\xc2") == bytes) continue;
        int64_t min_count = (int64_t)(ri_uniform(seed, 1, 0) * 10),
                max_size = (int64_t)(ri_uniform(seed, 1, 1) * 12);
        recur_vocab *v = build(unit, text, min_count, max_size);
        ri_error     e;
        int64_t      n, n_unknown, n_found = 0;
        assert_int_equal(ri_vocab_encode(v, text, bytes, ids, &n, &n_unknown, &e), RECUR_OK);
        for (int64_t i = 0; i < n; i++) {
            assert_in_range(ids[i], 0, recur_vocab_size(v) - 1);
            n_found += ids[i] == recur_vocab_unknown(v);
        }
        assert_int_equal(n_found, n_unknown);
        if (max_size > 0) assert_true(recur_vocab_size(v) <= max_size);
        recur_vocab_destroy(v);
    }
}

/* Encoding works on any part of the bytes, and what is not text is refused, never read beyond its end. */
static void random_bytes_do_no_harm(void **state)
{
    (void)state;
    recur_vocab *v = build(RECUR_WORD, "a b", 0, 0);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        size_t   bytes = (size_t)(ri_uniform(seed, 2, 0) * 40);
        char    *text = malloc(bytes ? bytes : 1);
        int32_t  ids[40];
        int64_t  n;
        ri_error e;
        for (size_t i = 0; i < bytes; i++) text[i] = (char)(ri_uniform(seed, 2, i + 1) * 256);
        recur_status status = ri_vocab_encode(v, text, bytes, ids, &n, NULL, &e);
        assert_true(status == RECUR_OK || status == RECUR_EDATA);
        free(text);
    }
    recur_vocab_destroy(v);
}

/* ---- sizes ---- */

static void many_words_take_linear_time(void **state)
{
    (void)state;
    enum { N = 400000 };
    char   *text = malloc(N * 12);
    size_t  bytes = 0;
    int64_t n, n_unknown;
    for (int i = 0; i < N; i++) bytes += (size_t)sprintf(text + bytes, "w%d ", i * 7 % (N / 2));
    ri_error          e;
    recur_vocab      *v;
    clock_t           start = clock();
    const char *const texts[] = {text};
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_WORD, 1, texts, &bytes, NULL, &v, &e), RECUR_OK);
    assert_int_equal(recur_vocab_size(v), N / 2 + 1);
    int32_t *ids = malloc(N * sizeof *ids);
    assert_int_equal(ri_vocab_encode(v, text, bytes, ids, &n, &n_unknown, &e), RECUR_OK);
    assert_true(n == N && n_unknown == 0);
    for (int i = 0; i < N / 2; i++) assert_int_equal(ids[i], ids[i + N / 2]);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 60); /* a quadratic one would take hours */
    check_json(v, NULL);
    free(ids);
    free(text);
}

/* Two words whose 64-bit hashes are equal are still two. */
static void equal_hashes_are_told_apart(void **state)
{
    (void)state;
    static const char TWINS[] = "8yn0iYCKYHlIj4-BwPqk GReLUrM4wMqfg9yzV3KQ";
    assert_true(ri_hash(RI_HASH_START, TWINS, 20) == ri_hash(RI_HASH_START, TWINS + 21, 20));
    check_built(RECUR_WORD, TWINS, 0, 0, "<unk>|8yn0iYCKYHlIj4-BwPqk|GReLUrM4wMqfg9yzV3KQ");
    check_encoded(RECUR_WORD, TWINS, TWINS, "1 2", 0);
}

/* A word of 20 MB without a line feed. */
static void a_word_may_be_huge(void **state)
{
    (void)state;
    size_t            bytes = 20 * 1000 * 1000, size;
    char             *text = malloc(bytes);
    const char *const texts[] = {text};
    recur_vocab      *v;
    ri_error          e;
    memset(text, 'x', bytes);
    assert_int_equal(ri_vocab_build(&HEAP, RECUR_WORD, 1, texts, &bytes, NULL, &v, &e), RECUR_OK);
    assert_int_equal(recur_vocab_size(v), 2);
    recur_vocab_token(v, 1, &size);
    assert_int_equal(size, bytes);
    recur_vocab_destroy(v);
    free(text);
}

/* ---- memory ---- */

static recur_status build_with(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_unit   unit = *(recur_unit *)arg;
    recur_vocab *v;
    char         text[5000];
    size_t       bytes = 0;
    for (int i = 0; i < 700; i++) bytes += (size_t)sprintf(text + bytes, "w%d ", i);
    const char *const texts[] = {text};
    recur_status      status = ri_vocab_build(a, unit, 1, texts, &bytes, NULL, &v, error);
    recur_vocab_destroy(v);
    return status;
}

static recur_status from_json(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_vocab *v;
    (void)arg;
    recur_status status =
        ri_vocab_from_json(a, "{\"unit\":\"word\",\"tokens\":[\"<unk>\",\"a\",\"b\"]}", &v, error);
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
    for (recur_unit unit = RECUR_CHAR; unit <= RECUR_WORD; unit++)
        assert_true(fail_every_allocation(build_with, &unit) > 0);
    assert_true(fail_every_allocation(from_json, NULL) > 0);
    recur_vocab *v = build(RECUR_CHAR, "ab", 0, 0);
    assert_true(fail_every_allocation(to_json, v) > 0);
    recur_vocab_destroy(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_ordered_by_code_point),
        cmocka_unit_test(words_are_ordered_by_count_then_bytes),
        cmocka_unit_test(bytes_are_always_256),
        cmocka_unit_test(several_texts_are_one),
        cmocka_unit_test(what_makes_no_vocabulary_is_refused),
        cmocka_unit_test(tokens_become_ids),
        cmocka_unit_test(characters_not_in_the_vocabulary_are_named_or_unknown),
        cmocka_unit_test(there_is_no_token_outside),
        cmocka_unit_test(spaces_stand_between_words_of_a_line),
        cmocka_unit_test(vocabularies_survive_json),
        cmocka_unit_test(hostile_json_is_refused),
        cmocka_unit_test(json_cut_anywhere_is_refused),
        cmocka_unit_test(encoding_loses_nothing),
        cmocka_unit_test(cutting_keeps_ids_in_range),
        cmocka_unit_test(random_bytes_do_no_harm),
        cmocka_unit_test(many_words_take_linear_time),
        cmocka_unit_test(equal_hashes_are_told_apart),
        cmocka_unit_test(a_word_may_be_huge),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
