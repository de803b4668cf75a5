/* Series of real numbers: .ts files and CSV with a row per step, their faults, and standardising.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reading.h"

#include <math.h>

static const recur_source TS = {0};
static const recur_source CSV = {.format = RECUR_SERIES_CSV, .id = "id", .label = "class"};

#define HEADER "# a comment\n@problemName Test\n@timeStamps false\n@classLabel true yes no\n@data\n"

static void ts_lines(void **state)
{
    check_read(state, "a.ts", HEADER "1,2,3:4,5,6:yes\n\n 7 , 8e0 : -9.5,+.25 : no \n#x\n1:2:yes", &TS,
               "1,4|2,5|3,6/0\n7,-9.5|8,0.25/1\n1,2/0\n");
    check_read(state, "a.ts", "1,2:a\n3:b\n", &TS, "1|2/0\n3/1\n"); /* no lines before the data */
    recur_source bare = {.bare = true};
    check_read(state, "a.ts", HEADER "1,2:3,4:yes\n\n5:6:\n", &bare,
               "1,3|2,4\n\n5,6\n"); /* labels are not looked at */
    check_read(state, "a.ts", "@classLabel false\n@data\n1,2:3,4\n", &bare, "1,3|2,4\n");
    check_read(state, "a.ts", "1,2:3,4\n\n", &bare, "1,3|2,4\n\n");
}

static void ts_faults(void **state)
{
    check_refused(state, "a.ts", HEADER "1,?:2,3:yes\n", &TS, RECUR_EDATA,
                  "a.ts, line 6: a value is missing (\"?\")");
    check_refused(state, "a.ts", HEADER "1,:2,3:yes\n", &TS, RECUR_EDATA,
                  "line 6: a value is missing (\"\")");
    check_refused(state, "a.ts", HEADER "1,NaN:2,3:yes\n", &TS, RECUR_EDATA, "a value is missing (\"NaN\")");
    const char *const wrong[] = {"1e99",
                                 "inf",
                                 "0x1",
                                 "1 2",
                                 "--1",
                                 "one",
                                 "1111111111111111111111111111111111111111111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[400];
        snprintf(text, sizeof text, HEADER "1,%s:yes\n", wrong[i]);
        check_refused(state, "a.ts", text, &TS, RECUR_EDATA, "is no number that a float can hold");
    }
    check_refused(state, "a.ts", HEADER "1,2:3,4:yes\n1,2:yes\n", &TS, RECUR_EDATA,
                  "line 7: 1 dimension; wanted 2, as in the first series");
    check_refused(state, "a.ts", HEADER "1,2:3:yes\n", &TS, RECUR_EDATA,
                  "line 6: dimension 2 has 1 steps; wanted 2, as many as the first");
    check_refused(state, "a.ts", HEADER "1,2,3\n", &TS, RECUR_EDATA, "line 6: no colon");
    check_refused(state, "a.ts", HEADER "1,2:\n", &TS, RECUR_EDATA, "line 6: the label is empty");
    check_refused(state, "a.ts", "@classLabel false\n@data\n1:2\n", &TS, RECUR_EDATA,
                  "line 1: the series have no labels");
    check_refused(state, "a.ts", "@timestamps TRUE\n@data\n", &TS, RECUR_EDATA,
                  "line 1: the series have time stamps");
    check_refused(state, "a.ts", "@targetLabel true\n@data\n", &TS, RECUR_EDATA,
                  "line 1: the series have numbers to predict");
    check_refused(state, "a.ts", HEADER, &TS, RECUR_EDATA, "a.ts holds no items");
}

static void csv_rows(void **state)
{
    const char *text = "id,class,x,y\na,up,1,2\na,up,3,4\nb,down,5,6\nc,up,7,8\nc,up,9,10\n";
    check_read(state, "a.csv", text, &CSV, "1,2|3,4/0\n5,6/1\n7,8|9,10/0\n");
    recur_source s = CSV;
    const char  *y[] = {"y"};
    s.n_values = 1;
    s.values = y;
    check_read(state, "a.csv", text, &s, "2|4/0\n6/1\n8|10/0\n");
    s = CSV;
    s.id = "1";
    s.label = "2";
    check_read(state, "a.csv", text, &s, "1,2|3,4/0\n5,6/1\n7,8|9,10/0\n"); /* x is no number: a header */
    check_read(state, "a.csv", text + 13, &s, "1,2|3,4/0\n5,6/1\n7,8|9,10/0\n");
    s.bare = true;
    check_read(state, "a.csv", "1,2,3\n\n1,4,5\n2,6,7\n", &s, "2,3|4,5\n6,7\n");
}

static void csv_faults(void **state)
{
    check_refused(state, "a.csv", "id,class,x\na,u,1\nb,u,2\na,u,3\n", &CSV, RECUR_EDATA,
                  "a.csv, line 4: series \"a\" had ended before; wanted its rows together");
    check_refused(state, "a.csv", "id,class,x\na,u,1\na,v,2\n", &CSV, RECUR_EDATA,
                  "line 3: the label is another than in the rows before");
    check_refused(state, "a.csv", "id,class,x\na,u,1\na,u\n", &CSV, RECUR_EDATA,
                  "line 3: 2 columns; wanted 3");
    check_refused(state, "a.csv", "id,class,x\n,u,1\n", &CSV, RECUR_EDATA, "line 2: the id is empty");
    check_refused(state, "a.csv", "id,class,x\na,,1\n", &CSV, RECUR_EDATA, "line 2: the label is empty");
    check_refused(state, "a.csv", "id,class,x\na,u,\n", &CSV, RECUR_EDATA, "line 2: a value is missing");
    check_refused(state, "a.csv", "id,class\na,u\n", &CSV, RECUR_EDATA,
                  "line 1: there is no column of values");
    recur_source s = CSV;
    s.id = NULL;
    check_refused(state, "a.csv", "a,u,1\n", &s, RECUR_EARG, "no column says which series a row belongs to");
}

static void features_agree_between_files(void **state)
{
    fixture          *f = *state;
    char              paths[2][128];
    const char *const names[] = {paths[0], paths[1]};
    recur_dataset    *d;
    write_file(file_path(state, "a.ts", paths[0]), "1:2:x\n", 6);
    write_file(file_path(state, "b.ts", paths[1]), "1:x\n", 4);
    assert_int_equal(recur_dataset_read(f->ctx, &TS, 2, names, &d), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "b.ts, line 1: 1 dimension; wanted 2");
}

static void series_by_pieces(void **state)
{
    fixture          *f = *state;
    char              path[128];
    const char *const paths[] = {path};
    const char       *text = "id,class,x\na,u,1\na,u,2\nb,v,3\nc,u,4\n";
    recur_reader     *r;
    recur_dataset    *d;
    write_file(file_path(state, "a.csv", path), text, strlen(text));
    assert_int_equal(recur_reader_open(f->ctx, &CSV, 1, paths, &r), RECUR_OK);
    const char *const wanted[] = {"1|2/0\n", "3/0\n", "4/0\n"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recur_reader_next(r, 1, 100, &d), RECUR_OK);
        check_items(d, wanted[i]);
        recur_dataset_destroy(d);
    }
    assert_int_equal(recur_reader_next(r, 1, 100, &d), RECUR_OK);
    assert_null(d);
    recur_reader_close(r);
}

static void series_are_standardised(void **state)
{
    fixture       *f = *state;
    recur_dataset *d;
    double         mean[2], deviation[2];
    int64_t        items[] = {0, 2};
    assert_int_equal(read_as(state, "a.ts", "1,3:5,5:x\n100:100:y\n5,7:5,5:x\n", &TS, &d), RECUR_OK);
    recur_part part = {d, items, 2};
    assert_int_equal(recur_part_moments(f->ctx, &part, mean, deviation), RECUR_OK);
    assert_true(mean[0] == 4 && mean[1] == 5 && fabs(deviation[0] - sqrt(5)) < 1e-12 && deviation[1] == 1);
    deviation[0] = 2;
    assert_int_equal(recur_dataset_standardise(d, mean, deviation), RECUR_OK);
    check_items(d, "-1.5,0|-0.5,0/0\n48,95/1\n0.5,0|1.5,0/0\n");
    deviation[1] = 0;
    assert_int_equal(recur_dataset_standardise(d, mean, deviation), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "the deviation of feature 2 is 0");
    part.n = 0;
    assert_int_equal(recur_part_moments(f->ctx, &part, mean, deviation), RECUR_EDATA);
    recur_vocab *v;
    assert_int_equal(recur_part_vocab(f->ctx, &part, NULL, &v), RECUR_EARG);
    recur_labels *labels;
    part.items = NULL;
    assert_int_equal(recur_part_labels(f->ctx, &part, 0, &labels), RECUR_OK);
    assert_int_equal(recur_dataset_encode(d, NULL, NULL, labels), RECUR_OK);
    assert_int_equal(recur_dataset_kind(d), RECUR_DATA_SERIES);
    assert_null(recur_dataset_ids(d, 0));
    assert_int_equal(recur_dataset_words(d, 0), 2);
    recur_labels_destroy(labels);
    recur_dataset_destroy(d);
}

static void missing_memory_is_reported(void **state)
{
    static const char *const texts[] = {HEADER "1,2:3,4:yes\n5,6:7,8:no\n",
                                        "id,class,x\na,u,1\na,u,2\nb,v,3\n"};
    static const char *const names[] = {"a.ts", "a.csv"};
    const recur_source      *sources[] = {&TS, &CSV};
    fixture                 *f = *state;
    int64_t                  n_live = f->memory.n_live;
    for (int k = 0; k < 2; k++)
        for (int n = 0;; n++) {
            recur_dataset *d;
            f->memory.left = n;
            recur_status status = read_as(state, names[k], texts[k], sources[k], &d);
            f->memory.left = -1;
            recur_dataset_destroy(d);
            assert_int_equal(f->memory.n_live, n_live);
            if (status == RECUR_OK) break;
            assert_int_equal(status, RECUR_EMEMORY);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(ts_lines),
        READING_TEST(ts_faults),
        READING_TEST(csv_rows),
        READING_TEST(csv_faults),
        READING_TEST(features_agree_between_files),
        READING_TEST(series_by_pieces),
        READING_TEST(series_are_standardised),
        READING_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
