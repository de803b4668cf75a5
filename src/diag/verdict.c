/* The rules: see recur/verdict.h; docs/diagnose.md tells each of them at length.
 *
 * A row names what is looked at, the threshold and why; beside it stand three small functions: the quantity, the numbers in words, and what
 * to try. They are asked in order, and the first row of an illness that is met speaks for it.
 * SPDX-License-Identifier: MIT */
#include "recur/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { WORDS = 256 };

typedef struct row {
    double (*value)(const recur_symptoms *s); /* NaN: not known, or not for this model */
    void (*say)(const recur_symptoms *s, double value, char text[WORDS]);
    void (*advise)(const recur_symptoms *s, char text[WORDS]);
} row;

static const char *const names[RECUR_ILLNESSES] = {
    "rate-too-high", "exploding", "dead",         "saturated",   "forgetting",
    "vanishing",     "truncated", "rate-too-low", "overfitting", "learns-nothing"};

const char *recur_illness_name(recur_illness illness)
{
    return (int)illness >= 0 && illness < RECUR_ILLNESSES ? names[illness] : "unknown";
}

/* ---- the rate is too high ---- */

static double divergence(const recur_symptoms *s)
{
    return s->has_diverged ? 1 : 0;
}

static void say_divergence(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)value;
    int n = snprintf(text, WORDS, "the loss or the gradient became infinite, and training ended; ");
    if (isnan(s->worst_loss))
        snprintf(text + n, (size_t)(WORDS - n), "no loss was reported before");
    else
        snprintf(text + n, (size_t)(WORDS - n), "the greatest reported loss was %.3g", s->worst_loss);
}

/* Where gradients explode the loss is high without a rate that is. */
static bool is_flooded(const recur_symptoms *s)
{
    enum { TIMES = 100 };
    return s->clip > 0 && s->norm > TIMES * s->clip && s->worst_loss < TIMES * s->ignorance;
}

static double worst_over_ignorance(const recur_symptoms *s)
{
    return is_flooded(s) ? NAN : s->worst_loss / s->ignorance;
}

static void say_worst(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "in training the loss was up to %.3g nats, %.3g times that of a model that knows nothing (%.3g)",
             s->worst_loss, value, s->ignorance);
}

static double rise_over_ignorance(const recur_symptoms *s)
{
    return is_flooded(s) ? NAN : s->loss_rise / s->ignorance;
}

static void say_rise(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "at the end of training the loss was %.3g nats above the lowest it had reached, %.0f %% of what "
             "a model that "
             "knows nothing has (%.3g)",
             s->loss_rise, 100 * value, s->ignorance);
}

static double update_ratio(const recur_symptoms *s)
{
    return s->update_ratio;
}

static void say_update(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)s;
    snprintf(text, WORDS, "a step moves the weights by %.2g of their size", value);
}

static void lower_rate(const recur_symptoms *s, char text[WORDS])
{
    const char *clip = s->clip > 0 ? "" : " and --clip 1";
    if (s->lr > 0)
        snprintf(text, WORDS, "try --lr %.2g, a tenth%s", s->lr / 10, clip);
    else
        snprintf(text, WORDS, "try a tenth of the rate, --lr%s", clip);
}

/* ---- exploding ---- */

static double peak(const recur_symptoms *s)
{
    return s->peak;
}

static void say_peak(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)s;
    snprintf(text, WORDS,
             "going back through time the gradient grows to %.3g times what it is at its own step", value);
}

static double growth(const recur_symptoms *s)
{
    return s->span > 0 ? s->lyapunov * (double)s->span : NAN;
}

static void say_growth(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "the largest Lyapunov exponent along the data is %+.3f per step: a difference grows by a factor "
             "of 10^%.1f over %" PRId64 " steps",
             s->lyapunov, value / log(10), s->span);
}

static double norm_over_clip(const recur_symptoms *s)
{
    return s->clip > 0 ? s->norm / s->clip : NAN;
}

static void say_norm(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "in training the gradient's norm was %.3g in the middle, %.3g times the clip of %.3g", s->norm,
             value, s->clip);
}

/* Of a model that has learnt its task the median is next to nothing: the clip, or 1, stands for it then. */
static double usual_norm(const recur_symptoms *s)
{
    double least = s->clip > 0 ? s->clip : 1;
    return s->norm < least ? least : s->norm;
}

static double norm_spike(const recur_symptoms *s)
{
    return s->worst_norm / usual_norm(s);
}

static void say_spike(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS, "in training the gradient's norm rose to %.3g, %.3g times the usual %.3g",
             s->worst_norm, value, usual_norm(s));
}

static void tame(const recur_symptoms *s, char text[WORDS])
{
    bool is_gated = s->cell == RECUR_LSTM || s->cell == RECUR_GRU;
    snprintf(text, WORDS, "try %s%s", s->clip > 0 ? "" : "--clip 1, ",
             is_gated ? "a lower --lr, or smaller first weights: --init default"
                      : "--init orthogonal, which neither grows nor shrinks, or --cell lstm --forget-bias 2");
}

/* ---- units and gates ---- */

static double dead(const recur_symptoms *s)
{
    return s->dead;
}

static void say_dead(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS, "%.0f %% of the units %s: no gradient reaches them, and they carry nothing",
             100 * value, s->cell == RECUR_RNN_RELU ? "are 0 at every step" : "never change");
}

static void revive(const recur_symptoms *s, char text[WORDS])
{
    if (s->cell == RECUR_RNN_RELU)
        snprintf(text, WORDS,
                 "try a lower --lr, --init identity, or a cell that cannot die: --cell rnn or lstm");
    else
        snprintf(text, WORDS, "try a lower --lr, or smaller first weights: --init default");
}

static double saturated(const recur_symptoms *s)
{
    return s->saturated;
}

static void say_saturated(const recur_symptoms *s, double value, char text[WORDS])
{
    bool is_gated = s->cell == RECUR_LSTM || s->cell == RECUR_GRU;
    snprintf(text, WORDS, "%.0f %% of the %s lie where the slope is next to nothing", 100 * value,
             is_gated ? "gates' values" : "states");
}

static void loosen(const recur_symptoms *s, char text[WORDS])
{
    (void)s;
    snprintf(text, WORDS,
             "try smaller first weights (--init default), a lower --lr, or --optim adamw --weight-decay 0.1");
}

static double kept(const recur_symptoms *s)
{
    enum { SHORT = 8 }; /* nobody needs memory for so few steps */
    return s->span >= SHORT ? s->kept : NAN;
}

static void say_kept(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "%.3g %% of the forget gates let go of most of their cell at every step (median time constant "
             "%.2g steps), and sequences "
             "have %" PRId64,
             100 * (1 - value), s->tau, s->span);
}

static void keep(const recur_symptoms *s, char text[WORDS])
{
    snprintf(text, WORDS, "try --forget-bias 2, or --init chrono:%" PRId64, s->span);
}

/* ---- vanishing ---- */

/* A model that has learnt what is to be learnt needs no more memory than it has. Text always leaves something to learn, so of models that write
 * it the loss tells nothing. */
static bool has_learnt(const recur_symptoms *s)
{
    bool writes = s->task == RECUR_TASK_LM || s->task == RECUR_TASK_SEQ2SEQ;
    return !writes && s->loss < s->guess / 2;
}

static double left(const recur_symptoms *s)
{
    return s->span > 0 && !has_learnt(s) ? log10(s->left) : NAN;
}

static void say_left(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "horizon %.0f steps, %s %" PRId64
             ": over all of them 10^%.1f of the gradient arrives, less than its own rounding",
             s->horizon, s->task == RECUR_TASK_LM ? "windows have" : "sequences have", s->span, value);
}

/* Weights that grow on noise let some of the gradient through again. Where nothing is learnt all the same, a short horizon is the reason to
 * look at first; a model that writes can always learn what lies near, so of it this says nothing. */
static double reach_of_the_ignorant(const recur_symptoms *s)
{
    bool writes = s->task == RECUR_TASK_LM || s->task == RECUR_TASK_SEQ2SEQ;
    bool is_ignorant = s->loss > 0.995 * s->guess;
    return s->span > 0 && !writes && is_ignorant ? s->horizon / (double)s->span : NAN;
}

static void say_reach(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)value;
    snprintf(text, WORDS,
             "horizon %.0f steps, sequences have %" PRId64
             ": from half as far not a hundredth of the gradient arrives, and nothing has been learnt",
             s->horizon, s->span);
}

static void remember(const recur_symptoms *s, char text[WORDS])
{
    const char *beside = "";
    int         n = 0;
    if (s->task == RECUR_TASK_CLASSIFY) beside = ", or --pool max, which sees every step";
    if (s->task == RECUR_TASK_SEQ2SEQ) beside = ", or --attention additive, which sees every source token";
    if (s->cell == RECUR_LSTM)
        n = snprintf(text, WORDS, "try --forget-bias 2 or --init chrono:%" PRId64, s->span);
    else if (s->cell == RECUR_GRU)
        n = snprintf(text, WORDS, "try --init chrono:%" PRId64 " or --cell lstm --forget-bias 2", s->span);
    else
        n = snprintf(text, WORDS, "try --cell lstm --forget-bias 2 or --init %s",
                     s->cell == RECUR_RNN_RELU ? "identity" : "orthogonal");
    snprintf(text + n, (size_t)(WORDS - n), "%s", beside);
}

/* ---- the rest ---- */

static double context_gain(const recur_symptoms *s)
{
    return s->context_gain;
}

static void say_context(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "what lies beyond the %" PRId64
             " steps that gradients go back takes %.1f %% off the loss: the model uses more than it "
             "could learn from",
             s->bptt, 100 * value);
}

static void lengthen(const recur_symptoms *s, char text[WORDS])
{
    snprintf(text, WORDS, "try --bptt %" PRId64, (int64_t)fmin(4 * (double)s->bptt, 1e15));
}

/* Of a model that is still no better than guessing. */
static double slow_update(const recur_symptoms *s)
{
    return s->loss > 0.9 * s->guess && s->update_ratio > 0 ? s->update_ratio : NAN;
}

static void say_slow(const recur_symptoms *s, double value, char text[WORDS])
{
    snprintf(text, WORDS,
             "a step moves the weights by %.1g of their size, and the loss of %.3g is that of guessing by "
             "frequency (%.3g)",
             value, s->loss, s->guess);
}

static void raise_rate(const recur_symptoms *s, char text[WORDS])
{
    if (s->lr > 0)
        snprintf(text, WORDS, "try --lr %.2g, ten times as much, or more steps", 10 * s->lr);
    else
        snprintf(text, WORDS, "try ten times the rate, --lr, or more steps");
}

static double valid_rise(const recur_symptoms *s)
{
    return s->valid_rise;
}

static void say_overfitting(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)s;
    snprintf(text, WORDS,
             "the last validation loss was %.2f times the lowest: training went on to learn its data by "
             "heart (the model kept is that "
             "of the best validation)",
             value);
}

static void regularise(const recur_symptoms *s, char text[WORDS])
{
    (void)s;
    snprintf(text, WORDS,
             "try --patience 3 to stop in time, --dropout 0.3, a smaller --hidden, or more data");
}

static double loss_over_guess(const recur_symptoms *s)
{
    return s->loss / s->guess;
}

static void say_nothing_learnt(const recur_symptoms *s, double value, char text[WORDS])
{
    (void)value;
    snprintf(text, WORDS,
             "the loss is %.4g nats, and who guesses by frequency has %.4g: nothing has been learnt that "
             "holds for these data",
             s->loss, s->guess);
}

static void start_over(const recur_symptoms *s, char text[WORDS])
{
    bool is_gated = s->cell == RECUR_LSTM || s->cell == RECUR_GRU;
    snprintf(text, WORDS, "train longer, or try another --lr%s%s",
             s->span > 0 && !is_gated ? ", --cell lstm --forget-bias 2" : "",
             s->span > 0 && is_gated ? ", --init chrono:T with T the distance that matters" : "");
}

/* ---- the table ---- */

/* The rules, by illness. A name is that of the quantity. */
enum {
    DIVERGENCE,
    WORST_OVER_IGNORANCE,
    RISE_OVER_IGNORANCE,
    UPDATE_RATIO,
    PEAK,
    GROWTH,
    NORM_OVER_CLIP,
    NORM_SPIKE,
    DEAD,
    SATURATED,
    KEPT,
    LEFT,
    REACH_OF_THE_IGNORANT,
    CONTEXT_GAIN,
    SLOW_UPDATE,
    VALID_RISE,
    LOSS_OVER_GUESS,
    N_RULES
};

static const recur_rule rules[N_RULES] = {
    [DIVERGENCE] = {RECUR_RATE_TOO_HIGH,
                    "training ended because loss, gradient or a weight was not finite (1: yes)", false, 0.5,
                    "such a step cannot be taken"},
    [WORST_OVER_IGNORANCE] = {RECUR_RATE_TOO_HIGH,
                              "greatest training loss reported, over ln(number of answers)", false, 1.25,
                              "a model that knows nothing has 1; to be worse it must be sure of what is "
                              "wrong, which steps that are "
                              "too long make it"},
    [RISE_OVER_IGNORANCE] =
        {RECUR_RATE_TOO_HIGH,
         "loss at the end of training above the lowest reached (medians of reports), over ln(number of "
         "answers)",
         false, 0.15,
         "steps of the right length go down; noise of batches, in the median of reports, is some hundredths"},
    [UPDATE_RATIO] =
        {RECUR_RATE_TOO_HIGH, "update over weight, median over the weight matrices", false, 0.1,
         "weights that move by a tenth of their size at each step hold little; 0.001 is usual, Adam's first "
         "steps have up to 0.05"},
    [PEAK] = {RECUR_EXPLODING, "greatest gradient at any lag, over that at lag 0", false, 100,
              "what is far back then outweighs what is near a hundred times, and the direction of a step is "
              "that of "
              "few sequences"},
    [GROWTH] = {RECUR_EXPLODING, "largest Lyapunov exponent along the data, times the span", false, 4.605,
                "ln 100: over the span a difference, and with it the gradient, grows a hundred times"},
    [NORM_OVER_CLIP] = {RECUR_EXPLODING, "median of the gradient's norm in training, over the clip", false,
                        100, "clipping then takes away 99 % of every step and leaves only a direction"},
    [NORM_SPIKE] =
        {RECUR_EXPLODING,
         "greatest gradient norm reported in training, over the median (or the clip, where that is more)",
         false, 1000, "norms of a training that goes well stay within a factor of some ten"},
    [DEAD] = {RECUR_DEAD, "share of the units of a layer that never change (relu: that are 0 throughout)",
              false, 0.5,
              "such a unit is no part of the network; some are normal for relu, half of them are not"},
    [SATURATED] = {RECUR_SATURATED,
                   "share of a layer's gates outside of 0.05 to 0.95 (a GRU's and LSTM's candidate: beyond "
                   "0.99), without "
                   "gates of its states beyond 0.99",
                   false, 0.8,
                   "there the slope is a fiftieth, of gates a fifth of the greatest, or less; a trained "
                   "network holds some "
                   "gates open or shut, not most"},
    [KEPT] = {RECUR_FORGETTING,
              "share of an LSTM's forget gates, over all steps, whose time constant is a step or more (span "
              "from 8)",
              true, 0.01,
              "the others keep less than 37 % of their cell from one step to the next, so nothing is kept "
              "for long; a "
              "gate that starts as PyTorch's has 1.4 steps"},
    [LEFT] =
        {RECUR_VANISHING,
         "log10 of the gradient that is left at the span, relative to lag 0 (classifiers, taggers: while the "
         "loss is above half of "
         "guessing's)",
         true, -7,
         "beside the share of near steps a ten-millionth is lost in float32's rounding and in the noise of "
         "batches: it is not learnt"},
    [REACH_OF_THE_IGNORANT] =
        {RECUR_VANISHING, "horizon, over the span (classifiers, taggers: while the loss is that of guessing)",
         true, 0.5,
         "where nothing is learnt and hardly a hundredth of the gradient comes from half of the way, that is "
         "the "
         "reason to look at first"},
    [CONTEXT_GAIN] =
        {RECUR_TRUNCATED, "share of the loss that context beyond --bptt takes away", false, 0.02,
         "the carried state is of use further back than gradients go, so longer windows would teach more"},
    [SLOW_UPDATE] =
        {RECUR_RATE_TOO_LOW,
         "update over weight, median over the weight matrices (while the loss is that of guessing)", true,
         1e-5, "at that pace the weights change by their own size in 100,000 steps"},
    [VALID_RISE] = {RECUR_OVERFITTING, "last validation loss, over the lowest", false, 1.5,
                    "the noise of validation is some hundredths, and a little learnt by heart is usual; this "
                    "is more than "
                    "usual"},
    [LOSS_OVER_GUESS] = {RECUR_LEARNS_NOTHING, "loss, over that of guessing by frequency", false, 0.995,
                         "a model that has found anything at all in its data is better than that"},
};

static const row rows[N_RULES] = {
    [DIVERGENCE] = {divergence, say_divergence, lower_rate},
    [WORST_OVER_IGNORANCE] = {worst_over_ignorance, say_worst, lower_rate},
    [RISE_OVER_IGNORANCE] = {rise_over_ignorance, say_rise, lower_rate},
    [UPDATE_RATIO] = {update_ratio, say_update, lower_rate},
    [PEAK] = {peak, say_peak, tame},
    [GROWTH] = {growth, say_growth, tame},
    [NORM_OVER_CLIP] = {norm_over_clip, say_norm, tame},
    [NORM_SPIKE] = {norm_spike, say_spike, tame},
    [DEAD] = {dead, say_dead, revive},
    [SATURATED] = {saturated, say_saturated, loosen},
    [KEPT] = {kept, say_kept, keep},
    [LEFT] = {left, say_left, remember},
    [REACH_OF_THE_IGNORANT] = {reach_of_the_ignorant, say_reach, remember},
    [CONTEXT_GAIN] = {context_gain, say_context, lengthen},
    [SLOW_UPDATE] = {slow_update, say_slow, raise_rate},
    [VALID_RISE] = {valid_rise, say_overfitting, regularise},
    [LOSS_OVER_GUESS] = {loss_over_guess, say_nothing_learnt, start_over},
};

const recur_rule *recur_rules(int64_t *n)
{
    if (n) *n = N_RULES;
    return rules;
}

/* ---- judging ---- */

/* What an illness brings with it: gradients end at units that are dead, stuck or forget, and a rate that is too high makes all of them. */
static bool can_follow(recur_illness illness, recur_illness cause)
{
    bool from_units = cause == RECUR_DEAD || cause == RECUR_SATURATED || cause == RECUR_FORGETTING;
    if (illness == RECUR_LEARNS_NOTHING) return cause != RECUR_TRUNCATED && cause != RECUR_OVERFITTING;
    if (cause == RECUR_RATE_TOO_HIGH) return illness != RECUR_OVERFITTING;
    if (cause == RECUR_EXPLODING) return illness == RECUR_SATURATED;
    return from_units && illness == RECUR_VANISHING;
}

static bool is_met(const recur_rule *rule, double value)
{
    return rule->is_below ? value < rule->threshold : value > rule->threshold;
}

int recur_judge(const recur_symptoms *s, recur_finding found[RECUR_ILLNESSES])
{
    int n = 0;
    for (int i = 0; i < N_RULES && s && found; i++) {
        double value = rows[i].value(s);
        if (!is_met(&rules[i], value) || (n > 0 && found[n - 1].rule->illness == rules[i].illness)) continue;
        recur_finding *f = &found[n];
        *f = (recur_finding){.rule = &rules[i], .value = value};
        rows[i].say(s, value, f->says);
        rows[i].advise(s, f->advice);
        for (int k = 0; k < n && !f->has_cause; k++) {
            f->cause = found[k].rule->illness;
            f->has_cause = can_follow(rules[i].illness, f->cause);
        }
        n++;
    }
    return n;
}
