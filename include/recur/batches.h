/* Batches of a dataset's items by length, and word vectors from elsewhere.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_BATCHES_H
#define RECUR_BATCHES_H

#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- batches ---- */

/* How items become batches. All zeros: 32 items each. */
typedef struct recur_batch_opts {
    int64_t items; /* at most so many items; 0: 32, or no limit where tokens is given */
    int64_t
             tokens; /* at most so many tokens, lengths counted as rounded; a longer item is a batch by itself; 0: no limit */
    uint64_t seed; /* of the order */
} recur_batch_opts;

/* Batches of items of similar length.
 *
 * Lengths are rounded up to 1-16, 18, 20 ... 32, 36, 40 ... 64, 72 ...: three bits after the first, so by at most an eighth.
 * Items are sorted by rounded length and cut into batches once. In every epoch the items of one rounded length are exchanged
 * among their places at random, and the batches come in a random order; both are functions of seed and epoch. So a batch
 * depends on its place alone, and every epoch has as many. Epoch 0 is the plain order, for evaluation: by rounded length,
 * then as in the part. */
typedef struct recur_batches recur_batches;

/* One batch: n items of a dataset, in arrays that are valid until the next call. What the dataset does not have is NULL. */
typedef struct recur_batch {
    int64_t               n;       /* items */
    int64_t               n_steps; /* tokens or rows of all of them */
    const int64_t        *items;   /* [n]: which */
    const int64_t        *lengths; /* [n] */
    const int32_t *const *ids;     /* [n][length] */
    const int32_t *const *tags;    /* [n][length] */
    const float *const   *rows;    /* [n][length,F] */
    const int32_t        *labels;  /* [n], -1: none */

    /* After encoding with characters: the different forms of the batch, in the order they occur. */
    int64_t               n_forms;
    const int32_t *const *forms;           /* [n][length]: which of the n_forms stands there */
    const int64_t        *form_lengths;    /* [n_forms]: characters */
    const int32_t *const *form_characters; /* [n_forms][form_lengths] */
} recur_batch;

/* Plan the batches of a part.
 *
 * Owner.   The caller destroys them; the dataset must live as long, the part's items are copied.
 * Errors.  RECUR_EARG: options, an item that is not there, a dataset of tokens that is not encoded; RECUR_EDATA: no items;
 *          RECUR_EMEMORY. */
RECUR_API recur_status recur_batches_create(recur_ctx *ctx, const recur_part *part,
                                            const recur_batch_opts *opts, recur_batches **batches);
RECUR_API void         recur_batches_destroy(recur_batches *batches); /* NULL is accepted */

RECUR_API int64_t recur_batches_count(const recur_batches *batches);  /* in every epoch */
RECUR_API int64_t recur_batches_items(const recur_batches *batches);  /* of the part */
RECUR_API int64_t recur_batches_tokens(const recur_batches *batches); /* of the part */

/* Return batch i of an epoch (from 1; 0: the plain order).
 *
 * Errors.  RECUR_EARG: no such batch.
 * Threads. One at a time.
 * Cost.    An epoch is put in order when its first batch is asked for; nothing is allocated. */
RECUR_API recur_status recur_batches_get(recur_batches *batches, int64_t epoch, int64_t i,
                                         recur_batch *batch);

/* ---- word vectors ---- */

/* Vectors for the words of a vocabulary. */
typedef struct recur_vectors {
    int64_t words;   /* V, the vocabulary's size */
    int64_t size;    /* numbers of a vector */
    int64_t n_found; /* words that have one */
    float  *values;  /* [V,size]; zero where none was found */
    bool   *found;   /* [V] */
} recur_vectors;

/* Read vectors in the common text format: a word and its numbers on each line, separated by spaces; the first line may say
 * how many words and numbers there are. Words are found by their bytes; where one stands twice the first counts. Words that
 * are not in the vocabulary are counted columns of, no more; one with spaces in it is not looked for. The log says what was
 * found.
 *
 * Owner.   The caller frees it with recur_vectors_free.
 * Errors.  RECUR_EDATA, with the line: too few numbers, or what is none; not one word of the vocabulary. RECUR_EIO;
 *          RECUR_EMEMORY. */
RECUR_API recur_status recur_vectors_read(recur_ctx *ctx, const char *path, const recur_vocab *vocab,
                                          recur_vectors *vectors);
RECUR_API void         recur_vectors_free(recur_ctx *ctx, recur_vectors *vectors);

#ifdef __cplusplus
}
#endif
#endif
