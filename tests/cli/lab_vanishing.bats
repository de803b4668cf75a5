# recur lab vanishing: how far a gradient reaches.
load helpers

quick=(--input 3 --hidden 5 --steps 12 --seeds 2)

@test "vanishing: explained, then norms, then how they fall" {
  call lab vanishing "${quick[@]}"
  [ "$status" = 0 ]
  [ -z "$err" ]
  head -n 1 "$dir/out" | grep -q '^How much could each step'
  for cell in rnn relu lstm gru; do
    grep -qE "^$cell +default( +[0-9.]+e[-+][0-9]+){6}$" "$dir/out"
    grep -qE "^$cell +default +10\^[0-9.]+ +[0-9.]+ +10\^[0-9.]+ \.\. 10\^[0-9.]+ +[0-9.]+ +(10\^[0-9.]+|-) +[0-9]+ +([0-9]+|-)$" "$dir/out"
  done
  [[ $out != *textbook* ]] # its figure is of other sizes
}

@test "vanishing: what the textbook says is set beside what is measured" {
  call lab vanishing --cell rnn
  [ "$status" = 0 ]
  [[ $out == *"nearly 400,000 times smaller. It is 10^"* && $out == *"are reached 19 steps back"* ]]
  [[ $out == *"lambda1 = -0.7067"* ]]
}

@test "vanishing with --json: one line for each seed, the ratio is that of its norms, threads change nothing" {
  call lab vanishing "${quick[@]}" --init all --seed 4 --threads 1 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  python3 - "$dir/out" <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
for l in lines:
    assert l["layers"] == 1 and l["steps"] == 12 and l["seed"] in (4, 5) and len(l["grad_norms"]) == 12, l
    if l["grad_norms"][0] > 0:
        assert abs(l["log10_ratio"] - math.log10(l["grad_norms"][-1] / l["grad_norms"][0])) < 1e-9, l
    left = [g >= l["grad_norms"][-1] / 100 for g in l["grad_norms"]]
    assert l["horizon"] == 11 - left.index(True), l
kinds = [(l["cell"], l["init"]) for l in lines if l["seed"] == 4]
assert len(set(kinds)) == len(kinds) == 18 and len(lines) == 36, kinds
assert ("gru", "update bias 2") in kinds and ("lstm", "chrono:12") in kinds, kinds
assert len({l["log10_ratio"] for l in lines}) == len(lines)
PY
  call lab vanishing "${quick[@]}" --init all --seed 4 --threads 2 --json
  cmp "$dir/out" "$dir/one"
}

# The figures of PyTorch's layers, measured over ten seeds of its own; sd: of log10 between single seeds, over 300 of them. Both means have an
# error of sd / sqrt(10), so that they are within 3.5 of those of the difference, sd * 3.5 / sqrt(5).
@test "vanishing: ten seeds give the figures that PyTorch gives" {
  while IFS='|' read -r cell words wanted sd; do
    call lab vanishing --cell $cell $words --json
    [ "$status" = 0 ]
    python3 - "$dir/out" "$cell $words" $wanted $sd <<'PY'
import json, sys
ratios = [json.loads(line)["log10_ratio"] for line in open(sys.argv[1])]
wanted, sd = map(float, sys.argv[3:])
mean = sum(ratios) / len(ratios)
assert len(ratios) == 10
print(f"{sys.argv[2]}: 10^{mean:.2f}, wanted 10^{wanted} +- {sd * 3.5 / 5**.5:.2f}")
assert abs(mean - wanted) <= sd * 3.5 / 5**.5
PY
  done <<'TABLE'
rnn||29.8|1.9
lstm||21.3|0.6
gru||20.5|0.65
lstm|--forget-bias 1|8.3|0.45
lstm|--forget-bias 2|2.0|0.35
lstm|--forget-bias 2 --zero-biases|1.7|0.3
lstm|--init chrono:100|1.5|0.2
gru|--update-bias 2|4.6|0.2
rnn|--layers 3|22.7|1.3
lstm|--layers 3|17.3|0.7
gru|--layers 3|16.8|0.7
rnn|--init orthogonal --input-sd 0.5|5.5|0.15
rnn|--init orthogonal --gain 1.1|6.8|0.3
TABLE
}

# From step 20 on, where the state has forgotten that it began at 0.
@test "vanishing: mean-field theory is right for wide stacks" {
  for words in "--gain 1" "--gain 3" "--init orthogonal" "--init orthogonal --input-sd 0.5" "--init uniform:0.05 --zero-biases" "--cell relu --gain 2"; do
    call lab vanishing --cell rnn --hidden 512 --steps 60 --seeds 4 $words --json
    [ "$status" = 0 ]
    python3 - "$dir/out" "$words" <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
slope = sum(math.log(l["grad_norms"][20] / l["grad_norms"][58]) for l in lines) / len(lines) / 38
print(f"{sys.argv[2]}: {slope:.4f} per step, predicted {lines[0]['lambda1']:.4f}")
assert abs(slope - lines[0]["lambda1"]) < 0.02
PY
  done
  # several layers: a gradient may go down at any step, so that the line is bent
  call lab vanishing --cell rnn --hidden 512 --layers 3 --steps 40 --seeds 4 --json
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
mean = sum(l["log10_ratio"] for l in lines) / len(lines)
print(mean, lines[0]["mean_field_log10_ratio"], lines[0]["lambda1"])
assert abs(mean - lines[0]["mean_field_log10_ratio"]) < 0.35
assert abs(mean + lines[0]["lambda1"] * 39 / 2.302585) > 1
PY
}

@test "vanishing says where gradients are exactly 0, and why" {
  call lab vanishing --cell rnn --steps 200 --seeds 1
  [ "$status" = 0 ]
  grep -qE '^rnn default: the first [0-9]+ gradients are exactly 0: float32 ends' "$dir/out"
  call lab vanishing --cell relu --init identity
  grep -q 'goes through a unit that is shut' "$dir/out"
  call lab vanishing --cell relu --gain 100 --seeds 1
  grep -q '^relu default: the state grows beyond float32' "$dir/out"
}

@test "vanishing draws its curves, as a picture or in a page" {
  call lab vanishing "${quick[@]}" --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q '3 inputs, 5 units, 12 steps, 2 seeds<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" = 120 ] # 12 points of 4 means, 2 predictions, 4 spreads
  call lab vanishing "${quick[@]}" --init all --out "$dir/page.html"
  [ "$status" = 0 ]
  [ "$(grep -c '<svg' "$dir/page.html")" = 4 ]
}

@test "vanishing refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 2" lab vanishing --steps 1
  refuses 2 "--forget-bias is for LSTM cells" lab vanishing --cell gru --forget-bias 1
  refuses 2 "--update-bias is for GRU cells" lab vanishing --init all --update-bias 1
  refuses 2 "--init chrono is for gates" lab vanishing --cell relu --init chrono:9
  refuses 2 "wants more than 2 steps" lab vanishing --init chrono:2
  refuses 2 "or one --cell" lab vanishing --init all --out "$dir/run.svg"
  refuses 2 "--out wants a file that ends in .svg or .html" lab vanishing --out -
}
