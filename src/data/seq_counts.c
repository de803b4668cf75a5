/* Each text is cut in every way that a metric wants, and words become numbers; all the rest is counting numbers.
 *
 * SPDX-License-Identifier: MIT */
#include "data/seq_counts.h"

#include <string.h>

#include "text/evaluation.h"
#include "text/utf8.h"

/* For BLEU; for chrF characters and words; for ROUGE; for token accuracy. */
enum { BLEU_WORDS, CHARACTERS, CHRF_WORDS, ROUGE_WORDS, TOKENS, N_CUTTINGS };

struct ri_seq_view {
    ri_vec  ids[N_CUTTINGS]; /* int32_t */
    ri_span stripped;
};

void ri_seq_counts_add(ri_seq_counts *sum, const ri_seq_counts *counts)
{
    sum->exact += counts->exact;
    sum->right += counts->right;
    sum->places += counts->places;
    sum->bleu.hypothesis += counts->bleu.hypothesis;
    sum->bleu.reference += counts->bleu.reference;
    for (int i = 0; i < RI_BLEU_ORDERS; i++) {
        sum->bleu.correct[i] += counts->bleu.correct[i];
        sum->bleu.total[i] += counts->bleu.total[i];
    }
    for (int i = 0; i < RI_CHRF_ORDERS; i++) {
        sum->chrf[i].hypothesis += counts->chrf[i].hypothesis;
        sum->chrf[i].reference += counts->chrf[i].reference;
        sum->chrf[i].match += counts->chrf[i].match;
    }
    for (int i = 0; i < RI_ROUGE_KINDS; i++) {
        sum->precision[i] += counts->precision[i];
        sum->recall[i] += counts->recall[i];
        sum->f1[i] += counts->f1[i];
    }
}

recur_status ri_seq_counter_init(ri_seq_counter *counter, recur_ctx *ctx, const recur_seq_scorer_opts *opts)
{
    *counter = (ri_seq_counter){.ctx = ctx, .opts = *opts};
    ri_intern_init(&counter->words, &ctx->allocator);
    ri_ngrams_init(&counter->ngrams, &ctx->allocator);
    size_t n = (size_t)opts->n_references;
    counter->views = ri_allocate(&ctx->allocator, n + 1, sizeof *counter->views);
    counter->references = ri_allocate(&ctx->allocator, n, sizeof *counter->references);
    return counter->views && counter->references ? RECUR_OK : ri_no_memory(ctx, "a scorer");
}

void ri_seq_counter_destroy(ri_seq_counter *counter)
{
    const recur_allocator *a = &counter->ctx->allocator;
    for (int k = 0; counter->views && k <= counter->opts.n_references; k++)
        for (int i = 0; i < N_CUTTINGS; i++) ri_vec_free(a, &counter->views[k].ids[i]);
    ri_release(a, counter->views);
    ri_release(a, counter->references);
    ri_vec_free(a, &counter->room);
    ri_ngrams_destroy(&counter->ngrams);
    ri_intern_destroy(&counter->words);
}

/* ---- cutting ---- */

static bool add_word(ri_seq_counter *c, ri_vec *ids, ri_span word)
{
    int64_t id = ri_intern_add(&c->words, word);
    return id >= 0 && ri_vec_add_int32(&c->ctx->allocator, ids, (int32_t)id);
}

static bool add_words(ri_seq_counter *c, ri_vec *ids, ri_span text)
{
    size_t at = 0;
    for (ri_span word; ri_eval_next(text, &at, &word);)
        if (!add_word(c, ids, word)) return false;
    return true;
}

static bool add_characters(ri_seq_counter *c, ri_vec *ids, ri_span text)
{
    int32_t code_point;
    for (size_t at = 0; at < text.size; at += ri_utf8_next(text.bytes + at, text.size - at, &code_point))
        if (!ri_utf8_next(text.bytes + at, text.size - at, &code_point) ||
            !ri_vec_add_int32(&c->ctx->allocator, ids, code_point))
            return false;
    return true;
}

/* The characters of all words, without what separates them. */
static bool add_letters(ri_seq_counter *c, ri_vec *ids, ri_span text)
{
    size_t at = 0;
    for (ri_span word; ri_eval_next(text, &at, &word);)
        if (!add_characters(c, ids, word)) return false;
    return true;
}

static bool is_punctuation(char c)
{
    return c > ' ' && c < 0x7f && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c);
}

/* chrF++ takes one sign off the end of a word, else one off its beginning. */
static bool add_chrf_words(ri_seq_counter *c, ri_vec *ids, ri_span text)
{
    size_t at = 0;
    for (ri_span word; ri_eval_next(text, &at, &word);) {
        size_t head = word.size;
        if (word.size > 1 && is_punctuation(word.bytes[word.size - 1]))
            head = word.size - 1;
        else if (word.size > 1 && is_punctuation(word.bytes[0]))
            head = 1;
        if (!add_word(c, ids, (ri_span){word.bytes, head})) return false;
        if (head < word.size && !add_word(c, ids, (ri_span){word.bytes + head, word.size - head}))
            return false;
    }
    return true;
}

static bool add_rouge_words(ri_seq_counter *c, ri_vec *ids, ri_span text, char *room)
{
    size_t at = 0, n;
    while ((n = ri_eval_rouge(text, &at, room)) > 0)
        if (!add_word(c, ids, (ri_span){room, n})) return false;
    return true;
}

static bool cut(ri_seq_counter *c, ri_seq_view *view, ri_span text)
{
    for (int i = 0; i < N_CUTTINGS; i++) view->ids[i].n = 0;
    view->stripped = ri_eval_strip(text);
    c->room.n = 0;
    if (text.size > (SIZE_MAX - 20) / 10) return false;
    char *room = ri_vec_add(&c->ctx->allocator, &c->room, (int64_t)RI_EVAL_13A_BYTES(text.size), 1);
    if (!room || !add_rouge_words(c, &view->ids[ROUGE_WORDS], text, room)) return false;
    bool    is_13a = c->opts.tokenise == RECUR_TOKENISE_13A;
    ri_span words = is_13a ? ri_eval_13a(text, room) : text;
    return add_words(c, &view->ids[BLEU_WORDS], words) && add_letters(c, &view->ids[CHARACTERS], text) &&
           (!c->opts.chrf_words || add_chrf_words(c, &view->ids[CHRF_WORDS], text)) &&
           (c->opts.by_characters ? add_characters(c, &view->ids[TOKENS], view->stripped)
                                  : add_words(c, &view->ids[TOKENS], text));
}

static ri_ids ids_of(const ri_seq_view *view, int cutting)
{
    return (ri_ids){view->ids[cutting].data, view->ids[cutting].n};
}

/* ---- counting; view 0 is the hypothesis ---- */

static bool count_bleu(ri_seq_counter *c, ri_bleu_counts *b)
{
    ri_ids h = ids_of(c->views, BLEU_WORDS);
    b->hypothesis = h.n;
    for (int k = 0; k < c->opts.n_references; k++) {
        ri_ids  r = c->references[k] = ids_of(&c->views[k + 1], BLEU_WORDS);
        int64_t far = r.n > h.n ? r.n - h.n : h.n - r.n;
        int64_t best = b->reference > h.n ? b->reference - h.n : h.n - b->reference;
        if (k == 0 || far < best || (far == best && r.n < b->reference)) b->reference = r.n;
    }
    for (int n = 0; n < RI_BLEU_ORDERS; n++) b->total[n] = ri_ngrams_of(h.n, n + 1);
    return ri_ngrams_match(&c->ngrams, h, c->references, c->opts.n_references, RI_BLEU_ORDERS, b->correct);
}

/* Count n orders of one cutting. An order that the reference does not have is left out. */
static bool count_orders(ri_seq_counter *c, const ri_seq_view *reference, int cutting, int n,
                         ri_overlap *orders)
{
    ri_ids  h = ids_of(c->views, cutting), r = ids_of(reference, cutting);
    int64_t matches[RI_NGRAMS_MOST];
    if (!ri_ngrams_match(&c->ngrams, h, &r, 1, n, matches)) return false;
    for (int i = 0; i < n; i++) {
        int64_t in_reference = ri_ngrams_of(r.n, i + 1);
        orders[i] = (ri_overlap){in_reference > 0 ? ri_ngrams_of(h.n, i + 1) : 0, in_reference, matches[i]};
    }
    return true;
}

static bool count_chrf(ri_seq_counter *c, ri_overlap best[RI_CHRF_ORDERS])
{
    double best_score = -1;
    int    n_words = c->opts.chrf_words ? RI_CHRF_WORDS : 0;
    for (int k = 1; k <= c->opts.n_references; k++) {
        ri_overlap orders[RI_CHRF_ORDERS] = {{0}};
        if (!count_orders(c, &c->views[k], CHARACTERS, RI_CHRF_CHARACTERS, orders) ||
            !count_orders(c, &c->views[k], CHRF_WORDS, n_words, orders + RI_CHRF_CHARACTERS))
            return false;
        double score = ri_score_chrf(orders, RI_CHRF_CHARACTERS + n_words);
        if (score <= best_score) continue;
        best_score = score;
        memcpy(best, orders, sizeof orders);
    }
    return true;
}

static bool count_rouge(ri_seq_counter *c, ri_seq_counts *counts)
{
    ri_ids h = ids_of(c->views, ROUGE_WORDS);
    for (int k = 1; k <= c->opts.n_references; k++) {
        ri_ids  r = ids_of(&c->views[k], ROUGE_WORDS);
        int64_t matches[RI_ROUGE_KINDS];
        if (!ri_ngrams_match(&c->ngrams, h, &r, 1, 2, matches)) return false;
        if ((matches[2] = ri_common_subsequence(&c->ngrams, h, r)) < 0) return false;
        for (int i = 0; i < RI_ROUGE_KINDS; i++) {
            int        order = i == 1 ? 2 : 1;
            ri_overlap o = {ri_ngrams_of(h.n, order), ri_ngrams_of(r.n, order), matches[i]};
            double     precision, recall, f1;
            ri_score_rouge(&o, &precision, &recall, &f1);
            if (k > 1 && f1 <= counts->f1[i]) continue;
            counts->precision[i] = precision;
            counts->recall[i] = recall;
            counts->f1[i] = f1;
        }
    }
    return true;
}

static void count_tokens(const ri_seq_counter *c, ri_seq_counts *counts)
{
    ri_ids  h = ids_of(c->views, TOKENS);
    ri_span text = c->views[0].stripped;
    for (int k = 1; k <= c->opts.n_references; k++) {
        ri_ids  r = ids_of(&c->views[k], TOKENS);
        ri_span other = c->views[k].stripped;
        int64_t right = 0, places = h.n > r.n ? h.n : r.n;
        for (int64_t i = 0; i < h.n && i < r.n; i++) right += h.ids[i] == r.ids[i];
        if (text.size == other.size && (text.size == 0 || memcmp(text.bytes, other.bytes, text.size) == 0))
            counts->exact = 1;
        if (k > 1 && (double)right * (double)counts->places <= (double)counts->right * (double)places)
            continue;
        counts->right = right;
        counts->places = places;
    }
}

recur_status ri_seq_count(ri_seq_counter *counter, const ri_span *texts, ri_seq_counts *counts)
{
    *counts = (ri_seq_counts){0};
    for (int k = 0; k <= counter->opts.n_references; k++)
        if (!cut(counter, &counter->views[k], texts[k]))
            return ri_no_memory(counter->ctx, "the words of a text");
    if (!count_bleu(counter, &counts->bleu) || !count_chrf(counter, counts->chrf) ||
        !count_rouge(counter, counts))
        return ri_no_memory(counter->ctx, "the scores of a text");
    count_tokens(counter, counts);
    return RECUR_OK;
}
