/* Corpora: one long stream of tokens, read from files.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_CORPUS_H
#define RECUR_CORPUS_H

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of one or several files, joined. */
typedef struct recur_text {
    char    *bytes; /* not terminated */
    size_t   size;
    uint64_t checksum;  /* FNV-1a of the bytes as read: says whether data changed between runs */
    bool     is_stream; /* some of it came from stdin or a pipe and cannot be read again */
} recur_text;

/* Read files and join them; "-" is stdin. Pipes are read to their end.
 *
 * For char and word a byte order mark is skipped and CRLF becomes LF, each with a line in the log; bytes stay as they are.
 * Each file is a text of its own: a character may not be cut by the end of one.
 * Owner.   The caller frees it with recur_text_free.
 * Errors.  RECUR_EIO: no such file, a directory, a pipe that nobody writes to (5 s); RECUR_EDATA: all of it is empty,
 *          or for char and word not UTF-8 or with a NUL byte (file, byte and line are named); RECUR_EARG: stdin named twice; RECUR_EMEMORY. */
RECUR_API recur_status recur_text_read(recur_ctx *ctx, recur_unit unit, int n_paths, const char *const *paths,
                                       recur_text *text);
RECUR_API void         recur_text_free(recur_ctx *ctx, recur_text *text);

/* A stream of token ids. */
typedef struct recur_corpus recur_corpus;

/* Encode a text (a part of it, from byte begin to byte end) with a vocabulary. Owner: the caller destroys it; text and vocab
 * are not kept. Errors: as recur_vocab_encode. */
RECUR_API recur_status recur_corpus_encode(recur_ctx *ctx, const recur_vocab *vocab, const char *text,
                                           size_t bytes, recur_corpus **corpus);

/* Take a part of a corpus, tokens begin to end (exclusive), as a corpus of its own (copied). */
RECUR_API recur_status recur_corpus_slice(recur_ctx *ctx, const recur_corpus *corpus, int64_t begin,
                                          int64_t end, recur_corpus **part);
RECUR_API void         recur_corpus_destroy(recur_corpus *corpus); /* NULL is accepted */

RECUR_API int64_t        recur_corpus_size(const recur_corpus *corpus);   /* how many tokens */
RECUR_API const int32_t *recur_corpus_tokens(const recur_corpus *corpus); /* their ids; the corpus's */
RECUR_API int64_t recur_corpus_unknown(const recur_corpus *corpus);       /* how many tokens became "<unk>" */

#ifdef __cplusplus
}
#endif
#endif
