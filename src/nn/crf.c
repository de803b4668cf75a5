/* The conditional random field as a layer: its parameters, what it allows, and its operations.
 * SPDX-License-Identifier: MIT */
#include "recur/crf.h"

#include <string.h>

#include "nn/init.h"
#include "nn/loss.h"
#include "nn/params.h"
#include "nn/tape.h"

struct recur_crf {
    recur_params *params;
    int64_t       K, start, end, transitions;
    bool         *allowed; /* [K,K], [K] for starts, [K] for ends; NULL: all */
};

/* ---- life ---- */

static void take_allowed(const bool *from, int64_t n, bool *to)
{
    for (int64_t i = 0; i < n; i++) to[i] = from ? from[i] : true;
}

static recur_status copy_allowed(recur_crf *crf, const recur_crf_spec *spec)
{
    int64_t K = crf->K;
    if (!spec->allowed && !spec->allowed_start && !spec->allowed_end) return RECUR_OK;
    crf->allowed = ri_allocate(&crf->params->ctx->allocator, (size_t)(K + 2), (size_t)K);
    if (!crf->allowed) return ri_no_memory(crf->params->ctx, "a random field");
    take_allowed(spec->allowed, K * K, crf->allowed);
    take_allowed(spec->allowed_start, K, crf->allowed + K * K);
    take_allowed(spec->allowed_end, K, crf->allowed + K * K + K);
    return RECUR_OK;
}

static recur_status add_tensor(const recur_crf *crf, const char *name, const char *own, recur_shape shape,
                               recur_init init, int64_t *index)
{
    recur_status s = ri_params_add(crf->params, name, own, shape, index);
    return s ? s : ri_init_simple(crf->params, *index, init);
}

static recur_status fill(recur_crf *crf, const char *name, const recur_crf_spec *spec)
{
    int64_t      K = crf->K;
    recur_init   init = ri_init_is_simple(spec->init) ? spec->init : (recur_init){RECUR_INIT_UNIFORM, 0.1};
    recur_status s = add_tensor(crf, name, "start_transitions", RECUR_SHAPE(K), init, &crf->start);
    if (!s) s = add_tensor(crf, name, "end_transitions", RECUR_SHAPE(K), init, &crf->end);
    if (!s) s = add_tensor(crf, name, "transitions", RECUR_SHAPE(K, K), init, &crf->transitions);
    return s ? s : copy_allowed(crf, spec);
}

recur_status recur_crf_create(recur_params *params, const char *name, const recur_crf_spec *spec,
                              recur_crf **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx *ctx = params->ctx;
    if (spec->n_tags < 1 || spec->n_tags > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "a random field over %lld tags, wanted at least 1",
                       (long long)spec->n_tags);
    recur_crf *crf = ri_allocate(&ctx->allocator, 1, sizeof *crf);
    if (!crf) return ri_no_memory(ctx, "a random field");
    *crf = (recur_crf){.params = params, .K = spec->n_tags};
    int64_t      n = params->n_tensors;
    recur_status s = fill(crf, name, spec);
    if (s) {
        ri_params_truncate(params, n);
        recur_crf_destroy(crf);
        return s;
    }
    *out = crf;
    return RECUR_OK;
}

void recur_crf_destroy(recur_crf *crf)
{
    if (!crf) return;
    ri_release(&crf->params->ctx->allocator, crf->allowed);
    ri_release(&crf->params->ctx->allocator, crf);
}

/* ---- what the operations share ---- */

/* A pass over emissions [N,K] in the rows of a pack, with memory for the tables and for `kept` numbers per row and tag. False: a sticky error. */
static bool pass_over(recur_tape *tape, const recur_crf *crf, recur_var emissions, const recur_pack *pack,
                      int64_t kept, const char *what, ri_crf_pass *p)
{
    const ri_node *node = ri_tape_node(tape, emissions, what);
    if (!node || !ri_tape_given(tape, crf, what) || !ri_tape_fits(tape, crf->params, what)) return false;
    int64_t K = crf->K;
    if (!pack || node->ids || node->shape.rank != 2 || node->shape.size[0] != pack->N ||
        node->shape.size[1] != K) {
        RI_TAPE_FAIL(tape, RECUR_EARG,
                     "%s: wanted emissions [%lld,%lld], found rank %d, %lld first, %lld last", what,
                     (long long)recur_pack_rows(pack), (long long)K, node->shape.rank,
                     (long long)node->shape.size[0], (long long)ri_shape_last(node->shape));
        return false;
    }
    *p = (ri_crf_pass){.seq = ri_pack_sequences(pack),
                       .K = K,
                       .transitions = ri_params_value(crf->params, crf->transitions),
                       .start = ri_params_value(crf->params, crf->start),
                       .end = ri_params_value(crf->params, crf->end),
                       .allowed = crf->allowed,
                       .emissions = node->value,
                       .tables = ri_tape_take(tape, RI_CRF_TABLES(K), sizeof *p->tables),
                       .kept = ri_tape_take(tape, kept * pack->N * K, sizeof *p->kept),
                       .log_z = ri_tape_take(tape, pack->B, sizeof *p->log_z),
                       .loss = ri_tape_take(tape, pack->B, sizeof *p->loss)};
    return !tape->status;
}

/* Memory to add up the gradients of the weights in parts: their number depends on sizes alone. */
static bool take_parts(recur_tape *tape, ri_crf_pass *p)
{
    enum { MOST = 32, MOST_NUMBERS = 1 << 22 };
    int64_t most = MOST_NUMBERS / RI_CRF_PART(p->K);
    p->n_parts = p->seq.B < MOST ? p->seq.B : MOST;
    if (p->n_parts > most) p->n_parts = most;
    if (p->n_parts < 1) p->n_parts = 1;
    p->parts = ri_tape_take(tape, p->n_parts * RI_CRF_PART(p->K), sizeof *p->parts);
    return p->parts != NULL;
}

/* ---- the loss ---- */

/* Whether tag b may follow a; a is -1 at the start, b is -1 at the end. */
static bool is_allowed(const recur_crf *crf, int32_t a, int32_t b)
{
    const bool *starts = crf->allowed + crf->K * crf->K, *ends = starts + crf->K;
    return a < 0 ? starts[b] : b < 0 ? ends[a] : crf->allowed[a * crf->K + b];
}

static bool check_sequence(recur_tape *tape, const recur_crf *crf, const recur_pack *targets, int64_t b)
{
    int64_t length = targets->length[b];
    int32_t before = -1;
    for (int64_t t = 0; t < length; t++) {
        int32_t tag = targets->tokens[recur_pack_row(targets, b, t)];
        if (tag < 0 || tag >= crf->K)
            RI_TAPE_FAIL(tape, RECUR_EARG,
                         "recur_crf_loss: sequence %lld has tag %d at step %lld, wanted 0 to %lld",
                         (long long)b, (int)tag, (long long)t, (long long)crf->K - 1);
        else if (crf->allowed && !is_allowed(crf, before, tag) && t == 0)
            RI_TAPE_FAIL(tape, RECUR_EARG,
                         "recur_crf_loss: sequence %lld starts with tag %d, which is forbidden", (long long)b,
                         (int)tag);
        else if (crf->allowed && !is_allowed(crf, before, tag))
            RI_TAPE_FAIL(tape, RECUR_EARG,
                         "recur_crf_loss: sequence %lld has tag %d after %d at step %lld, which is forbidden",
                         (long long)b, (int)tag, (int)before, (long long)t);
        if (tape->status) return false;
        before = tag;
    }
    if (length > 0 && crf->allowed && !is_allowed(crf, before, -1))
        RI_TAPE_FAIL(tape, RECUR_EARG, "recur_crf_loss: sequence %lld ends with tag %d, which is forbidden",
                     (long long)b, (int)before);
    return !tape->status;
}

static bool check_targets(recur_tape *tape, const recur_crf *crf, const recur_pack *targets)
{
    if (!ri_tape_given(tape, crf, "recur_crf_loss")) return false;
    if (!tape->status && !(targets && targets->has_tokens))
        RI_TAPE_FAIL(tape, RECUR_EARG, "recur_crf_loss: wanted a pack of tags");
    for (int64_t b = 0; !tape->status && b < targets->B; b++)
        if (!check_sequence(tape, crf, targets, b)) return false;
    return !tape->status;
}

typedef struct crf_saved {
    const recur_crf *crf;
    ri_crf_pass      pass;
    recur_var        emissions, y;
    double           scale;
} crf_saved;

static void crf_backward(recur_tape *tape, void *saved)
{
    crf_saved       *s = saved;
    const recur_crf *crf = s->crf;
    tape->ctx->dev->read(tape->ctx, 1, ri_tape_at(tape, s->y)->grad, &s->pass.coef);
    s->pass.coef *= s->scale;
    s->pass.demissions = ri_tape_at(tape, s->emissions)->grad;
    s->pass.dtransitions = ri_params_grad_of(crf->params, crf->transitions);
    s->pass.dstart = ri_params_grad_of(crf->params, crf->start);
    s->pass.dend = ri_params_grad_of(crf->params, crf->end);
    tape->ctx->dev->crf_backward(tape->ctx, &s->pass);
}

recur_var recur_crf_loss(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                         const recur_pack *targets, recur_reduction reduction)
{
    crf_saved s = {.crf = crf, .emissions = emissions};
    if (!check_targets(tape, crf, targets) ||
        !pass_over(tape, crf, emissions, targets, 3, "recur_crf_loss", &s.pass) ||
        !ri_loss_scale(tape, (double)targets->N, targets->B, reduction, &s.scale))
        return RECUR_NONE;
    s.pass.tags = targets->tokens;
    if (!tape->is_inference && !take_parts(tape, &s.pass)) return RECUR_NONE;
    s.y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (!s.y.id) return s.y;
    double loss = s.scale * tape->ctx->dev->crf_forward(tape->ctx, &s.pass);
    tape->ctx->dev->write(tape->ctx, 1, &loss, ri_tape_at(tape, s.y)->value);
    ri_tape_push(tape, crf_backward, &s, sizeof s);
    return s.y;
}

/* ---- predictions ---- */

recur_status recur_crf_decode(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                              const recur_pack *pack, int32_t *tags, double *scores)
{
    ri_crf_pass p;
    if (!tags && !tape->status) RI_TAPE_FAIL(tape, RECUR_EARG, "recur_crf_decode: no place for the tags");
    if (pass_over(tape, crf, emissions, pack, 1, "recur_crf_decode", &p))
        tape->ctx->dev->crf_decode(tape->ctx, &p, tags, scores);
    return tape->status;
}

/* The marginals are the gradient of log Z by the emissions. */
recur_var recur_crf_marginals(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                              const recur_pack *pack)
{
    ri_crf_pass p;
    if (!pass_over(tape, crf, emissions, pack, 3, "recur_crf_marginals", &p) || !take_parts(tape, &p))
        return RECUR_NONE;
    recur_var y = ri_tape_var(tape, RECUR_SHAPE(pack->N, crf->K), NULL);
    if (!y.id) return y;
    const ri_node *node = ri_tape_at(tape, y);
    tape->ctx->dev->fill(tape->ctx, node->count, 0, node->value);
    p.coef = 1;
    p.demissions = node->value;
    tape->ctx->dev->crf_forward(tape->ctx, &p);
    tape->ctx->dev->crf_backward(tape->ctx, &p);
    return y;
}
