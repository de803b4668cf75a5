/* Scores: what predictions are worth beside the truth, from counts alone.
 *
 * A scorer is told the truth and the prediction of one item (or one sentence) after the other and keeps counts. Those of labels and tags
 * need memory that grows with the number of different labels and not with the data; that of texts keeps the counts of each item, for its
 * intervals. Labels and tags are named once and then meant by their number, 0, 1, 2 ... in the order of their naming: whoever names those
 * of a model first has the model's numbers.
 *
 * Rates run from 0 to 1. Where a rate has nothing to be a part of (the precision of a class that was never predicted) it is 0; accuracies
 * of no items at all are NaN.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_SCORE_H
#define RECUR_SCORE_H

#include <stdbool.h>

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Choices for a scorer. All zeros: no lengths, and nothing is known of training.
 *
 * The labels or tags that are named first, n_trained of them, are those of training; others that the truth has are counted and listed as
 * unseen. The edges, above 0 and rising, ask for accuracy by length, from <= n < to: for single labels only. */
typedef struct recur_scorer_opts {
    int64_t        n_trained; /* 0: not asked */
    int64_t        n_edges;
    const int64_t *edges; /* [n_edges] */
} recur_scorer_opts;

/* How often a class (a span type, a tag) is there, is predicted, and both at once. */
typedef struct recur_class_score {
    const char *name;
    size_t      name_bytes; /* not terminated */
    int64_t     gold, predicted, correct;
    double      precision, recall, f1;
} recur_class_score;

/* A label that is in the data and was not in training. */
typedef struct recur_unseen_label {
    const char *name;
    size_t      name_bytes; /* not terminated */
    int64_t     items;      /* or tokens; each of them counts as wrong */
} recur_unseen_label;

/* ---- one label for each item ---- */

/* Accuracy over the items of some length. */
typedef struct recur_length_score {
    int64_t from, to; /* from <= length < to; to of the last is INT64_MAX */
    int64_t items, correct;
    double  accuracy, low, high;
} recur_length_score;

/* So many items of class `gold` were taken for class `predicted`: places in recur_class_report.classes. */
typedef struct recur_confusion {
    int64_t gold, predicted, items;
} recur_confusion;

/* Everything about single labels.
 *
 * low and high are the ends of a 95 % interval of the accuracy: the 2.5 % and 97.5 % points of the percentile bootstrap (Efron 1979) in the
 * limit of infinitely many resamples. The number of right ones in a resample of n items, c of them right, is binomial with n and c/n, so
 * these points are found without drawing a random number, and repeat. An accuracy of 0 or 1 has an interval without width.
 * classes are the labels that are there or are predicted; macro_f1 is the mean of their f1, as scikit-learn's. */
typedef struct recur_class_report {
    int64_t items, correct;
    double  accuracy, low, high, macro_f1;

    int64_t                   n_classes;
    const recur_class_score  *classes; /* by the bytes of their names */
    int64_t                   n_confusions;
    const recur_confusion    *confusions; /* cells of the matrix that are not 0, row by row */
    int64_t                   n_lengths;
    const recur_length_score *lengths; /* n_edges + 1 of them, none without edges */
    int64_t                   unseen_items, n_unseen;
    const recur_unseen_label *unseen; /* by name */
} recur_class_report;

typedef struct recur_class_scorer recur_class_scorer;

/* Create a scorer that has counted nothing.
 *
 * Owner.   The caller destroys it, before ctx. opts may be NULL and is not kept.
 * Errors.  RECUR_EARG for edges that do not rise or a negative number; RECUR_EMEMORY.
 * Threads. One thread at a time. */
RECUR_API recur_status recur_class_scorer_create(recur_ctx *ctx, const recur_scorer_opts *opts,
                                                 recur_class_scorer **scorer);
RECUR_API void         recur_class_scorer_destroy(recur_class_scorer *scorer); /* NULL is accepted */

/* Name a label, any bytes, and learn its number; one that is known already keeps its number. Errors: RECUR_EARG, RECUR_EMEMORY. */
RECUR_API recur_status recur_class_scorer_label(recur_class_scorer *scorer, const char *name, size_t bytes,
                                                int32_t *label);

/* Count one item; length is looked at only where there are edges.
 * Errors: RECUR_EARG for a number that names no label or a negative length, RECUR_EMEMORY; nothing is counted then. */
RECUR_API recur_status recur_class_scorer_add(recur_class_scorer *scorer, int32_t gold, int32_t predicted,
                                              int64_t length);

/* Report on everything counted so far; counting may go on afterwards.
 *
 * Owner.   The arrays of the report are the scorer's and stay until its next call.
 * Errors.  RECUR_EMEMORY. */
RECUR_API recur_status recur_class_scorer_report(recur_class_scorer *scorer, recur_class_report *report);

/* ---- one tag for each token ---- */

/* How tags mark spans.
 *
 *   tokens   U.N.    official  Rolf    Smith   heads     for    Baghdad
 *   BIO      B-ORG   O         B-PER   I-PER   O         O      B-LOC
 *   BIOES    S-ORG   O         B-PER   E-PER   O         O      S-LOC
 *
 * B begins a span, I continues it, E ends it, S is a span of one token; the type follows after a dash, and may be missing. */
typedef enum recur_tag_scheme {
    RECUR_TAGS_PLAIN = 0, /* tags by themselves, such as parts of speech */
    RECUR_TAGS_BIO,       /* also called IOB2 */
    RECUR_TAGS_BIOES      /* also called IOBES */
} recur_tag_scheme;

/* Everything about tags.
 *
 * A correct span has the first token, the last token and the type of one that is there. Sequences that break their scheme are read as
 * conlleval reads them (Tjong Kim Sang and Buchholz 2000), and seqeval in its default mode: I- or E- after O, or after another type, begins
 * a span. So every number is what these two compute, to the bit of seqeval's.
 *
 * The scheme is found: tags are plain where one of the truth is neither O nor has B, I, E or S in front, or where there is nothing but O;
 * else they mark spans, in BIOES if E or S occur. Predicted tags that are of no scheme are then read as O. Without a type a span's is "_". */
typedef struct recur_tag_report {
    int64_t          sentences, tokens, correct;
    double           accuracy;
    recur_tag_scheme scheme;

    /* of spans; for plain tags the rates are NaN and the counts 0 */
    double  precision, recall, f1; /* over all types */
    int64_t gold_spans, predicted_spans, correct_spans;
    int64_t gold_broken, predicted_broken; /* spans that begin with I or E */
    int64_t foreign;                       /* predicted tags of no scheme */

    int64_t                   n_types;
    const recur_class_score  *types; /* of spans, or for plain tags each tag; by the bytes of their names */
    int64_t                   unseen_tokens, n_unseen;
    const recur_unseen_label *unseen; /* tags, by name */
} recur_tag_report;

typedef struct recur_tag_scorer recur_tag_scorer;

/* Create a scorer that has counted nothing. As recur_class_scorer_create. */
RECUR_API recur_status recur_tag_scorer_create(recur_ctx *ctx, const recur_scorer_opts *opts,
                                               recur_tag_scorer **scorer);
RECUR_API void         recur_tag_scorer_destroy(recur_tag_scorer *scorer); /* NULL is accepted */

/* Name a tag and learn its number. As recur_class_scorer_label. */
RECUR_API recur_status recur_tag_scorer_tag(recur_tag_scorer *scorer, const char *name, size_t bytes,
                                            int32_t *tag);

/* Count one sentence of n tokens; none is a sentence, too.
 *
 * Shapes.  gold and predicted are [n].
 * Errors.  RECUR_EARG for a number that names no tag, RECUR_EMEMORY; nothing is counted then. */
RECUR_API recur_status recur_tag_scorer_add(recur_tag_scorer *scorer, int64_t n, const int32_t *gold,
                                            const int32_t *predicted);

/* Report on everything counted so far. As recur_class_scorer_report. */
RECUR_API recur_status recur_tag_scorer_report(recur_tag_scorer *scorer, recur_tag_report *report);

/* ---- one text for each item: translations, summaries ---- */

/* How BLEU cuts texts into words: sacreBLEU's names. */
typedef enum recur_tokenisation {
    RECUR_TOKENISE_13A = 0, /* signs stand alone, as mteval-v13a has it: for plain text */
    RECUR_TOKENISE_NONE     /* words are between white space: for text that is cut already */
} recur_tokenisation;

/* Choices for a scorer of texts. All zeros: one reference, 13a, no lengths. */
typedef struct recur_seq_scorer_opts {
    int                n_references; /* of every item; 0: 1 */
    recur_tokenisation tokenise;
    bool               chrf_words;    /* chrF++: chrF with single words and pairs of words */
    bool               by_characters; /* token accuracy is of characters, not of words between white space */
    int64_t            n_edges;
    const int64_t     *edges; /* [n_edges]: as those of recur_scorer_opts */
} recur_seq_scorer_opts;

/* A number and its 95 % interval: the 26th from either end of what 1,000 resamples of the items give (percentile bootstrap, Efron 1979; for BLEU
 * Koehn 2004). The resamples are drawn by a fixed seed and repeat. */
typedef struct recur_measure {
    double value, low, high;
} recur_measure;

/* ROUGE of one kind (Lin 2004): the mean over the items. */
typedef struct recur_rouge {
    double        precision, recall;
    recur_measure f1;
} recur_rouge;

enum { RECUR_BLEU_ORDERS = 4 };

/* Everything about texts, of all items or of those of some length. Every number is NaN where there are no items.
 *
 *   exact_match     share of the items whose text is a reference's, but for white space at the ends
 *   token_accuracy  share of the places where both have the same token, of as many places as the longer of the two has; where there are several
 *                   references, the one with the greatest share counts
 *   bleu            of the whole corpus, as sacreBLEU's corpus_score, from 0 to 100; smoothed ("exp")
 *   chrf            likewise; 6 orders of characters, recall weighs twice as much (chrF2), of several references the best of each item
 *   rouge           1, 2 and L as rouge-score's, without stemming; of several references the one with the best F1 of each item */
typedef struct recur_seq_score {
    int64_t       from, to; /* from <= length < to; 0 and INT64_MAX for all items */
    int64_t       items;
    recur_measure exact_match, token_accuracy, bleu, chrf;
    recur_rouge   rouge[3]; /* 1, 2, L */

    /* of which BLEU is made */
    double  precisions[RECUR_BLEU_ORDERS]; /* from 0 to 100 */
    double  brevity_penalty;
    int64_t hypothesis_tokens, reference_tokens; /* of several references the closest in length */
} recur_seq_score;

typedef struct recur_seq_report {
    recur_seq_score        all;
    int64_t                n_lengths;
    const recur_seq_score *lengths;       /* n_edges + 1 of them, none without edges */
    char                   signature[80]; /* how BLEU was computed, in sacreBLEU's form */
} recur_seq_report;

typedef struct recur_seq_scorer recur_seq_scorer;

/* Create a scorer that has counted nothing. As recur_class_scorer_create. */
RECUR_API recur_status recur_seq_scorer_create(recur_ctx *ctx, const recur_seq_scorer_opts *opts,
                                               recur_seq_scorer **scorer);
RECUR_API void         recur_seq_scorer_destroy(recur_seq_scorer *scorer); /* NULL is accepted */

/* Count one item; length, that of its source, is looked at only where there are edges. The texts are not kept; what is, are some 400 bytes an item.
 *
 * Shapes.  references and reference_bytes are [n_references].
 * Errors.  RECUR_EDATA for text that is not UTF-8, RECUR_EARG for a negative length, RECUR_EMEMORY; nothing is counted then.
 * Cost.    For ROUGE-L, the product of the lengths. */
RECUR_API recur_status recur_seq_scorer_add(recur_seq_scorer *scorer, const char *hypothesis, size_t bytes,
                                            const char *const *references, const size_t *reference_bytes,
                                            int64_t length);

/* Report on everything counted so far. As recur_class_scorer_report.
 *
 * Cost. A second for some 20,000 items. */
RECUR_API recur_status recur_seq_scorer_report(recur_seq_scorer *scorer, recur_seq_report *report);

#ifdef __cplusplus
}
#endif
#endif
