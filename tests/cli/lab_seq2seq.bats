# recur lab seq2seq: shapes of an encoder-decoder, and what its decoder can see.
load helpers

quick=(--embed 6 --hidden 8 --source-words 20 --target-words 30 --lengths 2,40)

@test "seq2seq: the textbook's shapes and parameters, three greedy steps, gradients" {
  call lab seq2seq --lengths 3
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qE '^ +encoder outputs +\(1, 3, 128\)$' "$dir/out"
  grep -qE '^ +h +\(1, 1, 128\)$' "$dir/out"
  grep -qE '^ +c +\(1, 1, 128\)$' "$dir/out"
  grep -qE '^ +logits of a step +\(1, 1, 6000\)$' "$dir/out"
  grep -q 'encoder 419328, decoder 1257328; with attention a readout of 32896 more' "$dir/out"
  [ "$(grep -cE '^    step [0-2]: token ' "$dir/out")" = 3 ]
  [ "$(grep -cE '^ +[0-2] +[0-2]  ( +[0-9.]+e[-+][0-9]+){2} +0.00e\+00  ( +[0-9.]+e[-+][0-9]+){3}$' "$dir/out")" = 9 ]
  [ "$(grep -cE '^ +3 +256 +1024 +640 +2560 ' "$dir/out")" = 1 ]
}

@test "seq2seq with --json: without attention the summary vector is the only way, with it there is another" {
  call lab seq2seq "${quick[@]}" --source 4 --target 2 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
part = lambda name: [l for l in lines if l["part"] == name]
(shapes,) = part("shapes")
assert shapes["encoder_outputs"] == [1, 4, 8] and shapes["summary"] == [1, 1, 8] and shapes["logits"] == [1, 1, 30], shapes
lstm = 4 * 8 * (6 + 8 + 2)
assert shapes["encoder_parameters"] == 20 * 6 + lstm and shapes["decoder_parameters"] == 30 * 6 + lstm + 30 * 9, shapes
assert [(l["attention"], l["step"]) for l in part("greedy")] == [(a, t) for t in (0, 1) for a in ("none", "dot")]
assert all(0 <= l["token"] < 30 and 1 / 30 < l["p"] < 1 for l in part("greedy")), part("greedy")
gradients = part("gradient")
assert len(gradients) == 2 * 4 * 2
for l in gradients:
    assert l["gradient"] > 0 and l["summary_only"] > 0, l
    if l["attention"] == "none":
        assert l["attention_only"] == 0 and l["summary_only"] == l["gradient"], l
    else: # what comes along both ways adds up
        assert l["attention_only"] > 0, l
        assert l["gradient"] <= (l["attention_only"] + l["summary_only"]) * 1.0001, l
        assert l["gradient"] >= abs(l["attention_only"] - l["summary_only"]) * 0.9999, l
short, long = part("length")
assert (short["source"], long["source"]) == (2, 40)
for l in (short, long):
    assert l["summary_bytes"] == 64 and l["attention_bytes"] == 64 + l["source"] * 32, l
assert long["first"] < 1e-4 * short["first"] and long["attention_first"] > 1e-2 * short["attention_first"], (short, long)
PY
}

@test "seq2seq: a seed gives its own weights, threads change nothing" {
  call lab seq2seq "${quick[@]}" --seed 3 --threads 1 --json
  cp "$dir/out" "$dir/one"
  call lab seq2seq "${quick[@]}" --seed 3 --threads 2 --json
  cmp "$dir/out" "$dir/one"
  call lab seq2seq "${quick[@]}" --seed 4 --json
  not cmp -s "$dir/out" "$dir/one"
}

@test "seq2seq draws what both decoders see" {
  call lab seq2seq "${quick[@]}" --out "$dir/seen.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/seen.svg"
  grep -q 'by each of 40 read: an untrained model of 8 units<' "$dir/seen.svg"
  grep -q '>With attention<' "$dir/seen.svg"
}

@test "seq2seq refuses what cannot be" {
  refuses 2 "--target wants a whole number from 1 to 8" lab seq2seq --target 9
  refuses 2 "--lengths wants whole numbers, found 2.5" lab seq2seq --lengths 2.5
}
