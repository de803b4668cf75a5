/* SIGKILL at 50 random moments.
 * SPDX-License-Identifier: MIT */
#include "train/kill.h"

static void a_run_killed_fifty_times_ends_in_the_same_bits(void **state)
{
    (void)state;
    kill_many(50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_run_killed_fifty_times_ends_in_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
