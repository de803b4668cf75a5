/* The gradient of every operation over sequences against differences: pooling, softmax, cross-entropy with options, the random field.
 * SPDX-License-Identifier: MIT */
#include "proof/gradcheck.h"

enum { WIDTH = 3, TAGS = 4 };

/* What the layers of a subject are made from, and where they lie. */
typedef struct wish {
    const char              *name;
    build_fn                 build;
    int                      n_inputs;
    recur_shape              shape[2];
    recur_rnn_spec           rnn; /* hidden 0: none */
    bool                     has_pool, has_field;
    int64_t                  pool_size;
    recur_crf_spec           field;
    recur_reduction          reduction;
    recur_cross_entropy_opts opts;
    bool                     ignore;
    const int64_t           *lengths; /* NULL: GRADCHECK_LENGTHS */
} wish;

typedef struct made {
    const wish           *wish;
    recur_attention_pool *pool;
    recur_crf            *crf;
} made;

static const made *made_of(const subject *s)
{
    return s->detail;
}

#define OPERATION(name, expression)                                                                          \
    static recur_var name(subject *s, const recur_var *in)                                                   \
    {                                                                                                        \
        return expression;                                                                                   \
    }

OPERATION(mean, recur_pool_mean(s->tape, in[0], s->pack))
OPERATION(largest, recur_pool_max(s->tape, in[0], s->pack))
OPERATION(weighted, recur_weighted_sum(s->tape, in[1], in[0], s->pack))
OPERATION(weighted_by_itself, recur_weighted_sum(s->tape, in[0], in[0], s->pack))
OPERATION(row_softmax, recur_softmax(s->tape, in[0]))
OPERATION(sequence_softmax, recur_sequence_softmax(s->tape, in[0], s->pack))
OPERATION(entropy, recur_scale(s->tape,
                               recur_cross_entropy_with(s->tape, in[0], s->targets,
                                                        made_of(s)->wish->reduction, &made_of(s)->wish->opts),
                               -1.5))
OPERATION(field, recur_scale(s->tape,
                             recur_crf_loss(s->tape, made_of(s)->crf, in[0], s->targets,
                                            made_of(s)->wish->reduction),
                             -1.5))

static recur_var last(subject *s, const recur_var *in)
{
    recur_seq y = recur_rnn_apply(s->tape, s->rnn, in[0], s->pack, RECUR_NO_STATE);
    return recur_pool_last(s->tape, s->rnn, y);
}

/* The weights are an output too. */
static recur_var attention(subject *s, const recur_var *in)
{
    recur_var weights;
    recur_var y = recur_attention_pool_apply(s->tape, made_of(s)->pool, in[0], s->pack, &weights);
    return recur_add(s->tape, proof_weigh(s->tape, y, 70), proof_weigh(s->tape, weights, 71));
}

static const bool    SOME[TAGS * TAGS] = {1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1};
static const bool    STARTS[TAGS] = {1, 1, 0, 1}, ENDS[TAGS] = {1, 1, 1, 1};
static const int64_t ONES[BATCH] = {1, 0, 1, 1}, LONG[BATCH] = {5, 9, 0, 12};
static const double  CLASS_WEIGHTS[VOCABULARY] = {0.5, 2, 1, 0, 1.25};

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .size = { __VA_ARGS__ }           \
    }
#define ROWS_OF(width) .n_inputs = 1, .shape = {SHAPE(ROWS, width)}

static const wish WISHES[] = {
    {.name = "pool_mean", .build = mean, ROWS_OF(WIDTH)},
    {.name = "pool_max", .build = largest, ROWS_OF(WIDTH)},
    {.name = "weighted_sum", .build = weighted, .n_inputs = 2, .shape = {SHAPE(ROWS, WIDTH), SHAPE(ROWS, 1)}},
    {.name = "weighted_sum of the weights", .build = weighted_by_itself, ROWS_OF(1)},
    {.name = "softmax of rows", .build = row_softmax, ROWS_OF(WIDTH)},
    {.name = "softmax of a cube", .build = row_softmax, .n_inputs = 1, .shape = {SHAPE(2, 3, 4)}},
    {.name = "softmax of one class", .build = row_softmax, ROWS_OF(1)},
    {.name = "sequence_softmax", .build = sequence_softmax, ROWS_OF(1)},
    {.name = "attention_pool", .build = attention, ROWS_OF(WIDTH), .has_pool = true},
    {.name = "attention_pool, narrow", .build = attention, ROWS_OF(WIDTH), .has_pool = true, .pool_size = 1},
    {.name = "attention_pool, wide", .build = attention, ROWS_OF(WIDTH), .has_pool = true, .pool_size = 5},
    {.name = "pool_last", .build = last, ROWS_OF(WIDTH), .rnn = {.hidden = 2, .layers = 2}},
    {.name = "pool_last, both directions",
     .build = last,
     ROWS_OF(WIDTH),
     .rnn = {.cell = RECUR_GRU, .hidden = 2, .layers = 2, .bidirectional = true, .trained_state = true}},
    {.name = "cross_entropy, smoothed", .build = entropy, ROWS_OF(VOCABULARY), .opts = {0.1, NULL}},
    {.name = "cross_entropy, nothing but smoothing",
     .build = entropy,
     ROWS_OF(VOCABULARY),
     .opts = {1, CLASS_WEIGHTS}},
    {.name = "cross_entropy, weighed", .build = entropy, ROWS_OF(VOCABULARY), .opts = {0, CLASS_WEIGHTS}},
    {.name = "cross_entropy, smoothed and weighed, ignored",
     .build = entropy,
     ROWS_OF(VOCABULARY),
     .opts = {0.3, CLASS_WEIGHTS},
     .ignore = true},
    {.name = "cross_entropy, smoothed and weighed, sum",
     .build = entropy,
     ROWS_OF(VOCABULARY),
     .reduction = RECUR_SUM,
     .opts = {0.3, CLASS_WEIGHTS}},
    {.name = "cross_entropy, smoothed, over time, ignored",
     .build = entropy,
     ROWS_OF(VOCABULARY),
     .reduction = RECUR_SUM_OVER_TIME,
     .opts = {0.3, NULL},
     .ignore = true},
    {.name = "crf, mean", .build = field, ROWS_OF(TAGS), .has_field = true, .field = {.n_tags = TAGS}},
    {.name = "crf, sum",
     .build = field,
     ROWS_OF(TAGS),
     .has_field = true,
     .field = {.n_tags = TAGS},
     .reduction = RECUR_SUM},
    {.name = "crf, over time",
     .build = field,
     ROWS_OF(TAGS),
     .has_field = true,
     .field = {.n_tags = TAGS},
     .reduction = RECUR_SUM_OVER_TIME},
    {.name = "crf, some forbidden",
     .build = field,
     ROWS_OF(TAGS),
     .has_field = true,
     .field = {.n_tags = TAGS, .allowed = SOME, .allowed_start = STARTS, .allowed_end = ENDS}},
    {.name = "crf, steps of one",
     .build = field,
     .n_inputs = 1,
     .shape = {SHAPE(3, TAGS)},
     .has_field = true,
     .field = {.n_tags = TAGS},
     .lengths = ONES},
    {.name = "crf, one tag", .build = field, ROWS_OF(1), .has_field = true, .field = {.n_tags = 1}},
    {.name = "crf, two tags, long",
     .build = field,
     .n_inputs = 1,
     .shape = {SHAPE(26, 2)},
     .has_field = true,
     .field = {.n_tags = 2},
     .lengths = LONG},
};

static void create_layers(subject *s, made *m)
{
    const wish               *w = m->wish;
    recur_rnn_spec            rnn = w->rnn;
    recur_attention_pool_spec pool = {.input = WIDTH, .size = w->pool_size};
    rnn.input = WIDTH;
    if (rnn.hidden) PROOF_OK(s->ctx, recur_rnn_create(s->params, "rnn", &rnn, &s->rnn));
    if (w->has_pool) PROOF_OK(s->ctx, recur_attention_pool_create(s->params, "pool", &pool, &m->pool));
    if (w->has_field) PROOF_OK(s->ctx, recur_crf_create(s->params, "crf", &w->field, &m->crf));
}

/* Targets; where some are forbidden, tags that are always allowed to follow each other. */
static void fill_targets(subject *s, const wish *w, const int64_t *lengths)
{
    if (w->has_field && (w->field.allowed || w->field.n_tags < 3))
        proof_tokens(s->ctx, s->targets, BATCH, lengths, w->field.n_tags < 2 ? 1 : 2, 6, false);
    else
        proof_tokens(s->ctx, s->targets, BATCH, lengths, w->has_field ? TAGS : VOCABULARY, 6, w->ignore);
}

static void gradient_agrees(void **state)
{
    made    m = {.wish = *state};
    subject s = {.name = m.wish->name, .build = m.wish->build, .n_inputs = m.wish->n_inputs, .detail = &m};
    memcpy(s.shape, m.wish->shape, sizeof m.wish->shape);
    gradcheck_open(&s);
    create_layers(&s, &m);
    const int64_t *lengths = m.wish->lengths ? m.wish->lengths : GRADCHECK_LENGTHS;
    PROOF_OK(s.ctx, recur_pack_set(s.pack, BATCH, lengths, NULL));
    fill_targets(&s, m.wish, lengths);
    gradcheck(&s);
    recur_crf_destroy(m.crf);
    recur_attention_pool_destroy(m.pool);
    gradcheck_close(&s);
}

int main(void)
{
    enum { N = sizeof WISHES / sizeof *WISHES };
    struct CMUnitTest tests[N];
    for (int i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){.name = WISHES[i].name,
                                       .test_func = gradient_agrees,
                                       .initial_state = (void *)(uintptr_t)&WISHES[i]};
    return cmocka_run_group_tests_name("gradients over sequences", tests, NULL, NULL);
}
