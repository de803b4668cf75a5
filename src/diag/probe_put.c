/* Sequences on the examined tape, task by task, and the way from a step to its row.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "diag/probe.h"
#include "nn/layers.h"

/* ---- how many at once ---- */

/* Numbers that a tape may keep of a group: 16 million, some 200 MB with all that backward wants beside. */
static const int64_t MOST_NUMBERS = INT64_C(1) << 24;

int64_t ri_probe_steps(const recur_probe *p, const ri_stack *stack, const ri_sequence *s)
{
    if (!p->model->seq2seq) return s->n;
    return (stack->is_decoder ? s->n_target : s->n) + 1;
}

int64_t ri_probe_losses(const recur_probe *p, const ri_sequence *s)
{
    recur_task task = recur_model_task(p->model);
    return task == RECUR_TASK_CLASSIFY ? 1 : task == RECUR_TASK_SEQ2SEQ ? s->n_target + 1 : s->n;
}

int64_t ri_probe_group(const recur_probe *p, const ri_sequence *sequences, int64_t first, int64_t n)
{
    int64_t last = first;
    double  numbers = 0;
    for (; last < n; last++) {
        for (int s = 0; s < p->n_stacks; s++) {
            const recur_rnn *rnn = p->stacks[s].rnn;
            int64_t          steps = ri_probe_steps(p, &p->stacks[s], &sequences[last]);
            numbers += (double)steps * (double)(rnn->L * rnn->D * (2 * rnn->G + 5) * rnn->H);
        }
        if (last > first && numbers > (double)MOST_NUMBERS) break;
    }
    return last - first;
}

/* ---- putting ---- */

/* What is put, with lists that packs want. */
typedef struct group {
    recur_probe       *p;
    int64_t            n;
    const ri_sequence *s;
    const int64_t     *asked;
    int64_t           *lengths, n_steps;
    const int32_t    **ids;
    const int32_t    **others; /* what is wanted, of a tagger or lm; forms; targets */
} group;

static bool take_lists(group *b)
{
    b->lengths = ri_probe_group_take(b->p, b->n, sizeof *b->lengths);
    b->ids = ri_probe_group_take(b->p, b->n, sizeof *b->ids);
    b->others = ri_probe_group_take(b->p, b->n, sizeof *b->others);
    if (!b->lengths || !b->ids || !b->others) return false;
    for (int64_t i = 0; i < b->n; i++) {
        b->lengths[i] = b->s[i].n;
        b->n_steps += b->s[i].n;
        b->ids[i] = b->s[i].ids;
    }
    return true;
}

/* Rows of x at the steps that are asked for, one of each sequence of the pack, and what is wanted there. */
static recur_status pick(group *b, const recur_pack *pack, const recur_pack *wanted, recur_var *x)
{
    recur_probe *p = b->p;
    int32_t     *rows = ri_probe_group_take(p, b->n, sizeof *rows),
            *at = ri_probe_group_take(p, b->n, sizeof *at);
    if (!rows || !at) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < b->n; i++) {
        rows[i] = (int32_t)recur_pack_row(pack, i, b->asked[i]);
        at[i] = wanted->tokens[rows[i]];
    }
    recur_status status = recur_pack_set_grid(p->asked, 1, b->n, rows);
    if (status) return status;
    *x = recur_pick_rows(p->tape, *x, p->asked);
    return recur_pack_set_grid(p->wanted, 1, b->n, at);
}

static recur_status put_lm(group *b, recur_var *loss)
{
    recur_probe       *p = b->p;
    const recur_model *m = p->model;
    for (int64_t i = 0; i < b->n; i++) b->others[i] = b->s[i].wanted;
    recur_status status = recur_pack_set(p->read, b->n, b->lengths, b->ids);
    if (!status) status = recur_pack_set(p->wanted, b->n, b->lengths, b->others);
    if (status) return status;
    recur_var top = ri_lm_top(p->tape, m, p->read, RECUR_NO_STATE, NULL);
    if (b->asked) status = pick(b, p->read, p->wanted, &top);
    if (status) return status;
    *loss = recur_linear_cross_entropy(p->tape, m->head, top, p->wanted, b->asked ? RECUR_SUM : RECUR_MEAN);
    return RECUR_OK;
}

static recur_status put_classify(group *b, recur_var *loss)
{
    recur_probe  *p = b->p;
    int32_t      *labels = ri_probe_group_take(p, b->n, sizeof *labels);
    const float **rows = ri_probe_group_take(p, b->n, sizeof *rows);
    recur_var     logits;
    if (!labels || !rows) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < b->n; i++) {
        labels[i] = b->s[i].label;
        rows[i] = b->s[i].rows;
    }
    bool         is_text = p->model->parts.vocab != NULL;
    recur_batch  batch = {.n = b->n,
                          .n_steps = b->n_steps,
                          .lengths = b->lengths,
                          .ids = is_text ? b->ids : NULL,
                          .rows = is_text ? NULL : rows};
    recur_status status = ri_classify_feed_put(&p->classify, p->tape, &batch, NULL, &logits, NULL);
    if (!status) status = recur_pack_set_grid(p->wanted, 1, b->n, labels);
    if (status) return status;
    *loss = recur_cross_entropy(p->tape, logits, p->wanted, b->asked ? RECUR_SUM : RECUR_MEAN);
    return RECUR_OK;
}

/* Number the different forms of a batch of tagged words. */
static recur_status number_forms(group *b, recur_batch *batch)
{
    recur_probe    *p = b->p;
    int64_t         all = recur_dataset_forms(p->dataset), at = 0;
    int32_t        *number = ri_probe_group_take(p, all, sizeof *number);
    int32_t        *forms = ri_probe_group_take(p, b->n_steps, sizeof *forms);
    int64_t        *lengths = ri_probe_group_take(p, b->n_steps, sizeof *lengths);
    const int32_t **characters = ri_probe_group_take(p, b->n_steps, sizeof *characters);
    if (!number || !forms || !lengths || !characters) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < b->n; i++) {
        b->others[i] = forms + at;
        for (int64_t t = 0; t < b->lengths[i]; t++) {
            int32_t form = b->s[i].forms[t];
            if (!number[form]) {
                characters[batch->n_forms] =
                    recur_dataset_form_characters(p->dataset, form, &lengths[batch->n_forms]);
                number[form] = (int32_t)++batch->n_forms;
            }
            forms[at++] = number[form] - 1;
        }
    }
    batch->forms = b->others;
    batch->form_lengths = lengths;
    batch->form_characters = characters;
    return RECUR_OK;
}

static recur_status put_tag(group *b, recur_var *loss)
{
    recur_probe    *p = b->p;
    recur_batch     batch = {.n = b->n, .n_steps = b->n_steps, .lengths = b->lengths};
    const int32_t **tags = ri_probe_group_take(p, b->n, sizeof *tags);
    if (!tags) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < b->n; i++) tags[i] = b->s[i].wanted;
    recur_status status = p->model->parts.characters ? number_forms(b, &batch) : RECUR_OK;
    if (!status) status = ri_tag_batch_fill(&p->tag, p->model, &batch, b->ids, tags);
    if (status) return status;
    recur_var scores = ri_tag_scores(p->tape, p->model, &p->tag);
    if (!b->asked) {
        *loss = ri_tag_loss(p->tape, p->model, scores, &p->tag, RECUR_MEAN);
        return RECUR_OK;
    }
    status = pick(b, p->tag.words, p->tag.targets, &scores);
    if (!status) *loss = recur_cross_entropy(p->tape, scores, p->wanted, RECUR_SUM);
    return status;
}

static recur_status put_pairs(group *b, recur_var *loss)
{
    recur_probe       *p = b->p;
    const recur_model *m = p->model;
    int64_t           *target_lengths = ri_probe_group_take(p, b->n, sizeof *target_lengths);
    if (!target_lengths) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < b->n; i++) {
        b->others[i] = b->s[i].target;
        target_lengths[i] = b->s[i].n_target;
    }
    recur_status status =
        recur_seq2seq_batch_fill(p->pairs, &(recur_pair_batch){.n = b->n,
                                                               .sources = b->ids,
                                                               .source_lengths = b->lengths,
                                                               .targets = b->others,
                                                               .target_lengths = target_lengths});
    if (status) return status;
    if (!b->asked) {
        *loss = recur_seq2seq_loss(p->tape, m, p->pairs, NULL, RECUR_MEAN);
        return RECUR_OK;
    }
    recur_var top = ri_seq2seq_top(p->tape, m, p->pairs, 0);
    status = pick(b, p->pairs->read, p->pairs->wanted, &top);
    if (!status) *loss = recur_linear_cross_entropy(p->tape, m->head, top, p->wanted, RECUR_SUM);
    return status;
}

recur_status ri_probe_put(recur_probe *p, int64_t n, const ri_sequence *sequences, const int64_t *asked,
                          ri_probe_mode mode, recur_var *loss)
{
    group b = {.p = p, .n = n, .s = sequences, .asked = asked};
    ri_arena_reset(&p->group);
    recur_tape_reset(p->tape);
    recur_tape_set_inference(p->tape, mode != RI_GRADIENTS);
    ri_tape_set_examined(p->tape, mode != RI_LOSSES);
    if (!take_lists(&b)) return ri_probe_no_memory(p);
    recur_task   task = recur_model_task(p->model);
    recur_status status = task == RECUR_TASK_LM        ? put_lm(&b, loss)
                          : task == RECUR_TASK_TAG     ? put_tag(&b, loss)
                          : task == RECUR_TASK_SEQ2SEQ ? put_pairs(&b, loss)
                                                       : put_classify(&b, loss);
    recur_status sticky = recur_tape_status(p->tape);
    return sticky ? sticky : status;
}

/* ---- reading ---- */

recur_status ri_probe_walk(recur_probe *p, const ri_stack *stack, ri_walk *walk)
{
    int64_t n = 0;
    for (const ri_rnn_trace *t = p->tape->traces; t; t = t->next) n += t->rnn == stack->rnn;
    *walk = (ri_walk){.traces = ri_probe_group_take(p, n, sizeof *walk->traces)};
    if (!walk->traces) return ri_probe_no_memory(p);
    for (const ri_rnn_trace *t = p->tape->traces; t; t = t->next)
        if (t->rnn == stack->rnn) walk->traces[walk->n++] = t;
    if (stack->is_decoder && !p->pairs->read->is_sorted) walk->rank_of = p->pairs->read->rank_of;
    return RECUR_OK;
}

int64_t ri_walk_row(const ri_walk *walk, int64_t b, int64_t t, const ri_rnn_trace **trace)
{
    bool is_whole = walk->n == 1 && walk->traces[0]->steps.T > t;
    *trace = walk->traces[is_whole ? 0 : t];
    const int64_t *rank_of = (*trace)->rank_of ? (*trace)->rank_of : walk->rank_of;
    return (is_whole ? (*trace)->steps.offset[t] : 0) + (rank_of ? rank_of[b] : b);
}

/* A row of a variable [K,N,width]. */
static const void *row_of(const recur_probe *p, const ri_node *node, const void *values, int64_t k,
                          int64_t row)
{
    return ri_at(p->ctx, values, (k * node->shape.size[1] + row) * node->shape.size[2]);
}

void ri_probe_read(const recur_probe *p, recur_var v, int64_t k, int64_t row, bool is_gradient, double *out)
{
    const ri_node *node = ri_tape_at(p->tape, v);
    p->ctx->dev->read(p->ctx, node->shape.size[2],
                      row_of(p, node, is_gradient ? node->grad : node->value, k, row), out);
}

double ri_probe_gradient(const recur_probe *p, recur_var v, int64_t k, int64_t row)
{
    int64_t        n_clipped;
    const ri_node *node = ri_tape_at(p->tape, v);
    return sqrt(p->ctx->dev->square_norm(p->ctx, node->shape.size[2], row_of(p, node, node->grad, k, row), 0,
                                         &n_clipped));
}
