# recur lab bidirectional: what an output sees.
load helpers

@test "bidirectional: no gradient from what comes later in one direction, from everything in two" {
  for cell in rnn relu lstm gru; do
    call lab bidirectional --cell $cell --steps 7 --hidden 12 --layers 2 --updates 1 --json
    [ "$status" = 0 ]
    [ -z "$err" ]
    python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [l["directions"] for l in lines] == [1, 2]
for l in lines:
    assert (l["after"], l["up_to"]) == (21, 28), l
    for t, row in enumerate(l["grad_norms"]):
        for s, norm in enumerate(row):
            assert (norm == 0) == (l["directions"] == 1 and s > t), (t, s, norm)
assert (lines[0]["after_zero"], lines[0]["up_to_zero"], lines[1]["after_zero"], lines[1]["up_to_zero"]) == (21, 0, 0, 0)
PY
  done
}

@test "bidirectional: two directions read the next symbol, and know nothing where there is none" {
  call lab bidirectional --steps 6 --symbols 4 --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, math, sys
one, two = [json.loads(line) for line in open(sys.argv[1])]
assert abs(one["loss"] - math.log(4)) < 0.05 and abs(one["right_inside"] - 1 / 4) < 0.05, one
assert two["right_inside"] > 0.99 and abs(two["loss"] - math.log(4) / 6) < 0.05, two
for l in (one, two): assert abs(l["right_last"] - 1 / 4) < 0.06, l # 1,024 of them
PY
}

@test "bidirectional: explained, the matrices, then the lesson; the same for any number of threads" {
  call lab bidirectional --steps 4 --hidden 5 --updates 3 --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  head -n 1 "$dir/out" | grep -q '^What can an output see'
  grep -qE '^ +y2 +##\.\. +####' "$dir/out"
  grep -qE '^one direction +6 of +6 +0 of +10$' "$dir/out"
  grep -qE '^two directions +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$' "$dir/out"
  call lab bidirectional --steps 4 --hidden 5 --updates 3 --threads 2
  cmp "$dir/out" "$dir/one"
}

@test "bidirectional draws both matrices" {
  call lab bidirectional --steps 5 --hidden 6 --updates 1 --out "$dir/map.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/map.svg"
  [ "$(grep -c 'class="s0"' "$dir/map.svg")" = 40 ] # 15 below the diagonal and on it, and 25
  grep -q 'empty: exactly 0<' "$dir/map.svg"
}

@test "bidirectional refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 2" lab bidirectional --steps 1
  refuses 2 "--cell wants" lab bidirectional --cell linear
}
