/* Dynamics: a recurrent network as a dynamical system, and what its Jacobians do over many steps.
 *
 * A gradient that travels s steps back is multiplied by the product of s step Jacobians, J = d(next state)/d(state). The product grows or
 * shrinks like exp(lambda s), and the numbers lambda, one for each dimension of the state, are the system's Lyapunov exponents. No such product
 * is ever multiplied out: row vectors are carried back through the steps, made orthonormal again after each, and the logarithms of
 * their lengths are added up, so 10^-300 is no less exact than 1.
 *
 * All of it is arithmetic in double; what runs a tape wants a context of RECUR_F64.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DYNAMICS_H
#define RECUR_DYNAMICS_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- matrices ---- */

/* Singular values of a matrix [rows,columns], greatest first: min(rows,columns) of them (one-sided Jacobi; Demmel and Veselic 1992).
 * Errors: RECUR_EARG for sizes below 1 or numbers that are not finite; RECUR_EMEMORY.
 * Cost: a copy of the matrix, and about ten sweeps of a few s^2 l operations, s and l the lesser and the greater of the sizes. */
RECUR_API recur_status recur_singular_values(recur_ctx *ctx, int64_t rows, int64_t columns,
                                             const double *matrix, double *values);

/* A function on a tape: it says what it makes of x. */
typedef recur_var (*recur_tape_function)(void *user, recur_tape *tape, recur_var x);

/* The Jacobian [m,n] of a function with m results at x, an array of that shape with n elements, by automatic differentiation: one run and one walk
 * back for each result.
 *
 * Errors. RECUR_EARG unless the context is RECUR_F64 and the function has m results; what the function's operations say; RECUR_EMEMORY. */
RECUR_API recur_status recur_jacobian(recur_ctx *ctx, recur_tape_function f, void *user, recur_shape shape,
                                      const double *x, int64_t m, double *jacobian);

/* The same by central differences, (f(x+h) - f(x-h)) / 2h with h = step (0: 6e-6, the cube root of double's precision) times max(1, |x|):
 * right to about nine digits, for comparison. */
RECUR_API recur_status recur_jacobian_differences(recur_ctx *ctx, recur_tape_function f, void *user,
                                                  recur_shape shape, const double *x, int64_t m, double step,
                                                  double *jacobian);

/* ---- systems ---- */

/* A dynamical system in discrete time: a map, or a cell with its inputs.
 *
 * advance writes the state after step t from the one before it. pull replaces each of k row vectors v [k,n] by v J, J the Jacobian of that step at
 * the state before it; it is what reverse-mode differentiation gives. Another status than RECUR_OK ends what runs the system. */
typedef struct recur_system {
    int64_t n; /* numbers in the state */
    void   *user;
    recur_status (*advance)(void *user, int64_t t, const double *state, double *next);
    recur_status (*pull)(void *user, int64_t t, const double *state, int64_t k, double *vectors);
} recur_system;

/* The Jacobian [n,n] of step t at a state. Errors: what pull says. */
RECUR_API recur_status recur_system_jacobian(const recur_system *system, int64_t t, const double *state,
                                             double *jacobian);

/* ---- a stack as a system ---- */

/* A stack of cells with given inputs. Its state is that of all layers: h [L,P], then for an LSTM c [L,H]. */
typedef struct recur_driven recur_driven;

/* Make a system of a stack and inputs [T,I], one row for each step.
 *
 * The weights are copied, from a stack of either number type; dropout is left out.
 * Owner.   The caller destroys it. Nothing else is kept.
 * Errors.  RECUR_EARG unless the context is RECUR_F64, or for a bidirectional stack, whose backward half has no steps in time's order, or
 *          without inputs; RECUR_EMEMORY. */
RECUR_API recur_status recur_driven_create(recur_ctx *ctx, const recur_rnn *rnn, int64_t T,
                                           const double *inputs, recur_driven **driven);

/* Make a system of a language model's stack as it reads T tokens.
 * Errors: as recur_driven_create; RECUR_EARG for another task's model or an id outside of its vocabulary. */
RECUR_API recur_status recur_driven_create_lm(recur_ctx *ctx, const recur_model *model, int64_t T,
                                              const int32_t *tokens, recur_driven **driven);
RECUR_API void         recur_driven_destroy(recur_driven *driven); /* NULL is accepted */

/* Return the system. It is valid as long as driven, which is its user; one thread at a time. Its steps are 0 to T-1; RECUR_EARG beyond.
 * Of NULL it is one without a state, which is refused wherever it is given.
 * Cost.  pull: one pass forwards and back over k rows. */
RECUR_API recur_system recur_driven_system(recur_driven *driven);

/* The Jacobian [n,I] of the state after step t by the step's input.
 * Errors: RECUR_EARG for NULL or a step that there is not; what the pass says; RECUR_EMEMORY. Cost: one pass forwards and back over n rows. */
RECUR_API recur_status recur_driven_input_jacobian(recur_driven *driven, int64_t t, const double *state,
                                                   double *jacobian);

/* ---- products of step Jacobians ---- */

/* Logarithms of the singular values of d(state after step last-1)/d(state before step last-s), the product of s step Jacobians, for s = each,
 * 2 each ... up to last - first: logs is [(last-first)/each,n], greatest first; -infinity for directions that are gone.
 *
 * start is the state before step 0; NULL: zeros. The product is kept as a triangle whose columns have logarithms as their scales, so all n of
 * them are right however far apart.
 * Errors. RECUR_EARG unless 0 <= first < last and each divides last - first; RECUR_EDIVERGED for states or vectors that are not finite; what the
 *         system says; RECUR_EMEMORY.
 * Cost.   Memory for the states from first to last and 4 n^2 numbers; for each step one pull of n rows and some n^3 operations, for each row of
 *         logs singular values of a matrix [n,n]. */
RECUR_API recur_status recur_jacobian_product(recur_ctx *ctx, const recur_system *system, const double *start,
                                              int64_t first, int64_t last, int64_t each, double *logs);

/* ---- Lyapunov exponents ---- */

/* How to measure exponents. All zeros but steps: all n of them. */
typedef struct recur_lyapunov_opts {
    int64_t  k;      /* the k greatest; 0: all */
    int64_t  steps;  /* so many steps count */
    int64_t  warmup; /* steps before them: the state forgets its start */
    int64_t  settle; /* steps behind them: the vectors turn into their directions */
    int64_t  every;  /* steps from one orthonormalisation to the next; 0: 1 */
    int64_t  blocks; /* of time, whose means give the errors; 0: 10, or as many as there are steps */
    uint64_t seed;   /* of the first vectors */
    void    *user;
    bool (*tick)(void *user, double share); /* false: stop, RECUR_STOPPED; may be NULL */
} recur_lyapunov_opts;

/* Measure Lyapunov exponents [k] per step, greatest first, and their standard errors [k] (NULL: not wanted), from the spread of blocks of time.
 *
 * The orbit runs from start (NULL: zeros) over warmup + steps + settle steps and is kept; then k vectors are carried back along it (Benettin et al.
 * 1980, Shimada and Nagashima 1979; backwards, as the products J^T have the same singular values). An exponent is -infinity where a
 * step leaves less of a direction than rounding does, 2 sqrt(n) eps of the longest; its error is then 0.
 * Errors. RECUR_EARG for numbers that cannot be; RECUR_EDIVERGED for states or vectors that are not finite; RECUR_STOPPED; what the system says;
 *         RECUR_EMEMORY.
 * Cost.   Memory for (steps + settle) states; time for as many advances and pulls, and 4 k^2 n operations for each orthonormalisation. */
RECUR_API recur_status recur_lyapunov(recur_ctx *ctx, const recur_system *system, const double *start,
                                      const recur_lyapunov_opts *opts, double *exponents, double *errors);

/* Return the Kaplan-Yorke dimension of a spectrum of which k of n exponents are known, greatest first: j + (their sum) / |the next|, for the greatest j
 * whose sum is not negative; 0 where the first is negative, n where the sum of all n is not. NaN if k are too few to tell. Kaplan and Yorke 1979. */
RECUR_API double recur_kaplan_yorke(const double *exponents, int64_t k, int64_t n);

/* ---- mean field ---- */

/* Return the largest Lyapunov exponent, per step, of a very wide random tanh network h' = tanh(W h + b) with weights of variance g^2/N and
 * whatever else enters (inputs through their weights, biases) of variance s2 at each unit:
 *
 *   q = g^2 E[tanh^2(sqrt(q) z)] + s2        lambda = 1/2 ln(g^2 E[sech^4(sqrt(q) z)])        z ~ N(0,1)
 *
 * q (may be NULL) receives the variance of the pre-activations, the greatest solution. The norm of a gradient then changes by exp(lambda) for each
 * step. Weights drawn from U(-a,a) have g^2 = N a^2 / 3. Errors of q and lambda: below 1e-11 where g is not within 1e-6 of 1 without
 * noise (tests/diag/test_mean_field.c). NaN unless g^2 and s2 are finite and s2 is at least 0; -infinity for g = 0.
 * Sompolinsky, Crisanti and Sommers 1988; with noise: Molgedey, Schuchhardt and Schuster 1992. */
RECUR_API double recur_mean_field(double g, double s2, double *q);

#ifdef __cplusplus
}
#endif
#endif
