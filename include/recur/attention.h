/* Attention: for each query, how much each step of a source counts, and the sum of the source's rows by these weights.
 *
 *   additive   score(q, k) = v . tanh(W q + U k + b)      Bahdanau et al. 2015
 *   dot        score(q, k) = q . k                        Luong et al. 2015; Q = K
 *   general    score(q, k) = q . (W k)                    Luong et al. 2015
 *
 *   weights of a query = softmax of its scores over the steps of its own source        context vector = sum of weight * row
 *
 * A source is a sequence of a pack, so there is no padding to mask. What does not depend on the query, U k + b or W k, is computed once for
 * each source and not once for each step of a decoder.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_ATTENTION_H
#define RECUR_ATTENTION_H

#include "layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_attention recur_attention;

typedef enum recur_attention_kind {
    RECUR_ATTENTION_ADDITIVE = 0,
    RECUR_ATTENTION_DOT,
    RECUR_ATTENTION_GENERAL,
    RECUR_ATTENTION_NONE /* of models only: there is no such layer */
} recur_attention_kind;

typedef struct recur_attention_spec {
    recur_attention_kind kind;
    int64_t              query; /* Q: size of a query */
    int64_t              key;   /* K: size of a source's rows */
    int64_t              size;  /* A, additive: size of v; 0: Q */
    recur_init           init;  /* default: as recur_linear */
} recur_attention_spec;

/* Create an attention layer. additive: "<name>.query.weight" [A,Q], "<name>.key.weight" [A,K], "<name>.key.bias" [A] and
 * "<name>.score.weight" [1,A]; general: "<name>.key.weight" [Q,K]; dot: nothing. Owner, errors: as recur_rnn_create. */
RECUR_API recur_status recur_attention_create(recur_params *params, const char *name,
                                              const recur_attention_spec *spec, recur_attention **attention);
RECUR_API void         recur_attention_destroy(recur_attention *attention); /* NULL is accepted */

/* Return the spec as completed by the defaults. */
RECUR_API const recur_attention_spec *recur_attention_get_spec(const recur_attention *attention);

/* Attend with all queries at once: query_pack's rows [M,Q] to the rows of the sequence of the same number in key_pack [N,K].
 *
 * Returns the context vectors [M,K]: zeros where the source is empty. Errors: sticky; packs of different numbers of sequences. */
RECUR_API recur_var recur_attend(recur_tape *tape, const recur_attention *attention, recur_var queries,
                                 const recur_pack *query_pack, recur_var keys, const recur_pack *key_pack);

/* ---- step by step ---- */

/* Sources made ready for many queries; valid until the tape is reset. All zeros after an error. */
typedef struct recur_memory {
    const recur_attention *attention;
    const recur_pack      *pack;
    recur_var              keys,
        values; /* [N,A] (additive), [N,Q] or [N,K], and [N,K]: sequence after sequence in the caller's order */
} recur_memory;

/* Make sources [N,K], rows of a pack, ready. */
RECUR_API recur_memory recur_attention_memory(recur_tape *tape, const recur_attention *attention,
                                              recur_var keys, const recur_pack *key_pack);

/* Attend with any number of queries [M,Q]: query i to sequence sequences[i] of the memory's pack (NULL: to sequence i). Several may ask the
 * same one, and some of them none. What a query gets does not depend on the others.
 *
 * weights (may be NULL) receives the variable [M,S], S the longest length of the pack: zero beyond the end of a source.
 * Returns [M,K]. The numbers are copied. */
RECUR_API recur_var recur_attend_step(recur_tape *tape, const recur_memory *memory, recur_var queries,
                                      const int32_t *sequences, recur_var *weights);

#ifdef __cplusplus
}
#endif
#endif
