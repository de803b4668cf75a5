/* SIGKILL at 5 random moments; test_kill_full.c does 50.
 * SPDX-License-Identifier: MIT */
#include "train/kill.h"

static void a_killed_run_ends_in_the_same_bits(void **state)
{
    (void)state;
    kill_many(5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_run_ends_in_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
