# recur train seq2seq, and what eval, predict, resume and inspect do for an encoder-decoder.
load helpers

# pairs N [SEED]: N lines of letters, and the same backwards, each letter a word
pairs() {
  awk -v n="$1" -v seed="${2:-1}" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; i++) {
      source = target = ""
      for (k = 1 + int(rand() * 5); k > 0; k--) {
        c = substr("abcdef", 1 + int(rand() * 6), 1)
        source = source (source == "" ? "" : " ") c
        target = c (target == "" ? "" : " ") target
      }
      print source "\t" target
    }
  }' >"$dir/pairs.tsv"
  cut -f 1 "$dir/pairs.tsv" >"$dir/a"
  cut -f 2 "$dir/pairs.tsv" >"$dir/b"
}

small=(--hidden 12 --embed 8 --batch 8 --threads 2)

# learn WORD...: a short run in $dir/run
learn() {
  call train seq2seq --source "$dir/a" --target "$dir/b" "${small[@]}" --out "$dir/run" "$@"
}

# value EXPRESSION WORD...: of the JSON object o that the program writes last
value() {
  local expression=$1
  shift
  "$RECUR" "$@" --json </dev/null 2>/dev/null | tail -1 | python3 -c "import json, sys; o = json.load(sys.stdin); print($expression)"
}

@test "what is learnt is written" {
  pairs 1500
  learn --hidden 32 --embed 16 --lr 0.01 --epochs 12 --batch 32
  [ "$status" = 0 ]
  [ "$out" = "$dir/run" ]
  [[ $err == *"1350 pairs to learn from, 150 to validate; 7 words to 7"* ]]
  printf 'a b c\n\nf\n' | "$RECUR" predict "$dir/run" >"$dir/lines"
  [ "$(cat "$dir/lines")" = $'c b a\n\nf' ]
  pairs 100 2
  [ "$(value "o['exact_match'] > 0.95 and o['bleu'] > 90 and o['perplexity'] < 1.2" eval "$dir/run" --source "$dir/a" --target "$dir/b")" = True ]
}

@test "eval says what score says of the predictions" {
  pairs 200
  learn --steps 40
  "$RECUR" predict "$dir/run" "$dir/a" >"$dir/h"
  "$RECUR" eval "$dir/run" --source "$dir/a" --target "$dir/b" --json >"$dir/eval"
  "$RECUR" score seq2seq "$dir/b" "$dir/h" --tokenise none --json >"$dir/score"
  python3 - "$dir/eval" "$dir/score" <<'PY'
import json, sys
mine, score = (json.load(open(path)) for path in sys.argv[1:])
for key in "items bleu chrf exact_match token_accuracy rouge_1 rouge_2 rouge_l brevity_penalty intervals".split():
    assert mine[key] == score[key], key
assert not set("task items loss perplexity exact_match token_accuracy bleu chrf rouge_l".split()) - set(mine)
PY
  call eval "$dir/run" --source "$dir/a" --target "$dir/b"
  [ "$status" = 0 ]
  for word in loss perplexity "exact match" "token accuracy" BLEU chrF ROUGE-L; do [[ $out == *"$word"* ]]; done
}

@test "by length, the parts are the whole" {
  pairs 120
  learn --steps 10
  [ "$(value "sum(b['items'] for b in o['by_length']) == o['items'] == 120 and [b['from'] for b in o['by_length']] == [0, 2, 4] and
    all(b['loss'] > 0 and b['rouge_l'] is not None for b in o['by_length'])" \
    eval "$dir/run" --source "$dir/a" --target "$dir/b" --by-length 2,4)" = True ]
  call eval "$dir/run" --source "$dir/a" --target "$dir/b" --by-length 10,15,20,25,30,40,50
  [ "$status" = 0 ]
  for range in "0 to 9" "10 to 14" "15 to 19" "20 to 24" "25 to 29" "30 to 39" "40 to 49" "50 and more"; do [[ $out == *"$range"* ]]; done
  awk 'NF < 2' "$dir/a" >"$dir/short" && awk 'NF < 2' "$dir/b" >"$dir/short_b"
  [ "$(value "abs(o['loss'] - $(value "o['by_length'][0]['loss']" eval "$dir/run" --source "$dir/a" --target "$dir/b" --by-length 2)) < 1e-6" \
    eval "$dir/run" --source "$dir/short" --target "$dir/short_b")" = True ]
}

@test "the training data may be a table, whose columns the model keeps" {
  pairs 60
  { echo $'de\ten'; cat "$dir/pairs.tsv"; } >"$dir/t.tsv"
  call train seq2seq "$dir/t.tsv" --source de --target en "${small[@]}" --steps 5 --out "$dir/run"
  [ "$status" = 0 ]
  [ "$(value "o['items']" eval "$dir/run" --data "$dir/t.tsv")" = 60 ]
  [ "$(value "o['items']" eval "$dir/run" --source "$dir/a" --target "$dir/b")" = 60 ]
  "$RECUR" predict "$dir/run" "$dir/t.tsv" --source de >"$dir/x"
  "$RECUR" predict "$dir/run" "$dir/a" >"$dir/y"
  cmp "$dir/x" "$dir/y"
  call train seq2seq "$dir/t.tsv" --source de --target fr --out "$dir/none"
  [ "$status" = 3 ]
  [[ $err == *"there is no column \"fr\"; found de, en"* ]]
  [ ! -e "$dir/none" ]
}

@test "interrupted and resumed, a run equals the one that was not" {
  pairs 300
  learn --epochs 3 --dropout 0.2 --teacher-forcing 0.8 --label-smoothing 0.1 --accumulate 2 --batch-tokens 60
  [ "$status" = 0 ]
  mv "$dir/run" "$dir/whole"
  learn --epochs 1 --dropout 0.2 --teacher-forcing 0.8 --label-smoothing 0.1 --accumulate 2 --batch-tokens 60
  call resume "$dir/run" --epochs 3
  [ "$status" = 0 ]
  same "$dir/whole" "$dir/run"
  call resume "$dir/run"
  [ "$status" = 0 ]
  [[ $err == *finished* ]]
  printf 'a\n' >>"$dir/a" && printf 'a\n' >>"$dir/b"
  call resume "$dir/run" --epochs 4
  [ "$status" = 8 ]
  [[ $err == *"have changed"* ]]
}

@test "threads and the size of batches do not change what is predicted" {
  pairs 150
  learn --steps 30 --bidirectional --cell gru
  for beam in 1 3; do
    "$RECUR" predict "$dir/run" "$dir/a" --beam $beam --threads 1 >"$dir/one"
    "$RECUR" predict "$dir/run" "$dir/a" --beam $beam --threads 2 --decode-batch 7 >"$dir/two"
    while read -r line; do printf '%s\n' "$line" | "$RECUR" predict "$dir/run" --beam $beam; done < <(head -20 "$dir/a") >"$dir/alone"
    cmp "$dir/one" "$dir/two"
    cmp <(head -20 "$dir/one") "$dir/alone"
  done
}

@test "every line is answered by one, in its order, empty ones by empty ones" {
  pairs 50
  learn --steps 5
  { echo; cat "$dir/a"; echo; printf 'never seen words\n'; printf 'a b'; } >"$dir/lines"
  "$RECUR" predict "$dir/run" "$dir/lines" >"$dir/x"
  [ "$(grep -c ^ "$dir/x")" = "$(awk 'END { print NR }' "$dir/lines")" ]
  [ -z "$(sed -n 1p "$dir/x")" ]
  [ -z "$(sed -n 52p "$dir/x")" ]
  [ "$(value "o['text']" predict "$dir/run" "$dir/lines")" = "$(tail -1 "$dir/x")" ]
  [ "$(printf '' | "$RECUR" predict "$dir/run" | wc -c)" = 0 ]
}

@test "a line that is typed is answered before the next" {
  pairs 50
  learn --steps 5
  mkfifo "$dir/in" "$dir/answers"
  "$RECUR" predict "$dir/run" <"$dir/in" >"$dir/answers" 3>&- &
  pid=$!
  exec 7>"$dir/in" 8<"$dir/answers"
  echo "a b" >&7
  read -r -t 10 _ <&8
  echo "b" >&7
  read -r -t 10 _ <&8
  exec 7>&- 8<&-
  finish
  [ "$status" = 0 ]
}

@test "n-best targets stand on the line, the best first" {
  pairs 80
  learn --steps 20
  "$RECUR" predict "$dir/run" "$dir/a" --beam 4 --nbest 3 >"$dir/x"
  awk -F '\t' 'NF != 3 { exit 1 }' "$dir/x"
  "$RECUR" predict "$dir/run" "$dir/a" --beam 4 --nbest 3 --scores | awk -F '\t' 'NF != 6 || $2 < $4 || $4 < $6 { exit 1 }'
  cmp <(cut -f 1 "$dir/x") <("$RECUR" predict "$dir/run" "$dir/a" --beam 4)
  [ "$(value "len(o['nbest']), o['nbest'][0]['text'] == o['text'], o['nbest'][0]['score'] >= o['nbest'][1]['score']" \
    predict "$dir/run" "$dir/a" --beam 4 --nbest 3)" = "3 True True" ]
}

@test "lengths and repeats are as they are asked for" {
  pairs 80
  learn --steps 3
  "$RECUR" predict "$dir/run" "$dir/a" --min-length 4 --max-length 5 | awk 'NF < 4 || NF > 5 { exit 1 }'
  "$RECUR" predict "$dir/run" "$dir/a" --min-length 5 --no-repeat-ngram 1 |
    awk '{ split("", seen); for (i = 1; i <= NF; i++) if (seen[$i]++) exit 1 }'
  learn --overwrite --steps 60 --lr 0.02
  call predict "$dir/run" "$dir/a" --max-length 1
  [[ $err == *"made to end at their greatest length"* ]]
  "$RECUR" predict "$dir/run" "$dir/a" --min-length 5 --length-penalty 0.6 --beam 2 | awk 'NF < 5 { exit 1 }'
}

@test "attention is written as JSON lines, as a table and as a picture" {
  pairs 60
  learn --steps 5 --reverse-source
  printf 'a b c\n\nd\n' >"$dir/lines"
  "$RECUR" predict "$dir/run" "$dir/lines" --attention-out "$dir/w.jsonl" >"$dir/x"
  python3 - "$dir/w.jsonl" "$dir/x" <<'PY'
import json, sys
maps, lines = [json.loads(l) for l in open(sys.argv[1])], open(sys.argv[2]).read().split("\n")
assert [m["line"] for m in maps] == [1, 3]
assert maps[0]["source"] == ["a", "b", "c", "</s>"]
for m in maps:
    assert m["target"] == lines[m["line"] - 1].split() + ["</s>"]
    assert len(m["weights"]) == len(m["target"])
    for row in m["weights"]:
        assert len(row) == len(m["source"]) and abs(sum(row) - 1) < 1e-4
PY
  "$RECUR" predict "$dir/run" "$dir/lines" --attention-out "$dir/w.tsv" >/dev/null
  awk -F '\t' 'NR > 1 && NF != 6 { exit 1 } NR > 1 { sum[$1 " " $2] += $6 } END { for (k in sum) if (sum[k] < 0.999 || sum[k] > 1.001) exit 1 }' "$dir/w.tsv"
  printf '\na b c\nd\n' | "$RECUR" predict "$dir/run" --attention-out "$dir/w.svg" >/dev/null
  grep -q 'attention of line 2' "$dir/w.svg"
  python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$dir/w.svg"
  call predict "$dir/run" "$dir/lines" --attention-out "$dir/no/w"
  [ "$status" = 5 ]
  [[ $err == *"cannot write $dir/no/w"* ]]
  call train seq2seq --source "$dir/a" --target "$dir/b" "${small[@]}" --attention none --steps 2 --out "$dir/plain"
  call predict "$dir/plain" "$dir/lines" --attention-out "$dir/w.tsv"
  [ "$status" = 2 ]
  [[ $err == *"--attention none"* ]]
}

@test "every kind of model learns, and inspect says what it is" {
  pairs 60
  while read -r words; do
    # shellcheck disable=SC2086
    learn --overwrite --steps 2 $words
    [ "$status" = 0 ]
    call inspect "$dir/run"
    [ "$status" = 0 ]
    [[ $out == *"encoder-decoder"* ]]
    call predict "$dir/run" "$dir/a" --beam 2
    [ "$status" = 0 ]
    [ "$(grep -c ^ "$dir/out")" = 60 ]
  done <<'KINDS'
--attention none --cell gru --layers 2
--attention dot --input-feed
--attention general --cell rnn --bidirectional --bridge sum
--attention additive --attention-size 5 --decoder-cell gru --decoder-layers 2 --decoder-hidden 10
--share-embeddings --tie --readout 8
--unit char --vocab 6 --reverse-source
--unit bpe --vocab 300 --joint --dropout 0.1
--bridge linear --cell relu --min-count 5
KINDS
}

@test "the vocabulary of byte pairs takes and gives back any text" {
  pairs 40
  printf 'Grüße\tΩ\n' | tee -a "$dir/pairs.tsv" >/dev/null
  cut -f 1 "$dir/pairs.tsv" >"$dir/a" && cut -f 2 "$dir/pairs.tsv" >"$dir/b"
  learn --unit bpe --vocab 290 --steps 5
  [ "$status" = 0 ]
  [ "$(value "o['unknown']" eval "$dir/run" --source "$dir/a" --target "$dir/b")" = 0 ]
  printf 'ελληνικά\n' | "$RECUR" predict "$dir/run" | grep -c ^ | grep -qx 1
}

@test "what cannot be learnt from is left out and counted" {
  pairs 60
  printf '\na b\na b c d e f a b c d e f\na\na\n' >>"$dir/a"
  printf 'a\n\nb\na b c d e f a\na b c d e f\n' >>"$dir/b"
  learn --steps 2 --split 1,0 --max-ratio 5 --max-target 6 --max-source 5
  [ "$status" = 0 ]
  [[ $err == *"61 pairs to learn from"* ]]
  [[ $err == *"2 pairs with an empty side are left out"* ]]
  [[ $err == *"1 pairs with a target of more than 6 tokens are left out"* ]]
  [[ $err == *"1 pairs are left out: one side has more than 5 times the other"* ]]
  [[ $err == *"1 sources are cut after 5 tokens"* ]]
}

@test "sources are cut for predictions as they were for training" {
  pairs 60
  learn --steps 20 --max-source 2
  printf 'a b\na b c d e f\na b f\n' >"$dir/lines"
  [ "$("$RECUR" predict "$dir/run" "$dir/lines" | sort -u | wc -l)" = 1 ]
  [ "$("$RECUR" predict "$dir/run" "$dir/lines" --max-source 0 --scores | sort -u | wc -l)" = 3 ]
}

@test "data that do not fit are refused with file and line" {
  pairs 30
  head -20 "$dir/b" >"$dir/c"
  refuses 3 "$dir/a has 30 lines and $dir/c 20" train seq2seq --source "$dir/a" --target "$dir/c" --out "$dir/run"
  printf 'ok\n\377\n' >"$dir/bad"
  head -2 "$dir/a" >"$dir/two"
  refuses 3 "$dir/bad, line 2: invalid UTF-8" train seq2seq --source "$dir/bad" --target "$dir/two" --out "$dir/run"
  printf '\n\n' >"$dir/empty"
  refuses 3 "holds no" train seq2seq --source "$dir/empty" --target "$dir/two" --out "$dir/run" --split 1,0
  refuses 5 "$dir/none" train seq2seq --source "$dir/none" --target "$dir/b" --out "$dir/run"
  : >"$dir/nothing"
  refuses 3 "holds no pairs" train seq2seq --source "$dir/nothing" --target "$dir/nothing" --out "$dir/run"
}

@test "options that do not go together are refused" {
  pairs 30
  refuses 2 "wants --source FILE and --target FILE" train seq2seq --source "$dir/a" --out "$dir/run"
  refuses 2 "wants --source FILE and --target FILE" train seq2seq --out "$dir/run"
  refuses 2 "writing has no future to read" train seq2seq --source "$dir/a" --target "$dir/b" --bidirectional-decoder --out "$dir/run"
  refuses 2 "--input-feed is for --attention dot or general" train seq2seq --source "$dir/a" --target "$dir/b" --input-feed --out "$dir/run"
  refuses 2 "--attention-size is for --attention additive" train seq2seq --source "$dir/a" --target "$dir/b" --attention dot --attention-size 4 --out "$dir/run"
  refuses 2 "stdin (-) can be read only once" train seq2seq --source - --target - --out "$dir/run"
  refuses 2 "a table wants --source COLUMN" train seq2seq --data "$dir/pairs.tsv" --source 1 --source 2 --target 2 --out "$dir/run"
  refuses 2 "go together" train seq2seq --source "$dir/a" --target "$dir/b" --valid-source "$dir/a" --out "$dir/run"
  refuses 2 "--valid is for tables" train seq2seq --source "$dir/a" --target "$dir/b" --valid "$dir/a" --out "$dir/run"
  refuses 2 "give one of them" train seq2seq --source "$dir/a" --target "$dir/b" --valid-source "$dir/a" --valid-target "$dir/b" --split 0.5,0.5 --out "$dir/run"
  refuses 2 "one vocabulary for both sides" train seq2seq --source "$dir/a" --target "$dir/b" --share-embeddings --no-joint --out "$dir/run"
  refuses 2 "copy" train seq2seq --source "$dir/a" --target "$dir/b" --bidirectional --bridge copy --out "$dir/run"
  refuses 2 "sum" train seq2seq --source "$dir/a" --target "$dir/b" --bridge sum --decoder-hidden 5 --out "$dir/run"
}

@test "choices that a model does not have are refused" {
  pairs 30
  learn --steps 2
  mv "$dir/run" "$dir/made"
  refuses 2 "a beam of 9 is wider than the target vocabulary: 7 tokens" predict "$dir/made" "$dir/a" --beam 9
  refuses 2 "the best 3 of a beam of 2" predict "$dir/made" "$dir/a" --beam 2 --nbest 3
  refuses 2 "at least 5 and at most 4" predict "$dir/made" "$dir/a" --min-length 5 --max-length 4
  refuses 2 "--top is for a classifier" predict "$dir/made" "$dir/a" --top 2
  refuses 2 "--source FILE and --target FILE" eval "$dir/made"
  refuses 2 "wants --source FILE and --target FILE" eval "$dir/made" --source "$dir/a"
  head -5 "$dir/b" >"$dir/c"
  refuses 3 "$dir/a has 30 lines and $dir/c 5" eval "$dir/made" --source "$dir/a" --target "$dir/c"
  call generate "$dir/made"
  [ "$status" = 2 ]
  train --steps 2
  mv "$dir/run" "$dir/lm"
  refuses 2 "--beam is for an encoder-decoder" eval "$dir/lm" --data "$dir/a" --beam 2
}

@test "a target vocabulary of one word is enough" {
  pairs 30
  sed 's/.*/yes/' "$dir/a" >"$dir/b"
  learn --steps 60 --lr 0.02
  [ "$status" = 0 ]
  "$RECUR" predict "$dir/run" "$dir/a" --beam 2 | sort -u >"$dir/x"
  [ "$(cat "$dir/x")" = yes ]
}

@test "a source longer than anything trained is answered" {
  pairs 60
  learn --steps 5
  awk 'BEGIN { for (i = 0; i < 3000; i++) printf "a "; print "" }' >"$dir/long"
  [ "$("$RECUR" predict "$dir/run" "$dir/long" --max-length 20 | awk '{ print NF <= 20 }')" = 1 ]
}

@test "streams are read, and kept in the run" {
  pairs 60
  "$RECUR" train seq2seq --source - --target "$dir/b" "${small[@]}" --steps 3 --out "$dir/run" --quiet <"$dir/a"
  cat "$dir/a" | "$RECUR" train seq2seq --source - --target <(cat "$dir/b") "${small[@]}" --steps 3 --out "$dir/piped" --quiet
  same "$dir/run" "$dir/piped"
  call resume "$dir/piped" --steps 6
  [ "$status" = 0 ]
}
