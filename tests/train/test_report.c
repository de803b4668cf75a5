/* A report as a line of JSON: keys in their order, what is not there, and where there is no room.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/run.h"

static void a_report_is_a_line_of_json(void **state)
{
    (void)state;
    recur_report      r = {.event = RECUR_EVENT_VALID,
                           .step = 3,
                           .epoch = 1,
                           .loss = 0.1,
                           .accuracy = NAN,
                           .f1 = 0.5,
                           .score = NAN,
                           .grad_norm = NAN,
                           .clip_rate = INFINITY,
                           .lr = 1e-3,
                           .items_per_s = NAN,
                           .seconds = 2,
                           .best_valid = 0.5};
    static const char wanted[] =
        "{\"event\":\"valid\",\"step\":3,\"epoch\":1,\"loss\":0.10000000000000001,\"f1\":0.5,\"grad_norm\":"
        "null,"
        "\"clip_rate\":null,\"lr\":0.001,\"items_per_s\":null,\"seconds\":2.0,\"best_valid\":0.5}\n";
    char   text[RECUR_REPORT_BYTES];
    size_t n = sizeof wanted - 1;
    assert_int_equal(recur_report_json(&r, "run", text, sizeof text), n);
    assert_memory_equal(text, wanted, n);
    assert_int_equal(recur_report_json(&r, "run", text, n), 0); /* the line feed has no room */
    assert_int_equal(recur_report_json(&r, "run", text, 0), 0);
    assert_int_equal(recur_report_json(NULL, "run", text, sizeof text), 0);
    r.event = RECUR_EVENT_DONE;
    static const struct {
        const char *dir, *says;
    } ends[] = {{"a \"run\"", "\"run\":\"a \\\"run\\\"\"}\n"},
                {NULL, "\"run\":null}\n"},
                {"\xff", "\"run\":null}\n"}};
    for (int i = 0; i < 3; i++) {
        size_t end = strlen(ends[i].says);
        n = recur_report_json(&r, ends[i].dir, text, sizeof text);
        assert_true(n > end);
        assert_memory_equal(text + n - end, ends[i].says, end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_report_is_a_line_of_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
