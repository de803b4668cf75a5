/* An embedding, a stack, a linear layer to a few tags, and Adam.
 * SPDX-License-Identifier: MIT */
#include "packing.h"

#include <stdlib.h>

#include "dice.h"
#include "memory.h"

enum { WORDS = 1000, TAGS = 16, PADDING = 0 }; /* the id that stands behind a sequence */

struct tagger {
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
    recur_linear    *head;
    recur_trainer   *trainer;
    recur_tape      *tape;
    recur_pack      *words, *tags;

    int64_t         longest;
    int32_t        *made;                   /* [batch,longest] words; a word's tag follows from it */
    int32_t        *ids, *targets;          /* [batch,longest] as laid out */
    const int32_t **id_rows, **target_rows; /* [batch] */
    int64_t        *lengths, n;
};

static recur_status create_layers(tagger *t, const tagger_sizes *sizes)
{
    const recur_embedding_spec table = {.vocabulary = WORDS, .size = sizes->embed};
    const recur_rnn_spec       stack = {.cell = sizes->cell, .input = sizes->embed, .hidden = sizes->hidden};
    const recur_linear_spec    head = {.input = sizes->hidden, .output = TAGS};
    const recur_train_opts     opts = {.clip_norm = 1};
    recur_status               status = recur_embedding_create(t->params, "embedding", &table, &t->embedding);
    if (!status) status = recur_rnn_create(t->params, "rnn", &stack, &t->rnn);
    if (!status) status = recur_linear_create(t->params, "head", &head, &t->head);
    return status ? status : recur_trainer_create(t->params, &opts, &t->trainer);
}

static void make_words(tagger *t, int64_t batch, uint64_t seed)
{
    const size_t n = (size_t)(batch * t->longest);
    dice         d = dice_at(seed, 0, 0);
    t->made = need_memory(n, sizeof *t->made);
    t->ids = need_memory(n, sizeof *t->ids);
    t->targets = need_memory(n, sizeof *t->targets);
    t->id_rows = need_memory((size_t)batch, sizeof *t->id_rows);
    t->target_rows = need_memory((size_t)batch, sizeof *t->target_rows);
    t->lengths = need_memory((size_t)batch, sizeof *t->lengths);
    for (size_t i = 0; i < n; i++) t->made[i] = (int32_t)dice_below(&d, WORDS);
    for (int64_t b = 0; b < batch; b++) {
        t->id_rows[b] = t->ids + b * t->longest;
        t->target_rows[b] = t->targets + b * t->longest;
    }
}

recur_status tagger_create(recur_ctx *ctx, const tagger_sizes *sizes, uint64_t seed, tagger **made)
{
    tagger *t = *made = need_memory(1, sizeof *t);
    t->longest = sizes->longest;
    make_words(t, sizes->batch, seed);
    recur_status status = recur_params_create(ctx, seed, &t->params);
    if (!status) status = create_layers(t, sizes);
    if (!status) status = recur_tape_create(ctx, &t->tape);
    if (!status) status = recur_pack_create(ctx, &t->words);
    if (!status) status = recur_pack_create(ctx, &t->tags);
    return status;
}

void tagger_destroy(tagger *t)
{
    if (!t) return;
    recur_pack_destroy(t->tags);
    recur_pack_destroy(t->words);
    recur_tape_destroy(t->tape);
    recur_trainer_destroy(t->trainer);
    recur_linear_destroy(t->head);
    recur_rnn_destroy(t->rnn);
    recur_embedding_destroy(t->embedding);
    recur_params_destroy(t->params);
    free(t->made);
    free(t->ids);
    free(t->targets);
    free(t->id_rows);
    free(t->target_rows);
    free(t->lengths);
    free(t);
}

int64_t packing_longest(const int64_t *lengths, int64_t n)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < n; i++)
        if (lengths[i] > longest) longest = lengths[i];
    return longest;
}

void tagger_lay_out(tagger *t, int64_t n, const int64_t *lengths, bool is_padded)
{
    const int64_t longest = packing_longest(lengths, n);
    t->n = n;
    for (int64_t b = 0; b < n; b++) {
        const int64_t at = b * t->longest;
        t->lengths[b] = is_padded ? longest : lengths[b];
        for (int64_t i = 0; i < t->lengths[b]; i++) {
            const bool is_there = i < lengths[b];
            t->ids[at + i] = is_there ? t->made[at + i] : PADDING;
            t->targets[at + i] = is_there ? t->made[at + i] % TAGS : RECUR_IGNORE;
        }
    }
}

recur_status tagger_step(tagger *t, double *loss)
{
    recur_step_report report;
    recur_tape_reset(t->tape);
    recur_status status = recur_pack_set(t->words, t->n, t->lengths, t->id_rows);
    if (!status) status = recur_pack_set(t->tags, t->n, t->lengths, t->target_rows);
    if (status) return status;
    const recur_var words = recur_embed(t->tape, t->embedding, t->words);
    const recur_seq y = recur_rnn_apply(t->tape, t->rnn, words, t->words, RECUR_NO_STATE);
    const recur_var nats =
        recur_cross_entropy(t->tape, recur_linear_apply(t->tape, t->head, y.output), t->tags, RECUR_MEAN);
    status = recur_trainer_step(t->trainer, t->tape, nats, &report);
    *loss = report.loss;
    return status;
}
