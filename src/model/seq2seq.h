/* An encoder-decoder: what a model holds for it, and its parts on the tape, which training and decoding share.
 * SPDX-License-Identifier: MIT */
#ifndef RI_MODEL_SEQ2SEQ_H
#define RI_MODEL_SEQ2SEQ_H

#include "model/model.h"
#include "nn/tape.h"
#include "recur/seq2seq.h"

/* The head is the model's own (model.h). */
struct ri_seq2seq_layers {
    recur_embedding *source, *target, *shared; /* shared: owned once, and both others are it; else NULL */
    recur_rnn       *encoder, *decoder;
    recur_attention *attention; /* NULL: none */
    recur_linear   **bridge_h,
        **bridge_c;        /* [layers of the decoder]; NULL: not linear; c only where the decoder has one */
    int64_t       bridges; /* of each list */
    recur_linear *readout; /* NULL: none */
    int64_t       context, output,
        seen; /* widths: of a context vector, of the decoder, of all that the readout sees */
};

/* A batch with its marks. source is reversed where the model wants it. read and wanted have the same lengths; both are empty without targets. */
struct recur_seq2seq_batch {
    const recur_model *model;
    recur_pack        *source, *read, *wanted;
    int64_t           *lengths;  /* [3,n] room for these */
    int32_t           *ids;      /* room for all of them */
    const int32_t    **starts;   /* [3,n] */
    int64_t            n_ids, n; /* that there is room for */
    bool               has_targets;
};

/* Fill the source's pack alone. Errors: as recur_seq2seq_batch_fill. */
recur_status ri_seq2seq_fill_sources(recur_seq2seq_batch *batch, int64_t n, const int32_t *const *ids,
                                     const int64_t *lengths);

/* What the decoder starts with. */
typedef struct ri_encoded {
    recur_state  state;  /* of the decoder, in the caller's order */
    recur_memory memory; /* with attention */
} ri_encoded;

/* Encode the sources of a batch. */
ri_encoded ri_seq2seq_encode(recur_tape *tape, const recur_model *model, const recur_pack *source);

/* The decoder between two steps. */
typedef struct ri_decoding {
    recur_state state;
    recur_var   output; /* [n,P] of the step before; read with additive attention */
    recur_var   fed;    /* [n,R] the readout of the step before; read with input feeding */
} ri_decoding;

/* What a step gives. */
typedef struct ri_decoded {
    recur_var
        seen; /* [n,seen]: what the readout sees. With additive attention without the embedding, which comes last */
    recur_var readout; /* [n,R] with input feeding, else RECUR_NONE */
    recur_var weights; /* [n,S] of attention, or RECUR_NONE */
} ri_decoded;

/* Return the state before the first step for the sequences of ranks 0, 1 ... (caller_of NULL: in the caller's order). */
ri_decoding ri_seq2seq_start(recur_tape *tape, const recur_model *model, const ri_encoded *encoded, int64_t n,
                             const int64_t *caller_of);

/* Advance n hypotheses that read x [n,E], of sources sequence[i]. time may be NULL in inference. */
ri_decoded ri_seq2seq_step(recur_tape *tape, const recur_model *model, const recur_memory *memory,
                           recur_var x, const int32_t *sequence, const int32_t *time, ri_decoding *decoding);

/* From what the readout sees, without its embedding x, to what the head reads; before dropout. */
recur_var ri_seq2seq_read_out(recur_tape *tape, const recur_model *model, recur_var seen, recur_var x);

/* Put what the head reads, rows of batch->read, on a tape. */
recur_var ri_seq2seq_top(recur_tape *tape, const recur_model *model, recur_seq2seq_batch *batch, double own);

/* Whether one application of the decoder does for all steps: nothing of a step's attention is read by the next. */
bool ri_seq2seq_is_parallel(const recur_model *model);

#endif
