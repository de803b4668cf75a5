# recur train classify, and eval, predict, resume and inspect of a classifier; data that are at fault.
load helpers

# a classifier that trains in a moment
units=(--hidden 8 --batch 8 --lr 0.02 --threads 2)
small=("${units[@]}" --embed 8)

# reviews N: lines "label TAB title TAB text"; the label follows from one word of the text
reviews() {
  awk -v n="$1" 'BEGIN { srand(3)
    split("the a it was very quite really this that one", w, " ")
    for (i = 0; i < n; i++) {
      good = i % 2; text = ""
      for (k = int(rand() * 30); k >= 0; k--) text = text w[int(rand() * 10) + 1] " "
      print (good ? "pos" : "neg") "\ttitle " i % 5 "\t" text (good ? "great" : "awful") " thing"
    } }'
}

# series N FIRST: series in .ts, which rise or fall
series() {
  awk -v n="$1" 'BEGIN { print "@classLabel true up down\n@data"
    for (i = 0; i < n; i++) {
      a = b = ""
      for (t = 0; t < 4 + i % 5; t++) { a = a (t ? "," : "") (i % 2 ? t : -t) + i % 3; b = b (t ? "," : "") t % 2 }
      print a ":" b ":" (i % 2 ? "up" : "down")
    } }'
}

# value KEY WORD...: run the program with --json and print one value of its last object
value() {
  local key=$1
  shift
  call "$@" --json >/dev/null
  [ "$status" = 0 ]
  tail -n 1 "$dir/out" | python3 -c 'import json, sys; print(eval("o" + sys.argv[1], {"o": json.loads(sys.stdin.read())}))' "$key"
}

# learn WORD...: train on reviews, in $dir/run
learn() {
  [ -e "$dir/train.tsv" ] || reviews 200 >"$dir/train.tsv"
  call train classify "$dir/train.tsv" --label 1 --text 3 "${small[@]}" --out "$dir/run" "$@"
  [ "$status" = 0 ]
}

@test "a classifier learns, is scored and predicts" {
  learn --epochs 6 --bidirectional
  [ "$out" = "$dir/run" ]
  [[ $err == *"160 items"* || $err == *"180 items to learn from, 20 to validate; 2 labels"* ]]
  [[ $err == *"validation accuracy"* ]]
  reviews 50 >"$dir/test.tsv"
  [ "$(value "['task'], o['items'], o['accuracy'] > 0.95, o['loss'] < 0.3" eval "$dir/run" --data "$dir/test.tsv")" = "('classify', 50, True, True)" ]
  printf 'it was great\n\nthat is awful\n' >"$dir/lines"
  call predict "$dir/run" "$dir/lines"
  [ "$status" = 0 ]
  [ "$(grep -c ^ "$dir/out")" = 3 ]
  sed -n 1p "$dir/out" | grep -qxE $'pos\t0\\.[0-9]{6}'
  sed -n 2p "$dir/out" | grep -qxE $'(pos|neg)\t0\\.[0-9]{6}'
  sed -n 3p "$dir/out" | grep -qxE $'neg\t0\\.[0-9]{6}'
  call inspect "$dir/run"
  [[ $out == *"classifier of 2 labels over"*"in two directions"*"labels          2 (neg, pos)"* ]]
}

@test "prediction: stdin, the best labels, JSON, columns" {
  learn --epochs 4
  printf 'great\nawful' | "$RECUR" predict "$dir/run" --top 2 >"$dir/lines"
  [ "$(grep -c ^ "$dir/lines")" = 2 ]
  grep -qE $'^pos\t[0-9.]+\tneg\t[0-9.]+$' "$dir/lines"
  printf 'great\nawful\n' >"$dir/lines"
  [ "$(value "['label'], len(o['top'])" predict "$dir/run" "$dir/lines" --top 5)" = "('neg', 2)" ]
  call predict "$dir/run" "$dir/train.tsv" --text 3 --no-header
  [ "$(grep -c ^ "$dir/out")" = 200 ]
  paste <(cut -f 1 "$dir/train.tsv") <(cut -f 1 "$dir/out") | awk '$1 == $2' | grep -c ^ >"$dir/right"
  [ "$(cat "$dir/right")" -gt 190 ]
  [[ $err != *note* ]]
  call predict "$dir/run" "$dir/train.tsv"
  [ "$status" = 0 ]
  [[ $err == *"train.tsv: each line is taken as one text; --text COLUMN reads columns"* ]]
}

@test "a line from a pipe is answered before the next one comes" {
  learn --epochs 1
  mkfifo "$dir/pipe"
  "$RECUR" predict "$dir/run" <"$dir/pipe" >"$dir/answers" 3>&- &
  pid=$!
  exec 7>"$dir/pipe"
  echo great >&7
  for ((i = 0; i < 200; i++)); do [ -s "$dir/answers" ] && break || sleep 0.05; done
  [ "$(grep -c ^ "$dir/answers")" = 1 ]
  echo awful >&7
  exec 7>&-
  wait "$pid"
  [ "$(grep -c ^ "$dir/answers")" = 2 ]
}

@test "attention: a weight for each word as it is written" {
  learn --epochs 2 --pool attention
  printf 'It WAS great\n' >"$dir/lines"
  call predict "$dir/run" "$dir/lines" --attention
  grep -qxE $'(pos|neg)\t0\\.[0-9]+\tIt:0\\.[0-9]+ WAS:0\\.[0-9]+ great:0\\.[0-9]+' "$dir/out"
  [ "$(value "['attention'][1]['token'], round(sum(w['weight'] for w in o['attention']), 6)" predict "$dir/run" "$dir/lines" --attention)" = "('WAS', 1.0)" ]
  learn --epochs 1 --overwrite
  call predict "$dir/run" "$dir/lines" --attention
  [ "$status" = 2 ]
  [[ $err == *"--pool attention"* ]]
}

@test "without a stack, with characters, bytes, all poolings" {
  reviews 200 >"$dir/train.tsv"
  call train classify "$dir/train.tsv" --label 1 --text 3 --embed 8 --epochs 1 --cell none --out "$dir/run"
  [[ $(cat "$dir/run/config") == *"pool = mean"* ]]
  call inspect "$dir/run"
  [[ $out == *"no recurrence"* ]]
  learn --overwrite --epochs 1 --unit char --pool max
  learn --overwrite --epochs 1 --unit byte --pool mean --embed 0
  learn --overwrite --epochs 1 --pool attention --batch-tokens 200 --word-dropout 0.1 --embed-dropout 0.2 --label-smoothing 0.1 --class-weights pos=2
}

@test "options that do not go together" {
  reviews 20 >"$dir/train.tsv"
  no() {
    local pattern=$1
    shift
    refuses 2 "$pattern" train classify "$dir/train.tsv" --out "$dir/run" "$@"
  }
  no "--pool last wants a stack" --cell none --pool last
  no "--bidirectional is for --cell" --cell none --bidirectional
  no "--hidden is for a stack" --cell none --hidden 4
  no "wants an embedding to pool" --cell none --embed 0
  no "--freeze-vectors is for --vectors" --freeze-vectors
  no "--vectors is for --unit word" --vectors x --unit char
  no "found --embed 0" --vectors x --embed 0
  no "--label-first lines have no columns" --label-first --text 2
  no "give one of them" --label-first --id 1
  no "--values is for series" --values 1,2
  no "--min-count is for --unit" --unit byte --min-count 2
  no "has no option --bptt" --bptt 3
  no "no label of the training data" --label 1 --text 3 --class-weights what=2
  no "weights of 0 or more" --label 1 --text 3 --class-weights pos=-2
  no "only once" --label 1 --text 3 --valid - -
}

@test "what is for words or columns is refused where the data have none" {
  series 60 >"$dir/train.ts"
  printf 'id,x,class\n1,2,up\n2,3,down\n' >"$dir/train.csv"
  refuses 2 "--vectors is for texts, and the data are series" train classify "$dir/train.ts" --vectors "$dir/x" --out "$dir/run"
  refuses 2 "--embed is for texts" train classify "$dir/train.csv" --id id --label class --embed 8 --out "$dir/run"
  refuses 2 "--label is for columns" train classify "$dir/train.ts" --label 3 --out "$dir/run"
}

@test "series: .ts and CSV, standardised by the training part" {
  series 60 >"$dir/train.ts"
  call train classify "$dir/train.ts" "${units[@]}" --epochs 15 --out "$dir/run"
  [ "$status" = 0 ]
  [ "$(value "['accuracy']" eval "$dir/run" --data "$dir/train.ts")" = 1.0 ]
  printf '0,1,2,3:0,1,0,1\n\n2,1,0:0,1,0\n' >"$dir/lines"
  call predict "$dir/run" "$dir/lines"
  [ "$(cut -f 1 "$dir/out" | paste -sd ' ' | cut -d ' ' -f 1,3)" = "up down" ]
  awk 'BEGIN { print "id,x,class"; for (i = 0; i < 40; i++) for (t = 0; t < 5; t++) print i "," (i % 2 ? t : -t) "," (i % 2 ? "up" : "down") }' >"$dir/train.csv"
  call train classify "$dir/train.csv" --id id --label class "${units[@]}" --epochs 15 --out "$dir/csv"
  [ "$status" = 0 ]
  [ "$(value "['accuracy']" eval "$dir/csv" --data "$dir/train.csv")" = 1.0 ]
  call eval "$dir/csv" --data "$dir/train.ts" --format ts
  [ "$status" = 2 ] || [ "$status" = 3 ]
  reviews 4 >"$dir/texts.tsv"
  call eval "$dir/run" --data "$dir/texts.tsv" --format tsv --label 1 --text 3
  [ "$status" = 2 ]
  [[ $err == *"the model reads series, found texts"* ]]
}

@test "a run resumes to the bit, data from a pipe are kept" {
  reviews 200 >"$dir/train.tsv"
  options=(--label 1 --text 3 "${small[@]}" --word-dropout 0.2 --dropout 0.3)
  "$RECUR" train classify "$dir/train.tsv" "${options[@]}" --steps 60 --out "$dir/whole" --quiet
  "$RECUR" train classify - "${options[@]}" --steps 25 --out "$dir/run" --quiet <"$dir/train.tsv"
  "$RECUR" train classify <(cat "$dir/train.tsv") "${options[@]}" --steps 25 --out "$dir/piped" --quiet
  ls "$dir/piped"/data-*.txt
  for run in run piped; do
    call resume "$dir/$run" --steps 60
    [ "$status" = 0 ]
    cmp "$dir/whole/model.safetensors" "$dir/$run/model.safetensors"
  done
  cat "$dir/train.tsv" | "$RECUR" train classify - "${options[@]}" --steps 25 --overwrite --out "$dir/run" --quiet
  ls "$dir/run"/data-*.txt
  call resume "$dir/run" --steps 60
  cmp "$dir/whole/model.safetensors" "$dir/run/model.safetensors"
  echo "neg	x	more" >>"$dir/train.tsv"
  call resume "$dir/whole" --steps 70
  [ "$status" = 8 ]
}

@test "a run with batches by tokens goes on" {
  reviews 60 >"$dir/train.tsv"
  for tokens in 100 "100 --batch 4"; do
    # shellcheck disable=SC2086
    call train classify "$dir/train.tsv" --label 1 --text 3 --hidden 4 --embed 4 --epochs 1 --batch-tokens $tokens --overwrite --out "$dir/run"
    [ "$status" = 0 ]
    [ "$(grep -c '^batch = 4' "$dir/run/config")" = "$([ "$tokens" = 100 ] && echo 0 || echo 1)" ]
    call resume "$dir/run" --epochs 2
    [ "$status" = 0 ]
  done
}

@test "a cosine falls to the end of a budget of steps, also where batches are cut by tokens" {
  reviews 60 >"$dir/train.tsv"
  call train classify "$dir/train.tsv" --label 1 --text 3 --hidden 4 --embed 4 --split 1,0 --batch-tokens 100 --schedule cosine --steps 40 --out "$dir/run"
  [ "$status" = 0 ]
  [ "$(grep -o '"lr":[^,]*' "$dir/run/log.jsonl" | cut -d : -f 2 | awk 'NR == 1 { first = $1 } END { print ($1 < first / 2 && $1 > 0) }')" = 1 ]
}

@test "the same model for every number of threads" {
  learn --epochs 1 --threads 1
  mv "$dir/run" "$dir/one"
  learn --epochs 1 --threads 3
  cmp "$dir/one/model.safetensors" "$dir/run/model.safetensors"
}

@test "validation figures, and early stopping" {
  reviews 60 >"$dir/valid.tsv"
  learn --valid "$dir/valid.tsv" --epochs 30 --patience 2 --stop-on accuracy --json
  grep '"valid"' "$dir/out" | head -1 | grep -q '"accuracy":'
  [ "$(grep -c '"valid"' "$dir/out")" -lt 30 ]
  tail -n 1 "$dir/out" | grep -q '"best_valid":1.0'
  learn --overwrite --epochs 1 --stop-on loss
  [[ $err == *"best validation 0."*" nats"* ]]
}

@test "pretrained vectors, frozen" {
  printf '3 4\ngreat 1 1 1 1\nawful -1 -1 -1 -1\nnowhere 2 2 2 2\n' >"$dir/vectors"
  reviews 100 >"$dir/train.tsv"
  options=(--label 1 --text 3 --hidden 8 --threads 2)
  call train classify "$dir/train.tsv" "${options[@]}" --epochs 2 --vectors "$dir/vectors" --freeze-vectors --out "$dir/run"
  [ "$status" = 0 ]
  [[ $err == *"vectors"* ]]
  call inspect "$dir/run"
  [[ $out == *"embedding of 4 (frozen)"* ]]
  call train classify "$dir/train.tsv" "${options[@]}" --embed 5 --vectors "$dir/vectors" --out "$dir/other"
  [ "$status" = 2 ]
  [[ $err == *"the vectors are of 4 numbers; wanted 5, as the embedding is"* ]]
  [ ! -e "$dir/other" ]
  echo 'great 1 1' >"$dir/vectors"
  call train classify "$dir/train.tsv" "${options[@]}" --embed 5 --vectors "$dir/vectors" --out "$dir/other"
  [ "$status" != 0 ]
  echo 'great 1 1 x 1' >"$dir/vectors"
  call train classify "$dir/train.tsv" "${options[@]}" --vectors "$dir/vectors" --out "$dir/other"
  [ "$status" = 3 ]
  [[ $err == *"vectors, line 1"* ]]
  [ ! -e "$dir/other" ]
}

# bad PATTERN WORD...: data from stdin are refused with one sentence, exit 3, and nothing is written
bad() {
  local pattern=$1
  shift
  cat >"$dir/bad.tsv"
  refuses 3 "$pattern" train classify "$dir/bad.tsv" --label 1 --text 2 "${small[@]}" --out "$dir/run" "$@"
}

@test "data that are at fault: one sentence, exit 3, nothing written" {
  printf 'a\tx\nb\ty\nc\n' | bad "bad.tsv, line 3"
  printf 'a,x\nb,"y\n' | bad "bad.tsv, line 2" --format csv
  printf 'a\tx\na\ty\na\tz\n' | bad "bad.tsv: there is nothing to learn: all 3" --split 1,0
  awk 'BEGIN { for (i = 0; i < 10000; i++) print "l" i "\ttext" }' | bad "bad.tsv: 9000 different labels"
  printf 'a\tx\nb\ty\n' | bad "column" --label 7
  printf 'a\tx\nb\ty\n' | bad "'stars'" --label stars || printf 'a\tx\nb\ty\n' | bad "stars" --label stars
  printf 'a\tx\n\xff\ty\n' | bad "bad.tsv, line 2"
  printf '' | bad "bad.tsv"
  printf 'a\tx\n\ty\n' | bad "bad.tsv, line 2"
}

@test "data that are odd but right" {
  { reviews 40; printf 'pos\tt\t\nneg\tt\t\nrare\tt\tonly once\n'; } >"$dir/train.tsv"
  awk 'BEGIN { printf "pos\tt\t"; for (i = 0; i < 100000; i++) printf "word%d ", i % 50; print "" }' >>"$dir/train.tsv"
  learn --epochs 1 --hidden 2 --split 1,0
  [[ $err == *"occurs only once"*"rare"* ]]
  [[ $err == *"train.tsv: 2 texts without a word, first in line 41; kept"* ]]
  printf 'never\tt\twhat is this\npos\tt\tgreat\nnever\tt\tagain\n' >"$dir/test.tsv"
  call eval "$dir/run" --data "$dir/test.tsv"
  [ "$status" = 0 ]
  [[ $err == *'"never" never occurred in training (2 times, first at '*'test.tsv, line 1)'* ]]
  [ "$(grep -c 'never' "$dir/err")" = 1 ]
  printf 'never\tt\tgreat\n' >"$dir/test.tsv"
  call eval "$dir/run" --data "$dir/test.tsv"
  [ "$status" = 0 ]
  [[ $out != *nan* ]]
  [[ $err == *"(1 time, "* ]]
  printf 'never\tt\twhat is this\npos\tt\tgreat\nnever\tt\tagain\n' >"$dir/test.tsv"
  [ "$(value "['unseen'][0]['label'], o['items'], o['accuracy'] <= 1/3 + 1e-9" eval "$dir/run" --data "$dir/test.tsv")" = "('never', 3, True)" ]
}

@test "accuracy by length" {
  learn --epochs 1
  [ "$(value "['by_length'][0]['to'], len(o['by_length']), sum(b['items'] for b in o['by_length'])" eval "$dir/run" --data "$dir/train.tsv" --by-length 10,20)" = "(10, 3, 200)" ]
  [ "$(value "['by_length'][7]['to'], [b['from'] for b in o['by_length']], sum(b['items'] for b in o['by_length'])" \
    eval "$dir/run" --data "$dir/train.tsv" --by-length 2,3,4,5,6,7,8)" = "(None, [0, 2, 3, 4, 5, 6, 7, 8], 200)" ]
  call eval "$dir/run" --data "$dir/train.tsv" --by-length 10,15,20,25,30,40,50
  [ "$status" = 0 ]
  [[ $out == *"10 to 14"* && $out == *"40 to 49"* && $out == *"50 and more"* ]]
  call eval "$dir/run" --data "$dir/train.tsv" --by-length 1,2,3,4,5,6,7,8,9,10,11,12,13
  [ "$status" = 2 ]
  [[ $err == *"--by-length wants EDGES (1 to 12 numbers"* ]]
}

@test "what is for another task is refused" {
  learn --epochs 1
  call generate "$dir/run"
  [ "$status" = 2 ]
  [[ $err == *"wants a language model"* ]]
  call train lm "$text" "${tiny[@]}" --steps 20 --out "$dir/lm"
  call predict "$dir/lm" "$text"
  [ "$status" = 2 ]
  [[ $err == *"recur generate"* ]]
  call eval "$dir/lm" --data "$text" --by-length 10
  [ "$status" = 2 ]
  [[ $err == *"not for a language model"* ]]
  call eval "$dir/lm" --data "$text" --text 2
  [ "$status" = 2 ]
  [[ $err == *"--text is for a classifier"* ]]
}

@test "a model file with columns that are no columns" {
  learn --epochs 1
  sed 's/label = 1/lobel = 1/' "$dir/run/model.safetensors" >"$dir/bad.safetensors"
  call eval "$dir/bad.safetensors" --data "$dir/train.tsv"
  [ "$status" = 4 ]
  [ "$(grep -c ^ "$dir/err")" = 1 ]
}
