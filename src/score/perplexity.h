/* Perplexity and bits from sums of nats.
 *
 *   mean = (sum over tokens of -ln p(token)) / tokens      perplexity = e^mean      bits = mean / ln 2
 *
 * Sums are carried with their rounding error (Neumaier 1974), so that adding the losses of a million windows loses nothing that
 * a report would show.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PERPLEXITY_H
#define RI_PERPLEXITY_H

#include <stdint.h>

/* A growing sum of nats over tokens. All zeros: none yet. */
typedef struct ri_score_nats {
    double  sum, lost; /* lost: what rounding took from sum so far */
    int64_t tokens;
} ri_score_nats;

/* Add the summed loss of so many tokens. */
void ri_score_add(ri_score_nats *nats, double sum, int64_t tokens);

/* Return nats per token; NaN where there are no tokens. */
double ri_score_mean(const ri_score_nats *nats);

/* Turn nats per token into perplexity (infinite above 709 nats) and into bits per token. */
double ri_score_perplexity(double mean);
double ri_score_bits(double mean);

#endif
