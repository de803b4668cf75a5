# tools/tally.awk counts the cases in CTest's log: no failure may be lost, whatever way a test ends.

# tally OUTPUT VERDICT: count a log of one test that printed OUTPUT
tally() {
  printf '1/1 Testing: area/one\n1/1 Test: area/one\nCommand: "x"\nOutput:\n----------\n%s\n<end of output>\n' "$1" >"$BATS_TEST_TMPDIR/log"
  printf 'Test time =   0.00 sec\n----------\n%s\n"area/one" end time: now\n' "$2" >>"$BATS_TEST_TMPDIR/log"
  run awk -f tools/tally.awk "$BATS_TEST_TMPDIR/log"
  echo "$output"
}

@test "passed and skipped, cmocka's way and bats'" {
  tally $'1..4\nok 1 - a\nnot ok 2 # SKIP b\nok 3 c # skip why\nok 4 d' "Test Passed."
  [ "$output" = "2 0 2" ]
}

@test "failures, with what they say" {
  tally $'1..2\nok 1 - a\nnot ok 2 - b\n# 1 != 2\n# not ok - group' "Test Failed."
  [ "${lines[0]}" = "  area/one: not ok 2 - b" ]
  [[ $output == *"# 1 != 2"* ]]
  [ "${lines[-1]}" = "1 1 0" ]
}

@test "a test that dies between its cases has failed" {
  tally $'1..3\nok 1 - a\nAddressSanitizer: heap-buffer-overflow' "Test Failed."
  [[ $output == *"ended after 1 of 3 cases"* ]]
  [[ $output == *heap-buffer-overflow* ]]
  [ "${lines[-1]}" = "1 1 0" ]
}

@test "a test that leaves early with status 0 has failed" {
  tally $'1..3\nok 1 - a' "Test Passed."
  [ "${lines[-1]}" = "1 1 0" ]
}

@test "a test without TAP is one case" {
  tally "hello" "Test Passed."
  [ "$output" = "1 0 0" ]
  tally "hello" "Test Failed."
  [ "${lines[-1]}" = "0 1 0" ]
}
