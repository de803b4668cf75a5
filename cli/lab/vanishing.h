/* The experiment of lab vanishing: which stacks there are, and what was found.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_VANISHING_H
#define CLI_VANISHING_H

#include "lab.h"
#include "reach.h"

/* One stack and one way to start it, over all seeds. */
typedef struct subject {
    const char *cell;
    char        start[64]; /* "default", "orthogonal", "chrono:100", "forget bias 2" */
    reach       what;
    double     *mean, *least; /* [steps] of the norms; the mean is geometric */
    double     *spread;       /* [steps] standard deviation of log10 of a norm */
    double     *ratio;        /* [seeds] log10 of last over first */
    double     *predicted;    /* [steps] norms by mean-field theory, NULL: it says nothing */
    double     *rate;         /* [layers] lambda1 */
} subject;

enum { MAX_SUBJECTS = 24 };

typedef struct vanishing {
    lab     lab;
    subject subjects[MAX_SUBJECTS];
    int     n;
    int64_t steps, layers, seeds, first_seed;
    double *norms;       /* [steps] of one seed */
    bool    is_survey;   /* every way to start */
    bool    is_textbook; /* the sizes of its fragment */
} vanishing;

/* What is shown (vanishing_show.c). */
void vanishing_introduce(vanishing *v);
void vanishing_say_seed(vanishing *v, const subject *s, int64_t seed, const double *norms);
void vanishing_say_tables(vanishing *v);
void vanishing_conclude(vanishing *v);
int  vanishing_draw(vanishing *v); /* returns an exit code, the error said */

#endif
