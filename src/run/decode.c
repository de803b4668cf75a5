/* Targets for the sources of a part: batch by batch, a decoder and a search.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "dev/ctx.h"
#include "model/model.h"
#include "run/search.h"

enum { BATCH_ITEMS = 64, BATCH_TOKENS = 16384, LONGER = 50 };

typedef struct decoding {
    recur_ctx          *ctx;
    recur_decode_opts   opts; /* completed */
    ri_decoder         *decoder;
    recur_pair_batches *batches;
    ri_search_space     space;
    int64_t             room; /* for sources of a batch */
    int64_t            *max_lengths, *lengths, *items;
    const int32_t     **ids;
    void (*each)(void *user, const recur_hypothesis *hypothesis);
    void *user;
} decoding;

static recur_status step(void *self, int64_t rows, const int64_t *parents, const int32_t *tokens,
                         bool only_best, ri_decoder_view *view)
{
    return ri_decoder_step(self, rows, parents, tokens, only_best, view);
}

static recur_status best(void *self, int64_t rows, const int64_t *parents, const int32_t *tokens,
                         int32_t never, ri_decoder_view *view)
{
    return ri_decoder_best(self, rows, parents, tokens, never, view);
}

static void tell(void *user, const recur_hypothesis *found)
{
    decoding        *d = user;
    recur_hypothesis h = *found;
    h.item = d->items[h.item];
    d->each(d->user, &h);
}

static recur_status make_room(decoding *d, int64_t n)
{
    const recur_allocator *a = &d->ctx->allocator;
    if (n <= d->room) return RECUR_OK;
    void *const blocks[] = {d->max_lengths, d->lengths, d->items, d->ids};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(a, blocks[i]);
    d->max_lengths = ri_allocate(a, (size_t)n, sizeof *d->max_lengths);
    d->lengths = ri_allocate(a, (size_t)n, sizeof *d->lengths);
    d->items = ri_allocate(a, (size_t)n, sizeof *d->items);
    d->ids = ri_allocate(a, (size_t)n, sizeof *d->ids);
    bool ok = d->max_lengths && d->lengths && d->items && d->ids;
    d->room = ok ? n : 0;
    return ok ? RECUR_OK : ri_no_memory(d->ctx, "sources");
}

static int64_t max_length_of(const decoding *d, int64_t n_source)
{
    if (d->opts.max_length > 0) return d->opts.max_length;
    int64_t most = 2 * n_source + LONGER;
    return most > d->opts.min_length ? most : d->opts.min_length;
}

/* Keep the sources that have tokens; the others are answered at once. Returns how many there are. */
static int64_t take_sources(decoding *d, const recur_pair_batch *batch)
{
    int64_t n = 0;
    for (int64_t i = 0; i < batch->n; i++) {
        if (batch->source_lengths[i] == 0) {
            const recur_hypothesis nothing = {.item = batch->items[i]};
            d->each(d->user, &nothing);
            continue;
        }
        d->items[n] = batch->items[i];
        d->ids[n] = batch->sources[i];
        d->lengths[n] = batch->source_lengths[i];
        d->max_lengths[n] = max_length_of(d, d->lengths[n]);
        n++;
    }
    return n;
}

static recur_status decode_batch(decoding *d, int64_t i)
{
    recur_pair_batch batch;
    recur_status     status = recur_pair_batches_get(d->batches, 0, i, &batch);
    if (status == RECUR_OK) status = make_room(d, batch.n);
    if (status != RECUR_OK) return status;
    int64_t n = take_sources(d, &batch);
    if (n == 0) return RECUR_OK;
    status = ri_decoder_begin(d->decoder, n, d->ids, d->lengths);
    if (status != RECUR_OK) return status;
    return ri_search(d->ctx, &d->space, n, d->lengths, d->max_lengths, &d->opts, tell, d);
}

static recur_status decode_all(decoding *d, const recur_run_hooks *hooks)
{
    recur_report none = {.event = RECUR_EVENT_VALID,
                         .loss = NAN,
                         .accuracy = NAN,
                         .f1 = NAN,
                         .grad_norm = NAN,
                         .clip_rate = NAN,
                         .lr = NAN,
                         .items_per_s = NAN,
                         .best_valid = NAN};
    int64_t      n = recur_pair_batches_count(d->batches);
    for (int64_t i = 0; i < n; i++) {
        recur_status status = decode_batch(d, i);
        if (status != RECUR_OK) return status;
        none.progress = (double)(i + 1) / (double)n;
        if (hooks && hooks->tick && !hooks->tick(hooks->user, none.progress, &none))
            return RI_FAIL(d->ctx, RECUR_STOPPED, "stopped as asked");
    }
    return RECUR_OK;
}

static recur_decode_opts complete(const recur_decode_opts *opts)
{
    recur_decode_opts o = opts ? *opts : (recur_decode_opts){0};
    if (o.beam == 0) o.beam = 1;
    if (o.n_best == 0) o.n_best = 1;
    if (o.batches.items == 0 && o.batches.tokens == 0)
        o.batches = (recur_batch_opts){.items = BATCH_ITEMS, .tokens = BATCH_TOKENS};
    return o;
}

static recur_status prepare(decoding *d, const recur_model *model, const recur_pair_part *part)
{
    const recur_seq2seq_spec *spec = recur_seq2seq_get_spec(model);
    const recur_vocab        *target = recur_seq2seq_target_vocab(model);
    d->space = (ri_search_space){.V = recur_vocab_size(target) + 1,
                                 .mark = recur_seq2seq_mark(model),
                                 .unknown = d->opts.unknown ? -1 : recur_vocab_unknown(target),
                                 .has_weights = spec->attention != RECUR_ATTENTION_NONE,
                                 .step = step,
                                 .best = best};
    recur_status status = ri_search_check(d->ctx, &d->opts, d->space.V - (d->space.unknown >= 0));
    if (status == RECUR_OK) status = recur_pair_batches_create(d->ctx, part, &d->opts.batches, &d->batches);
    if (status == RECUR_OK) status = ri_decoder_create(model, &d->decoder);
    d->space.self = d->decoder;
    return status;
}

recur_status recur_seq2seq_predict(const recur_model *model, const recur_pair_part *part,
                                   const recur_decode_opts *opts, const recur_run_hooks               *hooks,
                                   void (*each)(void *user, const recur_hypothesis *hypothesis), void *user)
{
    if (!model) return RECUR_EARG;
    decoding     d = {.ctx = model->ctx, .opts = complete(opts), .each = each, .user = user};
    recur_status status = ri_model_want(model, RECUR_TASK_SEQ2SEQ, "decoding");
    if (status != RECUR_OK) return status;
    if (!each) return RI_FAIL(d.ctx, RECUR_EARG, "decoding wants somebody to tell");
    status = prepare(&d, model, part);
    if (status == RECUR_OK) status = decode_all(&d, hooks);
    ri_decoder_destroy(d.decoder);
    recur_pair_batches_destroy(d.batches);
    void *const blocks[] = {d.max_lengths, d.lengths, d.items, d.ids};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&d.ctx->allocator, blocks[i]);
    return status;
}
