# recur diagnose: models made sick on purpose, and healthy ones of every task.
load helpers

# recall N LAG SEED: a label, and a text that begins with it; what follows is noise
recall() {
  awk -v n="$1" -v lag="$2" -v seed="$3" 'BEGIN { srand(seed); split("a b c d e f g h", s, " "); split("m n o p q r s t", w, " ")
    for (i = 0; i < n; i++) {
      k = s[int(rand() * 8) + 1]; text = k
      for (t = 0; t < lag; t++) text = text " " w[int(rand() * 8) + 1]
      print k "\t" text
    } }'
}

# learn WORD...: a classifier of recalled symbols, in $dir/run; the training data are $dir/train.tsv
learn() {
  call train classify "$dir/train.tsv" --label 1 --text 2 --tokenised --hidden 48 --threads 1 --quiet --overwrite --out "$dir/run" "$@"
  [ "$status" = 0 ]
}

# illnesses WORD...: what recur diagnose finds in $dir/run, in its order
illnesses() {
  call diagnose "$dir/run" --threads 1 --quiet --json "$@" >/dev/null
  [ "$status" = 0 ] || { cat "$dir/err" && return 1; }
  tail -n 1 "$dir/out" | python3 -c 'import json, sys; print(*json.loads(sys.stdin.read())["illnesses"])'
}

# first WORD...: the first of them
first() { illnesses "$@" | cut -d' ' -f1; }

far() { recall 640 60 1 >"$dir/train.tsv" && recall 100 60 2 >"$dir/test.tsv"; }

@test "a vanilla RNN that should recall over 60 steps: vanishing" {
  far
  learn --cell rnn --epochs 2
  [ "$(first --data "$dir/test.tsv")" = vanishing ]
  call diagnose "$dir/run" --data "$dir/test.tsv" --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qE '^vanishing: horizon [0-9]+ steps, sequences have 61: .* try --cell lstm --forget-bias 2 or --init orthogonal' "$dir/out"
}

@test "weights of gain 3: exploding" {
  far
  learn --cell rnn --init uniform:0.75 --epochs 1 --embed 0 # 3 sqrt(3/48)
  [ "$(first --data "$dir/test.tsv")" = exploding ]
}

@test "forget gates at -5: forgetting" {
  far
  learn --forget-bias -5 --epochs 1
  [ "$(first --data "$dir/test.tsv")" = forgetting ]
  grep -q 'try --forget-bias 2, or --init chrono:61' "$dir/out"
}

@test "a rate a hundred times too high: rate-too-high" {
  far
  learn --lr 0.2 --epochs 3
  [ "$(first --data "$dir/test.tsv")" = rate-too-high ]
  grep -q 'try --lr 0.02, a tenth' "$dir/out"
}

@test "a language model at such a rate learns, and its rate is named all the same" {
  train --steps 120 --hidden 64 --lr 0.2
  [ "$(first --data "$text")" = rate-too-high ]
}

@test "a vanilla RNN whose weights have grown on noise: vanishing" {
  noise() {
    awk -v n="$1" -v seed="$2" 'BEGIN { srand(seed); for (i = 0; i < n; i++) {
      text = ""; for (t = 0; t < 61; t++) text = text sprintf("%c ", 97 + int(rand() * 8)); print substr(text, 1, 1) "\t" text } }'
  }
  noise 2000 1 >"$dir/train.tsv"
  noise 200 2 >"$dir/test.tsv"
  learn --cell rnn --embed 0 --epochs 3 --seed 3
  [ "$(first --data "$dir/test.tsv")" = vanishing ]
}

@test "relu units that are dead: dead" {
  recall 200 10 1 >"$dir/train.tsv"
  learn --cell relu --epochs 1
  # the program has no option that kills: the biases of the model file are lowered
  python3 - "$dir/run/model.safetensors" <<'PY'
import json, struct, sys
path = sys.argv[1]
data = bytearray(open(path, "rb").read())
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + size])
begin, end = header["rnn.bias_hh_l0"]["data_offsets"]
data[8 + size + begin:8 + size + end] = struct.pack("<f", -9.0) * ((end - begin) // 4)
header["__metadata__"] = {k: v for k, v in header["__metadata__"].items() if "checksum" not in k}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open(path, "wb").write(struct.pack("<Q", len(text)) + text + data[8 + size:])
PY
  [ "$(first --data "$dir/train.tsv")" = dead ]
}

@test "a healthy classifier: none" {
  recall 640 10 1 >"$dir/train.tsv"
  learn --forget-bias 2 --epochs 12 --lr 0.01
  [ -z "$(illnesses --data "$dir/train.tsv")" ]
  call diagnose "$dir/run" --data "$dir/train.tsv" --threads 1
  [ "$status" = 0 ]
  grep -q '^no illness: none of the [0-9]* rules is met$' "$dir/out"
}

@test "a healthy language model, tagger and encoder-decoder: none" {
  train --steps 150 --hidden 32 --batch 16 --lr 0.01
  [ -z "$(illnesses --data "$text")" ]

  awk 'BEGIN { srand(4); split("the a dog cat runs sleeps red big", w, " "); split("D D N N V V A A", t, " ")
    for (i = 0; i < 300; i++) { for (k = 0; k < 3 + i % 9; k++) { j = int(rand() * 8) + 1; print w[j] "\t" t[j] } print "" } }' >"$dir/tags"
  call train tag "$dir/tags" --hidden 16 --embed 16 --epochs 4 --lr 0.01 --threads 1 --quiet --overwrite --out "$dir/run"
  [ "$status" = 0 ]
  [ -z "$(illnesses --data "$dir/tags")" ]

  awk 'BEGIN { srand(5); for (i = 0; i < 400; i++) { s = ""; for (k = 0; k < 2 + i % 4; k++) s = s sprintf("%c", 97 + int(rand() * 6)); print s } }' >"$dir/src"
  call train seq2seq --source "$dir/src" --target "$dir/src" --unit char --hidden 32 --embed 16 --epochs 12 --lr 0.01 --threads 1 --quiet --overwrite --out "$dir/run"
  [ "$status" = 0 ]
  [ -z "$(illnesses --source "$dir/src" --target "$dir/src")" ]
}

@test "--fail-on ends with 9 where one of them is found, and only then" {
  far
  learn --forget-bias -5 --epochs 1
  call diagnose "$dir/run" --data "$dir/test.tsv" --threads 1 --fail-on exploding,forgetting
  [ "$status" = 9 ]
  call diagnose "$dir/run" --data "$dir/test.tsv" --threads 1 --fail-on any
  [ "$status" = 9 ]
  call diagnose "$dir/run" --data "$dir/test.tsv" --threads 1 --fail-on exploding,saturated
  [ "$status" = 0 ]
  call diagnose "$dir/run" --data "$dir/test.tsv" --fail-on vanising
  [ "$status" = 2 ]
  [[ $err == *"there is no illness 'vanising'; did you mean vanishing"* ]]
  for names in '' exploding, any,,any; do
    call diagnose "$dir/run" --data "$dir/test.tsv" --fail-on "$names" # a script's variable that is empty
    [ "$status" = 2 ]
    [[ $err == *"there is no illness ''"* ]]
  done
}

@test "lines of JSON: model, lanes, context, training, illnesses, verdict" {
  train --steps 40 --hidden 16
  call diagnose "$dir/run" --data "$text" --threads 1 --json --quiet --fail-on exploding
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
kinds = [l["kind"] for l in lines]
assert kinds[0] == "model" and kinds[-1] == "verdict", kinds
for kind in "lane", "context", "training": assert kind in kinds, kinds
model, lane = lines[0], lines[1]
assert model["task"] == "lm" and model["span"] == model["bptt"] == 16 and model["guess"] > 2, model
assert lane["gradient_h"][0] == 1 and len(lane["gradient_h"]) > 16 and lane["horizon"] >= 1, lane
assert abs(sum(lane["tau_shares"]) - 1) < 1e-6, lane
assert set(lane["gates"]) == set("ifgo"), lane
assert lane["lyapunov"] < 0 and len(lane["singular"]) == 32, lane
found = [l for l in lines if l["kind"] == "illness"]
for l in found: assert {"name", "quantity", "value", "threshold", "advice"} <= set(l), l
assert [l["name"] for l in found] == lines[-1]["illnesses"] and lines[-1]["healthy"] == (not found), lines[-1]
PY
}

@test "a model file alone, a run without its log, a log that is none" {
  train --steps 20
  call diagnose "$dir/run/model.safetensors" --data "$text" --threads 1
  [ "$status" = 0 ]
  [[ $err == *"is a model file without its run"*"left out"* ]]
  [[ $out != *"Training:"* && $out == *"Verdict"* ]]
  mv "$dir/run/log.jsonl" "$dir/log"
  call diagnose "$dir/run" --data "$text" --threads 1
  [ "$status" = 0 ]
  [[ $err == *"there is no log in"*"left out"* ]]
  echo nonsense >"$dir/run/log.jsonl"
  call diagnose "$dir/run" --data "$text"
  [ "$status" = 3 ]
  [[ $err == *"log.jsonl, line 1: wanted a JSON object"* ]]
}

@test "a run that diverged: rate-too-high" {
  call train lm "$text" "${tiny[@]}" --steps 50 --optim sgd --lr 3e38 --clip 0 --out "$dir/run"
  [ "$status" = 7 ]
  tail -n 1 "$dir/run/log.jsonl" | grep -q '"event":"diverged"'
  [ "$(first --data "$text")" = rate-too-high ]
}

@test "what does not fit is refused in one sentence" {
  train --steps 5
  mv "$dir/run" "$dir/it"
  refuses 2 "recur diagnose wants --data FILE; found none" diagnose "$dir/it"
  refuses 2 "--out wants a file that ends in .html" diagnose "$dir/it" --data "$text" --out "$dir/a.svg"
  refuses 2 "is for an encoder-decoder" diagnose "$dir/it" --source "$text" --target "$text"
  refuses 2 "is for a classifier" diagnose "$dir/it" --data "$text" --label 1
  refuses 5 "nowhere" diagnose "$dir/nowhere" --data "$text"
  refuses 5 "none.txt" diagnose "$dir/it" --data "$dir/none.txt"
  printf 'First Citizen:\nspeak' >"$dir/short"
  refuses 3 "the data are too short for --span 30: wanted a sequence of at least 31 steps" diagnose "$dir/it" --data "$dir/short" --span 30
  printf 'F' >"$dir/one"
  refuses 3 "" diagnose "$dir/it" --data "$dir/one"
  recall 60 5 1 >"$dir/train.tsv"
  learn --epochs 1
  mv "$dir/run" "$dir/other"
  refuses 3 "" diagnose "$dir/other" --data "$text"
  printf 'a\tzzz yyy xxx\nb\tqqq www\n' >"$dir/foreign.tsv"
  refuses 3 "does not know 100 % of the words: these data are not of the kind" diagnose "$dir/other" --data "$dir/foreign.tsv"
}

@test "every rule is in the help and in the documentation" {
  call help diagnose
  [ "$status" = 0 ]
  for illness in rate-too-high exploding dead saturated forgetting vanishing truncated rate-too-low overfitting learns-nothing; do
    grep -qE "^  $illness .* (above|below) [0-9e.-]+$" "$dir/out"
    grep -q "^| $illness |" "$root/docs/diagnose.md"
  done
}

@test "the report is one page with its pictures, of any task" {
  train --steps 20
  call diagnose "$dir/run" --data "$text" --threads 1 --quiet --out "$dir/report.html"
  [ "$status" = 0 ]
  [ "$(grep -c '<svg' "$dir/report.html")" = 11 ]
  for section in Verdict 'Gradient flow' 'Time constants' Saturation 'Loss by context' Forgetting 'Step Jacobians' Training 'Cells over a passage'; do
    grep -qE "<h2[^>]*>$section" "$dir/report.html"
  done
  not grep -qE 'https?://' <(sed 's|http://www.w3.org/2000/svg||g' "$dir/report.html")
  call diagnose "$dir/run" --data "$text" --threads 1 --quiet --out "$dir/nowhere/report.html"
  [ "$status" = 5 ]
}

@test "an encoder and a decoder of other cells have a picture of gates each" {
  seq 1 60 >"$dir/source"
  call train seq2seq --source "$dir/source" --target "$dir/source" --unit char --hidden 8 --embed 4 --cell lstm --decoder-cell gru \
    --steps 5 --threads 1 --quiet --out "$dir/run"
  [ "$status" = 0 ]
  call diagnose "$dir/run" --source "$dir/source" --target "$dir/source" --threads 1 --quiet --out "$dir/report.html"
  [ "$status" = 0 ]
  [ "$(grep -o '<title>Where the slope' "$dir/report.html" | grep -c ^)" = 2 ]
}
