# recur lab memory: one symbol at a time, a joined window, and a recurrent net.
load helpers

# nets of a moment; a window of 7 symbols holds the pattern at 5 places, 3 of them are trained
small=(--hidden 6 --lengths 5,7 --places 3 --symbols 4 --steps 5 --batch 4 --tests 8)

@test "memory: explained, then accuracy by place and by length, then what follows" {
  call lab memory "${small[@]}" --quiet
  [ "$status" = 0 ] && [ -z "$err" ]
  head -n 1 "$dir/out" | grep -q '^Three nets learn whether "abc" stands'
  grep -qE '^ +0 +1 +2 +3\* +4\*$' "$dir/out"
  grep -qE '^ +3\* +5 +6 +7 +14\* +28\*$' "$dir/out"
  [ "$(grep -cE '^(single|window|recurrent)( +[0-9.]+){5}$' "$dir/out")" = 3 ]
  [ "$(grep -cE '^window( +[0-9.]+){4} +- +-$' "$dir/out")" = 1 ]
  [ "$(grep -cE '^(single|recurrent)( +[0-9.]+){6}$' "$dir/out")" = 2 ]
  [ "$(grep -cE '^(single|window|recurrent) net \([0-9]+ (tanh|gru) units' "$dir/out")" = 3 ]
}

@test "memory with --json: comparable parameters, no answer beyond the window, threads change nothing" {
  for cell in rnn lstm gru; do
    call lab memory "${small[@]}" --cell $cell --seeds 2 --seed 5 --threads 1 --json
    [ "$status" = 0 ]
    [ -z "$err" ]
    cp "$dir/out" "$dir/one"
    python3 - "$dir/out" $cell <<'PY'
import json, sys
lines, cell = [json.loads(line) for line in open(sys.argv[1])], sys.argv[2]
assert [(l["net"], l["seed"], l["test"], l.get("place"), l["length"]) for l in lines] == [
    (n, s, *t) for n in ("single", "window", "recurrent") for s in (5, 6) for t in
    [("place", p, 7) for p in range(5)] + [("length", None, t) for t in (3, 5, 6, 7, 14, 28)]], lines
gates, count = {"rnn": 1, "lstm": 4, "gru": 3}[cell], lambda h: gates * h * (4 + h + 2) + 2 * (h + 1)
for l in lines:
    h = l["hidden"]
    if l["net"] != "recurrent":
        assert h == 6 and l["parameters"] == 6 * ((7 if l["net"] == "window" else 1) * 4 + 1) + 2 * (6 + 1), l
    else:
        assert l["cell"] == cell and l["parameters"] == count(h) <= 188 < count(h + 1), l
    assert (l["accuracy"] is None) == (l["net"] == "window" and l["length"] > 7), l
    assert l["trained"] == (l["place"] < 3 if l["test"] == "place" else 5 <= l["length"] <= 7), l
PY
    call lab memory "${small[@]}" --cell $cell --seeds 2 --seed 5 --threads 2 --json
    cmp "$dir/out" "$dir/one"
  done
}

@test "memory: two learn, only the recurrent net elsewhere" {
  call lab memory --hidden 16 --lengths 5,8 --places 3 --symbols 5 --steps 1200 --batch 32 --lr 0.01 --tests 512 --json --quiet
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
def mean(net, test, trained):
    found = [l["accuracy"] for l in lines if (l["net"], l["test"], l["trained"]) == (net, test, trained) and l["accuracy"] is not None]
    return sum(found) / len(found)
assert mean("window", "place", True) > 0.95 and mean("recurrent", "place", True) > 0.95, lines
assert 0.4 < mean("window", "place", False) < 0.65, lines
single = [l["accuracy"] for l in lines if l["net"] == "single" and l["test"] == "place"]
assert all(0.4 < a < 0.6 for a in single[:-1]), lines
assert 0.85 < single[-1] < 0.95, lines  # of the five other orders one ends like the pattern
assert mean("recurrent", "place", False) > 0.9, lines
PY
}

@test "memory draws its curves, and asks first whether it can" {
  call lab memory "${small[@]}" --quiet --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q 'trained at 3 places and lengths 5 to 7<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" = 42 ] # places 4 x 5, lengths 6 + 4 + 6 + 6
  refuses 5 "$dir/no/curves.svg" lab memory --steps 1000000000 --out "$dir/no/curves.svg"
}

@test "memory refuses what cannot be" {
  refuses 2 "--lengths wants two whole numbers" lab memory --lengths 12,8
  refuses 2 "--lengths wants two whole numbers" lab memory --lengths 2,8
  refuses 2 "--symbols wants at least the 5 of --pattern, found 4" lab memory --pattern 5 --symbols 4
  refuses 2 "--places wants to leave one out of 10, found 10" lab memory --places 10
  refuses 2 "--cell wants rnn, lstm or gru" lab memory --cell cnn
}
