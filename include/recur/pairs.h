/* Pairs: a source and the target that answers it, read from parallel lines or from columns of tables.
 *
 *   de.txt   zwei hunde .          line i of one file belongs to line i of the other
 *   en.txt   two dogs .
 *
 * A pair has two sides. First it is text; a vocabulary of each side, or one of both, is made of the training part, and
 * recur_pairs_encode turns the text into ids and lets go of it. An empty line is an empty side. Ids stand in the order of reading and
 * hold neither begin nor end.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_PAIRS_H
#define RECUR_PAIRS_H

#include "batches.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_pairs recur_pairs;

typedef enum recur_side { RECUR_SOURCE = 0, RECUR_TARGET, RECUR_BOTH_SIDES } recur_side;

/* ---- reading ---- */

/* What to read. Parallel lines: n files of sources and as many of targets, the first with the first; each file may be "-", stdin, once.
 * Tables: n files, TSV or CSV by format or their ending, and two columns, names from the header or numbers from 1; an empty line is
 * skipped, and line ends inside a quoted field of CSV become spaces.
 *
 * Nothing is kept but by a reader while it is open. */
typedef struct recur_pair_source {
    int                n;
    const char *const *sources; /* parallel lines */
    const char *const *targets;
    const char *const *tables; /* or tables: sources and targets are then NULL */
    const char        *source_column, *target_column;
    recur_format       format; /* of tables: RECUR_FORMAT_DEFAULT, RECUR_TSV, RECUR_CSV */
    recur_header       header; /* by default there is one where a column is given by name */
    recur_encoding     encoding;
    bool bare;      /* no targets are read: for predictions; in a table too an empty line is an item then */
    bool keep_text; /* recur_pairs_text works after encoding, too */
} recur_pair_source;

/* Read all pairs of files.
 *
 * A byte order mark is skipped and CRLF read as LF, both with a line in the log.
 * Owner.   The caller destroys it. source is not kept.
 * Errors.  RECUR_EDATA, with file and line: parallel files with different numbers of lines (both are named), bytes that are not UTF-8,
 *          NUL, a line of more than 256 MiB; of tables those of recur_dataset_read; no pairs at all. RECUR_EIO; RECUR_EARG;
 *          RECUR_EMEMORY.
 * Cost.    The text, until it is encoded; then four bytes per token. */
RECUR_API recur_status recur_pairs_read(recur_ctx *ctx, const recur_pair_source *source, recur_pairs **pairs);
RECUR_API void         recur_pairs_destroy(recur_pairs *pairs); /* NULL is accepted */

/* Reading piece by piece, for predictions: memory is bounded by a piece. */
typedef struct recur_pair_reader recur_pair_reader;

/* Open files. Owner: the caller closes it; what source points at must live as long. Errors: as recur_pairs_read. */
RECUR_API recur_status recur_pair_reader_open(recur_ctx *ctx, const recur_pair_source *source,
                                              recur_pair_reader **reader);

/* Read the next pairs: at most max_items, or fewer once their text has max_bytes, or where stdin has no more to give at the moment.
 * *pairs is NULL at the end. Owner and errors as recur_pairs_read. Pairs before one that is at fault come first. */
RECUR_API recur_status recur_pair_reader_next(recur_pair_reader *reader, int64_t max_items, int64_t max_bytes,
                                              recur_pairs **pairs);
RECUR_API void         recur_pair_reader_close(recur_pair_reader *reader); /* NULL is accepted */

/* ---- what was read ---- */

/* Facts about pairs: how many there are ... */
RECUR_API int64_t  recur_pairs_items(const recur_pairs *pairs);
RECUR_API uint64_t recur_pairs_checksum(const recur_pairs *pairs);  /* of the bytes as read */
RECUR_API bool     recur_pairs_is_stream(const recur_pairs *pairs); /* it cannot be read again */

/* Return the text of a side of an item, not terminated; NULL where it is not there: no such item, no targets were read, encoded without
 * keep_text. It stays the pairs'. */
RECUR_API const char *recur_pairs_text(const recur_pairs *pairs, int64_t item, recur_side side,
                                       size_t *bytes);

/* Some pairs, in an order. It owns nothing. */
typedef struct recur_pair_part {
    const recur_pairs *pairs;
    const int64_t     *items; /* [n]; NULL: all */
    int64_t            n;     /* not looked at where items is NULL */
} recur_pair_part;

/* Build the vocabulary of one side, or of both together, of a part that is not encoded: as recur_vocab_build.
 * Errors: those of recur_vocab_build; RECUR_EARG: encoded pairs, targets that were not read. */
RECUR_API recur_status recur_pairs_vocab(recur_ctx *ctx, const recur_pair_part *part, recur_side side,
                                         recur_unit unit, const recur_vocab_opts *opts, recur_vocab **vocab);

/* ---- encoding ---- */

/* Turn the text into ids, once, and let go of it unless it was read with keep_text. Sources are cut after max_source tokens (0: not
 * at all); how many were is counted.
 *
 * target may be NULL where no targets were read. Nothing is kept of the vocabularies.
 * Errors. RECUR_EARG: encoded already; RECUR_EDATA: a token that a vocabulary neither holds nor can replace, with its line;
 *         RECUR_EMEMORY. The pairs are then unchanged. */
RECUR_API recur_status recur_pairs_encode(recur_pairs *pairs, const recur_vocab *source,
                                          const recur_vocab *target, int64_t max_source);

/* Return the ids of a side of an item after encoding and, in *n, how many; NULL and 0 where they are not there. They stay the pairs'. */
RECUR_API const int32_t *recur_pairs_ids(const recur_pairs *pairs, int64_t item, recur_side side, int64_t *n);

RECUR_API int64_t recur_pairs_tokens(const recur_pairs *pairs, recur_side side);  /* of all items */
RECUR_API int64_t recur_pairs_unknown(const recur_pairs *pairs, recur_side side); /* that became "<unk>" */
RECUR_API int64_t recur_pairs_cut(const recur_pairs *pairs); /* sources that were longer than max_source */

/* ---- which pairs to learn from ---- */

/* What a pair must be to be kept. All zeros: both sides have tokens. */
typedef struct recur_pair_limits {
    int64_t max_target; /* tokens; 0: any number */
    double  max_ratio;  /* the longer side has at most so many times the tokens of the shorter; 0: any */
} recur_pair_limits;

typedef struct recur_pair_counts {
    int64_t n_empty, n_long,
        n_ratio; /* dropped since a side is empty; the target too long; the ratio too great */
} recur_pair_counts;

/* Keep the pairs of an encoded part that are within limits: their numbers go to items, in the part's order, and *n says how many.
 *
 * Shapes. items [of the part]. counts may be NULL.
 * Errors. RECUR_EARG: not encoded, limits below 0, a ratio below 1; RECUR_EDATA: none is left, with the counts. */
RECUR_API recur_status recur_pairs_select(recur_ctx *ctx, const recur_pair_part *part,
                                          const recur_pair_limits *limits, int64_t *items, int64_t *n,
                                          recur_pair_counts *counts);

/* ---- batches ---- */

/* Batches of pairs of similar lengths on both sides, otherwise as recur_batches.
 *
 * Lengths are rounded up to 1-8, 10, 12, 14, 16, 20 ...: two bits after the first. Pairs are sorted by the rounded length of the source,
 * then of the target (shortest first and longest first by turns, so that neighbours stay alike) and cut into batches once; in every epoch
 * those with both lengths the same are exchanged among their places, and the batches come in a random order. So a batch is a function of
 * seed, epoch and place. Epoch 0 is the plain order. */
typedef struct recur_pair_batches recur_pair_batches;

/* One batch: n pairs, in arrays that are valid until the next batch is asked for. */
typedef struct recur_pair_batch {
    int64_t               n;
    const int64_t        *items;          /* [n]: which pairs; NULL: 0, 1, 2 ... */
    const int32_t *const *sources;        /* [n][source length] */
    const int64_t        *source_lengths; /* [n], 0 or more */
    const int32_t *const *targets;        /* [n][target length]; NULL: none are known */
    const int64_t        *target_lengths; /* [n], 0 or more */
} recur_pair_batch;

/* Plan the batches of an encoded part. Tokens of opts count both sides, rounded.
 *
 * Owner.   The caller destroys them; the pairs must live as long, the part's items are copied.
 * Errors.  RECUR_EARG: options, an item that is not there, pairs that are not encoded; RECUR_EDATA: no items; RECUR_EMEMORY. */
RECUR_API recur_status recur_pair_batches_create(recur_ctx *ctx, const recur_pair_part *part,
                                                 const recur_batch_opts *opts, recur_pair_batches **batches);
RECUR_API void         recur_pair_batches_destroy(recur_pair_batches *batches); /* NULL is accepted */

RECUR_API int64_t recur_pair_batches_count(const recur_pair_batches *batches); /* in every epoch */
RECUR_API int64_t recur_pair_batches_items(const recur_pair_batches *batches); /* of the part */
RECUR_API int64_t recur_pair_batches_tokens(const recur_pair_batches *batches,
                                            recur_side                side); /* of the part */

/* Return batch i of an epoch (from 1; 0: the plain order).
 *
 * Errors.  RECUR_EARG: no such batch.
 * Threads. One at a time.
 * Cost.    An epoch is put in order when its first batch is asked for; nothing is allocated. */
RECUR_API recur_status recur_pair_batches_get(recur_pair_batches *batches, int64_t epoch, int64_t i,
                                              recur_pair_batch *batch);

/* ---- where batches come from ---- */

/* Batches for training: from pairs as above, or from whoever has others. A batch is a function of its place alone: asked for again it is the
 * same, in whatever order.
 *
 * get gives batch i, from 0 to count - 1, of an epoch from 1; epoch 0 is the plain order, for evaluation, with as many batches. */
typedef struct recur_pair_feed {
    void    *user;
    int64_t  count;         /* batches of every epoch */
    int64_t  items;         /* pairs */
    int64_t  target_tokens; /* of all of them */
    uint64_t checksum; /* of what the batches depend on beside the data: a resumed run must have the same */
    recur_status (*get)(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch);
} recur_pair_feed;

/* Return batches as a feed, which is valid as long as they are. */
RECUR_API recur_pair_feed recur_pair_batches_feed(recur_pair_batches *batches);

#ifdef __cplusplus
}
#endif
#endif
