# recur lab cell and recur lab parameters: one cell by hand, and what cells learn.
load helpers

@test "cell: explained, the equation, then a line for each step" {
  call lab cell
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -q 'h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)' "$dir/out"
  [ "$(grep -cE '^ +[0-4] .* yes$' "$dir/out")" = 5 ]
  grep -q 'All hidden states: (1, 5, 20), batch first. Final one: (1, 1, 20).' "$dir/out"
  grep -q 'in one call: the same to the bit' "$dir/out"
}

@test "cell with --json: any cell is stepped as in one call, to the bit, and near its equation" {
  for cell in rnn relu lstm gru; do
    for shape in "--steps 9 --input 3 --hidden 7" "--steps 40 --input 33 --hidden 65" "--steps 1 --input 1 --hidden 1"; do
      call lab cell --cell $cell $shape --seed 5 --json
      [ "$status" = 0 ]
      [ -z "$err" ]
      python3 - "$dir/out" $cell $shape <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
cell, steps, hidden = sys.argv[2], int(sys.argv[4]), int(sys.argv[8])
assert [l["step"] for l in lines] == list(range(steps)), lines
for l in lines:
    assert l["cell"] == cell and l["equal"] is True and l["norm"] == l["whole_norm"], l
    assert l["difference"] < 1e-5 and abs(l["norm"] - l["equation_norm"]) < 1e-4, l
    assert len(l["h"]) == min(3, hidden) and math.hypot(*l["h"]) <= l["norm"] + 1e-6, l
    assert ("cell_norm" in l) == (cell == "lstm"), l
if steps > 1: assert len({l["norm"] for l in lines}) == steps, lines
PY
    done
  done
}

@test "cell: a seed gives its own weights and inputs, threads change nothing" {
  call lab cell --seed 3 --threads 1 --json
  cp "$dir/out" "$dir/one"
  call lab cell --seed 3 --threads 2 --json
  cmp "$dir/out" "$dir/one"
  call lab cell --seed 4 --json
  not cmp -s "$dir/out" "$dir/one"
}

@test "cell refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 1" lab cell --steps 0
  refuses 2 "--cell wants rnn, relu, lstm or gru" lab cell --cell elman
}

@test "parameters: the textbook's counts and its exercise" {
  call lab parameters
  [ "$status" = 0 ]
  [ -z "$err" ]
  [ "$(grep -cE '^ +(256|64)  (rnn|gru|lstm) ' "$dir/out")" = 6 ]
  grep -qE '^ +256  lstm +395264 +395264 +131072 +262144 +2048 +4 +1.51$' "$dir/out"
  grep -q '^From 256 to 64 units, times 0.25: rnn times 0.1256' "$dir/out"
  grep -q '1 : 3 : 4' "$dir/out"
}

@test "parameters with --json: counted as the formula says, one to three to four" {
  call lab parameters --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["cell"], l["hidden"], l["parameters"]) for l in lines] == [
    ("rnn", 256, 98816), ("gru", 256, 296448), ("lstm", 256, 395264),
    ("rnn", 64, 12416), ("gru", 64, 37248), ("lstm", 64, 49664)], lines
assert all(l["input"] == 128 and l["layers"] == 1 for l in lines)
PY
  call lab parameters --input 3 --hidden 5,1 --layers 4 --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
for l, (cell, G) in zip(lines, 2 * [("rnn", 1), ("gru", 3), ("lstm", 4)]):
    H = l["hidden"]
    assert l["cell"] == cell and l["layers"] == 4, l
    assert l["parameters"] == l["formula"] == G * (H * 3 + H * H + 2 * H + 3 * (2 * H * H + 2 * H)), l
    assert l["parameters"] == l["input_matrix"] + l["recurrent_matrix"] + l["biases"], l
    assert l["recurrent_matrix"] == G * 4 * H * H and l["of_rnn"] == G, l
assert len(lines) == 6
PY
}

@test "parameters refuses what cannot be" {
  refuses 2 "--hidden wants whole numbers, found 2.5" lab parameters --hidden 2.5
  refuses 2 "--layers wants a whole number from 1" lab parameters --layers 0
}
