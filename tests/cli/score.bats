# recur score: labels and tags in plain files, the tables, the JSON, and files that do not fit together.
load helpers

# lines WORD...: each word a line
lines() { printf '%s\n' "$@"; }

# json KEY WORD...: run the program with --json and print one value of its object
json() {
  local key=$1
  shift
  call "$@" --json >/dev/null
  [ "$status" = 0 ]
  python3 -c 'import json, sys; print(eval("o" + sys.argv[2], {"o": json.load(open(sys.argv[1]))}))' "$dir/out" "$key"
}

@test "labels: accuracy, F1, confusion" {
  lines pos neg neg pos >"$dir/gold"
  printf 'pos\t0.9\nneg\t0.8\tpos\t0.2\npos\t0.7\npos\n' >"$dir/predicted"
  call score classify "$dir/gold" "$dir/predicted"
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qx 'items     4' "$dir/out"
  grep -qx 'accuracy  75.00 %, 95 % interval 25.00 to 100.00 %' "$dir/out"
  grep -qx 'macro F1  73.33 %' "$dir/out"
  grep -qxE 'neg +2 +1 +1 +100.00 % +50.00 % +66.67 %' "$dir/out"
  grep -qxE 'neg +1 +1' "$dir/out"
  grep -qxE 'pos +0 +2' "$dir/out"
}

@test "labels as JSON, with the documented keys" {
  lines b a c c >"$dir/gold"
  lines b c c c >"$dir/predicted"
  [ "$(json "['task'], o['items'], o['accuracy']" score classify "$dir/gold" "$dir/predicted")" = "('classify', 4, 0.75)" ]
  [ "$(json "['macro_f1']" score classify "$dir/gold" "$dir/predicted")" = 0.6 ]
  [ "$(json "['classes'][2]['label'], o['classes'][2]['f1']" score classify "$dir/gold" "$dir/predicted")" = "('c', 0.8)" ]
  [ "$(json "['confusion'][0]" score classify "$dir/gold" "$dir/predicted")" = "{'gold': 'a', 'predicted': 'c', 'items': 1}" ]
}

@test "accuracy by the number of words behind the label" {
  printf 'x\ta b c d\nx\ta  b\ny\t\ny\tone, two; three\n' >"$dir/gold"
  lines x y y x >"$dir/predicted"
  call score classify "$dir/gold" "$dir/predicted" --by-length 2,4
  [ "$status" = 0 ]
  grep -qxE '0 to 1 +1 +100.00 % +100.00 to 100.00 %' "$dir/out"
  grep -qxE '2 to 3 +2 +0.00 % .*' "$dir/out"
  grep -qxE '4 and more +1 +100.00 % .*' "$dir/out"
  call score classify "$dir/gold" "$dir/predicted" --by-length 2,3
  grep -qxE '2 +1 +0.00 % .*' "$dir/out"
  [ "$(json "['by_length'][2]['from'], o['by_length'][2]['to'], o['by_length'][2]['items']" \
    score classify "$dir/gold" "$dir/predicted" --by-length 2,4)" = "(4, None, 1)" ]
  [ "$(json "['by_length'][1]['accuracy']" score classify "$dir/gold" "$dir/predicted" --by-length 10,20)" = None ]
}

@test "many labels: the frequent ones, and what is mistaken for what" {
  { seq 1000; seq 20; } >"$dir/gold"
  { seq 1000; yes 7 | head -n 20; } >"$dir/predicted"
  call score classify "$dir/gold" "$dir/predicted"
  [ "$status" = 0 ]
  [[ $out == *"and 970 rarer classes"* && $out == *"1  1 taken for 7"* ]]
  [[ $err == "note: 1000 different labels in 1020 items; is the label the first column?" ]]
}

@test "line ends, a byte order mark, bytes that are not UTF-8, stdin" {
  printf '\xef\xbb\xbfa\r\n\xff\xfe\r\nb' >"$dir/gold"
  printf 'a\n\xff\xfe\nb\n' >"$dir/predicted"
  call score classify "$dir/gold" "$dir/predicted" --json
  [ "$status" = 0 ]
  [[ $out == *'"accuracy":1.0'* && $out == *'"label":"��"'* ]]
  "$RECUR" score classify - "$dir/predicted" <"$dir/gold" | grep -q 'items     3'
  "$RECUR" score classify "$dir/gold" - <"$dir/predicted" | grep -q 'items     3'
}

@test "a name cannot move the cursor" {
  printf 'a\033[2Jb\n' >"$dir/gold"
  call score classify "$dir/gold" "$dir/gold"
  [ "$status" = 0 ]
  not grep -q "$(printf '\033')" "$dir/out"
}

@test "labels that do not fit together" {
  lines a b c >"$dir/gold"
  lines a b >"$dir/short"
  lines a '' c >"$dir/gap"
  printf 'a\nb\0\nc\n' >"$dir/nul"
  : >"$dir/empty"
  refuses 3 "$dir/short ends after line 2 and $dir/gold goes on with $dir/gold:3" score classify "$dir/gold" "$dir/short"
  refuses 3 "$dir/short ends after line 2 and $dir/gold goes on" score classify "$dir/short" "$dir/gold"
  refuses 3 "$dir/gap:2: no label" score classify "$dir/gold" "$dir/gap"
  refuses 3 "$dir/nul:2: a NUL byte" score classify "$dir/nul" "$dir/gold"
  refuses 3 "$dir/empty is empty" score classify "$dir/empty" "$dir/gold"
  refuses 3 "$dir/empty is empty" score classify "$dir/gold" "$dir/empty"
  refuses 3 "$dir/gold:1: a label alone" score classify "$dir/gold" "$dir/gold" --by-length 5
  printf 'a\t\xff\nb\tx\nc\tx\n' >"$dir/bytes"
  refuses 3 "$dir/bytes:1: text that is not UTF-8" score classify "$dir/bytes" "$dir/gold" --by-length 5
  refuses 5 "cannot open $dir/none" score classify "$dir/gold" "$dir/none"
}

@test "usage" {
  lines a >"$dir/gold"
  refuses 2 "wants a task; there is: classify, tag, seq2seq" score
  refuses 2 "no task 'lm'" score lm a b
  refuses 2 "wants GOLD and PREDICTED, found one file" score classify "$dir/gold"
  refuses 2 "found 'c' as well" score tag a b c
  refuses 2 "it can be read once" score tag - -
  refuses 2 "rising whole numbers, found '5,5'" score classify "$dir/gold" "$dir/gold" --by-length 5,5
  refuses 2 "rising whole numbers, found '2.5'" score classify "$dir/gold" "$dir/gold" --by-length 2.5
  refuses 2 "has no option --by-length" score tag "$dir/gold" "$dir/gold" --by-length 5
  refuses 2 "--tag wants a number from 1 to 1000000 or a name of CoNLL-U such as UPOS, found '0'" score tag a b --tag 0
  call help score
  [ "$status" = 0 ]
  [[ $out == *"score classify"* && $out == *"score tag"* ]]
}

# what seqeval and conlleval say of these: accuracy 62.5 %, precision 66.67 %, recall 57.14 %, F1 61.54
spans() {
  lines 'U.N. B-ORG' 'official O' 'Rolf B-PER' 'Smith I-PER' 'heads O' 'for O' 'Bagh B-LOC' '. O' '' \
    'In O' 'New B-LOC' 'York I-LOC' 'B B-PER' 'C B-PER' 'and O' 'Oslo B-LOC' '. O' >"$dir/gold"
  lines I-ORG O B-PER I-PER O O I-LOC O '' B-LOC I-LOC I-LOC I-PER I-PER O B-LOC O >"$dir/predicted"
}

@test "tags: spans as conlleval counts them" {
  spans
  call score tag "$dir/gold" "$dir/predicted"
  [ "$status" = 0 ]
  grep -qx 'sentences  2' "$dir/out"
  grep -qx 'tokens     16' "$dir/out"
  grep -qx 'accuracy   62.50 %' "$dir/out"
  grep -qxE 'all spans +7 +6 +4 +66.67 % +57.14 % +61.54 %' "$dir/out"
  grep -qxE 'LOC +3 +3 +2 +66.67 % +66.67 % +66.67 %' "$dir/out"
  grep -qxE 'PER +3 +2 +1 +50.00 % +33.33 % +40.00 %' "$dir/out"
  [ "$err" = "note: spans that begin with I or E are read as conlleval reads them: 0 of the truth, 3 predicted" ]
}

@test "tags as JSON, with the documented keys" {
  spans
  call score tag "$dir/gold" "$dir/predicted" --json --quiet
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
assert (o["task"], o["sentences"], o["tokens"], o["scheme"]) == ("tag", 2, 16, "BIO"), o
assert abs(o["accuracy"] - 10 / 16) + abs(o["precision"] - 4 / 6) + abs(o["recall"] - 4 / 7) < 1e-12, o
assert abs(o["f1"] - 8 / 13) < 1e-12, o
assert [(t["type"], t["correct"]) for t in o["types"]] == [("LOC", 2), ("ORG", 1), ("PER", 1)], o
PY
}

@test "parts of speech have no spans" {
  printf '1\tThe\tDET\n2\tdog\tNOUN\n\n1\tRun\tVERB\n' >"$dir/gold"
  printf '1\tThe\tDET\tDET\n2\tdog\tNOUN\tVERB\n\n1\tRun\tVERB\tVERB\n' >"$dir/predicted"
  call score tag "$dir/gold" "$dir/predicted" --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  [[ $out == *'"scheme":"plain"'* && $out != *precision*'"tags"'* && $out == *'{"tag":"DET","gold":1,'* ]]
  call score tag "$dir/gold" "$dir/predicted"
  grep -qxE 'NOUN +1 +0 +0 +0.00 % +0.00 % +0.00 %' "$dir/out"
  not grep -q 'all spans' "$dir/out"
}

@test "columns; comments and words over several tokens of CoNLL-U are no words" {
  printf '# text\n1-2\tdon'\''t\t_\t_\t_\t_\t_\t_\t_\t_\n1\tdo\tdo\tAUX\t_\t_\t_\t_\t_\t_\n2\tnot\tnot\tPART\t_\t_\t_\t_\t_\tx=y\n\n' \
    >"$dir/gold"
  lines AUX ADV >"$dir/predicted"
  for column in 4 UPOS; do
    [ "$(json "['tokens'], o['accuracy']" score tag "$dir/gold" "$dir/predicted" --tag $column)" = "(2, 0.5)" ]
  done
  [ "$(json "['accuracy']" score tag "$dir/predicted" "$dir/gold" --predicted-tag 4)" = 0.5 ]
  refuses 3 "$dir/gold:3: no tag in column 11" score tag "$dir/gold" "$dir/predicted" --tag 11
}

@test "predicted tags that are none" {
  lines B-X I-X O >"$dir/gold"
  lines B-X NN O >"$dir/predicted"
  call score tag "$dir/gold" "$dir/predicted"
  [ "$status" = 0 ]
  [ "$err" = "note: 1 predicted tags are neither O nor begin with B, I, E, S: read as O" ]
}

@test "blank lines, CRLF and a missing line end do not matter" {
  printf '\r\n\r\na B-X\r\nb I-X\r\n\r\n\r\nc O\r\n\r\n' >"$dir/gold"
  printf 'B-X\nI-X\n\nO' >"$dir/predicted"
  [ "$(json "['sentences'], o['f1']" score tag "$dir/gold" "$dir/predicted" --quiet)" = "(2, 1.0)" ]
  "$RECUR" score tag - "$dir/predicted" <"$dir/gold" 2>"$dir/err" | grep -q 'tokens     3'
}

@test "tags that do not fit together" {
  lines 'a O' 'b O' '' 'c O' >"$dir/gold"
  lines O O '' O O >"$dir/longer"
  lines O O >"$dir/short"
  refuses 3 "$dir/gold:4: a sentence of 1 words begins here, in $dir/longer:4 one of 2" score tag "$dir/gold" "$dir/longer"
  refuses 3 "$dir/short ends after 1 sentences and $dir/gold goes on with $dir/gold:4" score tag "$dir/gold" "$dir/short"
  refuses 3 "$dir/short ends after 1 sentences" score tag "$dir/short" "$dir/gold"
  lines '' '' >"$dir/blank"
  : >"$dir/empty"
  refuses 3 "$dir/blank is empty" score tag "$dir/blank" "$dir/blank"
  refuses 3 "empty" score tag "$dir/empty" "$dir/empty"
  lines 'a B O' 'b O' >"$dir/ragged"
  refuses 3 "$dir/ragged" score tag "$dir/ragged" "$dir/short"
}

# what sacreBLEU 2.6.0 and rouge-score 0.1.2 say of these is in the tests below
texts() {
  lines 'the cat sat on the mat.' 'a dog barks' 'nothing' 'He paid $1,299.95, no more.' >"$dir/gold"
  lines 'the cat is on the mat.' 'a dog barks' '' 'He paid $1,299.95 (no more) there!' >"$dir/output"
  lines 'there was a cat on the mat.' 'a dog is barking' 'none' 'He paid 1,299.95 only.' >"$dir/second"
  lines 'eins zwei drei' 'eins' 'eins' 'eins zwei drei vier' >"$dir/source"
}

@test "texts: BLEU, chrF, ROUGE as the packages have them" {
  texts
  call score seq2seq "$dir/gold" "$dir/output"
  [ "$status" = 0 ]
  [ -z "$err" ]
  grep -qxE 'items +4 +95 % interval' "$dir/out"
  grep -qxE 'exact match +25.00 % +0.00 to 75.00 %' "$dir/out"
  grep -qxE 'token accuracy +62.50 % .*' "$dir/out"
  grep -qxE 'BLEU +41.14 +.* to .*' "$dir/out"
  grep -qxE 'chrF +68.08 +.* to .*' "$dir/out"
  grep -qxE 'ROUGE-1 +69.17 % .* precision 67.71 %, recall 70.83 %' "$dir/out"
  grep -qxE 'ROUGE-2 +63.08 % .* precision 61.43 %, recall 65.00 %' "$dir/out"
  grep -qxE 'ROUGE-L +69.17 % .* precision 67.71 %, recall 70.83 %' "$dir/out"
  grep -qxF 'BLEU is 75.0/58.8/35.7/18.2 (BP = 1.000 ratio = 1.053 hyp_len = 20 ref_len = 19)' "$dir/out"
  grep -qxF '        nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:recur-0.1.0' "$dir/out"
}

@test "texts: several references, other tokens, JSON with the documented keys" {
  texts
  call score seq2seq "$dir/gold" "$dir/output" --reference "$dir/second" --tokenise none --chrf-words --unit char --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
assert (o["task"], o["items"], o["exact_match"]) == ("seq2seq", 4, 0.25), o
assert abs(o["bleu"] - 28.029880508457143) + abs(o["chrf"] - 66.78410899168863) + abs(o["rouge_l"] - 0.6916666666666667) < 1e-9, o
assert o["signature"].startswith("nrefs:2|case:mixed|eff:no|tok:none|smooth:exp|"), o
assert o["rouge_1_precision"] > 0 and o["rouge_2_recall"] > 0 and len(o["precisions"]) == 4, o
assert (o["hypothesis_tokens"], o["reference_tokens"]) == (15, 15) and o["brevity_penalty"] <= 1, o
assert all(o["intervals"][k][0] <= o[k] <= o["intervals"][k][1] for k in
           ["exact_match", "token_accuracy", "bleu", "chrf", "rouge_1", "rouge_2", "rouge_l"]), o
assert "by_length" not in o
PY
}

@test "texts by length: of the source, or of the reference" {
  texts
  call score seq2seq "$dir/gold" "$dir/output" --by-length 2,4 --source "$dir/source" --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))["by_length"]
assert [(r["from"], r["to"], r["items"], r["exact_match"]) for r in rows] == [(0, 2, 2, 0.5), (2, 4, 1, 0), (4, None, 1, 0)], rows
assert rows[0]["intervals"]["exact_match"] == [0, 1]
PY
  call score seq2seq "$dir/gold" "$dir/output" --by-length 2,9
  [ "$status" = 0 ]
  grep -qxE '0 to 1 +1 +0.00 .*' "$dir/out"
  grep -qxE '2 to 8 +3 +33.33 .*' "$dir/out"
  grep -qxE '9 and more +0 +- +- +- +- +-' <(sed 's/ *$//' "$dir/out")
}

@test "texts: line ends, stdin, empty lines" {
  printf '\xef\xbb\xbfa b\r\n\r\nc' >"$dir/gold"
  printf 'a b\n\nc\n' >"$dir/output"
  call score seq2seq "$dir/gold" "$dir/output"
  [ "$status" = 0 ]
  grep -qxE 'exact match +100.00 % .*' "$dir/out"
  "$RECUR" score seq2seq - "$dir/output" <"$dir/gold" | grep -qE 'items +3 '
  "$RECUR" score seq2seq "$dir/gold" - <"$dir/output" | grep -qE 'items +3 '
}

@test "texts that do not fit together" {
  lines a b c >"$dir/gold"
  lines a b >"$dir/short"
  printf 'a\n\xff\nc\n' >"$dir/bytes"
  printf 'a\nb\0\nc\n' >"$dir/nul"
  : >"$dir/empty"
  refuses 3 "$dir/short has 2 lines and $dir/gold has 3; wanted as many in both" score seq2seq "$dir/gold" "$dir/short"
  refuses 3 "$dir/short has 2 lines and $dir/gold has 3" score seq2seq "$dir/gold" "$dir/gold" --reference "$dir/short"
  refuses 3 "$dir/short has 2 lines and" score seq2seq "$dir/gold" "$dir/gold" --by-length 2 --source "$dir/short"
  refuses 3 "line 2: the hypothesis is not UTF-8 at byte 0" score seq2seq "$dir/gold" "$dir/bytes"
  refuses 3 "line 2: reference 2 is not UTF-8 at byte 0" score seq2seq "$dir/gold" "$dir/gold" --reference "$dir/bytes"
  refuses 3 "$dir/bytes:2: text that is not UTF-8" score seq2seq "$dir/gold" "$dir/gold" --by-length 2 --source "$dir/bytes"
  refuses 3 "$dir/nul:2: a NUL byte" score seq2seq "$dir/gold" "$dir/nul"
  refuses 3 "$dir/empty is empty" score seq2seq "$dir/gold" "$dir/empty"
  refuses 5 "cannot open $dir/none" score seq2seq "$dir/gold" "$dir/none"
  refuses 2 "wants REFERENCE and HYPOTHESIS, found one file" score seq2seq "$dir/gold"
  refuses 2 "stdin is named 2 times" score seq2seq - -
  refuses 2 "--source is for --by-length" score seq2seq "$dir/gold" "$dir/gold" --source "$dir/gold"
  refuses 2 "--tokenise wants 13a or none, found 'intl'" score seq2seq "$dir/gold" "$dir/gold" --tokenise intl
  refuses 2 "rising whole numbers, found '5,5'" score seq2seq "$dir/gold" "$dir/gold" --by-length 5,5
}
