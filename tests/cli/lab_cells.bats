# recur lab cells: the textbook's comparison, measured.
load helpers

quick=(--input 8 --hidden 16 --steps 40 --batch 2 --seeds 2 --seconds 0.001)

@test "cells: explained, then a table with a column for each cell" {
  call lab cells "${quick[@]}" --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qE '^ +rnn +gru +lstm ' "$dir/out"
  grep -qE '^gates +0 +2 +3 ' "$dir/out"
  grep -qE '^parameters +416 +1248 +1664 ' "$dir/out"
  grep -qE "^bytes of one sequence's state +64 +64 +128$" "$dir/out"
  [ "$(grep -cE '^horizon, ' "$dir/out")" = 2 ]
  [ "$(grep -cE '^(training|inference|one sequence).* us( a step)? +[0-9.]+ +[0-9.]+ +[0-9.]+' "$dir/out")" = 3 ]
}

@test "cells with --json: default weights forget soon, gates that are told to remember do not" {
  call lab cells --input 16 --hidden 32 --steps 60 --batch 2 --seeds 3 --seconds 0.001 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = {l["cell"]: l for l in map(json.loads, open(sys.argv[1]))}
assert list(lines) == ["rnn", "gru", "lstm"], lines
for cell, gates, vectors in (("rnn", 0, 1), ("gru", 2, 1), ("lstm", 3, 2)):
    l = lines[cell]
    assert (l["gates"], l["state_vectors"], l["state_bytes"]) == (gates, vectors, vectors * 32 * 4), l
    assert l["parameters"] == (gates + 1) * (32 * 16 + 32 * 32 + 64), l
    assert 5 <= l["horizon"] <= 25 and l["log10_fall"] > 8, l # the textbook's 10 to 20 steps
    assert min(l["train_us"], l["infer_us"], l["stream_us"]) > 0, l
assert lines["rnn"]["recommended"] == "orthogonal" and lines["rnn"]["horizon_recommended"] > 1.5 * lines["rnn"]["horizon"]
for cell in ("gru", "lstm"):
    assert lines[cell]["recommended"] == "chrono:60", lines
    assert lines[cell]["horizon_recommended"] is None and lines[cell]["log10_fall_recommended"] < 2.5, lines
PY
}

@test "cells: the horizon moves with the factor, and seeds are its own" {
  call lab cells "${quick[@]}" --factor 2 --json
  cp "$dir/out" "$dir/near"
  call lab cells "${quick[@]}" --factor 1000000 --seed 9 --json
  python3 - "$dir/near" "$dir/out" <<'PY'
import json, sys
near, far = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
for n, f in zip(near, far):
    assert n["factor"] == 2 and n["horizon"] < f["horizon"], (n, f)
    assert n["log10_fall"] != f["log10_fall"], (n, f)
PY
}

@test "cells draws gradients going back" {
  call lab cells "${quick[@]}" --out "$dir/cells.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/cells.svg"
  grep -q '8 inputs, 16 units<' "$dir/cells.svg"
}

@test "cells refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 2" lab cells --steps 1
  refuses 2 "--factor wants" lab cells --factor 1
  refuses 2 "--out wants a file that ends in .svg or .html" lab cells --out cells.png
}
