/* Reading a passage: see passage.h.
 * SPDX-License-Identifier: MIT */
#include "diag/passage.h"

#include <inttypes.h>
#include <string.h>

#include "text/vocab.h"

enum { WINDOW = 256 };

/* ---- reading ---- */

static recur_status check(const recur_probe *p, int64_t begin, int64_t n)
{
    if (!p->corpus) return RI_FAIL(p->ctx, RECUR_EARG, "a passage wants a language model and its corpus");
    int64_t size = recur_corpus_size(p->corpus);
    if (begin < 0 || n < 1 || begin > size || n > size - begin)
        return RI_FAIL(p->ctx, RECUR_EARG,
                       "a passage of %" PRId64 " tokens from %" PRId64 " on: the corpus has %" PRId64, n,
                       begin, size);
    return RECUR_OK;
}

/* The state between two windows, [L,1,width] each. */
typedef struct carried {
    double *h, *c;
    int64_t L, P, H;
} carried;

static recur_status carry_out(recur_probe *p, const recur_state *final, carried *s)
{
    recur_status status = recur_value_f64(p->tape, final->h, s->h);
    return status || !s->c ? status : recur_value_f64(p->tape, final->c, s->c);
}

static recur_state carry_in(recur_probe *p, const carried *s, bool is_first)
{
    recur_state state = RECUR_NO_STATE;
    if (is_first) return state;
    state.h = recur_input_f64(p->tape, RECUR_SHAPE(s->L, 1, s->P), s->h);
    if (s->c) state.c = recur_input_f64(p->tape, RECUR_SHAPE(s->L, 1, s->H), s->c);
    return state;
}

recur_status ri_passage_read(recur_probe *p, int64_t begin, int64_t n,
                             void (*each)(void *user, const ri_passage_step *step), void *user)
{
    recur_status status = check(p, begin, n);
    if (status) return status;
    const recur_rnn *rnn = p->model->rnn;
    carried          s = {.L = rnn->L, .P = rnn->P, .H = rnn->H};
    bool             is_lstm = rnn->spec.cell == RECUR_LSTM;
    s.h = ri_probe_spare(p, s.L * s.P, sizeof *s.h);
    if (is_lstm) s.c = ri_probe_spare(p, s.L * s.H, sizeof *s.c);
    if (!s.h || (is_lstm && !s.c)) return ri_probe_no_memory(p);
    for (int64_t at = 0; at < n && !status; at += WINDOW) {
        int64_t     T = n - at < WINDOW ? n - at : WINDOW;
        recur_state final;
        recur_tape_reset(p->tape);
        recur_tape_set_inference(p->tape, true);
        ri_tape_set_examined(p->tape, true);
        status = recur_pack_set_grid(p->read, T, 1, recur_corpus_tokens(p->corpus) + begin + at);
        if (status) return status;
        ri_lm_top(p->tape, p->model, p->read, carry_in(p, &s, at == 0), &final);
        status = recur_tape_status(p->tape);
        for (int64_t t = 0; t < T && !status; t++)
            each(user, &(ri_passage_step){.t = at + t, .row = t, .trace = p->tape->traces});
        if (!status) status = carry_out(p, &final, &s);
    }
    return status;
}

/* ---- features ---- */

typedef struct reader {
    int64_t quotes, depth, column, line_ends;
} reader;

static bool begins_with(const char *bytes, size_t n, const char *what)
{
    size_t size = strlen(what);
    return n >= size && memcmp(bytes, what, size) == 0;
}

static void read_quotes(reader *r, const char *bytes, size_t n)
{
    if (bytes[0] == '"') r->quotes = !r->quotes;
    if (begins_with(bytes, n, "\xe2\x80\x9c")) r->quotes = 1;
    if (begins_with(bytes, n, "\xe2\x80\x9d")) r->quotes = 0;
}

static void read_bytes(reader *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)bytes[i];
        if (b == '\n') {
            r->column = 0;
            if (++r->line_ends == 2) r->quotes = r->depth = 0;
            continue;
        }
        r->line_ends = 0;
        r->column += (b & 0xc0) != 0x80; /* not within a character */
        read_quotes(r, bytes + i, n - i);
        r->depth += b == '(' || b == '[' || b == '{';
        if ((b == ')' || b == ']' || b == '}') && r->depth > 0) r->depth--;
    }
}

void ri_passage_features(const recur_vocab *vocab, const int32_t *tokens, int64_t n, float *values)
{
    reader  r = {0};
    int32_t previous = -1;
    for (int64_t t = 0; t < n; t++) {
        size_t      size;
        const char *bytes = recur_vocab_token(vocab, tokens[t], &size);
        if (recur_vocab_spaced(vocab, previous, tokens[t])) r.column++;
        read_bytes(&r, bytes, size);
        values[RECUR_IN_QUOTES * n + t] = (float)r.quotes;
        values[RECUR_BRACKET_DEPTH * n + t] = (float)r.depth;
        values[RECUR_LINE_POSITION * n + t] = (float)r.column;
        previous = tokens[t];
    }
}
