# bench/peers/layers.py: what it says without peers, its JSON, and the table of what was measured before.

setup() {
  command -v python3 >/dev/null || skip "python3 is not here"
  dir=$BATS_TEST_TMPDIR
  nobody=(--python-torch "$dir/none" --python-onnx "$dir/none")
}

# layers WORD...: the comparison with ours alone; $status, stdout in $dir/out, stderr in $dir/err
layers() {
  status=0
  CC=$dir/none python3 bench/peers/layers.py --recur "${RECUR:-build/release/recur}" "${nobody[@]}" "$@" >"$dir/out" 2>"$dir/err" || status=$?
  cat "$dir/out" "$dir/err"
}

@test "a peer that is not here is named, and how to get it" {
  layers --config H --cell rnn --threads 1 --rounds 1 --seconds 0.001
  [ "$status" = 0 ]
  for peer in oneDNN "ONNX Runtime" PyTorch; do grep -A 1 "^$peer is left out: " "$dir/err" | grep -q install; done
  [ "$(grep -c '^| H rnn ' "$dir/out")" = 2 ]
}

@test "JSON: one object for each case, with the shape that recur gave it" {
  layers --config E,H --cell rnn --mode step,infer --threads 1 --rounds 2 --seconds 0.001 --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
cases = [json.loads(line) for line in open(sys.argv[1])]
assert [(c["config"], c["cell"], c["mode"], c["threads"]) for c in cases] == [("E", "rnn", "step", 1), ("H", "rnn", "infer", 1)], cases
assert cases[1]["shape"] == [100, 1, 24, 32, 1] and cases[1]["bidirectional"], cases
for case in cases:
    assert list(case["ms"]) == ["recur"] and case["ms"]["recur"] > 0 and case["rounds"] == 2, case
    assert case["best"] is None and case["ratio"] is None, case
PY
}

@test "the ratios, their mean and the worst of them" {
  cat >"$dir/some.jsonl" <<'END_OF_CASES'
{"config": "F", "cell": "gru", "mode": "train", "threads": 1, "ms": {"recur": 2, "onednn": 4, "torch": 24}, "percent_of_peak": 50, "versions": {"torch": "T 1"}, "best": "onednn", "ratio": 2}
{"config": "A", "cell": "rnn", "mode": "infer", "threads": 1, "ms": {"recur": 2, "onednn": 2, "onnx": 1}, "percent_of_peak": 50, "versions": {"onnx": "O 1"}, "best": "onnx", "ratio": 0.5}
END_OF_CASES
  layers --read "$dir/some.jsonl"
  [ "$status" = 0 ]
  grep -q 'geometric mean 1.000 of 2 cases, worst 0.50 (A rnn infer, ONNX Runtime)$' "$dir/out"
  grep -q 'oneDNN 1.41, ONNX Runtime 0.50, PyTorch 12.00$' "$dir/out"
  grep -q 'training, PyTorch / recur: F gru 12.0$' "$dir/out"
}

@test "no case, no number: refused" {
  layers --config E --mode infer
  [ "$status" = 2 ]
  layers --threads 0
  [ "$status" = 2 ]
}
