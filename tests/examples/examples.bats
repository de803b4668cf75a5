#!/usr/bin/env bats
# The textbook's programs as C examples: each runs, says nothing on stderr, and prints what it should.
# SPDX-License-Identifier: MIT

setup() {
    HERE=$BATS_TEST_DIRNAME
    : "${RECUR_EXAMPLES:?the directory of the built examples}"
}

# Run an example and compare what it prints with expected/<name>.txt.
agrees() {
    "$RECUR_EXAMPLES/$1" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    [ ! -s "$BATS_TEST_TMPDIR/err" ]
    awk -f "$HERE/compare.awk" "$HERE/expected/$1.txt" "$BATS_TEST_TMPDIR/out"
}

@test "cell_by_hand: five steps of a cell 10 -> 20" {
    agrees cell_by_hand
    [ "$(grep -c 'h norm = ' "$BATS_TEST_TMPDIR/out")" -eq 5 ]
}

@test "whole_sequence: shapes of output and final state" {
    agrees whole_sequence
    grep -qxF 'All hidden states: (1, 5, 20)' "$BATS_TEST_TMPDIR/out"
    grep -qxF 'Final hidden state: (1, 1, 20)' "$BATS_TEST_TMPDIR/out"
}

@test "parameter_counts: RNN, LSTM and GRU for 128 -> 256" {
    agrees parameter_counts
    grep -q '^RNN : *98816 ' "$BATS_TEST_TMPDIR/out"
    grep -q '^LSTM: *395264 ' "$BATS_TEST_TMPDIR/out"
    grep -q '^GRU : *296448 ' "$BATS_TEST_TMPDIR/out"
}

@test "gradient_reach: between 10^26.8 and 10^31.8 over 99 steps" {
    agrees gradient_reach
    awk -F'10\\^' '/over/ { ok = $2 >= 26.8 && $2 <= 31.8 } END { exit !ok }' "$BATS_TEST_TMPDIR/out"
}

@test "encoder_decoder: every shape, and both parameter counts" {
    agrees encoder_decoder
    [ "$(grep -c 'logits (1, 1, 6000)' "$BATS_TEST_TMPDIR/out")" -eq 3 ]
    grep -qxF 'Parameters: encoder 419328, decoder 1257328' "$BATS_TEST_TMPDIR/out"
}

@test "attention: strings are turned round, ones that it was never shown" {
    agrees attention
    grep -qxF 'Parameters: 28809, of attention: 2304' "$BATS_TEST_TMPDIR/out"
}

@test "every example is compared" {
    for example in "$HERE"/../../examples/*.c; do
        [ -f "$HERE/expected/$(basename "$example" .c).txt" ]
    done
}

@test "twice the same, with any number of processors" {
    command -v taskset >/dev/null || skip "taskset is missing"
    for example in cell_by_hand gradient_reach encoder_decoder attention; do
        "$RECUR_EXAMPLES/$example" >"$BATS_TEST_TMPDIR/one"
        taskset -c 0 "$RECUR_EXAMPLES/$example" >"$BATS_TEST_TMPDIR/two"
        cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
    done
}

@test "the comparison notices a wrong number, a wrong word, a missing line" {
    wanted=$HERE/expected/gradient_reach.txt
    compare() { awk -f "$HERE/compare.awk" "$wanted" "$1"; }
    compare "$wanted"
    sed 's/e-30/e-29/' "$wanted" >"$BATS_TEST_TMPDIR/number"
    sed 's/Step 50/Stop 50/' "$wanted" >"$BATS_TEST_TMPDIR/word"
    sed '$d' "$wanted" >"$BATS_TEST_TMPDIR/line"
    for file in number word line; do
        run compare "$BATS_TEST_TMPDIR/$file"
        [ "$status" -eq 1 ]
    done
}
