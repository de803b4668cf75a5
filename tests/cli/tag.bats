# recur train tag, and eval, predict, resume and inspect of a tagger; data that are at fault.
load helpers

# a tagger that trains in a moment
small=(--hidden 12 --embed 12 --batch 8 --lr 0.01 --threads 2)

# sentences N: chunks of two types, which follow from the words
sentences() {
  awk -v n="$1" 'BEGIN { srand(5)
    for (i = 0; i < n; i++) {
      for (k = 0; k <= i % 3; k++) {
        r = int(rand() * 9)
        if (r < 3) print "the DT B-NP\ncat" r " NN I-NP"
        else if (r < 6) print "sees VB B-VP"
        else print "and CC O"
      }
      print ""
    } }'
}

# value KEY WORD...: run the program with --json and print one value of its last object
value() {
  local key=$1
  shift
  call "$@" --json >/dev/null
  [ "$status" = 0 ]
  tail -n 1 "$dir/out" | python3 -c 'import json, sys; print(eval(sys.argv[1], {"o": json.loads(sys.stdin.read())}))' "$key"
}

# learn WORD...: train on sentences, in $dir/run
learn() {
  [ -e "$dir/train.txt" ] || sentences 120 >"$dir/train.txt"
  call train tag "$dir/train.txt" "${small[@]}" --out "$dir/run" "$@"
  [ "$status" = 0 ]
}

@test "a tagger learns spans, is scored and inspected" {
  learn --epochs 12 --bidirectional --crf --char-features --char-embed 4 --char-hidden 4
  [ "$out" = "$dir/run" ]
  [[ $err == *"108 sentences to learn from, 12 to validate; 4 tags (spans, learnt as BIOES)"* || $err == *"5 tags (spans, learnt as BIOES)"* ]]
  [[ $err == *"best validation F1"* ]]
  sentences 50 >"$dir/test.txt"
  [ "$(value "o['task'], o['scheme'], o['f1'] > 0.95, o['accuracy'] > 0.95, o['loss'] < 0.3" eval "$dir/run" --data "$dir/test.txt")" = "('tag', 'BIO', True, True, True)" ]
  call inspect "$dir/run"
  [[ $out == *"as spans in BIOES"*"characters in 4 numbers"*"in two directions"*"random field"* ]]
  call eval "$dir/run" --data "$dir/test.txt"
  [[ $out == *"nats per word"*"precision"*"NP"* ]]
}

@test "predictions copy every line and add a tag to words" {
  printf '# text = a b\n1\tThe\t_\tDET\t_\t_\t0\t_\t_\t_\n1-2\tcats\t_\t_\t_\t_\t_\t_\t_\t_\n2\tcat\t_\tNOUN\t_\t_\t0\t_\t_\t_\n\n' >"$dir/train.conllu"
  for i in 1 2 3 4 5; do cat "$dir/train.conllu" "$dir/train.conllu"; done >"$dir/many.conllu"
  call train tag "$dir/many.conllu" "${small[@]}" --epochs 20 --out "$dir/run"
  [ "$status" = 0 ]
  printf '# a comment\n1\tThe\t_\t_\t_\t_\t0\t_\t_\t_\n1-2\tcats\t_\t_\t_\t_\t_\t_\t_\t_\n2\tcat\t_\t_\t_\t_\t0\t_\t_\t_\n\n# the end' >"$dir/new.conllu"
  call predict "$dir/run" "$dir/new.conllu"
  [ "$status" = 0 ]
  printf '# a comment\n1\tThe\t_\t_\t_\t_\t0\t_\t_\t_\tDET\n1-2\tcats\t_\t_\t_\t_\t_\t_\t_\t_\n2\tcat\t_\t_\t_\t_\t0\t_\t_\t_\tNOUN\n\n# the end\n' | cmp - "$dir/out"
  [ "$(value "o['tokens'], o['tags']" predict "$dir/run" "$dir/new.conllu")" = "(['The', 'cat'], ['DET', 'NOUN'])" ]
  "$RECUR" predict "$dir/run" <"$dir/new.conllu" 2>/dev/null | cmp - <("$RECUR" predict "$dir/run" "$dir/new.conllu")
}

@test "its own predictions, scored as files, have the figures of eval" {
  learn --epochs 3
  sentences 40 >"$dir/test.txt"
  "$RECUR" predict "$dir/run" "$dir/test.txt" >"$dir/predicted.txt"
  keys="o['tokens'], o['accuracy'], o['f1'], o['precision'], o['recall']"
  [ "$(value "$keys" score tag "$dir/test.txt" "$dir/predicted.txt")" = "$(value "$keys" eval "$dir/run" --data "$dir/test.txt")" ]
}

@test "a file of words alone is tagged" {
  learn --epochs 2
  printf 'the\ncat1\n\nand' >"$dir/words"
  call predict "$dir/run" "$dir/words"
  [ "$status" = 0 ]
  [ "$(grep -c ^ "$dir/out")" = 4 ]
  [ "$(awk '{ print NF }' "$dir/out" | tr '\n' ' ')" = "2 2 0 2 " ]
  awk 'NF { print NR "\t" $1 "\t" $3; next } 1' "$dir/train.txt" >"$dir/numbered"
  call train tag "$dir/numbered" --token 2 --hidden 4 --embed 4 --steps 2 --out "$dir/other"
  call predict "$dir/other" "$dir/words"
  [ "$status" = 0 ]
  [ "$(awk '{ print NF }' "$dir/out" | tr '\n' ' ')" = "2 2 0 2 " ]
}

@test "a sentence that is typed is answered at once" {
  learn --epochs 1
  mkfifo "$dir/in"
  "$RECUR" predict "$dir/run" - <"$dir/in" >"$dir/answers" 2>/dev/null 3>&- &
  pid=$!
  exec 4>"$dir/in"
  printf 'the\ncat1\n\n' >&4
  for ((i = 0; i < 200; i++)); do [ "$(grep -c ^ "$dir/answers")" = 3 ] && break || sleep 0.05; done
  [ "$(grep -c ^ "$dir/answers")" = 3 ]
  exec 4>&-
  finish
  [ "$status" = 0 ]
}

@test "a run that is stopped and resumed is the run that was not" {
  learn --steps 60 --char-features --crf --dropout 0.2
  call train tag "$dir/train.txt" "${small[@]}" --char-features --crf --dropout 0.2 --steps 25 --out "$dir/other"
  [ "$status" = 0 ]
  call resume "$dir/other" --steps 60
  [ "$status" = 0 ]
  same "$dir/run" "$dir/other"
  call train tag "$dir/train.txt" --hidden 4 --embed 4 --batch-tokens 50 --steps 3 --out "$dir/tokens"
  [ "$status" = 0 ]
  call resume "$dir/tokens" --steps 5
  [ "$status" = 0 ]
}

@test "data from stdin are kept for resuming" {
  sentences 60 >"$dir/train.txt"
  "$RECUR" train tag - "${small[@]}" --steps 5 --out "$dir/run" <"$dir/train.txt" 2>/dev/null
  rm "$dir/train.txt"
  call resume "$dir/run" --steps 9
  [ "$status" = 0 ]
}

@test "tags that break their scheme are repaired and counted" {
  { sentences 40; printf 'cat1 NN I-NP\nsees VB I-VP\n\n'; } >"$dir/train.txt"
  learn --steps 3 --split 1,0
  [[ $err == *"2 tags of the training data break their scheme"* ]]
}

@test "tags that training did not see are counted, named and wrong" {
  learn --epochs 1
  printf 'the DT B-NP\ncat1 NN I-NP\nx XX B-ZZ\n\n' >"$dir/test.txt"
  call eval "$dir/run" --data "$dir/test.txt"
  [ "$status" = 0 ]
  [[ $err == *"B-ZZ"* ]]
  [ "$(value "o['tokens'], o['accuracy'] < 0.7, o['unseen'][0]['tag']" eval "$dir/run" --data "$dir/test.txt")" = "(3, True, 'B-ZZ')" ]
}

@test "word vectors start the embedding, and stay where they are frozen" {
  printf 'the 1 2 3\nsees 4 5 6\n' >"$dir/vectors"
  sentences 40 >"$dir/train.txt"
  call train tag "$dir/train.txt" --hidden 4 --vectors "$dir/vectors" --freeze-vectors --steps 4 --out "$dir/run"
  [ "$status" = 0 ]
  call inspect "$dir/run"
  [[ $out == *"in 3 numbers (frozen)"* ]]
}

@test "files at fault are refused in one sentence" {
  printf 'a b\nc d e\n' >"$dir/x"
  refuses 3 "line 2: 3 columns" train tag "$dir/x" --out "$dir/run"
  printf 'a X\nb X\n' >"$dir/x"
  refuses 3 "there is nothing to learn" train tag "$dir/x" --split 1,0 --out "$dir/run"
  : >"$dir/x"
  refuses 3 "" train tag "$dir/x" --out "$dir/run"
  sentences 20 >"$dir/x"
  refuses 3 "column" train tag "$dir/x" --tag 7 --out "$dir/run"
  refuses 2 "there is no column" train tag "$dir/x" --tag NOPE --out "$dir/run"
  awk 'BEGIN { for (i = 0; i < 300; i++) print "w" i " T" i }' >"$dir/x"
  refuses 3 "is this the right column?" train tag "$dir/x" --split 1,0 --out "$dir/run"
  printf 'a NN\nb VB\nc O\na NN\nb VB\nc O\n' >"$dir/x"
  refuses 3 "found NN" train tag "$dir/x" --scheme bioes --split 1,0 --out "$dir/run"
}

@test "options that do not go together are refused" {
  sentences 20 >"$dir/x"
  refuses 2 "--char-hidden is for --char-features yes" train tag "$dir/x" --char-hidden 5 --out "$dir/run"
  refuses 2 "--freeze-vectors is for --vectors" train tag "$dir/x" --freeze-vectors --out "$dir/run"
  refuses 2 "--embed wants" train tag "$dir/x" --embed 0 --out "$dir/run"
  refuses 2 "--pool" train tag "$dir/x" --pool mean --out "$dir/run"
  learn --steps 2
  call predict "$dir/run" "$dir/x" --top 2
  [ "$status" = 2 ]
  [[ $err == *"tagger"* ]]
  call eval "$dir/run" --data "$dir/x" --by-length 3
  [ "$status" = 2 ]
  [[ $err == *"tagger"* ]]
  call eval "$dir/run" --data "$dir/x" --label 3
  [ "$status" = 2 ]
  [[ $err == *"--label is for a classifier"* ]]
}

@test "a sentence without end and a word of any length are tagged" {
  learn --steps 2 --char-features
  { head -c 50000 /dev/zero | tr '\0' x; echo; awk 'BEGIN { for (i = 0; i < 20000; i++) print "cat" i % 7 }'; } >"$dir/long"
  call predict "$dir/run" "$dir/long" >/dev/null
  [ "$status" = 0 ]
  [ "$(grep -c ' ' "$dir/out")" = 20001 ]
}
