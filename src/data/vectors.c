/* Word vectors in the text format of word2vec, GloVe and fastText, read line by line: of words that nobody asked for only the
 * columns are counted.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "data/lines.h"
#include "data/number.h"
#include "recur/batches.h"
#include "text/vocab.h"

/* A file of vectors while it is read. */
typedef struct reading {
    recur_ctx         *ctx;
    const recur_vocab *vocab;
    recur_vectors     *out;
    ri_lines           lines;
    int64_t            n_lines, n_promised; /* vectors; as the first line says, -1: it does not */
    int64_t            n_twice, n_spaced;
} reading;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cut off the last field of a text. Returns false if there is none. */
static bool take_last(ri_span *text, ri_span *field)
{
    size_t end = text->size;
    while (end > 0 && is_blank(text->bytes[end - 1])) end--;
    size_t begin = end;
    while (begin > 0 && !is_blank(text->bytes[begin - 1])) begin--;
    *field = (ri_span){text->bytes + begin, end - begin};
    text->size = begin;
    return end > begin;
}

static int64_t count_fields(ri_span text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.size; i++)
        n += !is_blank(text.bytes[i]) && (i == 0 || is_blank(text.bytes[i - 1]));
    return n;
}

/* Read digits alone; -1 for anything else. */
static int64_t count_in(ri_span text)
{
    int64_t n = 0;
    if (text.size == 0 || text.size > 15) return -1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return -1;
        n = 10 * n + (text.bytes[i] - '0');
    }
    return n;
}

/* Take what the first line says of all, if it does: two numbers and nothing else. */
static bool read_promise(reading *r, ri_span line)
{
    ri_span size, count;
    if (count_fields(line) != 2 || !take_last(&line, &size) || !take_last(&line, &count)) return false;
    if (count_in(count) < 0 || count_in(size) < 1) return false;
    r->n_promised = count_in(count);
    r->out->size = count_in(size);
    return true;
}

/* Take the memory, once a line has shown that vectors are so long. */
static recur_status make_room(reading *r)
{
    recur_vectors *v = r->out;
    v->words = recur_vocab_size(r->vocab);
    if (v->words <= INT64_MAX / v->size)
        v->values = ri_allocate(&r->ctx->allocator, (size_t)(v->words * v->size), sizeof *v->values);
    v->found = ri_allocate(&r->ctx->allocator, (size_t)v->words, sizeof *v->found);
    if (v->values && v->found) return RECUR_OK;
    return RI_FAIL(r->ctx, RECUR_EMEMORY, "no memory for %" PRId64 " vectors of %" PRId64 " numbers",
                   v->words, v->size);
}

/* Read the numbers of word id from the end of the line backwards. */
static recur_status read_vector(reading *r, ri_span line, int64_t id)
{
    int64_t size = r->out->size;
    float  *values = r->out->values + id * size;
    for (int64_t k = size - 1; k >= 0; k--) {
        ri_span field;
        take_last(&line, &field);
        if (!ri_number_parse(field, &values[k]))
            return ri_lines_fail(&r->lines, r->lines.number,
                                 "\"%.*s\" is no number; wanted a word and %" PRId64 " numbers",
                                 (int)(field.size < 40 ? field.size : 40), field.bytes, size);
    }
    r->out->found[id] = true;
    r->out->n_found++;
    return RECUR_OK;
}

static recur_status read_line(reading *r, ri_span line)
{
    int64_t n = count_fields(line);
    if (r->out->size == 0) r->out->size = n > 1 ? n - 1 : 1;
    int64_t size = r->out->size;
    r->n_lines++;
    if (n < size + 1)
        return ri_lines_fail(&r->lines, r->lines.number,
                             "%" PRId64 " fields; wanted a word and %" PRId64 " numbers", n, size);
    recur_status status = r->out->values ? RECUR_OK : make_room(r);
    if (status != RECUR_OK) return status;
    if (n > size + 1) {
        r->n_spaced++;
        return RECUR_OK;
    }
    size_t begin = 0, end;
    while (is_blank(line.bytes[begin])) begin++;
    for (end = begin; !is_blank(line.bytes[end]);) end++;
    int64_t id = ri_table_find(&r->vocab->table, (ri_span){line.bytes + begin, end - begin});
    if (id < 0) return RECUR_OK;
    if (!r->out->found[id]) return read_vector(r, line, id);
    r->n_twice++;
    return RECUR_OK;
}

static void report(const reading *r)
{
    const recur_vectors *v = r->out;
    ri_log(r->ctx, "%s: vectors of %" PRId64 " numbers for %" PRId64 " of the %" PRId64 " words",
           r->lines.name, v->size, v->n_found, v->words);
    if (r->n_twice > 0)
        ri_log(r->ctx, "%s: %" PRId64 " words occur again; the first vector counts", r->lines.name,
               r->n_twice);
    if (r->n_spaced > 0)
        ri_log(r->ctx, "%s: %" PRId64 " lines with more numbers, or words with spaces, were skipped",
               r->lines.name, r->n_spaced);
    if (r->n_promised >= 0 && r->n_promised != r->n_lines)
        ri_log(r->ctx, "%s: the first line says %" PRId64 " vectors, and there are %" PRId64, r->lines.name,
               r->n_promised, r->n_lines);
}

static recur_status read_all(reading *r)
{
    ri_span      line;
    bool         found;
    recur_status status = ri_lines_open_next(&r->lines, &found);
    for (;;) {
        if (status == RECUR_OK) status = ri_lines_next(&r->lines, &line, &found);
        if (status != RECUR_OK) return status;
        if (!found) break;
        if (r->lines.number == 1 && read_promise(r, line)) continue;
        status = read_line(r, line);
    }
    if (r->lines.number == 0)
        return RI_FAIL(r->ctx, RECUR_EDATA, "%s is empty; wanted vectors", r->lines.name);
    if (r->out->n_found == 0)
        return RI_FAIL(r->ctx, RECUR_EDATA, "%s has a vector for none of the %" PRId64 " words",
                       r->lines.name, r->out->words);
    report(r);
    return RECUR_OK;
}

recur_status recur_vectors_read(recur_ctx *ctx, const char *path, const recur_vocab *vocab,
                                recur_vectors *vectors)
{
    if (!ctx || !vectors) return RECUR_EARG;
    *vectors = (recur_vectors){0};
    if (!path || !vocab) return RI_FAIL(ctx, RECUR_EARG, "reading vectors wants a file and a vocabulary");
    reading      r = {.ctx = ctx, .vocab = vocab, .out = vectors, .n_promised = -1};
    recur_status status = ri_lines_init(&r.lines, ctx, 1, &path, RECUR_UTF8);
    r.lines.is_raw = true; /* words are compared as bytes, and others' need not be text */
    if (status == RECUR_OK) status = read_all(&r);
    ri_lines_free(&r.lines);
    if (status != RECUR_OK) recur_vectors_free(ctx, vectors);
    return status;
}

void recur_vectors_free(recur_ctx *ctx, recur_vectors *vectors)
{
    if (!ctx || !vectors) return;
    ri_release(&ctx->allocator, vectors->values);
    ri_release(&ctx->allocator, vectors->found);
    *vectors = (recur_vectors){0};
}
