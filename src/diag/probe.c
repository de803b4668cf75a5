/* A probe's life: see probe.h.
 * SPDX-License-Identifier: MIT */
#include "diag/probe.h"

#include <string.h>

/* ---- memory ---- */

recur_status ri_probe_no_memory(const recur_probe *p)
{
    return ri_no_memory(p->ctx, "a probe");
}

static void *take(ri_arena *arena, int64_t n, size_t size)
{
    void *memory = n < 0 ? NULL : ri_arena_take(arena, (size_t)n, size);
    if (memory) memset(memory, 0, (size_t)n * size);
    return memory;
}

void *ri_probe_keep(recur_probe *p, int64_t n, size_t size)
{
    return take(&p->kept, n, size);
}

void *ri_probe_spare(recur_probe *p, int64_t n, size_t size)
{
    return take(&p->spare, n, size);
}

void *ri_probe_group_take(recur_probe *p, int64_t n, size_t size)
{
    return take(&p->group, n, size);
}

/* ---- stacks and lanes ---- */

static void add_stack(recur_probe *p, const char *name, const recur_rnn *rnn)
{
    if (rnn) p->stacks[p->n_stacks++] = (ri_stack){.name = name, .rnn = rnn};
}

static void find_stacks(recur_probe *p)
{
    const recur_model *m = p->model;
    if (m->seq2seq) {
        add_stack(p, "encoder", m->seq2seq->encoder);
        add_stack(p, "decoder", m->seq2seq->decoder);
        p->stacks[1].is_decoder = true;
        return;
    }
    add_stack(p, "rnn", m->rnn);
    if (m->tag && m->tag->speller) {
        add_stack(p, "characters.rnn", m->tag->speller);
        p->stacks[1].is_speller = true;
    }
}

static recur_status make_lanes(recur_probe *p)
{
    for (int s = 0; s < p->n_stacks; s++) p->n_lanes += p->stacks[s].rnn->L * p->stacks[s].rnn->D;
    p->lanes = ri_probe_keep(p, p->n_lanes, sizeof *p->lanes);
    if (!p->lanes) return ri_probe_no_memory(p);
    recur_lane *lane = p->lanes;
    for (int s = 0; s < p->n_stacks; s++) {
        const recur_rnn *rnn = p->stacks[s].rnn;
        for (int64_t k = 0; k < rnn->L * rnn->D; k++)
            *lane++ = (recur_lane){.stack = p->stacks[s].name,
                                   .layer = k / rnn->D,
                                   .is_reverse = k % rnn->D == 1,
                                   .cell = rnn->spec.cell,
                                   .units = rnn->H,
                                   .outputs = rnn->P};
    }
    return RECUR_OK;
}

/* ---- life ---- */

static recur_status make_packs(recur_probe *p)
{
    recur_status status = recur_tape_create(p->ctx, &p->tape);
    if (!status) status = recur_pack_create(p->ctx, &p->read);
    if (!status) status = recur_pack_create(p->ctx, &p->wanted);
    if (!status) status = recur_pack_create(p->ctx, &p->asked);
    if (status) return status;
    switch (recur_model_task(p->model)) {
    case RECUR_TASK_CLASSIFY:
        return ri_classify_feed_init(&p->classify, p->model);
    case RECUR_TASK_TAG:
        return ri_tag_batch_init(&p->tag, p->ctx);
    case RECUR_TASK_SEQ2SEQ:
        return recur_seq2seq_batch_create(p->model, &p->pairs);
    case RECUR_TASK_LM:
        break;
    }
    return RECUR_OK;
}

recur_status recur_probe_create(recur_model *model, const recur_probe_data *data,
                                const recur_probe_opts *opts, recur_probe **out)
{
    if (!model || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx       *ctx = model->ctx;
    recur_probe_opts o = opts ? *opts : (recur_probe_opts){0};
    if (!data) return RI_FAIL(ctx, RECUR_EARG, "a probe wants data");
    if (o.sequences < 0 || o.steps < 0 || o.sequences > INT32_MAX || o.steps > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "a probe of %lld sequences and %lld steps: wanted 0 to %d",
                       (long long)o.sequences, (long long)o.steps, INT32_MAX);
    if (!o.sequences) o.sequences = 32;
    if (!o.steps) o.steps = 256;

    recur_probe *p = ri_allocate(&ctx->allocator, 1, sizeof *p);
    if (!p) return ri_no_memory(ctx, "a probe");
    *p = (recur_probe){.ctx = ctx, .model = model, .seed = o.seed};
    ri_arena_init(&p->kept, &ctx->allocator);
    ri_arena_init(&p->spare, &ctx->allocator);
    ri_arena_init(&p->group, &ctx->allocator);
    find_stacks(p);
    recur_status status = RECUR_OK;
    if (!p->n_stacks) status = RI_FAIL(ctx, RECUR_EARG, "the model has no recurrent stack to look at");
    if (!status) status = make_lanes(p);
    if (!status) status = make_packs(p);
    if (!status) status = ri_probe_choose(p, data, &o);
    ri_arena_reset(&p->spare);
    if (status) {
        recur_probe_destroy(p);
        return status;
    }
    *out = p;
    return RECUR_OK;
}

void recur_probe_destroy(recur_probe *p)
{
    if (!p) return;
    recur_seq2seq_batch_destroy(p->pairs);
    ri_tag_batch_free(&p->tag, p->ctx);
    ri_classify_feed_free(&p->classify);
    recur_pack_destroy(p->asked);
    recur_pack_destroy(p->wanted);
    recur_pack_destroy(p->read);
    recur_tape_destroy(p->tape);
    ri_arena_destroy(&p->group);
    ri_arena_destroy(&p->spare);
    ri_arena_destroy(&p->kept);
    ri_release(&p->ctx->allocator, p);
}

recur_status ri_probe_end(recur_probe *p, recur_status status)
{
    recur_tape_reset(p->tape);
    ri_arena_reset(&p->group);
    ri_arena_reset(&p->spare);
    return status;
}

recur_status recur_probe_lengths(const recur_probe *p, recur_lengths *lengths)
{
    if (!p || !lengths) return RECUR_EARG;
    *lengths = p->lengths;
    return RECUR_OK;
}
