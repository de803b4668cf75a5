/* Fingerprints: the same text in every locale, and the first line that differs is named.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "train/fingerprint.h"

static void check_reals(void)
{
    ri_fingerprint f = {0};
    ri_fingerprint_real(&f, "rate", 0.1);
    ri_fingerprint_real(&f, "whole", -2);
    ri_fingerprint_real(&f, "small", 1.5e-300);
    ri_fingerprint_real(&f, "none", NAN);
    assert_string_equal(f.text, "rate = 0.10000000000000001\nwhole = -2\nsmall = 1.5000000000000001e-300\n"
                                "none = nan\n");
}

/* Choose a locale of a comma: one that is installed, or one made for this test. Returns whether there is any. */
static bool choose_comma(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "it_IT.UTF-8", "es_ES.UTF-8", "de_DE"};
    const char              *directory = ((temporary_directory *)*state)->path;
    char                     command[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_ALL, names[i])) return true;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1",
             directory);
    return system(command) == 0 && setenv("LOCPATH", directory, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8");
}

static void numbers_have_a_point_in_every_locale(void **state)
{
    char text[16];
    check_reals();
    if (!choose_comma(state)) skip();
    snprintf(text, sizeof text, "%g", 0.5);
    assert_string_equal(text, "0,5");
    check_reals();
    setlocale(LC_ALL, "C");
}

static void the_first_line_that_differs_is_named(void **state)
{
    (void)state;
    recur_ctx     *ctx;
    ri_fingerprint stored = {0}, now = {0};
    assert_int_equal(recur_ctx_create(NULL, &ctx), RECUR_OK);
    ri_fingerprint_int(&stored, "batch", 8);
    ri_fingerprint_int(&now, "batch", 8);
    assert_int_equal(ri_fingerprint_compare(ctx, "file", stored.text, now.text), RECUR_OK);
    ri_fingerprint_real(&stored, "rate", 0.5);
    assert_int_equal(ri_fingerprint_compare(ctx, "file", stored.text, now.text), RECUR_EMISMATCH);
    ri_fingerprint_real(&now, "rate", 0.25);
    assert_int_equal(ri_fingerprint_compare(ctx, "file", stored.text, now.text), RECUR_EMISMATCH);
    assert_string_equal(recur_error(ctx),
                        "file was made with \"rate = 0.5\", but now \"rate = 0.25\" is asked for");
    recur_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_have_a_point_in_every_locale, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test(the_first_line_that_differs_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
