/* Batches of sentences as packs: their words, and the characters of their different words.
 *
 * A word is spelt with its first 64 characters: none is longer but addresses and noise, and a sequence as long as a line would cost the
 * time of a whole batch.
 * SPDX-License-Identifier: MIT */
#include "model/tag.h"

enum { MOST_CHARACTERS = 64 };

recur_status ri_tag_batch_init(ri_tag_batch *b, recur_ctx *ctx)
{
    recur_pack **const packs[] = {&b->words, &b->forms, &b->characters, &b->targets};
    recur_status       status = RECUR_OK;
    *b = (ri_tag_batch){.n_lengths = 0};
    for (size_t i = 0; i < sizeof packs / sizeof *packs && !status; i++)
        status = recur_pack_create(ctx, packs[i]);
    return status;
}

void ri_tag_batch_free(ri_tag_batch *b, recur_ctx *ctx)
{
    recur_pack_destroy(b->words);
    recur_pack_destroy(b->forms);
    recur_pack_destroy(b->characters);
    recur_pack_destroy(b->targets);
    ri_release(&ctx->allocator, b->lengths);
}

static recur_status fill_characters(ri_tag_batch *b, recur_ctx *ctx, const recur_batch *from)
{
    if (from->n_forms > b->n_lengths) {
        int64_t *more =
            ri_grow(&ctx->allocator, b->lengths, (size_t)b->n_lengths, (size_t)from->n_forms, sizeof *more);
        if (!more) return ri_no_memory(ctx, "a batch");
        b->lengths = more;
        b->n_lengths = from->n_forms;
    }
    for (int64_t i = 0; i < from->n_forms; i++) {
        int64_t n = from->form_lengths[i];
        b->lengths[i] = n < MOST_CHARACTERS ? n : MOST_CHARACTERS;
    }
    recur_status status = recur_pack_set(b->forms, from->n, from->lengths, from->forms);
    return status ? status : recur_pack_set(b->characters, from->n_forms, b->lengths, from->form_characters);
}

recur_status ri_tag_batch_fill(ri_tag_batch *b, const recur_model *model, const recur_batch *from,
                               const int32_t *const *ids, const int32_t *const *tags)
{
    recur_status status = recur_pack_set(b->words, from->n, from->lengths, ids);
    if (!status && tags) status = recur_pack_set(b->targets, from->n, from->lengths, tags);
    if (!status && model->parts.characters) status = fill_characters(b, model->ctx, from);
    return status;
}
