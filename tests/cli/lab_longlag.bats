# recur lab longlag: which cells bridge which lags.
load helpers

# nets of a moment
short=(--hidden 5 --lags 3,6 --steps 4 --batch 3 --tests 7 --cell rnn,lstm:2,gru:chrono)

@test "longlag: explained, then success, loss and gradient by lag, then what follows" {
  for task in recall adding copy; do
    call lab longlag --task $task "${short[@]}" --quiet
    [ "$status" = 0 ]
    [ -z "$err" ]
    head -n 1 "$dir/out" | grep -q '^How long a lag'
    grep -q "^$task: read" "$dir/out"
    [ "$(grep -cE '^(rnn|lstm:2|gru:chrono)( +[-+.e0-9]+){2}$' "$dir/out")" = 9 ]
    [ "$(grep -cE '^without memory( +[.0-9]+){2}$' "$dir/out")" = 2 ]
    [ "$(grep -cE '^(rnn|lstm:2|gru:chrono) (learns|begins)' "$dir/out")" = 3 ]
  done
}

@test "longlag with --json: baselines are the known ones, threads change nothing" {
  for task in recall adding copy; do
    call lab longlag --task $task "${short[@]}" --seeds 2 --seed 7 --threads 1 --json
    [ "$status" = 0 ]
    [ -z "$err" ]
    cp "$dir/out" "$dir/one"
    python3 - "$dir/out" $task <<'PY'
import json, math, sys
lines, task = [json.loads(line) for line in open(sys.argv[1])], sys.argv[2]
assert [(l["cell"], l["lag"], l["seed"]) for l in lines] == [
    (c, n, s) for c in ("rnn", "lstm:2", "gru:chrono") for n in (3, 6) for s in (7, 8)], lines
inputs, outputs = {"recall": (8, 8), "adding": (2, 1), "copy": (10, 10)}[task]
for l in lines:
    gates = {"rnn": 1, "lstm:2": 4, "gru:chrono": 3}[l["cell"]]
    baseline = {"recall": math.log(8), "adding": 1 / 6, "copy": 10 * math.log(8) / (l["lag"] + 20)}[task]
    assert l["task"] == task and l["steps"] == 4 and l["hidden"] == 5, l
    assert l["parameters"] == gates * 5 * (inputs + 5 + 2) + outputs * (5 + 1), l
    assert abs(l["baseline"] - baseline) < 1e-12, l
    assert abs(l["chance"] - (1 - 0.96**2 if task == "adding" else 1 / 8)) < 1e-12, l
    assert abs(l["gain"] - (1 - l["loss"] / baseline)) < 1e-12, l
    assert 0 <= l["accuracy"] <= 1 and l["grad_first_to_last"] > 0, l
assert len({l["loss"] for l in lines}) == len(lines), lines
PY
    call lab longlag --task $task "${short[@]}" --seeds 2 --seed 7 --threads 2 --json
    cmp "$dir/out" "$dir/one"
  done
}

@test "longlag: nets that cannot remember so long come to the baseline, and no lower" {
  for task in "recall --lags 40 --lr 0.01" "adding --lags 60 --lr 0.01" "copy --lags 30 --lr 0.02"; do
    call lab longlag --task $task --cell rnn --hidden 8 --steps 500 --batch 32 --tests 4096 --json --quiet
    [ "$status" = 0 ]
    python3 - "$dir/out" <<'PY'
import json, sys
l = json.loads(open(sys.argv[1]).read())
assert 0.97 < l["loss"] / l["baseline"] < 1.1, l
assert abs(l["accuracy"] - l["chance"]) < 0.02, l
PY
  done
}

@test "longlag: short lags are learnt, long ones by those whose gradient arrives" {
  call lab longlag --lags 4,25 --cell lstm,lstm:4 --hidden 24 --steps 400 --batch 32 --lr 0.01 --json --quiet
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
found = {(l["cell"], l["lag"]): l for l in map(json.loads, open(sys.argv[1]))}
assert min(found[c, 4]["gain"] for c in ("lstm", "lstm:4")) > 0.9, found
assert found["lstm:4", 25]["accuracy"] > 0.9, found
assert found["lstm", 25]["accuracy"] < 0.3, found
assert found["lstm", 25]["grad_first_to_last"] < 1e-4 and found["lstm:4", 25]["grad_first_to_last"] > 0.1, found
PY
  call lab longlag --task adding --lags 6 --cell gru --hidden 16 --steps 400 --lr 0.01 --json --quiet
  python3 -c 'import json, sys; assert json.loads(open(sys.argv[1]).read())["gain"] > 0.9' "$dir/out"
}

@test "longlag draws its curves, and asks first whether it can" {
  call lab longlag "${short[@]}" --quiet --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q 'Recall of the first symbol after 4 updates, 5 units<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" = 22 ] # three nets in three plots, the baseline in two, two lags
  refuses 5 "$dir/no/curves.svg" lab longlag --steps 1000000000 --out "$dir/no/curves.svg"
}

@test "longlag refuses what cannot be" {
  refuses 2 "--task wants recall, adding or copy" lab longlag --task remember
  refuses 2 "--lags wants numbers from 3" lab longlag --lags 2
  refuses 2 "--lags wants whole numbers, found 4.5" lab longlag --lags 4.5
  refuses 2 "found 'elman'" lab longlag --cell rnn,elman
  refuses 2 "found 'rnn:chrono'" lab longlag --cell rnn:chrono
  refuses 2 "found 'gru:2'" lab longlag --cell gru:2
  refuses 2 "found 'lstm:2x'" lab longlag --cell lstm:2x
  refuses 2 "found ''" lab longlag --cell rnn,
  refuses 2 "at most 8 cells" lab longlag --cell rnn,rnn,rnn,rnn,rnn,rnn,rnn,rnn,rnn
}
