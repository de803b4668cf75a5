/* Pairs: parallel lines and tables, vocabularies of each side, ids, what is dropped and cut; batches by both lengths.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

#include <math.h>

#include "recur/pairs.h"

/* Read two texts as parallel files. */
static recur_status read_two(void **state, const char *source, const char *target, bool keeps_text,
                             recur_pairs **p)
{
    char              paths[2][128];
    const char *const sources[] = {paths[0]}, *const targets[] = {paths[1]};
    fixture *f = *state;
    f->log[0] = '\0';
    write_file(file_path(state, "a.de", paths[0]), source, strlen(source));
    write_file(file_path(state, "a.en", paths[1]), target, strlen(target));
    recur_pair_source s = {.n = 1, .sources = sources, .targets = targets, .keep_text = keeps_text};
    return recur_pairs_read(f->ctx, &s, p);
}

/* Read a text as a table. */
static recur_status read_table(void **state, const char *name, const char *text, recur_pair_source s,
                               recur_pairs **p)
{
    char              path[128];
    const char *const tables[] = {path};
    fixture          *f = *state;
    f->log[0] = '\0';
    write_file(file_path(state, name, path), text, strlen(text));
    s.n = 1;
    s.tables = tables;
    return recur_pairs_read(f->ctx, &s, p);
}

static void check_texts(const recur_pairs *p, const char *wanted)
{
    char text[2000] = "";
    for (int64_t i = 0; i < recur_pairs_items(p); i++) {
        size_t      n, m;
        const char *source = recur_pairs_text(p, i, RECUR_SOURCE, &n);
        const char *target = recur_pairs_text(p, i, RECUR_TARGET, &m);
        add_text(text, "%.*s>%.*s\n", (int)n, source, (int)m, target ? target : "");
    }
    assert_string_equal(text, wanted);
}

/* The ids of both sides: "1 2>3\n". */
static void check_ids(const recur_pairs *p, const char *wanted)
{
    char text[2000] = "";
    for (int64_t i = 0; i < recur_pairs_items(p); i++)
        for (int side = 0; side < 2; side++) {
            int64_t        n;
            const int32_t *ids = recur_pairs_ids(p, i, (recur_side)side, &n);
            for (int64_t t = 0; t < n; t++) add_text(text, "%s%d", t ? " " : "", ids[t]);
            add_text(text, side ? "\n" : ">");
        }
    assert_string_equal(text, wanted);
}

/* ---- reading ---- */

static void parallel_lines_are_pairs(void **state)
{
    recur_pairs *p;
    assert_int_equal(read_two(state, "ein hund\r\nzwei\n\nletzte", "a dog\ntwo\nnothing\nlast\n", true, &p),
                     RECUR_OK);
    check_texts(p, "ein hund>a dog\nzwei>two\n>nothing\nletzte>last\n");
    assert_contains(((fixture *)*state)->log, "CRLF");
    assert_false(recur_pairs_is_stream(p));
    size_t n;
    assert_null(recur_pairs_text(p, 4, RECUR_SOURCE, &n));
    assert_null(recur_pairs_text(p, 0, RECUR_BOTH_SIDES, &n));
    recur_pairs_destroy(p);
    recur_pairs_destroy(NULL);
}

static void files_of_different_length_are_refused_with_both_counts(void **state)
{
    fixture     *f = *state;
    recur_pairs *p;
    assert_int_equal(read_two(state, "a\nb\nc\nd\ne\n", "a\nb\n", true, &p), RECUR_EDATA);
    assert_null(p);
    assert_contains(recur_error(f->ctx), "a.de has 5 lines");
    assert_contains(recur_error(f->ctx), "a.en 2");
    assert_int_equal(read_two(state, "a\nb\n", "a\nb\nc\n", true, &p), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "a.de has 2 lines");
    assert_contains(recur_error(f->ctx), "a.en 3");
    assert_int_equal(read_two(state, "", "", true, &p), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "holds no pairs");
    assert_int_equal(read_two(state, "a\n", "\xff\n", true, &p), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "a.en, line 1: invalid UTF-8");
}

static void tables_have_columns(void **state)
{
    recur_pairs *p;
    assert_int_equal(read_table(state, "a.tsv", "id\tde\ten\n\n1\thund\tdog\n2\t\tcat\n",
                                (recur_pair_source){.source_column = "de", .target_column = "en"}, &p),
                     RECUR_OK);
    check_texts(p, "hund>dog\n>cat\n");
    assert_contains(((fixture *)*state)->log, "1 empty lines skipped");
    recur_pairs_destroy(p);
    assert_int_equal(read_table(state, "a.csv", "\"a \"\"b\"\"\nc\",d\ne,\"f,g\"\n",
                                (recur_pair_source){.source_column = "2", .target_column = "1"}, &p),
                     RECUR_OK);
    check_texts(p, "d>a \"b\" c\nf,g>e\n");
    recur_pairs_destroy(p);
}

static void tables_at_fault_are_refused(void **state)
{
    fixture          *f = *state;
    recur_pairs      *p;
    recur_pair_source named = {.source_column = "de", .target_column = "en"};
    assert_int_equal(read_table(state, "a.tsv", "de\tfr\nhund\tchien\n", named, &p), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "there is no column \"en\"; found de, fr");
    assert_int_equal(read_table(state, "a.tsv", "de\ten\nhund\n", named, &p), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "line 2: 1 column; wanted 2");
    named.header = RECUR_HEADER_NO;
    assert_int_equal(read_table(state, "a.tsv", "de\ten\n", named, &p), RECUR_EARG);
    named.target_column = NULL;
    assert_int_equal(read_table(state, "a.tsv", "de\ten\n", named, &p), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "--target");
}

static void choices_that_do_not_exist_are_refused(void **state)
{
    fixture          *f = *state;
    const char *const in[] = {"-"}, *const out[] = {"-"};
    const recur_pair_source wrong[] = {
        {.n = 1, .sources = in, .targets = out},
        {.n = 1, .sources = in},
        {.n = 0, .sources = in, .targets = out},
        {.n = 1, .sources = in, .targets = out, .format = RECUR_CONLL},
        {.n = 1, .sources = in, .tables = out, .source_column = "1", .bare = true}};
    recur_pairs *p;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(recur_pairs_read(f->ctx, &wrong[i], &p), RECUR_EARG);
    assert_int_equal(recur_pairs_read(f->ctx, NULL, &p), RECUR_EARG);
    assert_int_equal(recur_pairs_read(NULL, &wrong[0], &p), RECUR_EARG);
}

static void pieces_hold_all_sources(void **state)
{
    fixture           *f = *state;
    char               path[128], text[2000] = "";
    const char *const  sources[] = {path};
    recur_pair_source  s = {.n = 1, .sources = sources, .bare = true};
    recur_pair_reader *r;
    recur_pairs       *p;
    int                n_pieces = 0;
    write_file(file_path(state, "a", path), "a\n\nb\nc\nd\n\xff\n", 11);
    assert_int_equal(recur_pair_reader_open(f->ctx, &s, &r), RECUR_OK);
    assert_int_equal(recur_pair_reader_next(r, 0, 1, &p), RECUR_EARG);
    recur_status status;
    while ((status = recur_pair_reader_next(r, 2, 1000, &p)) == RECUR_OK && p) {
        for (int64_t i = 0; i < recur_pairs_items(p); i++) {
            size_t      bytes;
            const char *source = recur_pairs_text(p, i, RECUR_SOURCE, &bytes);
            add_text(text, "%.*s,", (int)bytes, source);
            assert_null(recur_pairs_text(p, i, RECUR_TARGET, &bytes));
        }
        n_pieces++;
        recur_pairs_destroy(p);
    }
    assert_int_equal(status, RECUR_EDATA); /* after the lines before it */
    assert_contains(recur_error(f->ctx), "line 6: invalid UTF-8");
    assert_int_equal(recur_pair_reader_next(r, 2, 1000, &p), RECUR_EDATA);
    assert_string_equal(text, "a,,b,c,d,");
    assert_int_equal(n_pieces, 3);
    recur_pair_reader_close(r);
}

/* ---- encoding ---- */

static void sides_have_their_vocabularies(void **state)
{
    fixture     *f = *state;
    recur_pairs *p;
    recur_vocab *source, *target;
    assert_int_equal(read_two(state, "b a b\nc\n\n", "x\ny x\nz\n", false, &p), RECUR_OK);
    const int64_t   first[] = {0, 1};
    recur_pair_part part = {p, first, 2};
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_SOURCE, RECUR_WORD, NULL, &source), RECUR_OK);
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_TARGET, RECUR_WORD, NULL, &target), RECUR_OK);
    assert_int_equal(recur_vocab_size(source), 4); /* <unk> b a c */
    assert_int_equal(recur_vocab_size(target), 3); /* <unk> x y: z is not of the part */
    assert_int_equal(recur_pairs_encode(p, source, target, 2), RECUR_OK);
    check_ids(p, "1 2>1\n3>2 1\n>0\n");
    assert_int_equal(recur_pairs_cut(p), 1);
    assert_int_equal(recur_pairs_unknown(p, RECUR_SOURCE), 0);
    assert_int_equal(recur_pairs_unknown(p, RECUR_BOTH_SIDES), 1);
    assert_int_equal(recur_pairs_tokens(p, RECUR_SOURCE), 3);
    size_t bytes;
    assert_null(recur_pairs_text(p, 0, RECUR_SOURCE, &bytes)); /* it was let go */
    assert_int_equal(recur_pairs_encode(p, source, target, 0), RECUR_EARG);
    recur_vocab *late;
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_SOURCE, RECUR_WORD, NULL, &late), RECUR_EARG);
    recur_vocab_destroy(source);
    recur_vocab_destroy(target);
    recur_pairs_destroy(p);
}

static void both_sides_may_share_one(void **state)
{
    fixture     *f = *state;
    recur_pairs *p;
    recur_vocab *joint;
    assert_int_equal(read_two(state, "ab\n", "bc\n", true, &p), RECUR_OK);
    recur_pair_part part = {.pairs = p};
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_BOTH_SIDES, RECUR_CHAR, NULL, &joint), RECUR_OK);
    assert_int_equal(recur_vocab_size(joint), 4);
    assert_int_equal(recur_vocab_unknown(joint), 0); /* always there */
    assert_int_equal(recur_pairs_encode(p, joint, joint, 0), RECUR_OK);
    check_ids(p, "1 2>2 3\n");
    check_texts(p, "ab>bc\n");
    recur_vocab_destroy(joint);
    recur_pairs_destroy(p);
}

static void what_a_vocabulary_lacks_is_named(void **state)
{
    fixture          *f = *state;
    recur_pairs      *p;
    recur_vocab      *letters;
    const char *const texts[] = {"ab"};
    const size_t      bytes[] = {2};
    assert_int_equal(recur_vocab_build(f->ctx, RECUR_CHAR, 1, texts, bytes, NULL, &letters), RECUR_OK);
    assert_int_equal(read_two(state, "ab\nba\n", "a\nac\n", false, &p), RECUR_OK);
    assert_int_equal(recur_pairs_encode(p, letters, letters, 0), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "target of pair 2");
    check_texts(p, "ab>a\nba>ac\n"); /* unchanged */
    recur_vocab_destroy(letters);
    recur_pairs_destroy(p);
}

/* ---- choosing ---- */

static void pairs_out_of_limits_are_dropped_and_counted(void **state)
{
    fixture          *f = *state;
    recur_pairs      *p;
    recur_vocab      *v;
    recur_pair_counts counts;
    int64_t           items[6], n;
    assert_int_equal(read_two(state, "a a\n\na\na\na a a a\n \n", "b\nb\n\nb b b b\nb\nb\n", false, &p),
                     RECUR_OK);
    recur_pair_part part = {.pairs = p};
    assert_int_equal(recur_pairs_select(f->ctx, &part, NULL, items, &n, NULL), RECUR_EARG); /* not encoded */
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_BOTH_SIDES, RECUR_WORD, NULL, &v), RECUR_OK);
    assert_int_equal(recur_pairs_encode(p, v, v, 0), RECUR_OK);
    recur_vocab_destroy(v);
    assert_int_equal(recur_pairs_select(f->ctx, &part, NULL, items, &n, &counts), RECUR_OK);
    assert_int_equal(n, 3);
    assert_true(items[0] == 0 && items[1] == 3 && items[2] == 4);
    assert_int_equal(counts.n_empty, 3);
    const recur_pair_limits tight = {.max_target = 3, .max_ratio = 2};
    assert_int_equal(recur_pairs_select(f->ctx, &part, &tight, items, &n, &counts), RECUR_OK);
    assert_true(n == 1 && items[0] == 0);
    assert_true(counts.n_empty == 3 && counts.n_long == 1 && counts.n_ratio == 1);
    const int64_t   lost[] = {1, 4};
    recur_pair_part rest = {p, lost, 2};
    assert_int_equal(recur_pairs_select(f->ctx, &rest, &tight, items, &n, &counts), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "of 2 an empty side have 1");
    const recur_pair_limits wrong[] = {{.max_target = -1}, {.max_ratio = 0.5}, {.max_ratio = NAN}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(recur_pairs_select(f->ctx, &part, &wrong[i], items, &n, NULL), RECUR_EARG);
    recur_pairs_destroy(p);
}

/* ---- batches ---- */

enum { PAIRS = 600 };

static int64_t source_length(int64_t i)
{
    return i % 97 == 0 ? 0 : 1 + i * 7919 % 23;
}

static int64_t target_length(int64_t i)
{
    return i % 50 == 1 ? 90 : 1 + i * 104729 % 19;
}

static recur_pairs *make(void **state)
{
    char        *text[2];
    recur_pairs *p;
    recur_vocab *v;
    for (int side = 0; side < 2; side++) {
        char *at = text[side] = malloc(PAIRS * 100);
        for (int64_t i = 0; i < PAIRS; i++) {
            for (int64_t t = side ? target_length(i) : source_length(i); t > 0; t--) *at++ = 'a';
            *at++ = '\n';
        }
        *at = '\0';
    }
    assert_int_equal(read_two(state, text[0], text[1], false, &p), RECUR_OK);
    free(text[0]);
    free(text[1]);
    recur_pair_part part = {.pairs = p};
    assert_int_equal(
        recur_pairs_vocab(((fixture *)*state)->ctx, &part, RECUR_BOTH_SIDES, RECUR_CHAR, NULL, &v), RECUR_OK);
    assert_int_equal(recur_pairs_encode(p, v, v, 0), RECUR_OK);
    recur_vocab_destroy(v);
    return p;
}

static void a_batch_shows_its_pairs(void **state)
{
    fixture            *f = *state;
    recur_pairs        *p = make(state);
    recur_pair_part     part = {.pairs = p};
    recur_batch_opts    opts = {.tokens = 300, .seed = 5};
    recur_pair_batches *b;
    recur_pair_batch    batch;
    int64_t             n_items = 0, n_tokens = 0;
    assert_int_equal(recur_pair_batches_create(f->ctx, &part, &opts, &b), RECUR_OK);
    assert_int_equal(recur_pair_batches_items(b), PAIRS);
    for (int64_t i = 0; i < recur_pair_batches_count(b); i++) {
        int64_t n = 0;
        assert_int_equal(recur_pair_batches_get(b, 1, i, &batch), RECUR_OK);
        for (int64_t k = 0; k < batch.n; k++) {
            int64_t source = batch.source_lengths[k], target = batch.target_lengths[k];
            assert_int_equal(source, source_length(batch.items[k]));
            assert_int_equal(target, target_length(batch.items[k]));
            if (source > 0) assert_int_equal(batch.sources[k][source - 1], 1);
            assert_int_equal(batch.targets[k][target - 1], 1);
            n += source + target;
        }
        assert_true(batch.n == 1 || n <= opts.tokens);
        n_items += batch.n;
        n_tokens += n;
    }
    assert_int_equal(n_items, PAIRS);
    assert_int_equal(n_tokens, recur_pairs_tokens(p, RECUR_BOTH_SIDES));
    assert_int_equal(n_tokens, recur_pair_batches_tokens(b, RECUR_BOTH_SIDES));
    recur_pair_batches_destroy(b);
    recur_pair_batches_destroy(NULL);
    recur_pairs_destroy(p);
}

/* Targets of sources of 2 and of 4 tokens, an even level, come shortest first, those of 3 longest first. */
static void targets_go_up_and_down_by_turns(void **state)
{
    fixture            *f = *state;
    recur_pairs        *p;
    recur_vocab        *v;
    recur_pair_batches *b;
    recur_pair_batch    batch;
    assert_int_equal(read_two(state, "aaaa\naa\naaaa\naaa\naaa\naa\n", "a\naa\naaa\naaa\na\na\n", false, &p),
                     RECUR_OK);
    recur_pair_part part = {.pairs = p};
    assert_int_equal(recur_pairs_vocab(f->ctx, &part, RECUR_SOURCE, RECUR_CHAR, NULL, &v), RECUR_OK);
    assert_int_equal(recur_pairs_encode(p, v, v, 0), RECUR_OK);
    assert_int_equal(recur_pair_batches_create(f->ctx, &part, NULL, &b), RECUR_OK);
    assert_int_equal(recur_pair_batches_get(b, 0, 0, &batch), RECUR_OK);
    const int64_t wanted[] = {5, 1, 3, 4, 0, 2};
    assert_memory_equal(batch.items, wanted, sizeof wanted);
    recur_pair_batches_destroy(b);
    recur_vocab_destroy(v);
    recur_pairs_destroy(p);
}

/* Count the cells that a grid over a batch would have: one side's. */
static int64_t grid(const int64_t *lengths, int64_t n)
{
    int64_t longest = 0;
    for (int64_t k = 0; k < n; k++)
        if (lengths[k] > longest) longest = lengths[k];
    return longest * n;
}

/* Of the empty cells that batches in the data's order would have, few are left: on the side of the source less than an eighth, on the
 * other less than half, though no length here has to do with its pair's other one. */
static void a_batch_has_similar_lengths_on_both_sides(void **state)
{
    enum { B = 8 };
    fixture            *f = *state;
    recur_pairs        *p = make(state);
    recur_pair_part     part = {.pairs = p};
    recur_batch_opts    opts = {.items = B, .seed = 3};
    recur_pair_batches *b;
    int64_t             sorted[2] = {0, 0}, plain[2] = {0, 0};
    assert_int_equal(recur_pair_batches_create(f->ctx, &part, &opts, &b), RECUR_OK);
    for (int64_t i = 0; i < recur_pair_batches_count(b); i++) {
        recur_pair_batch batch;
        assert_int_equal(recur_pair_batches_get(b, 1, i, &batch), RECUR_OK);
        sorted[0] += grid(batch.source_lengths, batch.n);
        sorted[1] += grid(batch.target_lengths, batch.n);
    }
    for (int64_t i = 0; i < PAIRS; i += B) {
        int64_t lengths[2][B];
        for (int64_t k = 0; k < B; k++) {
            lengths[0][k] = source_length(i + k);
            lengths[1][k] = target_length(i + k);
        }
        for (int side = 0; side < 2; side++) plain[side] += grid(lengths[side], B);
    }
    int64_t n[2] = {recur_pairs_tokens(p, RECUR_SOURCE), recur_pairs_tokens(p, RECUR_TARGET)};
    assert_true(8 * (sorted[0] - n[0]) < plain[0] - n[0]);
    assert_true(2 * (sorted[1] - n[1]) < plain[1] - n[1]);
    recur_pair_batches_destroy(b);
    recur_pairs_destroy(p);
}

static void batches_are_a_feed(void **state)
{
    fixture            *f = *state;
    recur_pairs        *p = make(state);
    recur_pair_part     part = {.pairs = p};
    recur_batch_opts    opts = {.items = 8, .seed = 3}, other = {.items = 8, .seed = 4};
    recur_pair_batches *b, *c;
    recur_pair_batch    batch;
    assert_int_equal(recur_pair_batches_create(f->ctx, &part, &opts, &b), RECUR_OK);
    assert_int_equal(recur_pair_batches_create(f->ctx, &part, &other, &c), RECUR_OK);
    recur_pair_feed feed = recur_pair_batches_feed(b);
    assert_int_equal(feed.count, recur_pair_batches_count(b));
    assert_int_equal(feed.items, PAIRS);
    assert_int_equal(feed.target_tokens, recur_pairs_tokens(p, RECUR_TARGET));
    assert_true(feed.checksum != recur_pair_batches_feed(c).checksum);
    assert_int_equal(feed.get(feed.user, 2, 5, &batch), RECUR_OK);
    int64_t item = batch.items[0];
    assert_int_equal(recur_pair_batches_get(b, 2, 5, &batch), RECUR_OK);
    assert_int_equal(batch.items[0], item);
    recur_pair_batches_destroy(b);
    recur_pair_batches_destroy(c);
    recur_pairs_destroy(p);
}

static void batches_of_nothing_are_refused(void **state)
{
    fixture            *f = *state;
    recur_pairs        *p = make(state);
    recur_pair_batches *b;
    recur_pair_batch    batch;
    const int64_t       none[] = {0}, outside[] = {PAIRS};
    recur_batch_opts    negative = {.items = -1};
    recur_pair_part     all = {.pairs = p}, empty = {p, none, 0}, wrong = {p, outside, 1};
    assert_int_equal(recur_pair_batches_create(f->ctx, &empty, NULL, &b), RECUR_EDATA);
    assert_int_equal(recur_pair_batches_create(f->ctx, &wrong, NULL, &b), RECUR_EARG);
    assert_int_equal(recur_pair_batches_create(f->ctx, &all, &negative, &b), RECUR_EARG);
    assert_int_equal(recur_pair_batches_create(f->ctx, &all, NULL, &b), RECUR_OK);
    assert_int_equal(recur_pair_batches_get(b, 1, recur_pair_batches_count(b), &batch), RECUR_EARG);
    recur_pair_batches_destroy(b);
    recur_pairs_destroy(p);
}

/* ---- memory ---- */

static recur_status use_all(void **state)
{
    fixture            *f = *state;
    recur_pairs        *p = NULL;
    recur_vocab        *v = NULL;
    recur_pair_batches *b = NULL;
    recur_status        status = read_two(state, "a b\nc\nd\n", "e\nf g\nh\n", true, &p);
    recur_pair_part     part = {.pairs = p};
    if (!status) status = recur_pairs_vocab(f->ctx, &part, RECUR_BOTH_SIDES, RECUR_WORD, NULL, &v);
    if (!status) status = recur_pairs_encode(p, v, v, 0);
    if (!status) status = recur_pair_batches_create(f->ctx, &part, NULL, &b);
    recur_pair_batches_destroy(b);
    recur_vocab_destroy(v);
    recur_pairs_destroy(p);
    return status;
}

static void every_failed_allocation_is_said(void **state)
{
    fixture     *f = *state;
    recur_status status = RECUR_EMEMORY;
    int          n = 0, live = f->memory.n_live;
    for (; status == RECUR_EMEMORY; n++) {
        f->memory.left = n;
        status = use_all(state);
        f->memory.left = -1;
        assert_int_equal(f->memory.n_live, live);
    }
    assert_int_equal(status, RECUR_OK);
    assert_true(n > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(parallel_lines_are_pairs),
        READING_TEST(files_of_different_length_are_refused_with_both_counts),
        READING_TEST(tables_have_columns),
        READING_TEST(tables_at_fault_are_refused),
        READING_TEST(choices_that_do_not_exist_are_refused),
        READING_TEST(pieces_hold_all_sources),
        READING_TEST(sides_have_their_vocabularies),
        READING_TEST(both_sides_may_share_one),
        READING_TEST(what_a_vocabulary_lacks_is_named),
        READING_TEST(pairs_out_of_limits_are_dropped_and_counted),
        READING_TEST(a_batch_shows_its_pairs),
        READING_TEST(targets_go_up_and_down_by_turns),
        READING_TEST(a_batch_has_similar_lengths_on_both_sides),
        READING_TEST(batches_are_a_feed),
        READING_TEST(batches_of_nothing_are_refused),
        READING_TEST(every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
