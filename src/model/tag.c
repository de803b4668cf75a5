/* The tagger on the tape.
 *
 *   words [N] -> vectors [N,E] ------------------------------------------------.
 *   characters of F forms [M] -> vectors -> LSTM -> last states [F,2C] -> [N,2C] +-> dropout -> stack [N,P] -> dropout -> head [N,K]
 *
 * SPDX-License-Identifier: MIT */
#include "model/tag.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "data/dataset.h"
#include "model/params_file.h"
#include "nn/layers.h"
#include "text/labels.h"
#include "text/vocab.h"

enum { DEFAULT_EMBED = 100 };

/* ---- the spec ---- */

static const char *const scheme_words[] = {"plain", "bio", "bioes", NULL};

_Static_assert(sizeof(recur_tag_scheme) == sizeof(int), "the table reads and writes enumerations as int");

#define AT(member) offsetof(recur_tag_spec, member)

static const ri_field fields[] = {
    {"embed", RI_INTEGER, AT(embed), 1, INT32_MAX, NULL},
    {"char_embed", RI_INTEGER, AT(char_embed), 0, INT32_MAX, NULL},
    {"char_hidden", RI_INTEGER, AT(char_hidden), 0, INT32_MAX, NULL},
    {"frozen_embedding", RI_BOOLEAN, AT(frozen_embedding), 0, 0, NULL},
    {"dropout", RI_REAL, AT(dropout), 0, 1, NULL},
    {"crf", RI_BOOLEAN, AT(crf), 0, 0, NULL},
    {"scheme", RI_WORD, AT(scheme), 0, 0, scheme_words},
    {"bidirectional", RI_BOOLEAN, AT(rnn.bidirectional), 0, 0, NULL},
};

static const ri_spec_form form = {"tag",
                                  {{fields, RI_COUNT(fields), 0, NULL},
                                   {ri_rule_fields, RI_RULE_FIELDS, AT(rule), NULL},
                                   {ri_rnn_fields, RI_RNN_FIELDS, AT(rnn), NULL}}};

static recur_status check_sizes(recur_ctx *ctx, const recur_tag_spec *s)
{
    const int64_t sizes[] = {s->embed, s->char_embed, s->char_hidden};
    for (int i = 0; i < RI_COUNT(sizes); i++)
        if (sizes[i] < 0 || sizes[i] > INT32_MAX)
            return RI_FAIL(ctx, RECUR_EARG,
                           "embed, char_embed and char_hidden must be 0 to %d, found %" PRId64, INT32_MAX,
                           sizes[i]);
    if ((s->char_embed == 0) != (s->char_hidden == 0))
        return RI_FAIL(ctx, RECUR_EARG,
                       "char_embed and char_hidden must both be given or neither, found %" PRId64
                       " and %" PRId64,
                       s->char_embed, s->char_hidden);
    return RECUR_OK;
}

static recur_status check(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts)
{
    const recur_tag_spec *s = &specs->tag;
    if (!parts->vocab || recur_vocab_unit(parts->vocab) != RECUR_WORD ||
        recur_vocab_unknown(parts->vocab) < 0)
        return RI_FAIL(ctx, RECUR_EARG, "a tagger wants a vocabulary of words with \"" RI_VOCAB_UNKNOWN "\"");
    if (!parts->labels || recur_labels_count(parts->labels) < 2)
        return RI_FAIL(ctx, RECUR_EARG, "a tagger wants at least two tags");
    recur_status status = check_sizes(ctx, s);
    if (status) return status;
    if ((s->char_embed > 0) != (parts->characters != NULL))
        return RI_FAIL(ctx, RECUR_EARG, "a tagger with char_embed %" PRId64 " wants %s", s->char_embed,
                       s->char_embed ? "the characters of its words" : "no characters");
    if (parts->characters &&
        (recur_vocab_unit(parts->characters) != RECUR_CHAR || recur_vocab_unknown(parts->characters) < 0))
        return RI_FAIL(ctx, RECUR_EARG, "a tagger wants characters with \"" RI_VOCAB_UNKNOWN "\"");
    if ((unsigned)s->scheme > RECUR_TAGS_BIOES)
        return RI_FAIL(ctx, RECUR_EARG, "scheme %d is none", (int)s->scheme);
    return ri_model_check_rnn(ctx, &s->rnn, s->dropout);
}

/* ---- tags ---- */

static recur_status no_memory(const recur_model *model)
{
    return ri_no_memory(model->ctx, "a tagger");
}

static bool add_labels(ri_tag_set *set, const recur_labels *labels)
{
    for (int32_t i = 0; i < recur_labels_count(labels); i++) {
        const char *name = recur_labels_name(labels, i);
        if (ri_tag_set_add(set, name, strlen(name)) < 0) return false;
    }
    return true;
}

recur_status recur_labels_scheme(recur_ctx *ctx, const recur_labels *labels, recur_tag_scheme *scheme)
{
    if (!ctx) return RECUR_EARG;
    if (!labels || !scheme) return RI_FAIL(ctx, RECUR_EARG, "the scheme of labels wants labels and a place");
    ri_tag_set set;
    ri_tag_set_init(&set, &ctx->allocator);
    bool ok = add_labels(&set, labels);
    *scheme = ri_tag_set_scheme(&set);
    ri_tag_set_destroy(&set);
    return ok ? RECUR_OK : ri_no_memory(ctx, "the scheme of labels");
}

static const char *foreign_among(const ri_tag_set *set)
{
    for (int64_t id = 0; id < set->names.table.n; id++)
        if (set->is_foreign[id]) return set->names.table.entries[id].span.bytes;
    return "O";
}

/* Fill a set, which the caller destroys in any case: the labels, what their scheme has beside (n_labels with these), what the scheme to
 * learn has beside. */
static recur_status make_set(recur_ctx *ctx, const recur_labels *labels, recur_tag_scheme learnt,
                             ri_tag_set *set, recur_tag_scheme *shown, int64_t *n_labels)
{
    ri_tag_set_init(set, &ctx->allocator);
    *shown = RECUR_TAGS_PLAIN;
    bool ok = add_labels(set, labels);
    *n_labels = set->names.table.n;
    if (ok && learnt != RECUR_TAGS_PLAIN) {
        *shown = ri_tag_set_scheme(set);
        if (*shown == RECUR_TAGS_PLAIN)
            return RI_FAIL(
                ctx, RECUR_EDATA,
                "a scheme of spans wants tags that are O or have B-, I-, E- or S- in front, and some "
                "that are not O; found %.60s",
                foreign_among(set));
        ok = ri_tag_set_complete(set, *shown);
        *n_labels = set->names.table.n;
        ok = ok && ri_tag_set_complete(set, learnt);
    }
    return ok ? RECUR_OK : ri_no_memory(ctx, "the tags of a tagger");
}

/* Replace the labels by the first n names of the set. */
static recur_status take_labels(recur_model *model, int64_t n)
{
    const recur_allocator *a = &model->ctx->allocator;
    const ri_entry        *entries = model->tag->set.names.table.entries;
    ri_span               *names = ri_allocate(a, (size_t)n, sizeof *names);
    recur_labels          *labels = NULL;
    if (!names) return no_memory(model);
    for (int64_t i = 0; i < n; i++) names[i] = entries[i].span;
    recur_status status = ri_labels_create(a, names, n, &labels, ri_ctx_error(model->ctx));
    ri_release(a, names);
    if (status) return status;
    recur_labels_destroy(model->parts.labels);
    model->parts.labels = labels;
    return RECUR_OK;
}

static recur_status make_tags(recur_model *model)
{
    int64_t n_labels;
    model->tag = ri_allocate(&model->ctx->allocator, 1, sizeof *model->tag);
    if (!model->tag) return no_memory(model);
    recur_status status = make_set(model->ctx, model->parts.labels, model->spec.tag.scheme, &model->tag->set,
                                   &model->tag->shown, &n_labels);
    if (status || n_labels == recur_labels_count(model->parts.labels)) return status;
    return take_labels(model, n_labels);
}

recur_status ri_tag_to_learn(const recur_model *model, int64_t n, int32_t *tags, int64_t *n_repaired)
{
    ri_tag_layers   *t = model->tag;
    recur_tag_scheme learnt = model->spec.tag.scheme;
    int64_t          repaired = ri_tag_set_rewrite(&t->set, t->shown, n, tags);
    if (repaired < 0 || (learnt != t->shown && ri_tag_set_rewrite(&t->set, learnt, n, tags) < 0))
        return no_memory(model);
    if (n_repaired) *n_repaired += repaired;
    return RECUR_OK;
}

recur_status ri_tag_to_show(const recur_model *model, int64_t n, int32_t *tags)
{
    return ri_tag_set_rewrite(&model->tag->set, model->tag->shown, n, tags) < 0 ? no_memory(model) : RECUR_OK;
}

/* ---- layers ---- */

/* How tables start where the stack says nothing that holds for them: as those of Lample et al. 2016. */
static recur_init table_init(recur_init outer, int64_t size)
{
    return outer.kind == RECUR_INIT_DEFAULT ? (recur_init){RECUR_INIT_UNIFORM, sqrt(3 / (double)size)}
                                            : outer;
}

static recur_rnn_spec speller_of(const recur_tag_spec *spec)
{
    return (recur_rnn_spec){
        .input = spec->char_embed, .hidden = spec->char_hidden, .layers = 1, .bidirectional = true};
}

static int64_t input_width(const recur_tag_spec *spec)
{
    return spec->embed + 2 * spec->char_hidden;
}

static int64_t output_width(const recur_tag_spec *spec)
{
    return ri_rnn_output(&spec->rnn) * (spec->rnn.bidirectional ? 2 : 1);
}

static recur_status add_words(recur_model *model, recur_init outer)
{
    recur_tag_spec      *s = &model->spec.tag;
    recur_embedding_spec table = {.vocabulary = recur_vocab_size(model->parts.vocab),
                                  .size = s->embed,
                                  .init = table_init(outer, s->embed)};
    recur_status status = recur_embedding_create(model->params, "embedding", &table, &model->embedding);
    if (status || !s->frozen_embedding) return status;
    return recur_params_freeze(model->params, recur_params_find(model->params, "embedding.weight"), true);
}

static recur_status add_characters(recur_model *model, recur_init outer)
{
    const recur_tag_spec *s = &model->spec.tag;
    recur_embedding_spec  table = {.vocabulary = recur_vocab_size(model->parts.characters),
                                   .size = s->char_embed,
                                   .init = table_init(outer, s->char_embed)};
    recur_rnn_spec        speller = speller_of(s);
    speller.init = outer;
    recur_status status =
        recur_embedding_create(model->params, "characters.embedding", &table, &model->tag->letters);
    return status ? status
                  : recur_rnn_create(model->params, "characters.rnn", &speller, &model->tag->speller);
}

static recur_status add_crf(recur_model *model, recur_init outer)
{
    const ri_tag_set *set = &model->tag->set;
    recur_tag_scheme  scheme = model->spec.tag.scheme;
    int32_t           K = (int32_t)set->names.table.n;
    recur_crf_spec    spec = {.n_tags = K, .init = outer};
    if (scheme == RECUR_TAGS_PLAIN) return recur_crf_create(model->params, "crf", &spec, &model->tag->crf);
    bool *allowed = ri_allocate(&model->ctx->allocator, (size_t)K + 2, (size_t)K);
    if (!allowed) return no_memory(model);
    bool *starts = allowed + (size_t)K * (size_t)K, *ends = starts + K;
    for (int32_t a = 0; a < K; a++) {
        for (int32_t b = 0; b < K; b++)
            allowed[(int64_t)a * K + b] = ri_tag_set_may_follow(set, scheme, a, b);
        starts[a] = ri_tag_set_may_follow(set, scheme, -1, a);
        ends[a] = ri_tag_set_may_follow(set, scheme, a, -1);
    }
    spec.allowed = allowed;
    spec.allowed_start = starts;
    spec.allowed_end = ends;
    recur_status status = recur_crf_create(model->params, "crf", &spec, &model->tag->crf);
    ri_release(&model->ctx->allocator, allowed);
    return status;
}

static recur_status add_layers(recur_model *model, bool is_blank)
{
    recur_tag_spec *s = &model->spec.tag;
    recur_init      outer = ri_model_outer_init(s->rnn.init, is_blank);
    if (!s->embed) s->embed = DEFAULT_EMBED;
    s->rule.unit = RECUR_WORD;
    recur_status status = make_tags(model);
    if (!status) status = add_words(model, outer);
    if (!status && model->parts.characters) status = add_characters(model, outer);
    s->rnn.input = input_width(s);
    if (!status) status = ri_model_add_rnn(model, "rnn", is_blank, &s->rnn, &model->rnn);
    if (status) return status;
    recur_linear_spec head = {
        .input = output_width(s), .output = model->tag->set.names.table.n, .init = outer};
    status = recur_linear_create(model->params, "head", &head, &model->head);
    return status || !s->crf ? status : add_crf(model, outer);
}

void ri_tag_layers_destroy(ri_tag_layers *t, const recur_allocator *a)
{
    if (!t) return;
    recur_crf_destroy(t->crf);
    recur_rnn_destroy(t->speller);
    recur_embedding_destroy(t->letters);
    ri_tag_set_destroy(&t->set);
    ri_release(a, t);
}

recur_status recur_tagger_create(recur_ctx *ctx, const recur_tag_spec *spec, recur_vocab *vocab,
                                 recur_vocab *characters, recur_labels *labels, uint64_t seed,
                                 recur_model **model)
{
    if (model) *model = NULL;
    ri_model_parts parts = {.vocab = vocab, .characters = characters, .labels = labels};
    if (ctx && model && spec)
        return ri_model_create(ctx, &ri_tag_kind, &(ri_model_spec){.tag = *spec}, parts, seed, NULL, model);
    ri_model_free_parts(parts);
    return ctx && model ? RI_FAIL(ctx, RECUR_EARG, "a tagger wants a spec") : RECUR_EARG;
}

const recur_tag_spec *recur_tag_get_spec(const recur_model *model)
{
    return model->kind == &ri_tag_kind ? &model->spec.tag : NULL;
}

/* ---- before loading ---- */

static recur_status check_shapes(recur_ctx *ctx, const ri_model_spec *specs, const ri_model_parts *parts,
                                 const ri_st_file *file, const char *path)
{
    const recur_tag_spec *s = &specs->tag;
    recur_rnn_spec        speller = speller_of(s);
    ri_tag_set            set;
    recur_tag_scheme      shown;
    int64_t               n_labels;
    recur_status          status = make_set(ctx, parts->labels, s->scheme, &set, &shown, &n_labels);
    int64_t               K = set.names.table.n;
    ri_tag_set_destroy(&set);
    if (status == RECUR_EDATA)
        return RI_FAIL(ctx, RECUR_EMODEL, "%s: the labels mark no spans, and the model's scheme is \"%s\"",
                       path, scheme_words[s->scheme]);
    if (!status)
        status = ri_params_want(ctx, file, path, "embedding.weight",
                                RECUR_SHAPE(recur_vocab_size(parts->vocab), s->embed), RECUR_EMODEL);
    if (!status && parts->characters)
        status =
            ri_params_want(ctx, file, path, "characters.embedding.weight",
                           RECUR_SHAPE(recur_vocab_size(parts->characters), s->char_embed), RECUR_EMODEL);
    if (!status && parts->characters)
        status = ri_model_check_rnn_shapes(ctx, "characters.rnn", &speller, s->char_embed, file, path);
    if (!status) status = ri_model_check_rnn_shapes(ctx, "rnn", &s->rnn, input_width(s), file, path);
    if (!status)
        status =
            ri_params_want(ctx, file, path, "head.weight", RECUR_SHAPE(K, output_width(s)), RECUR_EMODEL);
    if (!status && s->crf)
        status = ri_params_want(ctx, file, path, "crf.transitions", RECUR_SHAPE(K, K), RECUR_EMODEL);
    return status;
}

/* Matrix products of a word, its characters aside: how many it has is not known. */
static int64_t flops(const recur_model *model)
{
    const recur_tag_spec *s = &model->spec.tag;
    return ri_model_rnn_flops(&s->rnn, input_width(s)) + 2 * output_width(s) * model->tag->set.names.table.n;
}

const ri_model_kind ri_tag_kind = {.task = RECUR_TASK_TAG,
                                   .form = &form,
                                   .check_shapes = check_shapes,
                                   .add_layers = add_layers,
                                   .check = check,
                                   .flops = flops};

/* ---- on the tape ---- */

/* The vectors of what the words are spelt with, [N,2C]. */
static recur_var spell(recur_tape *tape, const ri_tag_layers *t, const ri_tag_batch *batch)
{
    recur_var x = recur_embed(tape, t->letters, batch->characters);
    recur_seq seq = recur_rnn_apply(tape, t->speller, x, batch->characters, RECUR_NO_STATE);
    return recur_pick_rows(tape, recur_pool_last(tape, t->speller, seq), batch->forms);
}

recur_var ri_tag_scores(recur_tape *tape, const recur_model *model, const ri_tag_batch *batch)
{
    double    dropout = model->spec.tag.dropout;
    recur_var x = recur_embed(tape, model->embedding, batch->words);
    if (model->parts.characters) x = recur_concat(tape, x, spell(tape, model->tag, batch));
    x = recur_dropout(tape, x, batch->words, dropout);
    recur_seq seq = recur_rnn_apply(tape, model->rnn, x, batch->words, RECUR_NO_STATE);
    return recur_linear_apply(tape, model->head, recur_dropout(tape, seq.output, batch->words, dropout));
}

recur_var ri_tag_loss(recur_tape *tape, const recur_model *model, recur_var scores, const ri_tag_batch *batch,
                      recur_reduction reduction)
{
    return model->tag->crf ? recur_crf_loss(tape, model->tag->crf, scores, batch->targets, reduction)
                           : recur_cross_entropy(tape, scores, batch->targets, reduction);
}

/* The greatest score of each row; of equal ones the first. */
static recur_status best_of_rows(recur_tape *tape, recur_var scores, const recur_ctx *ctx, int64_t N,
                                 int64_t K, int32_t *tags)
{
    double *values = ri_allocate(&ctx->allocator, (size_t)(N * K), sizeof *values);
    if (!values) return ri_no_memory(ctx, "the scores of tags");
    recur_status status = recur_value_f64(tape, scores, values);
    for (int64_t r = 0; !status && r < N; r++) {
        const double *row = values + r * K;
        int32_t       best = 0;
        for (int32_t k = 1; k < K; k++)
            if (row[k] > row[best]) best = k;
        tags[r] = isfinite(row[best]) ? best : -1;
    }
    ri_release(&ctx->allocator, values);
    return status;
}

recur_status ri_tag_decode(recur_tape *tape, const recur_model *model, recur_var scores,
                           const ri_tag_batch *batch, int32_t *tags)
{
    recur_status status = recur_tape_status(tape);
    if (status) return status;
    int64_t N = recur_pack_rows(batch->words);
    status = model->tag->crf ? recur_crf_decode(tape, model->tag->crf, scores, batch->words, tags, NULL)
                             : best_of_rows(tape, scores, model->ctx, N, model->tag->set.names.table.n, tags);
    for (int64_t r = 0; !status && r < N; r++)
        if (tags[r] < 0)
            status = RI_FAIL(model->ctx, RECUR_EDIVERGED, "the scores of the tags are not finite");
    return status;
}

/* ---- data ---- */

recur_status ri_tag_check_data(const recur_model *model, const recur_dataset *d, bool wants_labels)
{
    if (!d || d->kind != RECUR_DATA_TAGGED || !d->is_encoded)
        return RI_FAIL(model->ctx, RECUR_EARG, "a tagger wants tagged words that are encoded");
    if (model->parts.characters && !d->characters)
        return RI_FAIL(model->ctx, RECUR_EARG,
                       "this tagger wants words that are encoded with their characters");
    if (wants_labels && (!d->is_labelled || d->n_labels != recur_labels_count(model->parts.labels)))
        return RI_FAIL(model->ctx, RECUR_EARG, "wanted tags that are encoded with the model's labels");
    return RECUR_OK;
}

int64_t ri_tag_place(const recur_dataset *data, int64_t item)
{
    return ri_dataset_begin(data, item);
}
