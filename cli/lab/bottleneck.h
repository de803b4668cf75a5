/* The experiment of lab bottleneck: which models there are, and what was found.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_BOTTLENECK_H
#define CLI_BOTTLENECK_H

#include "copying.h"
#include "lab.h"

enum {
    N_KINDS = 2,               /* without attention, with it */
    MAX_HIDDEN = RECUR_COLOURS /* sizes, each of a colour */
};

/* One model at one length. Gradients at the first and last token, before training and after. */
typedef struct finding {
    copying_score score;
    double        first_before, last_before;
} finding;

typedef struct bottleneck {
    lab                  lab;
    copying              task;
    recur_seq2seq_spec   spec; /* of the model at work */
    recur_attention_kind attention;
    recur_run_opts       run;
    int                  n_hidden;
    int64_t              hidden[MAX_HIDDEN];
    int64_t              tests, seeds;
    int64_t              n_lengths;
    double              *lengths;                         /* [n_lengths] */
    finding             *found;                           /* [n_hidden,N_KINDS,seeds,n_lengths] */
    int64_t              parameters[MAX_HIDDEN][N_KINDS]; /* 0: not made yet */
    int64_t              done;                            /* models */
    double               said;                            /* seconds when a line was last said */
} bottleneck;

finding *bottleneck_found(const bottleneck *b, int hidden, int kind, int64_t seed);

/* What is shown (bottleneck_show.c). */
const char *bottleneck_attention(recur_attention_kind kind);
void        bottleneck_introduce(bottleneck *b);
void        bottleneck_say_json(bottleneck *b, int hidden, int kind, int64_t seed);
void        bottleneck_say_table(bottleneck *b, int hidden); /* both models of a hidden size */
void        bottleneck_conclude(bottleneck *b);

/* Draw what is known so far; a page gets the picture when all is. Returns an exit code, the error said. */
int bottleneck_draw(bottleneck *b, bool is_all);

#endif
