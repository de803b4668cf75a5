# recur lab elman: surprise where words begin.
load helpers

# a net of a moment
brief=(--hidden 8 --sentences 150 --steps 5 --batch 4 --bptt 8)

@test "elman: explained, then letter by letter, then what surprise tells" {
  for cell in rnn lstm gru; do
    call lab elman "${brief[@]}" --cell $cell --passage 9 --quiet
    [ "$status" = 0 ]
    [ -z "$err" ]
    head -n 1 "$dir/out" | grep -q '^Where do words begin'
    grep -q '^Text: 150 sentences out of 24 words, ' "$dir/out"
    [ "$(grep -cE '^[> ] [a-z] +[0-9]+\.[0-9]{2}  #*$' "$dir/out")" = 9 ]
    grep -qE '^AUC +[01]\.[0-9]{3}:' "$dir/out"
    grep -qE 'precision [01]\.[0-9]{3}, recall [01]\.[0-9]{3}, F1 [01]\.[0-9]{3}$' "$dir/out"
  done
}

@test "elman with --json: the figures are those of the letters, threads change nothing" {
  call lab elman "${brief[@]}" --seed 3 --passage 10000 --threads 1 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  python3 - "$dir/out" <<'PY'
import json, sys
[l] = map(json.loads, open(sys.argv[1]))
letters, nats, is_first = l["passage"], l["surprise"], l["is_first"]
n = l["letters"]
assert len(letters) == len(nats) == len(is_first) == n and l["trained"] >= 8 * n, l
assert set(letters) <= set("abcdefghijklmnopqrstuvwxyz") and l["symbols"] <= 26, l
words = "man woman cat mouse book rock dragon monster glass plate cookie bread think sleep see chase move break smell hear smash crack eat bite"
text = "".join((" " if first else "") + letter for letter, first in zip(letters, is_first)).split(" ")[1:-1]
assert set(text) <= set(words.split()), text
def mean(xs): return sum(xs) / len(xs)
firsts = [x for x, f in zip(nats, is_first) if f]
others = [x for x, f in zip(nats, is_first) if not f]
assert abs(l["first"] - mean(firsts)) < 1e-9 and abs(l["other"] - mean(others)) < 1e-9 and abs(l["loss"] - mean(nats)) < 1e-9, l
auc = mean([(a > b) + (a == b) / 2 for a in firsts for b in others])
assert abs(l["auc"] - auc) < 1e-9, (auc, l)
def scores(threshold, part):
    called = [x > threshold for x in nats[part]]
    right = sum(c and f for c, f in zip(called, is_first[part]))
    return right / max(sum(called), 1), right / sum(is_first[part]), 2 * right / (sum(called) + sum(is_first[part]))
first_half, second_half = slice(0, n // 2), slice(n // 2, n)
best = max(scores(x - 1e-9, first_half)[2] for x in nats[first_half])
assert abs(scores(l["threshold"], first_half)[2] - best) < 1e-9, l
for found, wanted in zip((l["precision"], l["recall"], l["f1"]), scores(l["threshold"], second_half)):
    assert abs(found - wanted) < 1e-9, l
assert abs(l["share"] - mean(is_first[second_half])) < 1e-9, l
PY
  call lab elman "${brief[@]}" --seed 3 --passage 10000 --threads 2 --json
  cmp "$dir/out" "$dir/one"
}

@test "elman: surprise finds the words" {
  call lab elman --hidden 32 --sentences 600 --steps 500 --batch 16 --lr 0.01 --json --quiet
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
[l] = map(json.loads, open(sys.argv[1]))
assert l["auc"] > 0.9 and l["first"] > 4 * l["other"] and l["f1"] > 0.65 > 2 * l["share"], l
PY
}

@test "elman reads a file: letters only, small, apostrophes left out" {
  for i in $(seq 40); do echo "Don't PANIC, été--über the 3 men’s “House”!"; done >"$dir/file"
  call lab elman --data "$dir/file" --hidden 4 --steps 2 --batch 2 --bptt 5 --passage 10000 --json --quiet
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
[l] = map(json.loads, open(sys.argv[1]))
text = "".join((" " if first else "") + letter for letter, first in zip(l["passage"], l["is_first"]))
assert " dont panic été über the men s house dont" in text, text
PY
  call lab elman "$dir/file" --hidden 4 --steps 2 --batch 2 --bptt 5 --quiet
  [ "$status" = 0 ]
  grep -q "^Text: the letters of .*file, small, 1008 letters" "$dir/out"
}

@test "elman draws its passage, and asks first whether it can" {
  call lab elman "${brief[@]}" --passage 70 --quiet --out "$dir/bars.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/bars.svg"
  grep -q 'Surprise at each letter' "$dir/bars.svg"
  [ "$(grep -c '<title>[a-z]: ' "$dir/bars.svg")" = 70 ]
  refuses 5 "$dir/no/bars.svg" lab elman --steps 1000000000 --out "$dir/no/bars.svg"
}

@test "elman refuses what cannot be" {
  echo "too short" >"$dir/file"
  refuses 3 "has 8 letters; wanted at least" lab elman "$dir/file"
  printf 'bad \xff byte' >"$dir/bad"
  refuses 3 "bad: invalid UTF-8 at byte 4 (line 1)" lab elman "$dir/bad"
  refuses 5 "$dir/none" lab elman "$dir/none"
  refuses 2 "--cell wants rnn, lstm or gru" lab elman --cell relu
  refuses 2 "--sentences wants a whole number from 10" lab elman --sentences 3
  refuses 2 "--sentences is of a text that is made up" lab elman "$text" --sentences 30
}
