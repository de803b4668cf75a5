/* Beam search. All sources of a batch take each step together; a source has as many rows as it has beginnings that live.
 *
 *   step t     rows   a0 a1 a2 | b0 b1 | d0         source c has found its targets: it has no rows
 *   choose            of a0..a2 by every token the best 3: two of a1, one of a0 that is </s>
 *   step t+1   rows   a0' a1' | ...                 parents 1 1, and a beam of 2
 *
 * A token chosen is a node that knows the one before it; a target is read from its last node backwards. Ties go to the earlier row, then
 * the smaller token, so that a search has one result.
 *
 * SPDX-License-Identifier: MIT */
#include "run/search.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "data/vec.h"

typedef struct node {
    int64_t before; /* -1: the first */
    int32_t token;
} node;

/* A beginning of a target. */
typedef struct live {
    double  log_p;
    int64_t node; /* -1: nothing is written yet */
    int64_t row;  /* of the step that is looked at */
} live;

/* A complete target. */
typedef struct complete {
    double  log_p, score;
    int64_t node;
    int64_t n; /* tokens without the mark */
    bool    is_cut;
} complete;

/* How a beginning may go on. */
typedef struct candidate {
    double  log_p;
    int64_t from; /* which beginning */
    int32_t token;
} candidate;

/* The search of one source. */
typedef struct beam {
    int64_t   max_length, n_live, n_complete;
    live     *live;     /* [k], by falling log_p */
    complete *complete; /* [k], as they were found */
} beam;

typedef struct search {
    recur_ctx               *ctx;
    const ri_search_space   *space;
    const recur_decode_opts *opts;
    int64_t                  k, n, t;  /* t: tokens that every beginning has */
    const int64_t           *n_source; /* [n]: tokens of the sources */
    beam                    *beams;    /* [n] */
    live                    *lives, *next;
    complete                *completes;
    candidate               *best;    /* [k], by falling log_p */
    int64_t                 *parents; /* [n*k] */
    int32_t                 *tokens;
    ri_vec                   nodes;   /* node */
    ri_vec                   weights; /* float [nodes,S], where they are asked for */
    int64_t                  S;
    ri_vec                   history;   /* int32_t: a beginning, or a target */
    ri_vec                   forbidden; /* int32_t: what may not follow it */
    ri_vec                   attention; /* float: of a target */
    void (*each)(void *user, const recur_hypothesis *hypothesis);
    void *user;
} search;

/* ---- options ---- */

recur_status ri_search_check(recur_ctx *ctx, const recur_decode_opts *o, int64_t V)
{
    if (o->beam < 0 || o->n_best < 0 || o->min_length < 0 || o->max_length < 0 || o->no_repeat < 0)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a beam of %" PRId64 ", the best %" PRId64 ", lengths from %" PRId64 " to %" PRId64
                       ", no repeated %" PRId64 "-gram; wanted 0 or more",
                       o->beam, o->n_best, o->min_length, o->max_length, o->no_repeat);
    if (!isfinite(o->length_penalty))
        return RI_FAIL(ctx, RECUR_EARG, "a length penalty of %g; wanted a finite number", o->length_penalty);
    int64_t width = o->beam ? o->beam : 1;
    if (width > V)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a beam of %" PRId64 " is wider than the target vocabulary: %" PRId64
                       " tokens, the end included; wanted at most so many",
                       width, V);
    if (o->n_best > width)
        return RI_FAIL(ctx, RECUR_EARG,
                       "the best %" PRId64 " of a beam of %" PRId64 "; wanted at most as many as it is wide",
                       o->n_best, width);
    if (o->max_length > 0 && o->min_length > o->max_length)
        return RI_FAIL(ctx, RECUR_EARG,
                       "at least %" PRId64 " and at most %" PRId64 " tokens; wanted no more at least than at "
                       "most",
                       o->min_length, o->max_length);
    return RECUR_OK;
}

static double penalty(const search *s, int64_t n)
{
    return pow((5 + (double)n) / 6, s->opts->length_penalty);
}

/* ---- nodes ---- */

static recur_status no_memory(const search *s)
{
    return ri_no_memory(s->ctx, "a search");
}

static recur_status add_node(search *s, const ri_decoder_view *view, const live *from, int32_t token)
{
    const recur_allocator *a = &s->ctx->allocator;
    node *new = ri_vec_add(a, &s->nodes, 1, sizeof *new);
    if (!new) return no_memory(s);
    *new = (node){.before = from->node, .token = token};
    if (!s->space->has_weights || !s->opts->attention) return RECUR_OK;
    s->S = view->S;
    float *row = ri_vec_add(a, &s->weights, s->S, sizeof *row);
    if (!row) return no_memory(s);
    memcpy(row, view->weights + from->row * s->S, (size_t)s->S * sizeof *row);
    return RECUR_OK;
}

/* Write the n tokens that end in a node into history. */
static recur_status write_history(search *s, int64_t last, int64_t n)
{
    s->history.n = 0;
    int32_t *ids = ri_vec_add(&s->ctx->allocator, &s->history, n, sizeof *ids);
    if (!ids) return no_memory(s);
    const node *nodes = s->nodes.data;
    for (int64_t i = n; i-- > 0; last = nodes[last].before) ids[i] = nodes[last].token;
    return RECUR_OK;
}

/* ---- what may not follow ---- */

static recur_status forbid(search *s, int32_t token)
{
    return ri_vec_add_int32(&s->ctx->allocator, &s->forbidden, token) ? RECUR_OK : no_memory(s);
}

/* Forbid what would end an n-gram for the second time. */
static recur_status forbid_repeats(search *s, const live *from)
{
    int64_t      n = s->opts->no_repeat;
    recur_status status = write_history(s, from->node, s->t);
    if (status != RECUR_OK || s->t < n) return status;
    const int32_t *ids = s->history.data, *tail = ids + s->t - (n - 1);
    for (int64_t i = 0; i + n <= s->t && status == RECUR_OK; i++)
        if (memcmp(ids + i, tail, (size_t)(n - 1) * sizeof *ids) == 0) status = forbid(s, ids[i + n - 1]);
    return status;
}

static recur_status find_forbidden(search *s, const live *from)
{
    recur_status status = RECUR_OK;
    s->forbidden.n = 0;
    if (s->t < s->opts->min_length) status = forbid(s, s->space->mark);
    if (status == RECUR_OK && s->space->unknown >= 0) status = forbid(s, s->space->unknown);
    if (status == RECUR_OK && s->opts->no_repeat > 0) status = forbid_repeats(s, from);
    return status;
}

static bool is_forbidden(const search *s, int32_t token)
{
    const int32_t *tokens = s->forbidden.data;
    for (int64_t i = 0; i < s->forbidden.n; i++)
        if (tokens[i] == token) return true;
    return false;
}

/* ---- choosing ---- */

/* Put a candidate among the best, of which there may be m. One that is equal to another comes behind it. */
static void offer(candidate *best, int64_t *n, int64_t m, candidate c)
{
    if (*n == m && !(c.log_p > best[m - 1].log_p)) return;
    int64_t i = *n < m ? (*n)++ : m - 1;
    for (; i > 0 && c.log_p > best[i - 1].log_p; i--) best[i] = best[i - 1];
    best[i] = c;
}

/* Return a float that no log-probability lies below if its beginning is to be among the best. */
static float threshold(const candidate *best, int64_t n, int64_t m, double log_p)
{
    return n < m ? -INFINITY : nextafterf((float)(best[m - 1].log_p - log_p), -INFINITY);
}

static bool any_above(const float *x, int64_t n, float least)
{
    int any = 0;
    for (int64_t i = 0; i < n; i++) any |= x[i] > least;
    return any;
}

/* Offer every way in which a beginning may go on: log_p [V]. Most stretches hold nothing that could be among the best. */
static void offer_row(search *s, int64_t from, double so_far, const float *log_p, int64_t *n, int64_t m)
{
    enum { STRETCH = 64 };
    int64_t V = s->space->V;
    for (int64_t begin = 0; begin < V; begin += STRETCH) {
        int64_t size = V - begin < STRETCH ? V - begin : STRETCH;
        float   least = threshold(s->best, *n, m, so_far);
        if (!any_above(log_p + begin, size, least)) continue;
        for (int64_t v = begin; v < begin + size; v++)
            if (log_p[v] > least && !is_forbidden(s, (int32_t)v))
                offer(s->best, n, m, (candidate){so_far + (double)log_p[v], from, (int32_t)v});
    }
}

/* Offer how beginning i goes on: at the greatest length, and where nothing else is left, by the mark. */
static recur_status offer_all(search *s, const beam *b, int64_t i, const ri_decoder_view *view, int64_t *n,
                              int64_t m)
{
    const live *from = &b->live[i];
    if (!view->log_p) {
        double log_p = view->best_log_p ? (double)view->best_log_p[from->row] : 0;
        offer(s->best, n, m, (candidate){from->log_p + log_p, i, view->best[from->row]});
        return RECUR_OK;
    }
    const float *log_p = view->log_p + from->row * s->space->V;
    int64_t      before = *n;
    if (s->t < b->max_length) {
        recur_status status = find_forbidden(s, from);
        if (status != RECUR_OK) return status;
        offer_row(s, i, from->log_p, log_p, n, m);
    }
    if (s->t == b->max_length || (*n == before && *n < m))
        offer(s->best, n, m, (candidate){from->log_p + (double)log_p[s->space->mark], i, s->space->mark});
    return RECUR_OK;
}

/* ---- one source ---- */

static void add_complete(search *s, beam *b, const candidate *c, const ri_decoder_view *view)
{
    b->complete[b->n_complete++] = (complete){
        .log_p = c->log_p,
        .score = c->log_p / penalty(s, s->t),
        .node = s->nodes.n - 1,
        .n = s->t,
        .is_cut = s->t == b->max_length && view->best[b->live[c->from].row] != s->space->mark,
    };
}

/* Whether no beginning can come among the best any more: log p only falls, and what it is divided by is greatest or least at the ends of
 * what is possible. */
static bool is_decided(const search *s, const beam *b)
{
    int64_t n_better = 0;
    if (b->n_complete < s->opts->n_best) return false;
    double most = -INFINITY;
    for (int64_t i = 0; i < b->n_live; i++) {
        double log_p = b->live[i].log_p;
        most = fmax(most, fmax(log_p / penalty(s, s->t + 1), log_p / penalty(s, b->max_length)));
    }
    for (int64_t i = 0; i < b->n_complete; i++) n_better += b->complete[i].score >= most;
    return n_better >= s->opts->n_best;
}

/* Take the best ways to go on. */
static recur_status advance(search *s, int64_t i, const ri_decoder_view *view)
{
    beam        *b = &s->beams[i];
    int64_t      n = 0, m = s->k - b->n_complete, n_next = 0;
    recur_status status = RECUR_OK;
    for (int64_t j = 0; j < b->n_live && status == RECUR_OK; j++) status = offer_all(s, b, j, view, &n, m);
    for (int64_t j = 0; j < n && status == RECUR_OK; j++) {
        const candidate *c = &s->best[j];
        status = add_node(s, view, &b->live[c->from], c->token);
        if (status != RECUR_OK) break;
        if (c->token == s->space->mark)
            add_complete(s, b, c, view);
        else
            s->next[n_next++] = (live){c->log_p, s->nodes.n - 1, b->live[c->from].row};
    }
    if (status != RECUR_OK) return status;
    memcpy(b->live, s->next, (size_t)n_next * sizeof *s->next);
    b->n_live = n_next;
    if (n_next > 0 && is_decided(s, b)) b->n_live = 0;
    return RECUR_OK;
}

/* ---- what was found ---- */

static void sort(complete *found, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        complete c = found[i];
        int64_t  j = i;
        for (; j > 0 && c.score > found[j - 1].score; j--) found[j] = found[j - 1];
        found[j] = c;
    }
}

/* Collect the weights [n+1,columns] of a target's tokens and of its mark, whose node is the last. */
static recur_status collect(search *s, int64_t last, int64_t n, int64_t columns)
{
    s->attention.n = 0;
    float *rows = ri_vec_add(&s->ctx->allocator, &s->attention, (n + 1) * columns, sizeof *rows);
    if (!rows) return no_memory(s);
    const node  *nodes = s->nodes.data;
    const float *weights = s->weights.data;
    for (int64_t i = n; i >= 0; last = nodes[last].before, i--)
        memcpy(rows + i * columns, weights + last * s->S, (size_t)columns * sizeof *rows);
    return RECUR_OK;
}

static recur_status tell(search *s, int64_t i)
{
    beam *b = &s->beams[i];
    bool  has_weights = s->space->has_weights && s->opts->attention;
    sort(b->complete, b->n_complete);
    for (int64_t rank = 0; rank < b->n_complete && rank < s->opts->n_best; rank++) {
        const complete *c = &b->complete[rank];
        recur_status    status = write_history(s, ((const node *)s->nodes.data)[c->node].before, c->n);
        if (status == RECUR_OK && has_weights) status = collect(s, c->node, c->n, s->n_source[i] + 1);
        if (status != RECUR_OK) return status;
        recur_hypothesis h = {.item = i,
                              .rank = rank,
                              .n = c->n,
                              .ids = s->history.data,
                              .log_p = s->opts->unscored ? NAN : c->log_p,
                              .score = s->opts->unscored ? NAN : c->score,
                              .is_cut = c->is_cut,
                              .n_source = s->n_source[i],
                              .attention = has_weights ? s->attention.data : NULL};
        s->each(s->user, &h);
    }
    return RECUR_OK;
}

/* ---- all sources ---- */

static recur_status take_memory(search *s, const int64_t *max_lengths)
{
    const recur_allocator *a = &s->ctx->allocator;
    size_t                 places = (size_t)s->n * (size_t)s->k;
    if (s->k > INT64_MAX / (s->n + 1)) return no_memory(s);
    bool ok = (s->beams = ri_allocate(a, (size_t)s->n, sizeof *s->beams)) &&
              (s->lives = ri_allocate(a, places, sizeof *s->lives)) &&
              (s->completes = ri_allocate(a, places, sizeof *s->completes)) &&
              (s->parents = ri_allocate(a, places, sizeof *s->parents)) &&
              (s->tokens = ri_allocate(a, places, sizeof *s->tokens)) &&
              (s->next = ri_allocate(a, (size_t)s->k, sizeof *s->next)) &&
              (s->best = ri_allocate(a, (size_t)s->k, sizeof *s->best));
    if (!ok) return no_memory(s);
    for (int64_t i = 0; i < s->n; i++) {
        s->beams[i] = (beam){.max_length = max_lengths[i],
                             .n_live = 1,
                             .live = s->lives + i * s->k,
                             .complete = s->completes + i * s->k};
        s->beams[i].live[0] = (live){.log_p = 0, .node = -1, .row = i};
    }
    return RECUR_OK;
}

static void free_memory(search *s)
{
    const recur_allocator *a = &s->ctx->allocator;
    void *const   blocks[] = {s->beams, s->lives, s->completes, s->parents, s->tokens, s->next, s->best};
    ri_vec *const vecs[] = {&s->nodes, &s->weights, &s->history, &s->forbidden, &s->attention};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(a, blocks[i]);
    for (size_t i = 0; i < sizeof vecs / sizeof *vecs; i++) ri_vec_free(a, vecs[i]);
}

/* Number the rows of the next step: every beginning that lives reads its last token. */
static int64_t gather(search *s)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t j = 0; j < s->beams[i].n_live; j++) {
            live *l = &s->beams[i].live[j];
            s->parents[rows] = l->row;
            s->tokens[rows] = l->node < 0 ? s->space->mark : ((const node *)s->nodes.data)[l->node].token;
            l->row = rows++;
        }
    return rows;
}

/* Whether one token of each row, the most likely that may be written, is all that is asked for. */
static bool needs_one_token(const search *s)
{
    if (s->k > 1 || s->opts->no_repeat > 0 || s->t < s->opts->min_length) return false;
    for (int64_t i = 0; i < s->n; i++)
        if (s->beams[i].n_live > 0 && s->t == s->beams[i].max_length) return false;
    return true;
}

static recur_status step(search *s, int64_t rows, ri_decoder_view *view)
{
    const ri_search_space *space = s->space;
    bool                   is_one = needs_one_token(s);
    if (is_one && s->opts->unscored && space->best)
        return space->best(space->self, rows, s->parents, s->tokens, space->unknown, view);
    return space->step(space->self, rows, s->parents, s->tokens, is_one && space->unknown < 0, view);
}

static recur_status run(search *s)
{
    for (int64_t rows; (rows = gather(s)) > 0; s->t++) {
        ri_decoder_view view;
        recur_status    status = step(s, rows, &view);
        for (int64_t i = 0; i < s->n && status == RECUR_OK; i++) {
            if (s->beams[i].n_live == 0) continue;
            status = advance(s, i, &view);
            if (status == RECUR_OK && s->beams[i].n_live == 0) status = tell(s, i);
        }
        if (status != RECUR_OK) return status;
    }
    return RECUR_OK;
}

recur_status ri_search(recur_ctx *ctx, const ri_search_space *space, int64_t n, const int64_t *n_source,
                       const int64_t *max_lengths, const recur_decode_opts                *opts,
                       void (*each)(void *user, const recur_hypothesis *hypothesis), void *user)
{
    search       s = {.ctx = ctx,
                      .space = space,
                      .opts = opts,
                      .k = opts->beam,
                      .n = n,
                      .n_source = n_source,
                      .each = each,
                      .user = user};
    recur_status status = take_memory(&s, max_lengths);
    if (status == RECUR_OK) status = run(&s);
    free_memory(&s);
    return status;
}
