# recur diagnose at length: illnesses and healthy models over cells and seeds, and its report in a browser.
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

learn() {
  call train classify "$dir/train.tsv" --label 1 --text 2 --tokenised --threads 1 --quiet --overwrite --out "$dir/run" "$@"
  [ "$status" = 0 ]
}

# finds ILLNESS: it is the first one in $dir/run, or there is none where it is "none"
finds() {
  call diagnose "$dir/run" --threads 1 --quiet --json --data "$dir/test.tsv" >/dev/null
  [ "$status" = 0 ]
  tail -n 1 "$dir/out" | python3 -c 'import json, sys; found = json.loads(sys.stdin.read())["illnesses"] or ["none"]
print(*found)
sys.exit(found[0] != sys.argv[1])' "$1"
}

far() { recall 640 60 "$1" >"$dir/train.tsv" && recall 100 60 "1$1" >"$dir/test.tsv"; }

@test "vanishing, exploding, forgetting, rate-too-high over seeds" {
  for seed in 1 2 3; do
    far "$seed"
    learn --cell rnn --hidden 64 --epochs 2 --seed "$seed"
    finds vanishing
    learn --cell rnn --hidden 64 --init uniform:0.65 --embed 0 --epochs 1 --seed "$seed"
    finds exploding
    learn --forget-bias -5 --hidden 64 --epochs 2 --seed "$seed"
    finds forgetting
    learn --lr 0.2 --hidden 64 --epochs 4 --seed "$seed"
    finds rate-too-high
    learn --cell rnn --lr 0.2 --hidden 64 --epochs 4 --seed "$seed"
    finds rate-too-high
  done
}

@test "recall learnt by an LSTM and by a GRU: none, near and far" {
  for seed in 1 2; do
    recall 1000 10 "$seed" >"$dir/train.tsv"
    recall 200 10 "1$seed" >"$dir/test.tsv"
    learn --forget-bias 2 --hidden 48 --lr 0.01 --epochs 12 --seed "$seed"
    finds none
    learn --cell gru --hidden 48 --lr 0.01 --epochs 12 --seed "$seed"
    finds none
  done
  recall 1000 60 1 >"$dir/train.tsv"
  recall 200 60 2 >"$dir/test.tsv"
  learn --init chrono:60 --hidden 64 --embed 0 --epochs 30
  finds none
}

@test "a report of each kind in a browser: pictures are there, nothing overflows" {
  train --steps 60 --hidden 24 --layers 2
  call diagnose "$dir/run" --data "$text" --threads 1 --quiet --out "$dir/report.html"
  [ "$status" = 0 ]
  recall 300 20 1 >"$dir/train.tsv"
  learn --bidirectional --layers 3 --hidden 12 --epochs 1
  call diagnose "$dir/run" --data "$dir/train.tsv" --threads 1 --quiet --out "$dir/lanes.html"
  [ "$status" = 0 ]
  for page in report lanes; do
    code=0
    python3 "$BATS_TEST_DIRNAME/browse.py" "$dir/$page.html" "$(grep -c '<svg' "$dir/$page.html")" || code=$?
    [ "$code" != 77 ] || skip "Chromium is not here or does not start (Debian: apt-get install chromium)"
    [ "$code" = 0 ]
  done
}
