/* Reading pairs: two files line by line in step, or two columns of a table.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "data/lines.h"
#include "data/pair_data.h"
#include "data/record.h"

struct recur_pair_reader {
    recur_ctx        *ctx;
    recur_pair_source source;
    ri_lines          lines[2]; /* of the sources (or tables) and the targets */
    bool              in_file, is_whole;
    ri_error          failure; /* status RECUR_OK: none so far */

    /* tables */
    ri_record record;
    bool      is_csv, has_record; /* has_record: it was read and not used yet */
    int64_t   n_columns, columns[2], n_skipped;
};

/* ---- what is asked for ---- */

static recur_status check_stdin(recur_ctx *ctx, const recur_pair_source *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        if (s->tables) continue;
        n += s->sources && s->sources[i] && strcmp(s->sources[i], "-") == 0;
        n += s->targets && s->targets[i] && strcmp(s->targets[i], "-") == 0;
    }
    if (n > 1) return RI_FAIL(ctx, RECUR_EARG, "stdin is named %d times; it can be read once", n);
    return RECUR_OK;
}

static recur_status check_source(recur_ctx *ctx, const recur_pair_source *s)
{
    if (!s) return RI_FAIL(ctx, RECUR_EARG, "reading pairs wants a source");
    if (s->format != RECUR_FORMAT_DEFAULT && s->format != RECUR_TSV && s->format != RECUR_CSV)
        return RI_FAIL(ctx, RECUR_EARG, "pairs are parallel lines or columns of TSV or CSV");
    if ((unsigned)s->header > RECUR_HEADER_NO || (unsigned)s->encoding > RECUR_LATIN1)
        return RI_FAIL(ctx, RECUR_EARG, "a choice of the source is none of those there are");
    if (s->tables && (!s->source_column || (!s->bare && !s->target_column)))
        return RI_FAIL(ctx, RECUR_EARG,
                       "columns of a table were not named; wanted one of sources (--source)%s",
                       s->bare ? "" : " and one of targets (--target)");
    if (s->tables && (s->sources || s->targets))
        return RI_FAIL(ctx, RECUR_EARG, "pairs come from parallel lines or from tables, not from both");
    if (!s->tables && !s->bare && !s->targets)
        return RI_FAIL(ctx, RECUR_EARG, "no files of targets; wanted as many as there are of sources");
    return check_stdin(ctx, s);
}

recur_status recur_pair_reader_open(recur_ctx *ctx, const recur_pair_source *source,
                                    recur_pair_reader **reader)
{
    if (!ctx || !reader) return RECUR_EARG;
    *reader = NULL;
    ri_lines     lines[2] = {{.ctx = NULL}};
    recur_status status = check_source(ctx, source);
    if (status == RECUR_OK)
        status = ri_lines_init(&lines[0], ctx, source->n, source->tables ? source->tables : source->sources,
                               source->encoding);
    if (status == RECUR_OK && source->targets && !source->bare)
        status = ri_lines_init(&lines[1], ctx, source->n, source->targets, source->encoding);
    if (status != RECUR_OK) return status;
    recur_pair_reader *r = ri_allocate(&ctx->allocator, 1, sizeof *r);
    if (!r) return ri_no_memory(ctx, "a reader of pairs");
    r->ctx = ctx;
    r->source = *source;
    memcpy(r->lines, lines, sizeof lines);
    *reader = r;
    return RECUR_OK;
}

void recur_pair_reader_close(recur_pair_reader *r)
{
    if (!r) return;
    for (int side = 0; side < 2; side++)
        if (r->lines[side].ctx) ri_lines_free(&r->lines[side]);
    ri_record_free(&r->ctx->allocator, &r->record);
    ri_release(&r->ctx->allocator, r);
}

static bool is_parallel(const recur_pair_reader *r)
{
    return r->lines[1].ctx != NULL;
}

/* ---- parallel lines ---- */

/* One file ends before the other: read on to say how long both are. */
static recur_status fail_lengths(recur_pair_reader *r, int longer)
{
    bool    found = true;
    ri_span line;
    while (found) {
        recur_status status = ri_lines_next(&r->lines[longer], &line, &found);
        if (status != RECUR_OK) return status;
    }
    return RI_FAIL(r->ctx, RECUR_EDATA,
                   "%.150s has %" PRId64 " lines and %.150s %" PRId64
                   "; wanted as many of both, since line i of one answers line i of the other",
                   r->lines[0].name, r->lines[0].number, r->lines[1].name, r->lines[1].number);
}

static recur_status read_lines(recur_pair_reader *r, recur_pairs *p, bool *found)
{
    ri_span      source = {NULL, 0}, target = {NULL, 0};
    recur_status status = ri_lines_next(&r->lines[0], &source, found);
    if (status == RECUR_OK && is_parallel(r)) {
        bool has_target = false;
        status = ri_lines_next(&r->lines[1], &target, &has_target);
        if (status == RECUR_OK && has_target != *found) status = fail_lengths(r, has_target);
    }
    return status == RECUR_OK && *found ? ri_pair_data_add(p, source, target) : status;
}

/* ---- tables ---- */

static bool ends_in_csv(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && strcasecmp(path + n - 4, ".csv") == 0;
}

/* Read records until one is not empty; without targets an empty line is an item. */
static recur_status next_record(recur_pair_reader *r, bool takes_empty, bool *found)
{
    for (;;) {
        recur_status status = ri_record_next(&r->lines[0], r->is_csv, &r->record, found);
        if (status != RECUR_OK || !*found || takes_empty || !ri_record_is_empty(&r->record)) return status;
        r->n_skipped++;
    }
}

static recur_status begin_table(recur_pair_reader *r, bool *found)
{
    const recur_pair_source *s = &r->source;
    const char *const        names[2] = {s->source_column, s->bare ? NULL : s->target_column};
    r->is_csv = s->format == RECUR_CSV ||
                (s->format == RECUR_FORMAT_DEFAULT && ends_in_csv(r->lines[0].paths[r->lines[0].next - 1]));
    r->n_skipped = 0;
    recur_status status = next_record(r, false, found);
    if (status != RECUR_OK || !*found) return status;
    bool is_named = false;
    for (int i = 0; i < 2; i++) is_named = is_named || (names[i] && !ri_record_is_number(names[i]));
    bool has_header = s->header == RECUR_HEADER_YES || (s->header == RECUR_HEADER_DEFAULT && is_named);
    for (int i = 0; i < 2 && status == RECUR_OK; i++)
        if (names[i])
            status = ri_record_column(&r->lines[0], &r->record, has_header, names[i], &r->columns[i]);
    r->n_columns = r->record.fields.n;
    r->has_record = !has_header;
    return status;
}

static recur_status read_record(recur_pair_reader *r, recur_pairs *p, bool *found)
{
    recur_status status = RECUR_OK;
    ri_span      target = {NULL, 0};
    *found = true;
    if (!r->has_record) status = next_record(r, r->source.bare, found);
    r->has_record = false;
    if (status != RECUR_OK || !*found) return status;
    if (r->source.bare && ri_record_is_empty(&r->record)) return ri_pair_data_add(p, target, target);
    status = ri_record_check(&r->lines[0], &r->record, r->n_columns);
    if (status != RECUR_OK) return status;
    if (!r->source.bare) target = ri_record_field(&r->record, r->columns[1]);
    return ri_pair_data_add(p, ri_record_field(&r->record, r->columns[0]), target);
}

/* ---- from file to file ---- */

static recur_status begin_file(recur_pair_reader *r, bool *found)
{
    recur_status status = ri_lines_open_next(&r->lines[0], found);
    if (status != RECUR_OK || !*found) return status;
    r->in_file = true;
    if (is_parallel(r)) return ri_lines_open_next(&r->lines[1], found);
    return r->source.tables ? begin_table(r, &r->in_file) : RECUR_OK;
}

static void end_file(recur_pair_reader *r)
{
    r->in_file = false;
    if (r->n_skipped > 0)
        ri_log(r->ctx, "%s: %" PRId64 " empty lines skipped", r->lines[0].name, r->n_skipped);
}

static bool must_wait(const recur_pair_reader *r)
{
    return r->in_file && !r->has_record &&
           (ri_lines_waits(&r->lines[0]) || (is_parallel(r) && ri_lines_waits(&r->lines[1])));
}

static recur_status read_pairs(recur_pair_reader *r, recur_pairs *p, int64_t max_items, int64_t max_bytes)
{
    recur_status status = RECUR_OK;
    while (status == RECUR_OK) {
        bool found = true;
        if (p->n > 0 &&
            (p->n >= max_items || p->text[0].n + p->text[1].n >= max_bytes || (!r->is_whole && must_wait(r))))
            break;
        if (!r->in_file) {
            status = begin_file(r, &found);
            if (!found) break;
            continue;
        }
        status = r->source.tables ? read_record(r, p, &found) : read_lines(r, p, &found);
        if (status == RECUR_OK && !found) end_file(r);
    }
    p->checksum = r->lines[0].checksum;
    if (is_parallel(r))
        p->checksum ^= r->lines[1].checksum * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
    p->is_stream = r->lines[0].is_stream || r->lines[1].is_stream;
    return status;
}

recur_status recur_pair_reader_next(recur_pair_reader *r, int64_t max_items, int64_t max_bytes,
                                    recur_pairs **pairs)
{
    if (!r || !pairs) return RECUR_EARG;
    *pairs = NULL;
    if (max_items < 1 || max_bytes < 1)
        return RI_FAIL(r->ctx, RECUR_EARG,
                       "at most %" PRId64 " pairs and %" PRId64 " bytes; wanted positive numbers", max_items,
                       max_bytes);
    if (r->failure.status != RECUR_OK) {
        *ri_ctx_error(r->ctx) = r->failure;
        return r->failure.status;
    }
    recur_pairs *p;
    recur_status status = ri_pair_data_create(r->ctx, &r->source, &p);
    if (status != RECUR_OK) return status;
    status = read_pairs(r, p, max_items, max_bytes);
    if (status != RECUR_OK) {
        r->failure = *ri_ctx_error(r->ctx);
        if (p->n > 0) status = RECUR_OK; /* the error comes with the next call */
    }
    if (status == RECUR_OK && p->n > 0)
        *pairs = p;
    else
        recur_pairs_destroy(p);
    return status;
}

recur_status recur_pairs_read(recur_ctx *ctx, const recur_pair_source *source, recur_pairs **pairs)
{
    if (!ctx || !pairs) return RECUR_EARG;
    *pairs = NULL;
    recur_pair_reader *r;
    recur_pairs       *p = NULL;
    recur_status       status = recur_pair_reader_open(ctx, source, &r);
    if (status != RECUR_OK) return status;
    r->is_whole = true;
    status = ri_pair_data_create(ctx, source, &p);
    if (status == RECUR_OK) status = read_pairs(r, p, INT64_MAX, INT64_MAX);
    if (status == RECUR_OK && p->n == 0)
        status = RI_FAIL(ctx, RECUR_EDATA, "%.200s holds no pairs; wanted data", r->lines[0].name);
    recur_pair_reader_close(r);
    if (status == RECUR_OK)
        *pairs = p;
    else
        recur_pairs_destroy(p);
    return status;
}
