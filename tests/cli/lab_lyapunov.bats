# recur lab lyapunov: spectra of random networks and of trained models.
# SPDX-License-Identifier: MIT
load helpers

small=(--hidden 10 --input 4 --steps 60 --warmup 20 --gains 0.5,1.5,2 --seeds 2 --quiet)

@test "lyapunov: a spectrum, its dimension, and the curve beside the theory" {
  call lab lyapunov "${small[@]}" --gain 1.5
  [ "$status" = 0 ]
  [ -z "$err" ]
  [ "$(grep -cE '^ +[0-9]+ +-?[0-9.]+ \+- [0-9.]+$' "$dir/out")" = 10 ]
  grep -qE '^10 of 10 exponents, [0-9]+ above 0, 0 at -inf; sum -[0-9.]+\.$' "$dir/out"
  grep -qE '^Kaplan-Yorke dimension [0-9.]+ of 10\.$' "$dir/out"
  grep -q '^Mean-field theory says 0.0055 for the greatest.$' "$dir/out"
  [ "$(grep -cE '^ +(0\.5|1\.5)00( +-?[0-9.]+ \+- [0-9.]+) +-?[0-9.]+ +[-+][0-9.]+$' "$dir/out")" = 2 ]
}

@test "lyapunov with --json: ordered, with errors; threads change nothing" {
  call lab lyapunov "${small[@]}" --threads 1 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  python3 - "$dir/out" <<'PY'
import json, sys
spectrum, *curve = [json.loads(line) for line in open(sys.argv[1])]
assert spectrum["part"] == "spectrum" and spectrum["dimension"] == 10 and spectrum["gain"] == 2, spectrum
assert sorted(spectrum["exponents"], reverse=True) == spectrum["exponents"] and len(spectrum["exponents"]) == 10, spectrum
assert len(spectrum["errors"]) == 10 and min(spectrum["errors"]) > 0, spectrum
assert [l["gain"] for l in curve] == [0.5, 1.5] and all(l["seeds"] == 2 for l in curve), curve
assert abs(curve[0]["mean_field"] + 0.83) < 0.01 and abs(curve[0]["exponent"] - curve[0]["mean_field"]) < 0.3, curve
PY
  call lab lyapunov "${small[@]}" --threads 2 --json
  cmp "$dir/out" "$dir/one"
}

@test "lyapunov: an LSTM without recurrence and inputs forgets as its bias says; the rest is lost" {
  call lab lyapunov --cell lstm --gain 1e-9 --noise 0 --forget-bias 2 --hidden 6 --steps 50 --warmup 10 --gains 1,1,0 --json --quiet
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, math, sys
(line,) = [json.loads(line) for line in open(sys.argv[1])]
assert line["dimension"] == 12 and line["mean_field"] is None and line["kaplan_yorke"] == 0, line
assert all(abs(x + math.log1p(math.exp(-2))) < 1e-6 for x in line["exponents"][:6]), line
assert all(x is None or x < -15 for x in line["exponents"][6:]), line
PY
}

@test "lyapunov: only some exponents, other cells, no curve" {
  call lab lyapunov "${small[@]}" --cell gru --exponents 3 --gains 1,1,0
  [ "$status" = 0 ]
  grep -q '^3 of 10 exponents' "$dir/out"
  not grep -qE 'Mean-field|against the gain' "$dir/out"
  call lab lyapunov "${small[@]}" --cell lstm --exponents 1 --gains 1,2,2 --seeds 1 --json
  python3 -c 'import json, sys; assert [json.loads(l).get("mean_field") for l in open(sys.argv[1])] == [None] * 3' "$dir/out"
}

@test "lyapunov of a trained model along a text" {
  for embed in 0 5; do
    train --layers 2 --embed $embed --overwrite
    call lab lyapunov --model "$dir/run" --data "$text" --steps 40 --warmup 10 --quiet
    [ "$status" = 0 ]
    [ -z "$err" ]
    head -n 1 "$dir/out" | grep -q "as it reads $text"
    grep -q 'lstm, 2 layers of 16 units, 40 steps after 10' "$dir/out"
    grep -q '^64 of 64 exponents' "$dir/out"
    not grep -q 'against the gain' "$dir/out"
  done
  call lab lyapunov --model "$dir/run/model.safetensors" --data "$text" --steps 40 --warmup 10 --exponents 2 --json --quiet --out "$dir/s.svg"
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
(line,) = [json.loads(line) for line in open(sys.argv[1])]
assert line["cell"] == "lstm" and line["layers"] == 2 and len(line["exponents"]) == 2 and line["exponents"][0] < 0, line
PY
  grep -q 'Lyapunov exponents of a trained lstm, 2 x 16 units<' "$dir/s.svg"
  head -c 30 "$text" >"$dir/short"
  call lab lyapunov --model "$dir/run" --data "$dir/short" --steps 40 --warmup 10
  [ "$status" = 3 ]
  [[ $err == *"$dir/short has 30 tokens; 40 steps and twice --warmup 10 want 60"* ]]
}

@test "lyapunov draws spectrum and curve" {
  call lab lyapunov "${small[@]}" --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q 'Lyapunov exponents: rnn of 10 units, gain 2<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" = 15 ] # 10 and the theory's first; two gains, measured and expected
}

@test "lyapunov refuses what cannot be" {
  refuses 2 "--model and --data go together" lab lyapunov --model x
  refuses 2 "--model and --data go together" lab lyapunov --data x
  refuses 2 "--gain is of random networks" lab lyapunov --model x --data y --gain 1
  refuses 2 "--gains wants two gains" lab lyapunov --gains 2,1,3
  refuses 2 "--gains wants two gains" lab lyapunov --gains 1,2,2.5
  refuses 2 "--gains" lab lyapunov --gains 1,2
  refuses 2 "--steps wants a whole number from 2" lab lyapunov --steps 1
  refuses 2 "--forget-bias" lab lyapunov --forget-bias 1
  refuses 5 "$dir/none" lab lyapunov --model "$dir/none" --data "$text"
  printf 'good\tfilm\nbad\tfilm\n%.0s' {1..20} >"$dir/labelled.tsv"
  call train classify "$dir/labelled.tsv" --no-header --text 2 --label 1 --hidden 4 --steps 2 --out "$dir/classes"
  refuses 2 "wants a language model" lab lyapunov --model "$dir/classes" --data "$text"
}
