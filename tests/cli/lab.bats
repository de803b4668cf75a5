# recur lab: the experiments.
load helpers

quick=(--steps 9 --batch 3 --input 5 --hidden 6 --seconds 0.001)

@test "without a name the experiments are listed" {
  for words in lab "lab --help" "help lab"; do
    call $words
    [ "$status" = 0 ] && [ -z "$err" ]
    [[ $out == *"recur lab sequential "* ]]
  done
  call lab --json
  [ "$status" = 0 ]
  [[ $out == '{"name":"sequential",'* ]]
}

@test "an experiment that does not exist is answered with those that do" {
  refuses 2 "recur lab has no experiment 'nonsense'; there is: sequential" lab nonsense
  refuses 2 "did you mean sequential" lab sequental
  refuses 2 "did you mean 'recur lab sequential'" sequential
}

@test "sequential: explained, then the gaps, then how they move" {
  call lab sequential "${quick[@]}" --threads 2
  [ "$status" = 0 ] && [ -z "$err" ]
  head -n 1 "$dir/out" | grep -q '^A recurrent layer'
  for cell in rnn gru lstm; do grep -qE "^$cell .* = +[0-9.]+ x +[0-9.]+" "$dir/out"; done
  [ "$(grep -oE '^ +(length|batch|threads) ' "$dir/out" | tr -d '\n ')" = lengthbatchthreads ]
  [ "$(grep -cE '^ +[0-9]+( +[0-9.]+ \( *[0-9.]+\)){3}$' "$dir/out")" = 6 ] # lengths 1 9, batches 1 3, threads 1 2
}

@test "sequential with --json: gap is arithmetic times waiting" {
  call lab sequential "${quick[@]}" --threads 1 --json
  [ "$status" = 0 ] && [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["table"], l["steps"], l["batch"]) for l in lines if l["cell"] == "gru"] == [
    ("gap", 9, 3), ("length", 1, 3), ("length", 9, 3), ("batch", 9, 1), ("batch", 9, 3), ("threads", 9, 3)], lines
for l in lines:
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[l["cell"]]
    assert abs(l["arithmetic"] - gates * (5 + 6) / 5) < 1e-9, l
    assert abs(l["gap"] / (l["ms"] / l["linear_ms"]) - 1) < 1e-9, l
    assert abs(l["gap"] / (l["arithmetic"] * l["waiting"]) - 1) < 1e-9, l
    assert ("equal_gap" in l) == (l["table"] == "gap"), l
PY
}

@test "sequential draws its gaps" {
  call lab sequential "${quick[@]}" --threads 1 --out "$dir/gaps.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/gaps.svg"
  grep -q '9 steps, batch 3, 5 to 6, 1 thread<' "$dir/gaps.svg"
  [ "$(grep -c 'arithmetic × ' "$dir/gaps.svg")" = 3 ]
}

@test "sequential refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 1" lab sequential --steps 0
  refuses 2 "--out wants a file" lab sequential --out -
  refuses 2 "no option --shape" lab sequential --shape 1,2,3,4,5
}
