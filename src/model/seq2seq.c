/* The encoder-decoder as a kind of model: spec, layers, files. What it computes stands in seq2seq_tape.c.
 * SPDX-License-Identifier: MIT */
#include "model/seq2seq.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "model/params_file.h"
#include "nn/layers.h"

enum { DEFAULT_EMBED = 256 };

/* ---- the spec ---- */

static const char *const bridge_words[] = {"default", "copy", "linear", "sum", NULL};
static const char *const attention_words[] = {"additive", "dot", "general", "none", NULL};

_Static_assert(sizeof(recur_bridge) == sizeof(int) && sizeof(recur_attention_kind) == sizeof(int),
               "the table reads and writes enumerations as int");

#define AT(member) offsetof(recur_seq2seq_spec, member)

static const ri_field fields[] = {
    {"source_embed", RI_INTEGER, AT(source_embed), 1, INT32_MAX, NULL},
    {"target_embed", RI_INTEGER, AT(target_embed), 1, INT32_MAX, NULL},
    {"encoder_bidirectional", RI_BOOLEAN, AT(encoder.bidirectional), 0, 0, NULL},
    {"bridge", RI_WORD, AT(bridge), 0, 0, bridge_words},
    {"attention", RI_WORD, AT(attention), 0, 0, attention_words},
    {"attention_size", RI_INTEGER, AT(attention_size), 0, INT32_MAX, NULL},
    {"input_feeding", RI_BOOLEAN, AT(input_feeding), 0, 0, NULL},
    {"readout", RI_INTEGER, AT(readout), 0, INT32_MAX, NULL},
    {"shared_embeddings", RI_BOOLEAN, AT(shared_embeddings), 0, 0, NULL},
    {"tie", RI_BOOLEAN, AT(tie), 0, 0, NULL},
    {"reverse_source", RI_BOOLEAN, AT(reverse_source), 0, 0, NULL},
    {"dropout", RI_REAL, AT(dropout), 0, 1, NULL},
};

static const ri_spec_form form = {"seq2seq",
                                  {{fields, RI_COUNT(fields), 0, NULL},
                                   {ri_rule_fields, RI_RULE_FIELDS, AT(rule), NULL},
                                   {ri_rnn_fields, RI_RNN_FIELDS, AT(encoder), "encoder_"},
                                   {ri_rnn_fields, RI_RNN_FIELDS, AT(decoder), "decoder_"}}};

static bool has_c(const recur_rnn_spec *spec)
{
    return spec->cell == RECUR_LSTM;
}

/* Whether the states of both stacks are alike, directions aside. */
static bool are_alike(const recur_seq2seq_spec *s)
{
    return s->encoder.cell == s->decoder.cell && s->encoder.layers == s->decoder.layers &&
           s->encoder.hidden == s->decoder.hidden && s->encoder.projection == s->decoder.projection;
}

static bool is_luong(const recur_seq2seq_spec *s)
{
    return s->attention == RECUR_ATTENTION_DOT || s->attention == RECUR_ATTENTION_GENERAL;
}

static int64_t context_width(const recur_seq2seq_spec *s)
{
    return s->attention == RECUR_ATTENTION_NONE
               ? 0
               : ri_rnn_output(&s->encoder) * (s->encoder.bidirectional ? 2 : 1);
}

/* All that the readout, or the head without one, sees. */
static int64_t seen_width(const recur_seq2seq_spec *s)
{
    int64_t width = ri_rnn_output(&s->decoder) + context_width(s);
    return s->attention == RECUR_ATTENTION_ADDITIVE ? width + s->target_embed : width;
}

static int64_t head_width(const recur_seq2seq_spec *s)
{
    return s->readout ? s->readout : seen_width(s);
}

/* The spec as its defaults complete it; what is no spec stays none. */
static recur_seq2seq_spec completed(recur_seq2seq_spec s)
{
    if (!s.source_embed) s.source_embed = DEFAULT_EMBED;
    if (!s.target_embed) s.target_embed = DEFAULT_EMBED;
    if (!s.encoder.layers) s.encoder.layers = 1;
    if (!s.decoder.layers) s.decoder.layers = 1;
    if (!s.bridge)
        s.bridge = are_alike(&s) && !s.encoder.bidirectional ? RECUR_BRIDGE_COPY : RECUR_BRIDGE_LINEAR;
    if (!s.attention_size && s.attention == RECUR_ATTENTION_ADDITIVE)
        s.attention_size = ri_rnn_output(&s.decoder);
    if (!s.readout && s.tie && seen_width(&s) != s.target_embed) s.readout = s.target_embed;
    if (!s.readout && is_luong(&s)) s.readout = ri_rnn_output(&s.decoder);
    s.encoder.input = s.source_embed;
    s.decoder.input = s.target_embed;
    if (s.attention == RECUR_ATTENTION_ADDITIVE) s.decoder.input += context_width(&s);
    if (s.input_feeding) s.decoder.input += s.readout;
    return s;
}

static recur_status check_sizes(recur_ctx *ctx, const recur_seq2seq_spec *s)
{
    const int64_t sizes[] = {s->source_embed,      s->target_embed,   s->attention_size,
                             s->readout,           s->encoder.hidden, s->decoder.hidden,
                             s->encoder.layers,    s->decoder.layers, s->encoder.projection,
                             s->decoder.projection};
    for (int i = 0; i < RI_COUNT(sizes); i++)
        if (sizes[i] < 0 || sizes[i] > INT32_MAX)
            return RI_FAIL(ctx, RECUR_EARG, "sizes of an encoder-decoder must be 0 to %d, found %" PRId64,
                           INT32_MAX, sizes[i]);
    if ((unsigned)s->attention > RECUR_ATTENTION_NONE)
        return RI_FAIL(ctx, RECUR_EARG, "attention %d is none", (int)s->attention);
    if ((unsigned)s->bridge > RECUR_BRIDGE_SUM)
        return RI_FAIL(ctx, RECUR_EARG, "bridge %d is none", (int)s->bridge);
    return RECUR_OK;
}

static recur_status check_bridge(recur_ctx *ctx, const recur_seq2seq_spec *s)
{
    bool both = s->encoder.bidirectional;
    if (s->bridge == RECUR_BRIDGE_LINEAR || (are_alike(s) && both == (s->bridge == RECUR_BRIDGE_SUM)))
        return RECUR_OK;
    return RI_FAIL(ctx, RECUR_EARG,
                   "the bridge \"%s\" wants an encoder %s and both stacks of one cell, size and number of "
                   "layers; wanted \"linear\" here",
                   bridge_words[s->bridge],
                   s->bridge == RECUR_BRIDGE_SUM ? "of two directions" : "of one direction");
}

static recur_status check_parts(recur_ctx *ctx, const recur_seq2seq_spec *s, const ri_model_parts *parts)
{
    if (!parts->vocab) return RI_FAIL(ctx, RECUR_EARG, "an encoder-decoder wants a vocabulary");
    const recur_vocab *both[] = {parts->vocab, parts->target ? parts->target : parts->vocab};
    for (int i = 0; i < 2; i++) {
        if (recur_vocab_unit(both[i]) != s->rule.unit)
            return RI_FAIL(ctx, RECUR_EARG, "a vocabulary is of another unit than the spec's rule");
        if (recur_vocab_size(both[i]) >= INT32_MAX)
            return RI_FAIL(ctx, RECUR_EARG, "a vocabulary of %" PRId64 " tokens leaves no id for the mark",
                           recur_vocab_size(both[i]));
    }
    if (s->shared_embeddings && (parts->target || s->source_embed != s->target_embed))
        return RI_FAIL(ctx, RECUR_EARG,
                       "shared embeddings want one vocabulary for both sides and one size, found %s and "
                       "%" PRId64 " and %" PRId64,
                       parts->target ? "two" : "one", s->source_embed, s->target_embed);
    return RECUR_OK;
}

static recur_status check(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts)
{
    recur_status status = check_sizes(ctx, &specs->seq2seq);
    if (status) return status;
    recur_seq2seq_spec s = completed(specs->seq2seq);
    if (s.decoder.bidirectional)
        return RI_FAIL(ctx, RECUR_EARG, "a decoder cannot be bidirectional: writing has no future");
    if (s.decoder.trained_state)
        return RI_FAIL(ctx, RECUR_EARG, "a decoder has no trained state: it starts from the encoder's");
    if (s.input_feeding && !is_luong(&s))
        return RI_FAIL(ctx, RECUR_EARG, "input feeding belongs to dot and general attention, found \"%s\"",
                       attention_words[s.attention]);
    if (s.attention_size && s.attention != RECUR_ATTENTION_ADDITIVE)
        return RI_FAIL(ctx, RECUR_EARG, "only additive attention has a size of its own, found \"%s\"",
                       attention_words[s.attention]);
    if (s.tie && head_width(&s) != s.target_embed)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a tied head wants a readout of the embedding's size %" PRId64 ", found %" PRId64,
                       s.target_embed, head_width(&s));
    status = check_bridge(ctx, &s);
    if (!status) status = ri_model_check_rnn(ctx, &s.encoder, s.dropout);
    if (!status) status = ri_model_check_rnn(ctx, &s.decoder, s.dropout);
    return status ? status : check_parts(ctx, &s, parts);
}

/* ---- layers ---- */

static int64_t source_rows(const ri_model_parts *parts)
{
    return recur_vocab_size(parts->vocab) + 1;
}

static int64_t target_rows(const ri_model_parts *parts)
{
    return recur_vocab_size(parts->target ? parts->target : parts->vocab) + 1;
}

static recur_status add_tables(recur_model *model, recur_init outer)
{
    static const recur_init   small = {.kind = RECUR_INIT_NORMAL, .value = 0.1};
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    ri_seq2seq_layers        *l = model->seq2seq;
    recur_embedding_spec      table = {.vocabulary = source_rows(&model->parts),
                                       .size = s->source_embed,
                                       .init = outer.kind == RECUR_INIT_DEFAULT ? small : outer};
    if (s->shared_embeddings) {
        recur_status status = recur_embedding_create(model->params, "embedding", &table, &l->shared);
        l->source = l->target = l->shared;
        return status;
    }
    recur_status status = recur_embedding_create(model->params, "source", &table, &l->source);
    table.vocabulary = target_rows(&model->parts);
    table.size = s->target_embed;
    return status ? status : recur_embedding_create(model->params, "target", &table, &l->target);
}

/* One linear layer of the bridge for each layer of the decoder. */
static recur_status add_bridge(recur_model *model, char what, int64_t input, int64_t output, recur_init outer,
                               recur_linear ***list)
{
    int64_t n = model->spec.seq2seq.decoder.layers;
    *list = ri_allocate(&model->ctx->allocator, (size_t)n, sizeof **list);
    if (!*list) return ri_no_memory(model->ctx, "an encoder-decoder");
    for (int64_t k = 0; k < n; k++) (*list)[k] = NULL;
    recur_status      status = RECUR_OK;
    recur_linear_spec spec = {.input = input, .output = output, .init = outer};
    for (int64_t k = 0; k < n && !status; k++) {
        char name[48];
        snprintf(name, sizeof name, "bridge.%c_l%" PRId64, what, k);
        status = recur_linear_create(model->params, name, &spec, &(*list)[k]);
    }
    return status;
}

static recur_status add_bridges(recur_model *model, recur_init outer)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    ri_seq2seq_layers        *l = model->seq2seq;
    int64_t                   D = s->encoder.bidirectional ? 2 : 1, h = D * ri_rnn_output(&s->encoder);
    if (s->bridge != RECUR_BRIDGE_LINEAR) return RECUR_OK;
    recur_status status = add_bridge(model, 'h', h, ri_rnn_output(&s->decoder), outer, &l->bridge_h);
    if (status || !has_c(&s->decoder)) return status;
    return add_bridge(model, 'c', has_c(&s->encoder) ? D * s->encoder.hidden : h, s->decoder.hidden, outer,
                      &l->bridge_c);
}

static recur_status add_attention(recur_model *model, recur_init outer)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    recur_attention_spec      spec = {.kind = s->attention,
                                      .query = ri_rnn_output(&s->decoder),
                                      .key = context_width(s),
                                      .size = s->attention_size,
                                      .init = outer};
    return s->attention == RECUR_ATTENTION_NONE
               ? RECUR_OK
               : recur_attention_create(model->params, "attention", &spec, &model->seq2seq->attention);
}

static recur_status add_head(recur_model *model, recur_init outer)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    ri_seq2seq_layers        *l = model->seq2seq;
    recur_linear_spec readout = {.input = l->seen, .output = s->readout, .no_bias = true, .init = outer};
    recur_linear_spec head = {.input = head_width(s),
                              .output = target_rows(&model->parts),
                              .tie = s->tie ? l->target : NULL,
                              .init = outer};
    recur_status      status = RECUR_OK;
    if (s->readout) status = recur_linear_create(model->params, "readout", &readout, &l->readout);
    return status ? status : recur_linear_create(model->params, "head", &head, &model->head);
}

static recur_status add_layers(recur_model *model, bool is_blank)
{
    recur_seq2seq_spec *s = &model->spec.seq2seq;
    *s = completed(*s);
    recur_init         outer = ri_model_outer_init(s->decoder.init, is_blank);
    ri_seq2seq_layers *l = ri_allocate(&model->ctx->allocator, 1, sizeof *l);
    if (!l) return ri_no_memory(model->ctx, "an encoder-decoder");
    *l = (ri_seq2seq_layers){.context = context_width(s),
                             .output = ri_rnn_output(&s->decoder),
                             .seen = seen_width(s),
                             .bridges = s->decoder.layers};
    model->seq2seq = l;
    recur_status status = add_tables(model, outer);
    if (!status) status = ri_model_add_rnn(model, "encoder", is_blank, &s->encoder, &l->encoder);
    if (!status) status = add_bridges(model, outer);
    if (!status) status = add_attention(model, outer);
    if (!status) status = ri_model_add_rnn(model, "decoder", is_blank, &s->decoder, &l->decoder);
    return status ? status : add_head(model, outer);
}

static void destroy_bridge(recur_linear **list, int64_t n, const recur_allocator *a)
{
    for (int64_t k = 0; list && k < n; k++) recur_linear_destroy(list[k]);
    ri_release(a, list);
}

void ri_seq2seq_layers_destroy(ri_seq2seq_layers *l, const recur_allocator *a)
{
    if (!l) return;
    destroy_bridge(l->bridge_h, l->bridges, a);
    destroy_bridge(l->bridge_c, l->bridges, a);
    recur_linear_destroy(l->readout);
    recur_attention_destroy(l->attention);
    recur_rnn_destroy(l->decoder);
    recur_rnn_destroy(l->encoder);
    recur_embedding_destroy(l->shared);
    if (!l->shared) {
        recur_embedding_destroy(l->source);
        recur_embedding_destroy(l->target);
    }
    ri_release(a, l);
}

recur_status recur_seq2seq_create(recur_ctx *ctx, const recur_seq2seq_spec *spec, recur_vocab *source,
                                  recur_vocab *target, uint64_t seed, recur_model **model)
{
    if (model) *model = NULL;
    ri_model_parts parts = {.vocab = source, .target = target};
    if (ctx && model && spec)
        return ri_model_create(ctx, &ri_seq2seq_kind, &(ri_model_spec){.seq2seq = *spec}, parts, seed, NULL,
                               model);
    ri_model_free_parts(parts);
    return ctx && model ? RI_FAIL(ctx, RECUR_EARG, "an encoder-decoder wants a spec") : RECUR_EARG;
}

const recur_seq2seq_spec *recur_seq2seq_get_spec(const recur_model *model)
{
    return model->kind == &ri_seq2seq_kind ? &model->spec.seq2seq : NULL;
}

const recur_vocab *recur_seq2seq_target_vocab(const recur_model *model)
{
    if (model->kind != &ri_seq2seq_kind) return NULL;
    return model->parts.target ? model->parts.target : model->parts.vocab;
}

int32_t recur_seq2seq_mark(const recur_model *model)
{
    return model->kind == &ri_seq2seq_kind ? (int32_t)(target_rows(&model->parts) - 1) : -1;
}

/* Matrix products of one step of each side. */
static int64_t flops(const recur_model *model)
{
    const recur_seq2seq_spec *s = &model->spec.seq2seq;
    int64_t                   total =
        ri_model_rnn_flops(&s->encoder, s->encoder.input) + ri_model_rnn_flops(&s->decoder, s->decoder.input);
    if (s->attention == RECUR_ATTENTION_ADDITIVE)
        total += 2 * s->attention_size * (ri_rnn_output(&s->decoder) + context_width(s));
    if (s->attention == RECUR_ATTENTION_GENERAL) total += 2 * ri_rnn_output(&s->decoder) * context_width(s);
    total += 2 * s->readout * seen_width(s);
    return total + 2 * head_width(s) * target_rows(&model->parts);
}

/* ---- before loading ---- */

/* A tensor that the file must have, in a list that ends where rows are 0. */
typedef struct wanted {
    const char *name;
    int64_t     rows, cols;
} wanted;

static recur_status check_shapes(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts,
                                 const ri_st_file *file, const char *path)
{
    const recur_seq2seq_spec s = completed(specs->seq2seq);
    int64_t      D = s.encoder.bidirectional ? 2 : 1, P = ri_rnn_output(&s.decoder), C = context_width(&s);
    int64_t      V = target_rows(parts), A = s.attention == RECUR_ATTENTION_ADDITIVE ? s.attention_size : 0;
    const wanted all[] = {
        {"embedding.weight", s.shared_embeddings ? V : 0, s.source_embed},
        {"source.weight", s.shared_embeddings ? 0 : source_rows(parts), s.source_embed},
        {"target.weight", s.shared_embeddings ? 0 : V, s.target_embed},
        {"attention.query.weight", A, P},
        {"attention.key.weight", s.attention == RECUR_ATTENTION_GENERAL ? P : A, C},
        {"bridge.h_l0.weight", s.bridge == RECUR_BRIDGE_LINEAR ? P : 0, D * ri_rnn_output(&s.encoder)},
        {"readout.weight", s.readout, seen_width(&s)},
        {"head.weight", s.tie ? 0 : V, head_width(&s)}};
    recur_status status = ri_model_check_rnn_shapes(ctx, "encoder", &s.encoder, s.encoder.input, file, path);
    if (!status) status = ri_model_check_rnn_shapes(ctx, "decoder", &s.decoder, s.decoder.input, file, path);
    for (int i = 0; i < RI_COUNT(all) && !status; i++)
        if (all[i].rows)
            status = ri_params_want(ctx, file, path, all[i].name, RECUR_SHAPE(all[i].rows, all[i].cols),
                                    RECUR_EMODEL);
    return status;
}

const ri_model_kind ri_seq2seq_kind = {.task = RECUR_TASK_SEQ2SEQ,
                                       .form = &form,
                                       .has_vocab = true,
                                       .check_shapes = check_shapes,
                                       .add_layers = add_layers,
                                       .check = check,
                                       .flops = flops};
