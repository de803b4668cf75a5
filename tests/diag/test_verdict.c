/* The rules of a verdict: each is met by its number and by nothing else, and what is not known meets none.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/recur.h"

/* A network that is well: an LSTM that classifies sequences of 60 steps. */
static recur_symptoms healthy(void)
{
    recur_symptoms s;
    recur_symptoms_clear(&s);
    s.task = RECUR_TASK_CLASSIFY;
    s.cell = RECUR_LSTM;
    s.span = 60;
    s.lr = 0.002;
    s.clip = 1;
    s.ignorance = s.guess = log(8);
    s.worst_loss = 2.1;
    s.loss_rise = 0.02;
    s.norm = 0.5;
    s.worst_norm = 20;
    s.clip_rate = 0.1;
    s.valid_rise = 1.1;
    s.horizon = 60;
    s.left = 0.3;
    s.peak = 1.5;
    s.kept = 0.9;
    s.tau = 20;
    s.saturated = 0.4;
    s.dead = 0.1;
    s.loss = 0.2;
    s.update_ratio = 0.01;
    s.context_gain = 0.001;
    s.lyapunov = -0.02;
    return s;
}

static void assert_found(const recur_symptoms *s, recur_illness illness)
{
    recur_finding found[RECUR_ILLNESSES];
    assert_int_equal(recur_judge(s, found), 1);
    assert_int_equal(found[0].rule->illness, illness);
    assert_false(found[0].has_cause);
    assert_true(found[0].rule->is_below ? found[0].value < found[0].rule->threshold
                                        : found[0].value > found[0].rule->threshold);
    assert_true(strlen(found[0].says) > 10 && strlen(found[0].advice) > 10);
}

/* A run whose first loss is not finite has reported none. */
static void a_run_that_diverged_at_once_has_no_greatest_loss(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy();
    s.has_diverged = true;
    s.worst_loss = NAN;
    assert_true(recur_judge(&s, found) == 1 && strstr(found[0].says, "no loss was reported before"));
    s.worst_loss = 6;
    assert_true(recur_judge(&s, found) >= 1 && strstr(found[0].says, "the greatest reported loss was 6"));
}

static void nothing_says_nothing(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy(), before = s;
    recur_symptoms_clear(NULL);
    recur_symptoms_log(&s, NULL);
    recur_symptoms_flow(&s, NULL);
    recur_symptoms_gates(&s, NULL);
    recur_symptoms_updates(&s, NULL, true);
    recur_symptoms_context(&s, NULL);
    recur_symptoms_dynamics(&s, NULL);
    recur_symptoms_log(NULL, &(recur_run_log){0});
    recur_symptoms_flow(NULL, &(recur_flow){0});
    recur_symptoms_gates(NULL, &(recur_gates){0});
    recur_symptoms_updates(NULL, &(recur_updates){0}, true);
    recur_symptoms_context(NULL, &(recur_context){0});
    recur_symptoms_dynamics(NULL, &(recur_lanes_dynamics){0});
    assert_memory_equal(&s, &before, sizeof s);
    s.has_diverged = true;
    assert_true(recur_judge(NULL, found) == 0 && recur_judge(&s, NULL) == 0 && recur_rules(NULL));
    s = healthy();
    s.bptt = INT64_MAX;
    s.context_gain = 1;
    assert_found(&s, RECUR_TRUNCATED);
}

static void who_is_well_has_no_illness(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy();
    assert_int_equal(recur_judge(&s, found), 0);
    recur_symptoms_clear(&s); /* nothing is known */
    assert_int_equal(recur_judge(&s, found), 0);
}

static void each_number_has_its_illness(void **state)
{
    (void)state;
    recur_symptoms s;
#define SICK(member, value, illness)                                                                         \
    s = healthy();                                                                                           \
    s.member = value;                                                                                        \
    assert_found(&s, illness)
    SICK(has_diverged, true, RECUR_RATE_TOO_HIGH);
    SICK(worst_loss, 2.7, RECUR_RATE_TOO_HIGH);
    SICK(loss_rise, 0.4, RECUR_RATE_TOO_HIGH);
    SICK(update_ratio, 0.11, RECUR_RATE_TOO_HIGH);
    SICK(peak, 101, RECUR_EXPLODING);
    SICK(lyapunov, 0.08, RECUR_EXPLODING);
    SICK(norm, 101, RECUR_EXPLODING);
    SICK(worst_norm, 1001, RECUR_EXPLODING);
    SICK(dead, 0.6, RECUR_DEAD);
    SICK(saturated, 0.9, RECUR_SATURATED);
    SICK(kept, 0, RECUR_FORGETTING);
    SICK(context_gain, 0.03, RECUR_TRUNCATED);
    SICK(valid_rise, 1.6, RECUR_OVERFITTING);
#undef SICK
}

/* A gradient that is gone is an illness of a model that has not learnt its task. */
static void vanishing_wants_something_left_to_learn(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy();
    s.left = 1e-9;
    s.horizon = 14;
    assert_int_equal(recur_judge(&s, found), 0);
    s.loss = 1.9;
    assert_found(&s, RECUR_VANISHING);
    recur_judge(&s, found);
    assert_contains(found[0].says, "horizon 14 steps, sequences have 60");
    assert_contains(found[0].advice, "--forget-bias 2 or --init chrono:60");
    s.cell = RECUR_RNN_TANH;
    recur_judge(&s, found);
    assert_contains(found[0].advice, "--cell lstm --forget-bias 2 or --init orthogonal");
    s.span = 0; /* pooling sees every step */
    assert_int_equal(recur_judge(&s, found), 0);
}

/* Where nothing at all is learnt a short horizon is enough. */
static void a_short_horizon_counts_where_nothing_is_learnt(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy();
    s.left = 1e-5;
    s.horizon = 17;
    s.loss = 2;
    assert_int_equal(recur_judge(&s, found), 0);
    s.loss = 2.083;
    assert_int_equal(recur_judge(&s, found), 2);
    assert_int_equal(found[0].rule->illness, RECUR_VANISHING);
    assert_contains(found[0].says, "horizon 17 steps, sequences have 60");
    assert_int_equal(found[1].rule->illness, RECUR_LEARNS_NOTHING);
    assert_true(found[1].has_cause && found[1].cause == RECUR_VANISHING);
    s.horizon = 40;
    assert_found(&s, RECUR_LEARNS_NOTHING);
    s.horizon = 17;
    s.task = RECUR_TASK_LM; /* near characters can be learnt with any horizon */
    assert_found(&s, RECUR_LEARNS_NOTHING);
}

static void what_follows_names_its_cause(void **state)
{
    (void)state;
    recur_finding  found[RECUR_ILLNESSES];
    recur_symptoms s = healthy();
    s.kept = 0;
    s.left = 1e-38;
    s.loss = 2.2;
    assert_int_equal(recur_judge(&s, found), 3);
    assert_int_equal(found[0].rule->illness, RECUR_FORGETTING);
    assert_int_equal(found[1].rule->illness, RECUR_VANISHING);
    assert_int_equal(found[2].rule->illness, RECUR_LEARNS_NOTHING);
    assert_true(found[1].has_cause && found[1].cause == RECUR_FORGETTING);
    assert_true(found[2].has_cause && found[2].cause == RECUR_FORGETTING);
}

static void the_table_is_in_the_order_of_illnesses(void **state)
{
    (void)state;
    int64_t           n;
    const recur_rule *rules = recur_rules(&n);
    assert_int_equal(rules[0].illness, 0);
    assert_int_equal(rules[n - 1].illness, RECUR_ILLNESSES - 1);
    for (int64_t i = 1; i < n; i++) {
        int step = (int)rules[i].illness - (int)rules[i - 1].illness;
        assert_true(step == 0 || step == 1);
        assert_true(strlen(rules[i].quantity) > 0 && strlen(rules[i].why) > 0);
    }
    assert_string_equal(recur_illness_name(RECUR_LEARNS_NOTHING), "learns-nothing");
    assert_string_equal(recur_illness_name(RECUR_ILLNESSES), "unknown");
}

/* ---- symptoms ---- */

static recur_report step_report(double loss, double norm)
{
    return (recur_report){.event = RECUR_EVENT_STEP, .loss = loss, .grad_norm = norm, .clip_rate = 0.5};
}

static void a_log_becomes_numbers(void **state)
{
    (void)state;
    recur_symptoms s;
    recur_report   reports[20];
    for (int i = 0; i < 16; i++) reports[i] = step_report(i < 8 ? 2.0 - 0.2 * i : 0.6 + 0.1 * (i - 7), 1 + i);
    reports[3].loss = NAN;
    reports[16] = (recur_report){.event = RECUR_EVENT_VALID, .loss = 1};
    reports[17] = (recur_report){.event = RECUR_EVENT_VALID, .loss = 0.5};
    reports[18] = (recur_report){.event = RECUR_EVENT_VALID, .loss = 0.75};
    reports[19] = (recur_report){.event = RECUR_EVENT_DIVERGED, .loss = NAN};
    recur_symptoms_clear(&s);
    recur_symptoms_log(&s, &(recur_run_log){19, reports});
    assert_false(s.has_diverged);
    assert_true(s.worst_loss == 2 && s.worst_norm == 16 && s.clip_rate == 0.5);
    assert_true(s.norm == 8);
    assert_true(s.valid_rise == 1.5);
    assert_true(s.loss_rise > 0.4 && s.loss_rise < 0.8); /* from about 0.8 to 1.4 */
    recur_symptoms_log(&s, &(recur_run_log){20, reports});
    assert_true(s.has_diverged);
}

static void the_best_lane_of_the_worst_stack_counts(void **state)
{
    (void)state;
    const double slow[] = {1, 0.9, 0.8, 0.7}, fast[] = {1, 0.1, 0.01, 0.001}, cell[] = {1, 0.5, 0.4, 0.3};
    const recur_lane_flow lanes[] = {
        {.lane = {.stack = "encoder"}, .lags = 4, .h = fast, .horizon = 2, .peak = 1},
        {.lane = {.stack = "encoder", .layer = 1}, .lags = 4, .h = fast, .c = cell, .horizon = 3, .peak = 7},
        {.lane = {.stack = "decoder"}, .lags = 4, .h = slow, .horizon = 3, .peak = 1},
    };
    recur_symptoms s;
    recur_symptoms_clear(&s);
    s.span = 2;
    recur_symptoms_flow(&s, &(recur_flow){3, lanes});
    assert_true(s.left == 0.4 && s.horizon == 3 && s.peak == 7);
    recur_symptoms_clear(&s); /* no span: what stands in the encoder came there directly */
    recur_symptoms_flow(&s, &(recur_flow){3, lanes});
    assert_true(s.peak == 1);
}

static void context_beyond_the_window_is_a_gain(void **state)
{
    (void)state;
    const int64_t       steps[] = {1, 2, 4, 8};
    const double        loss[] = {4, 3, 2, 1.5};
    const recur_context context = {.n = 4, .steps = steps, .loss = loss};
    recur_symptoms      s;
    recur_symptoms_clear(&s);
    recur_symptoms_context(&s, &context);
    assert_true(isnan(s.context_gain));
    s.bptt = 3;
    recur_symptoms_context(&s, &context);
    assert_true(s.context_gain == 0.25);
    s.bptt = 9;
    recur_symptoms_context(&s, &context);
    assert_true(isnan(s.context_gain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_well_has_no_illness),
        cmocka_unit_test(nothing_says_nothing),
        cmocka_unit_test(a_run_that_diverged_at_once_has_no_greatest_loss),
        cmocka_unit_test(each_number_has_its_illness),
        cmocka_unit_test(vanishing_wants_something_left_to_learn),
        cmocka_unit_test(a_short_horizon_counts_where_nothing_is_learnt),
        cmocka_unit_test(what_follows_names_its_cause),
        cmocka_unit_test(the_table_is_in_the_order_of_illnesses),
        cmocka_unit_test(a_log_becomes_numbers),
        cmocka_unit_test(the_best_lane_of_the_worst_stack_counts),
        cmocka_unit_test(context_beyond_the_window_is_a_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
