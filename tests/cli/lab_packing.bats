# recur lab packing: what padding wastes, and what packing saves.
load helpers

quick=(--hidden 4 --embed 3 --seconds 0.001 --batches 2,3)

# two lines of one word and two of three
lines() { printf 'a b c\nd\n\ne f g\n  h  \n' >"$dir/lines"; }

@test "packing: explained, padding by batch size, then times" {
  lines
  call lab packing "$dir/lines" "${quick[@]}" --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  head -n 1 "$dir/out" | grep -q '^A batch of sequences'
  grep -q "$dir/lines: 4 sequences" "$dir/out"
  grep -q 'lines without a word: 1' "$dir/out"
  [ "$(grep -cE '^ +[0-9]+ +[0-9.]+ % +[0-9.]+ %$' "$dir/out")" = 9 ]
  [ "$(grep -cE '^ +[23] +[0-9]+( +[0-9.]+){3} +[0-9.]+ % +-?[0-9.]+ % ' "$dir/out")" = 2 ]
}

@test "packing with --json: padding is what a count by hand gives" {
  lines
  call lab packing "$dir/lines" "${quick[@]}" --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
padding = {l["batch"]: l for l in lines if l["part"] == "padding"}
assert sorted(padding) == [2**i for i in range(9)]
assert padding[1]["random"] == 0 and padding[1]["sorted"] == 0 and padding[2]["sorted"] == 0, padding
# lengths 3 1 3 1 in one batch: 8 of 12 cells are there
assert abs(padding[4]["sorted"] - 1 / 3) < 1e-9 and abs(padding[256]["random"] - 1 / 3) < 1e-9, padding
assert 0 <= padding[2]["random"] <= 1 / 3, padding
times = [l for l in lines if l["part"] == "time"]
assert [l["batch"] for l in times] == [2, 3]
for l in times:
    assert min(l["packed_us"], l["padded_us"], l["sorted_us"]) > 0 and l["updates"] >= 3, l
    assert l["saved"] < 1 and 0 <= l["padding"] <= 2 / 3, l
    assert abs(l["packed_loss"] - l["padded_loss"]) < 1e-5 and l["packed_loss"] > 0, l
PY
}

@test "packing without a file: lengths are made up, and it says so" {
  call lab packing "${quick[@]}" --items 300 --median 6 --spread 0.7 --longest 20 --seed 4
  [ "$status" = 0 ]
  grep -q '^No file was given, so lengths are made up, log-normal, median 6, spread 0.7 of the logarithm: 300 sequences of' "$dir/out"
  grep -q '1 to 20 ([0-9]* were longer)' "$dir/out"
  call lab packing "${quick[@]}" --items 300 --spread 0 --json
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert all(l["random"] == 0 for l in lines if l["part"] == "padding"), lines # equal lengths need no padding
PY
}

@test "packing: a corpus in a file of its own lengths" {
  python3 -c 'for i in range(600): print(" ".join(["w"] * (1 + i * 7919 % 37)))' >"$dir/lines"
  call lab packing "$dir/lines" "${quick[@]}" --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
rows = [l for l in map(json.loads, open(sys.argv[1])) if l["part"] == "padding"]
shares = [l["random"] for l in rows]
assert shares == sorted(shares) and shares[5] > 0.4, shares
assert all(l["sorted"] <= l["random"] for l in rows) and rows[4]["sorted"] < 0.05, rows
PY
}

@test "packing draws its curves" {
  call lab packing "${quick[@]}" --items 100 --out "$dir/packing.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/packing.svg"
  grep -q 'time saved by packing' "$dir/packing.svg"
}

@test "packing refuses what cannot be" {
  lines
  printf '\n\n' >"$dir/empty"
  refuses 5 "$dir/none" lab packing "$dir/none"
  refuses 3 "no line with a word" lab packing "$dir/empty"
  refuses 3 "--batches wants at most as many as there are sequences, 4; found 8" lab packing "$dir/lines"
  refuses 2 "--items is of lengths that are made up" lab packing "$dir/lines" --items 5
  refuses 2 "--batches wants whole numbers, found 1.5" lab packing --batches 1.5
}
