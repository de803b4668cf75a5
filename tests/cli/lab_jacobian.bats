# recur lab jacobian: one Jacobian by hand, and products of many.
# SPDX-License-Identifier: MIT
load helpers

@test "jacobian: the textbook's example, powers, a table and what it says" {
  call lab jacobian --hidden 32 --steps 39 --quiet
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qE '^ +2\.000 +1\.000 +2\.00000000 1\.00000000$' "$dir/out"
  grep -qE '^ +6\.000 +3\.000 +6\.00000000 3\.00000000$' "$dir/out"
  grep -q '^Its singular values are 7.0711 and 0.0000' "$dir/out"
  grep -q '0.9^100 = 2.656e-05 and 1.1^100 = 13780.6$' "$dir/out"
  [ "$(grep -cE '^ +[0-9]+( +-?[0-9.]+){12}$' "$dir/out")" = 19 ]
  grep -q 'All are above 1, and the product$' "$dir/out"
}

@test "jacobian with --json: a linear recurrence has its power, a tanh network has not" {
  call lab jacobian --hidden 32 --steps 100 --cell rnn --json --quiet
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
example = lines[0]
assert example["part"] == "example" and example["automatic"] == [[2, 1], [6, 3]], example
assert abs(example["singular_values"][0] - math.sqrt(50)) < 1e-12 and example["singular_values"][1] < 1e-12, example
assert all(abs(a - b) < 1e-8 for r, s in zip(example["automatic"], example["differences"]) for a, b in zip(r, s)), example
powers = [l["value"] for l in lines if l["part"] == "powers"]
assert [abs(p / b ** 100 - 1) < 1e-12 for p, b in zip(powers, (0.9, 1.1))] == [True, True], powers
keys = ["log10_bound", "log10_largest", "log10_median", "log10_smallest"]
for system in "linear", "tanh", "cell":
    rows = [l for l in lines if l.get("system") == system]
    assert [l["steps"] for l in rows] == list(range(5, 101, 5)), rows
    for l in rows:
        bound, largest, median, smallest = (l[k] for k in keys)
        assert bound + 1e-9 >= largest >= median >= smallest, l
        if system == "linear": assert all(abs(l[k] - l["steps"] * math.log10(1.1)) < 1e-9 for k in keys), l
    if system == "tanh": # every step stretches, the product does not
        assert rows[-1]["step_least"] > 1 and rows[-1]["log10_bound"] > 4 and -8 < rows[-1]["log10_largest"] < -5, rows[-1]
PY
}

@test "jacobian: options reach the networks, threads change nothing" {
  small=(--hidden 6 --input 3 --steps 7 --json --quiet)
  call lab jacobian "${small[@]}" --threads 1
  cp "$dir/out" "$dir/usual"
  [ "$(grep -c '"product"' "$dir/out")" = 21 ]
  call lab jacobian "${small[@]}" --threads 2
  cmp "$dir/out" "$dir/usual"
  for other in "--seed 2" "--gain 0.5" "--forget-bias 3" "--cell gru" "--input 4"; do
    call lab jacobian "${small[@]}" $other
    [ "$status" = 0 ]
    not cmp -s "$dir/out" "$dir/usual"
  done
}

@test "jacobian draws its curves" {
  call lab jacobian --hidden 5 --steps 6 --quiet --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q 'Singular values of products of step Jacobians<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" -ge 60 ]
  call lab jacobian --hidden 5 --steps 6 --quiet --out "$dir/page.html"
  [ "$status" = 0 ]
  grep -q 'singular values are 7.0711' "$dir/page.html"
  grep -q '<svg' "$dir/page.html"
}

@test "jacobian refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 1" lab jacobian --steps 0
  refuses 2 "--gain" lab jacobian --gain 0
  refuses 2 "--forget-bias" lab jacobian --cell gru --forget-bias 1
  refuses 2 "--out wants a file" lab jacobian --out -
  refuses 5 "$dir/no/curves.html" lab jacobian --hidden 4 --steps 3 --out "$dir/no/curves.html"
}
