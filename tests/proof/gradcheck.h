/* Every gradient against central differences in float64, to 1e-6 of the tensor's largest gradient.
 *
 * A subject builds a loss from some inputs and the parameters of its layers. Every element of both is moved by ±s. s is about the cube
 * root of the machine's epsilon: there the error of the difference (s^2/6 times the third derivative) and that of rounding
 * (epsilon/s times the loss) are both about 1e-11.
 * SPDX-License-Identifier: MIT */
#ifndef GRADCHECK_H
#define GRADCHECK_H

#include "proof/proof.h"

#define GRADCHECK_STEP 6e-6
#define GRADCHECK_TOLERANCE 1e-6
#define GRADCHECK_FLOOR                                                                                      \
    1e-3 /* a tensor whose gradients are all smaller is compared as if its largest were this */

enum { MAX_INPUTS = 3, BATCH = 4, ROWS = 7, VOCABULARY = 5 };

/* Lengths of the ragged batch: unsorted, one of them 0; ROWS altogether. */
#define GRADCHECK_LENGTHS ((const int64_t[BATCH]){2, 0, 4, 1})

typedef struct subject subject;
typedef recur_var (*build_fn)(subject *s, const recur_var *in);

/* What a test differentiates. Everything unused stays NULL. A build that returns no scalar is weighed. */
struct subject {
    const char      *name;
    build_fn         build;
    int              n_inputs;
    recur_shape      shape[MAX_INPUTS];
    double          *x[MAX_INPUTS];
    recur_ctx       *ctx;
    recur_params    *params;
    recur_tape      *tape;
    recur_pack      *pack, *targets;
    recur_embedding *embedding;
    recur_linear    *linear;
    recur_rnn       *rnn;
    const void      *detail; /* whatever else the builder wants to know */
};

static inline void gradcheck_open(subject *s)
{
    s->ctx = proof_ctx(RECUR_F64, 1);
    PROOF_OK(s->ctx, recur_params_create(s->ctx, 1, &s->params));
    PROOF_OK(s->ctx, recur_tape_create(s->ctx, &s->tape));
    PROOF_OK(s->ctx, recur_pack_create(s->ctx, &s->pack));
    PROOF_OK(s->ctx, recur_pack_create(s->ctx, &s->targets));
    recur_tape_set_noise(s->tape, 7, 3);
}

static inline void gradcheck_close(subject *s)
{
    for (int i = 0; i < s->n_inputs; i++) free(s->x[i]);
    recur_linear_destroy(s->linear);
    recur_embedding_destroy(s->embedding);
    recur_rnn_destroy(s->rnn);
    recur_pack_destroy(s->targets);
    recur_pack_destroy(s->pack);
    recur_tape_destroy(s->tape);
    recur_params_destroy(s->params);
    recur_ctx_destroy(s->ctx);
}

/* Build the loss from the present inputs and parameters; in receives the input variables. */
static inline recur_var gradcheck_forward(subject *s, recur_var *in)
{
    recur_tape_reset(s->tape);
    for (int i = 0; i < s->n_inputs; i++) in[i] = recur_input_f64(s->tape, s->shape[i], s->x[i]);
    recur_var y = s->build(s, in);
    PROOF_OK(s->ctx, recur_tape_status(s->tape));
    return recur_shape_of(s->tape, y).rank == 0 ? y : proof_weigh(s->tape, y, 99);
}

static inline double gradcheck_loss(subject *s)
{
    recur_var in[MAX_INPUTS];
    recur_var loss = gradcheck_forward(s, in);
    PROOF_OK(s->ctx, recur_tape_status(s->tape));
    return recur_scalar(s->tape, loss);
}

static inline void gradcheck_agree(const subject *s, const char *what, int64_t n, const double *found,
                                   const double *numeric)
{
    double largest = GRADCHECK_FLOOR;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(numeric[i]));
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(found[i] - numeric[i]) <= GRADCHECK_TOLERANCE * largest))
            fail_msg("%s: gradient of %s[%lld] is %.12g, differences say %.12g", s->name, what, (long long)i,
                     found[i], numeric[i]);
}

/* Move one number up and down; it belongs to the parameter at index if tensor is not NULL. */
static inline double gradcheck_difference(subject *s, double *at, int64_t index, const double *tensor)
{
    const double x = *at;
    double       loss[2];
    for (int side = 0; side < 2; side++) {
        *at = side ? x - GRADCHECK_STEP : x + GRADCHECK_STEP;
        if (tensor) PROOF_OK(s->ctx, recur_params_set(s->params, index, tensor));
        loss[side] = gradcheck_loss(s);
    }
    *at = x;
    return (loss[0] - loss[1]) / ((x + GRADCHECK_STEP) - (x - GRADCHECK_STEP));
}

static inline void gradcheck_input(subject *s, int k, const double *found)
{
    int64_t n = proof_count(s->shape[k]);
    double *numeric = proof_doubles(n);
    char    what[32];
    for (int64_t i = 0; i < n; i++) numeric[i] = gradcheck_difference(s, &s->x[k][i], -1, NULL);
    snprintf(what, sizeof what, "input %d", k);
    gradcheck_agree(s, what, n, found, numeric);
    free(numeric);
}

static inline void gradcheck_parameter(subject *s, int64_t index, const double *found)
{
    recur_tensor_info info;
    PROOF_OK(s->ctx, recur_params_info(s->params, index, &info));
    double *w = proof_doubles(info.count), *numeric = proof_doubles(info.count);
    PROOF_OK(s->ctx, recur_params_get(s->params, index, w));
    for (int64_t i = 0; i < info.count; i++) numeric[i] = gradcheck_difference(s, &w[i], index, w);
    PROOF_OK(s->ctx, recur_params_set(s->params, index, w));
    gradcheck_agree(s, info.name, info.count, found, numeric);
    free(numeric);
    free(w);
}

/* Check every gradient of an opened subject, whose layers exist and whose shapes are set. */
static inline void gradcheck(subject *s)
{
    double   *dx[MAX_INPUTS], **dw;
    recur_var in[MAX_INPUTS];
    int64_t   n_tensors = recur_params_tensors(s->params);
    for (int i = 0; i < s->n_inputs; i++) s->x[i] = proof_numbers(10 + (uint64_t)i, proof_count(s->shape[i]));
    proof_fill(s->ctx, s->params, 0.8);
    PROOF_OK(s->ctx, recur_backward(s->tape, gradcheck_forward(s, in)));
    for (int i = 0; i < s->n_inputs; i++) dx[i] = proof_gradient(s->ctx, s->tape, in[i]);
    dw = calloc((size_t)n_tensors + 1, sizeof *dw);
    assert_non_null(dw);
    for (int64_t i = 0; i < n_tensors; i++) {
        recur_tensor_info info;
        PROOF_OK(s->ctx, recur_params_info(s->params, i, &info));
        dw[i] = proof_doubles(info.count);
        PROOF_OK(s->ctx, recur_params_grad(s->params, i, dw[i]));
    }
    for (int i = 0; i < s->n_inputs; i++) gradcheck_input(s, i, dx[i]);
    for (int64_t i = 0; i < n_tensors; i++) gradcheck_parameter(s, i, dw[i]);
    for (int i = 0; i < s->n_inputs; i++) free(dx[i]);
    for (int64_t i = 0; i < n_tensors; i++) free(dw[i]);
    free(dw);
}

#endif
