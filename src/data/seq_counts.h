/* The counts that every metric of texts is made of: of one item, or added up over items.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SEQ_COUNTS_H
#define RI_SEQ_COUNTS_H

#include "data/vec.h"
#include "dev/ctx.h"
#include "recur/score.h"
#include "score/ngrams.h"
#include "score/overlap.h"
#include "text/intern.h"

enum { RI_ROUGE_KINDS = 3 };

typedef struct ri_seq_counts {
    int64_t        exact, right, places; /* items, tokens, tokens */
    ri_bleu_counts bleu;
    ri_overlap     chrf[RI_CHRF_ORDERS];
    double         precision[RI_ROUGE_KINDS], recall[RI_ROUGE_KINDS], f1[RI_ROUGE_KINDS];
} ri_seq_counts;

void ri_seq_counts_add(ri_seq_counts *sum, const ri_seq_counts *counts);

/* A text as the numbers of its words and characters, one sequence for each kind of cutting. */
typedef struct ri_seq_view ri_seq_view;

/* What counting needs: the words met so far, and room. */
typedef struct ri_seq_counter {
    recur_ctx            *ctx;
    recur_seq_scorer_opts opts; /* completed */
    ri_intern             words;
    ri_ngrams             ngrams;
    ri_seq_view          *views;      /* [1 + n_references]: of the hypothesis, of the references */
    ri_ids               *references; /* [n_references] */
    ri_vec                room;       /* bytes */
} ri_seq_counter;

/* Begin; destroy is called in any case. Errors: RECUR_EMEMORY. */
recur_status ri_seq_counter_init(ri_seq_counter *counter, recur_ctx *ctx, const recur_seq_scorer_opts *opts);
void         ri_seq_counter_destroy(ri_seq_counter *counter);

/* Count one item. texts is [1 + n_references], the hypothesis first, all UTF-8. Errors: RECUR_EMEMORY. */
recur_status ri_seq_count(ri_seq_counter *counter, const ri_span *texts, ri_seq_counts *counts);

#endif
