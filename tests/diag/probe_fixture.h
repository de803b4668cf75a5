/* What the tests of probes share: language models whose numbers are set by hand, a corpus, and what they say of it.
 * SPDX-License-Identifier: MIT */
#ifndef PROBE_FIXTURE_H
#define PROBE_FIXTURE_H

#include <math.h>

#include "model/lm_fixture.h"

static const char probe_text[] = "abcjdefghi\nfacade\njib bead\nhigh ice\ndig a hedge\nbig jag\n"
                                 "cab fed ghi\nad hic\nface it\nbead a cage\nhide\n";

typedef struct probe_case {
    lm_memory     memory;
    recur_ctx    *ctx;
    recur_model  *model;
    recur_corpus *corpus;
    recur_probe  *probe;
} probe_case;

/* A language model over the characters of a text, and a probe of it. */
static inline void probe_open(probe_case *c, recur_dtype dtype, recur_lm_spec spec, const char *text,
                              recur_probe_opts opts)
{
    *c = (probe_case){.ctx = NULL};
    c->ctx = lm_ctx(&c->memory, dtype);
    if (!spec.rnn.init.kind) spec.rnn.init = (recur_init){RECUR_INIT_UNIFORM, 0.6};
    LM_OK(c->ctx, recur_lm_create(c->ctx, &spec, lm_vocab(c->ctx, RECUR_CHAR, text), 5, &c->model));
    LM_OK(c->ctx, recur_corpus_encode(c->ctx, recur_model_vocab(c->model), text, strlen(text), &c->corpus));
    recur_probe_data data = {.corpus = c->corpus};
    LM_OK(c->ctx, recur_probe_create(c->model, &data, &opts, &c->probe));
}

static inline void probe_close(probe_case *c)
{
    recur_probe_destroy(c->probe);
    recur_corpus_destroy(c->corpus);
    recur_model_destroy(c->model);
    lm_end(&c->memory, c->ctx);
}

/* Set every number of a tensor, or number i of it. */
static inline void probe_set(const recur_model *model, const char *name, int64_t i, double value)
{
    recur_params     *params = recur_model_params(model);
    int64_t           index = recur_params_find(params, name);
    recur_tensor_info info;
    assert_int_equal(recur_params_info(params, index, &info), RECUR_OK);
    double *values = malloc((size_t)info.count * sizeof *values);
    assert_int_equal(recur_params_get(params, index, values), RECUR_OK);
    for (int64_t k = 0; k < info.count; k++)
        if (i < 0 || k == i) values[k] = value;
    assert_int_equal(recur_params_set(params, index, values), RECUR_OK);
    free(values);
}

/* The id of a character. */
static inline int32_t probe_id(recur_ctx *ctx, const recur_model *model, const char *character)
{
    int32_t id = -1;
    int64_t n = 1;
    LM_OK(ctx,
          recur_vocab_encode(ctx, recur_model_vocab(model), character, strlen(character), &id, &n, NULL));
    return id;
}

/* -log p of a token after others, by hand from the logits; h and c (may be NULL) are the state before. */
static inline double probe_loss(recur_ctx *ctx, const recur_model *model, const int32_t *tokens, int64_t n,
                                int32_t next)
{
    int64_t V = recur_vocab_size(recur_model_vocab(model));
    double *logits = lm_logits(ctx, model, tokens, n), *row = logits + (n - 1) * V, sum = 0, best = row[0];
    for (int64_t v = 0; v < V; v++) best = fmax(best, row[v]);
    for (int64_t v = 0; v < V; v++) sum += exp(row[v] - best);
    double loss = log(sum) + best - row[next];
    free(logits);
    return loss;
}

static inline void probe_near(double found, double wanted, double tolerance)
{
    if (fabs(found - wanted) <= tolerance) return;
    print_error("%.17g wanted to %g, found %.17g\n", wanted, tolerance, found);
    fail();
}

#endif
