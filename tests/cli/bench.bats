# recur bench: the table, the JSON, the picture, and what is refused.
load helpers

# a case that is measured in a moment
quick=(--shape 3,2,5,6,1 --seconds 0.001)

@test "a table: one row for each cell, mode and number of threads" {
  call bench "${quick[@]}" --cell lstm,rnn --mode infer,train,step --threads 1,2
  [ "$status" = 0 ]
  [ -z "$err" ]
  [ "$(grep -c ^ "$dir/out")" = 13 ]
  [ "$(grep -c '^3,2,5,6,1 ' "$dir/out")" = 12 ]
  head -n 1 "$dir/out" | grep -q 'GFLOP/s.*of the peak'
  not grep -q '^3' <(head -n 1 "$dir/out")
  [ "$(grep -cE ' (µs|ms) +[0-9.]+ +[0-9]+ % of [0-9]+' "$dir/out")" = 12 ]
}

@test "batch 1 is also compared with the bandwidth" {
  call bench --shape 3,1,5,6,1 --seconds 0.001 --cell gru --mode infer --threads 1
  [ "$status" = 0 ]
  [ "$(tail -n 1 "$dir/out" | grep -o '% of' | grep -c ^)" = 3 ] # peak, bare product, bandwidth
}

@test "JSON: one object for each case, with the documented keys" {
  call bench "${quick[@]}" --cell lstm,gru --threads 1 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
keys = {"config", "cell", "mode", "threads", "ms", "gflops", "peak_gflops", "percent_of_peak"}
assert all(keys <= set(case) for case in lines), lines
assert [(case["cell"], case["mode"]) for case in lines] == [(c, m) for c in ("lstm", "gru") for m in ("infer", "train")], lines
flop = 4 * 2 * (5 + 6) * 6 * 3 * 2
for case in lines:
    assert case["config"] == "3,2,5,6,1" and case["shape"] == [3, 2, 5, 6, 1] and case["threads"] == 1, case
    assert case["ms"] >= case["ms_best"] > 0 and case["calls"] >= 3, case
    assert abs(case["percent_of_peak"] - 100 * case["gflops"] / case["peak_gflops"]) < 1e-6 * case["percent_of_peak"], case
    wanted = flop * (3 if case["mode"] == "train" else 1) * (0.75 if case["cell"] == "gru" else 1)
    assert case["flop"] == wanted and abs(case["gflops"] * case["ms"] * 1e6 / wanted - 1) < 1e-9, case
PY
}

@test "configurations by name; two directions" {
  call bench --config H --cell rnn --mode infer --seconds 0.001 --threads 1 --json
  [ "$status" = 0 ]
  [[ $out == *'"config":"H"'* && $out == *'"bidirectional":true'* ]]
  call bench "${quick[@]}" --bidirectional --cell rnn --mode infer --threads 1 --json
  [ "$status" = 0 ]
  [[ $out == *'"config":"3,2,5,6,1,bi"'* && $out == *'"bidirectional":true'* ]]
}

@test "configuration E has its steps by default" {
  call bench --config E --cell rnn --seconds 0.001 --threads 1 --json
  [ "$status" = 0 ]
  [ "$(grep -o '"mode":"[a-z]*"' "$dir/out" | tr '\n' ' ')" = '"mode":"infer" "mode":"train" "mode":"step" ' ]
}

@test "the kernels are those that were asked for" {
  RECUR_CPU=ref call bench "${quick[@]}" --cell rnn --mode infer --threads 1 --json
  [ "$status" = 0 ]
  [[ $out == *'"kernels":"ref"'* ]]
}

@test "a roofline is drawn" {
  call bench "${quick[@]}" --cell lstm,gru --threads 1,2 --out "$dir/roof.svg"
  [ "$status" = 0 ]
  [ "$(grep -c '>3,2,5,6,1<' "$dir/roof.svg")" = 8 ]
  grep -q '>2 threads, GFLOP/s<' "$dir/roof.svg"
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/roof.svg"
}

@test "what cannot be is refused in one sentence" {
  refuses 2 "wants names of A, B, C, D, E, F, G, H, found 'Z'" bench --config A,Z
  refuses 2 "found 'lstn'; did you mean lstm" bench --cell lstn
  refuses 2 "wants names of infer, train, step" bench --mode "infer,"
  refuses 2 "--threads wants whole numbers from 0 to 1024, found '-1'" bench --threads 1,-1
  refuses 2 "found '2x'" bench --threads 2x
  refuses 2 "--shape wants T,B,I,H,L" bench --shape 1,2,3
  refuses 2 "--shape wants whole numbers, found 2.5" bench --shape 1,2.5,3,4,1
  refuses 2 "exclude each other" bench --shape 1,2,3,4,1 --config A
  refuses 2 "--bidirectional belongs to --shape" bench --bidirectional
  refuses 2 "--mode step is not for H" bench --config H --mode step
  refuses 2 "--mode step is not for 3,2,5,6,1,bi" bench "${quick[@]}" --bidirectional --mode step
  refuses 2 "--out wants a file" bench --out -
  refuses 2 "--seconds wants a number above 0" bench --seconds 0
  refuses 2 "recur bench takes no arguments" bench A
}

@test "a picture that cannot be written is an error after the table" {
  call bench "${quick[@]}" --cell rnn --mode infer --threads 1 --out "$dir/no/where.svg"
  [ "$status" = 5 ]
  [ "$(grep -c ^ "$dir/out")" = 2 ]
  [[ $err == *"no/where.svg"* ]]
}
