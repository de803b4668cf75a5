/* The encoder-decoder on the tape.
 *
 * A decoder whose next step reads nothing of the last one's attention is one application over the whole pack. The others go step by step,
 * and in the loop stands only what has to: keys were computed once for each source, embeddings are looked up for all steps before it, readout and
 * head work on the rows of all steps behind it, and the stack's weight gradients are one product at the end of backward
 * (docs/why/decoder-loop.md). Rows of a step are the target pack's, longest first, so the batch shrinks as targets end.
 * SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "model/seq2seq.h"
#include "nn/layers.h"

/* ---- the encoder and the bridge ---- */

/* Layer k of the decoder's first h or c, [1,B,P]. */
static recur_var bridge_layer(recur_tape *tape, const recur_model *model, const recur_linear *linear,
                              recur_var from, int64_t k)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    int64_t                   D = s->encoder.bidirectional ? 2 : 1, L = s->encoder.layers;
    int64_t                   first = D * (L == s->decoder.layers ? k : L - 1);
    recur_var                 x = recur_slice(tape, from, first, 1);
    if (!linear) return recur_add(tape, x, recur_slice(tape, from, first + 1, 1));
    if (D == 2) x = recur_concat(tape, x, recur_slice(tape, from, first + 1, 1));
    return recur_linear_apply(tape, linear, x);
}

static recur_var bridge(recur_tape *tape, const recur_model *model, recur_linear *const *linears,
                        recur_var from)
{
    int64_t    n = model->spec.seq2seq.decoder.layers;
    recur_var *layers = ri_tape_take(tape, n, sizeof *layers);
    for (int64_t k = 0; layers && k < n; k++)
        layers[k] = bridge_layer(tape, model, linears ? linears[k] : NULL, from, k);
    return tape->status ? RECUR_NONE : recur_join(tape, n, layers);
}

static recur_state first_state(recur_tape *tape, const recur_model *model, recur_seq encoded)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    const ri_seq2seq_layers  *l = model->seq2seq;
    recur_state               state = recur_final(encoded);
    recur_var                 c = encoded.c.id ? encoded.c : encoded.h;
    if (s->bridge == RECUR_BRIDGE_COPY) return state;
    state.h = bridge(tape, model, l->bridge_h, encoded.h);
    if (s->bridge == RECUR_BRIDGE_LINEAR) state.h = recur_tanh(tape, state.h);
    state.c = s->decoder.cell == RECUR_LSTM ? bridge(tape, model, l->bridge_c, c) : RECUR_NONE;
    return state;
}

ri_encoded ri_seq2seq_encode(recur_tape *tape, const recur_model *model, const recur_pack *source)
{
    const ri_seq2seq_layers *l = model->seq2seq;
    ri_encoded               e = {{{0}, {0}}, {NULL, NULL, {0}, {0}}};
    recur_var                x =
        recur_dropout(tape, recur_embed(tape, l->source, source), source, model->spec.seq2seq.dropout);
    recur_seq seq = recur_rnn_apply(tape, l->encoder, x, source, RECUR_NO_STATE);
    if (tape->status) return e;
    e.state = first_state(tape, model, seq);
    if (l->attention) e.memory = recur_attention_memory(tape, l->attention, seq.output, source);
    return e;
}

/* ---- a step of the decoder ---- */

ri_decoding ri_seq2seq_start(recur_tape *tape, const recur_model *model, const ri_encoded *encoded, int64_t n,
                             const int64_t *caller_of)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    ri_decoding               d = {encoded->state, {0}, {0}};
    if (caller_of) {
        d.state.h = recur_pick_sequences(tape, d.state.h, n, caller_of);
        if (d.state.c.id) d.state.c = recur_pick_sequences(tape, d.state.c, n, caller_of);
    }
    if (s->attention == RECUR_ATTENTION_ADDITIVE)
        d.output = recur_pick_step(tape, d.state.h, s->decoder.layers - 1);
    if (s->input_feeding) d.fed = recur_input(tape, RECUR_SHAPE(n, s->readout), NULL);
    return d;
}

/* Keep the first n rows: those whose targets go on. */
static void shrink(recur_tape *tape, ri_decoding *d, int64_t n)
{
    d->state.h = recur_pick_sequences(tape, d->state.h, n, NULL);
    if (d->state.c.id) d->state.c = recur_pick_sequences(tape, d->state.c, n, NULL);
    if (d->output.id) d->output = recur_slice(tape, d->output, 0, n);
    if (d->fed.id) d->fed = recur_slice(tape, d->fed, 0, n);
}

ri_decoded ri_seq2seq_step(recur_tape *tape, const recur_model *model, const recur_memory *memory,
                           recur_var x, const int32_t *sequence, const int32_t *time, ri_decoding *d)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    const ri_seq2seq_layers  *l = model->seq2seq;
    ri_decoded                out = {{0}, {0}, {0}};
    bool                      asks_before = s->attention == RECUR_ATTENTION_ADDITIVE;
    recur_var                 context = RECUR_NONE, read = x;
    if (asks_before) {
        context = recur_attend_step(tape, memory, d->output, sequence, &out.weights);
        read = recur_concat(tape, x, context);
    }
    if (s->input_feeding) read = recur_concat(tape, x, d->fed);
    recur_seq seq = ri_rnn_step_of(tape, l->decoder, read, d->state, time ? sequence : NULL, time);
    d->state = recur_final(seq);
    if (asks_before) {
        d->output = seq.output;
        out.seen = recur_concat(tape, seq.output, context);
    } else if (l->attention) {
        context = recur_attend_step(tape, memory, seq.output, sequence, &out.weights);
        out.seen = recur_concat(tape, context, seq.output);
    } else {
        out.seen = seq.output;
    }
    if (s->input_feeding) d->fed = out.readout = ri_seq2seq_read_out(tape, model, out.seen, x);
    return out;
}

recur_var ri_seq2seq_read_out(recur_tape *tape, const recur_model *model, recur_var seen, recur_var x)
{
    const recur_linear *readout = model->seq2seq->readout;
    if (model->spec.seq2seq.attention == RECUR_ATTENTION_ADDITIVE) seen = recur_concat(tape, seen, x);
    return readout ? recur_tanh(tape, recur_linear_apply(tape, readout, seen)) : seen;
}

bool ri_seq2seq_is_parallel(const recur_model *model)
{
    return model->spec.seq2seq.attention != RECUR_ATTENTION_ADDITIVE && !model->spec.seq2seq.input_feeding;
}

/* ---- all steps ---- */

/* A walk through the steps of a batch. */
typedef struct walk {
    recur_tape        *tape;
    const recur_model *model;
    const recur_pack  *read;
    double             own;
    uint32_t           place; /* of the embeddings' noise */
    ri_encoded         encoded;
    ri_decoding        state;
    recur_var          x;                          /* [N,E]; with own tokens, of the present step */
    recur_var         *seen, *readouts, *embedded; /* [T] */
} walk;

static recur_var look_up(const walk *w, int64_t first, int64_t n, const int32_t *ids)
{
    recur_var x = ri_embed_ids(w->tape, w->model->seq2seq->target, n, ids);
    double    p = w->model->spec.seq2seq.dropout;
    return ri_tape_drop(
        w->tape, x, p, ri_tape_noise_of(w->tape, w->place, w->read->sequence + first, w->read->time + first));
}

/* The most likely tokens after a step; -1 where there is none. They carry no gradient. */
static const int32_t *own_tokens(const walk *w, const ri_decoded *step, int64_t n)
{
    recur_tape *tape = w->tape;
    bool        was_inference = tape->is_inference;
    recur_tape_set_inference(tape, true);
    recur_var top = step->readout.id ? step->readout : ri_seq2seq_read_out(tape, w->model, step->seen, w->x);
    recur_var logits = recur_linear_apply(tape, w->model->head, top);
    recur_tape_set_inference(tape, was_inference);
    int32_t *best = ri_tape_take(tape, n, sizeof *best);
    float   *log_p = ri_tape_take(tape, n, sizeof *log_p);
    if (tape->status) return NULL;
    const ri_node *node = ri_tape_at(tape, logits);
    tape->ctx->dev->log_softmax(tape->ctx, n, ri_shape_last(node->shape), node->value, NULL, best, log_p);
    return best;
}

/* The streams of a seed are many; this one lies apart from those of weights, dropout and orders. */
static const uint64_t OWN_STREAM = UINT64_C(0x6f776e) << 32;

/* What step t reads: the target's tokens, some of them exchanged for the model's own. */
static const int32_t *mixed_tokens(const walk *w, int64_t t, const ri_decoded *before)
{
    int64_t first = w->read->offset[t], n = w->read->offset[t + 1] - first;
    if (t == 0) return w->read->tokens;
    const int32_t *own = own_tokens(w, before, w->read->offset[t] - w->read->offset[t - 1]);
    int32_t       *ids = ri_tape_take(w->tape, n, sizeof *ids);
    if (!own || !ids) return NULL;
    for (int64_t r = 0; r < n; r++) {
        uint64_t where = (uint64_t)w->read->sequence[first + r] << 32 | (uint64_t)t;
        bool is_own = own[r] >= 0 && ri_uniform(w->tape->seed, OWN_STREAM + w->tape->step, where) < w->own;
        ids[r] = is_own ? own[r] : w->read->tokens[first + r];
    }
    return ids;
}

static bool take_walk(walk *w)
{
    int64_t T = w->read->T;
    w->seen = ri_tape_take(w->tape, T, sizeof *w->seen);
    w->readouts = ri_tape_take(w->tape, T, sizeof *w->readouts);
    w->embedded = ri_tape_take(w->tape, T, sizeof *w->embedded);
    return !w->tape->status;
}

/* What the head reads, [N,R], step by step. */
static recur_var by_steps(walk *w, recur_var embedded)
{
    recur_tape       *tape = w->tape;
    const recur_pack *read = w->read;
    ri_decoded        step = {{0}, {0}, {0}};
    if (!take_walk(w)) return RECUR_NONE;
    w->state =
        ri_seq2seq_start(tape, w->model, &w->encoded, read->B, read->is_sorted ? NULL : read->caller_of);
    for (int64_t t = 0; t < read->T && !tape->status; t++) {
        int64_t first = read->offset[t], n = read->offset[t + 1] - first;
        if (embedded.id) {
            w->x = recur_slice(tape, embedded, first, n);
        } else {
            const int32_t *ids = mixed_tokens(w, t, &step);
            w->x = ids ? look_up(w, first, n, ids) : RECUR_NONE;
        }
        if (t > 0 && n < first - read->offset[t - 1]) shrink(tape, &w->state, n);
        step = ri_seq2seq_step(tape, w->model, &w->encoded.memory, w->x, read->sequence + first,
                               read->time + first, &w->state);
        w->seen[t] = step.seen;
        w->readouts[t] = step.readout;
        w->embedded[t] = w->x;
    }
    if (tape->status) return RECUR_NONE;
    if (step.readout.id) return recur_join(tape, read->T, w->readouts);
    if (!embedded.id) embedded = recur_join(tape, read->T, w->embedded);
    return ri_seq2seq_read_out(tape, w->model, recur_join(tape, read->T, w->seen), embedded);
}

/* The same in one application. */
static recur_var at_once(walk *w, recur_var embedded)
{
    const ri_seq2seq_layers *l = w->model->seq2seq;
    recur_seq                seq = recur_rnn_apply(w->tape, l->decoder, embedded, w->read, w->encoded.state);
    recur_var                seen = seq.output;
    if (l->attention)
        seen = recur_concat(
            w->tape, recur_attend_step(w->tape, &w->encoded.memory, seq.output, w->read->sequence, NULL),
            seq.output);
    return ri_seq2seq_read_out(w->tape, w->model, seen, embedded);
}

recur_var ri_seq2seq_top(recur_tape *tape, const recur_model *model, recur_seq2seq_batch *batch, double own)
{
    if (!ri_tape_given(tape, model, "an encoder-decoder") ||
        !ri_tape_given(tape, batch, "an encoder-decoder"))
        return RECUR_NONE;
    recur_status status = ri_model_want(model, RECUR_TASK_SEQ2SEQ, "an encoder-decoder's loss");
    if (status) return ri_tape_failed(tape, status);
    if (batch->model != model || !batch->has_targets)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "a loss wants a batch of this model with targets");
    if (!(own >= 0 && own <= 1))
        return RI_TAPE_FAIL(tape, RECUR_EARG, "the share of own tokens is %g, wanted 0 to 1", own);
    walk     w = {.tape = tape, .model = model, .read = batch->read, .own = own};
    uint32_t place = tape->place++; /* before the loop, whose length would shift it */
    w.place = tape->place++;
    w.encoded = ri_seq2seq_encode(tape, model, batch->source);
    if (tape->status) return RECUR_NONE;
    recur_var x = own > 0 ? RECUR_NONE : look_up(&w, 0, batch->read->N, batch->read->tokens);
    recur_var top = own > 0 || !ri_seq2seq_is_parallel(model) ? by_steps(&w, x) : at_once(&w, x);
    if (!model->seq2seq->readout || tape->status) return top;
    return ri_tape_drop(tape, top, model->spec.seq2seq.dropout,
                        ri_tape_noise_of(tape, place, batch->read->sequence, batch->read->time));
}

recur_var recur_seq2seq_loss(recur_tape *tape, const recur_model *model, recur_seq2seq_batch *batch,
                             const recur_seq2seq_loss_opts *opts, recur_reduction reduction)
{
    recur_cross_entropy_opts entropy = {.label_smoothing = opts ? opts->label_smoothing : 0};
    recur_var                top = ri_seq2seq_top(tape, model, batch, opts ? opts->own : 0);
    if (!top.id) return RECUR_NONE;
    return recur_linear_cross_entropy_with(tape, model->head, top, batch->wanted, reduction, &entropy);
}

recur_var recur_seq2seq_logits(recur_tape *tape, const recur_model *model, recur_seq2seq_batch *batch)
{
    recur_var top = ri_seq2seq_top(tape, model, batch, 0);
    return top.id ? recur_linear_apply(tape, model->head, top) : RECUR_NONE;
}
