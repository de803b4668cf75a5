/* Streams: one sequence, one step at a time, in constant memory of the caller's; and sampling text from them.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_STREAM_H
#define RECUR_STREAM_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_stream recur_stream;

/* Return the bytes that a stream of this model needs, to be aligned to 64. */
RECUR_API size_t recur_stream_bytes(const recur_model *model);

/* Make a stream, its state zero (or the trained initial state), in the caller's memory.
 *
 * Owner.   Memory and model stay the caller's and must outlive the stream; there is nothing to free.
 * Errors.  RECUR_EARG if memory is NULL, not aligned to 64, or too small: recur_error says how much is wanted. RECUR_EMEMORY (the model
 *          packs its weights for inference at its first stream).
 * Threads. Any number of streams may share a model, each on its own thread. */
RECUR_API recur_status recur_stream_init(void *memory, size_t bytes, const recur_model *model,
                                         recur_stream **stream);

/* Go back to the initial state. */
RECUR_API void recur_stream_reset(recur_stream *stream);

/* Advance by one token: read id, update the state, write the logits of the next token [V].
 *
 * Errors.  RECUR_EARG for NULL or an id outside the vocabulary; the state is then unchanged.
 * Cost.    The same work for every token: no allocation, no lock, no system call, on the caller's thread. The same bits as
 *          recur_lm_logits over the whole sequence. */
RECUR_API recur_status recur_stream_step(recur_stream *stream, int32_t id, float *logits);

/* The same in double, for a model of a float64 context (recur_stream_step converts). */
RECUR_API recur_status recur_stream_step_f64(recur_stream *stream, int32_t id, double *logits);

/* Copy a stream into other memory of the caller's: a fork that goes its own way. Errors: as recur_stream_init. */
RECUR_API recur_status recur_stream_fork(const recur_stream *stream, void *memory, size_t bytes,
                                         recur_stream **fork);

/* How to draw a token from logits. All zeros: temperature 1, no cuts, seed 0. */
typedef struct recur_sampling {
    bool     greedy;      /* always the most likely token (the smallest id among equals) */
    double   temperature; /* divides the logits; 0: 1 */
    int64_t  top_k;       /* only the k most likely; 0: all */
    double   top_p; /* only the most likely ones that hold mass p together (Holtzman et al. 2020); 0: all */
    uint64_t seed;
} recur_sampling;

/* Draw number `draw` of a seed from logits [V]: the same arguments give the same token. scratch holds V int32.
 * Errors: RECUR_EARG for options out of range, RECUR_EDIVERGED for logits that are not finite. */
RECUR_API recur_status recur_sample(const recur_sampling *sampling, uint64_t draw, int64_t V,
                                    const float *logits, int32_t *scratch, int32_t *id);

/* Generate length tokens after a prompt.
 *
 * The prompt is read first and not emitted; an empty one starts from a line feed where the vocabulary has one, else from its first token that is not "<unk>".
 * emit gets the bytes of each token as it is made (a separating space included) and returns false to stop early.
 * "<unk>" is never drawn: it stands for words that are not known, and is none itself.
 * Errors.  RECUR_EDATA for a prompt that the vocabulary cannot encode; as recur_sample; RECUR_EMEMORY. */
RECUR_API recur_status recur_generate(const recur_model *model, const char *prompt, size_t prompt_bytes,
                                      int64_t length, const recur_sampling                        *sampling,
                                      bool (*emit)(void *user, const char *bytes, size_t n), void *user);

#ifdef __cplusplus
}
#endif
#endif
