# The scripts behind docs/cases and docs/results.md: their parts, figures and pictures on small data; the program's own figures are the same.
load ../cli/helpers

# reviews: 80 lines "label TAB stars TAB domain TAB title TAB text" of two domains, of 3 to 82 words
reviews() {
  awk 'BEGIN { for (d = 0; d < 2; d++) for (c = 0; c < 2; c++) for (i = 1; i <= 20; i++) {
    text = ""; for (k = 0; k < 4 * i; k++) text = text (k ? " " : "") "w" k
    print (c ? "negative" : "positive") "\t3.0\t" (d ? "books" : "dvd") "\ta title\t" text } }'
}

@test "the parts of the reviews" {
  reviews >"$dir/all.tsv"
  python3 "$root/docs/cases/reviews.py" data "$dir/all.tsv" "$dir/parts"
  cd "$dir/parts"
  awk 'NR % 5 == 0' ../all.tsv | cmp - test.tsv
  awk 'NR % 10 == 1' ../all.tsv | cmp - valid.tsv
  awk 'NR % 5 != 0 && NR % 10 != 1' ../all.tsv | cmp - train.tsv
  [ "$(grep -c ^ splices.tsv)" = 16 ]
  [ "$(cut -f 1 splices.tsv | uniq | head -4 | paste -sd ' ')" = "negative positive negative positive" ]
  [ "$(awk -F '\t' 'NF != 5' ./*.tsv)" = "" ]
  [ "$(grep -c title splices.tsv)" = 16 ]
  [ "$(grep -c title untitled.tsv)" = 0 ]
  [ "$(grep -c ^ untitled.tsv)" = 16 ]
  [ "$(grep -c ^ more.tsv)" -gt 56 ] && head -56 more.tsv | cmp - train.tsv
}

@test "a model that is always right, and one that believes the end" {
  reviews >"$dir/all.tsv"
  python3 "$root/docs/cases/reviews.py" data "$dir/all.tsv" "$dir/parts"
  cd "$dir/parts"
  mkdir rnn-1 lstm-1 rnn-512-1
  cut -f 1 test.tsv >rnn-1/test.txt
  cut -f 1 splices.tsv | tee rnn-1/splices.txt >rnn-1/untitled.txt
  sed 's/.*/positive/' test.tsv >lstm-1/test.txt
  cut -f 1 splices.tsv | sed 's/positive/x/; s/negative/positive/; s/x/negative/' >lstm-1/splices.txt
  cp lstm-1/splices.txt lstm-1/untitled.txt
  cp lstm-1/* rnn-512-1
  tables=$(python3 "$root/docs/cases/reviews.py" report .)
  echo "$tables"
  grep -q '^| vanilla RNN | 100.0 (100.0 to 100.0) .* 100.0 |$' <<<"$tables"
  grep -q '^| LSTM | 50.0 (.* 50.0 |$' <<<"$tables"
  grep -q '^| vanilla RNN | 100.0 % | 0.0 % | 0.0 % | 0.0 % |' <<<"$tables"
  grep -q '^| LSTM | 0.0 % | 100.0 % |' <<<"$tables"
  python3 -c 'import sys, xml.dom.minidom; [xml.dom.minidom.parse(name) for name in sys.argv[1:]]' length.svg splices.svg
}

@test "the interval of a tagger is around the figures of recur score" {
  for i in 1 2 3 4 5 6; do printf 'a X B-P\nb X I-P\nc X O\nd X I-Q\n\ne Y B-Q\nf Y I-P\n\n'; done >"$dir/gold"
  awk 'NF { print $0, NR % 7 == 3 ? "O" : $3; next } 1' "$dir/gold" >"$dir/predicted"
  python3 "$root/tools/tag_interval.py" "$dir/predicted" >"$dir/figures"
  call score tag "$dir/gold" "$dir/predicted"
  cat "$dir/figures"
  accuracy=$(awk '$1 == "accuracy" { print $2 }' "$dir/out") f1=$(awk '$1 == "all" { print $(NF - 1) }' "$dir/out")
  grep -qF "accuracy $accuracy % (" "$dir/figures" && grep -qF "F1 $f1 % (" "$dir/figures"
}

@test "translation: captions joined in their order, and the tables of its runs" {
  mkdir "$dir/tok"
  for part in train val test_2016_flickr; do
    for language in de en; do printf "$language %s .\n" 1 2 3 4 5 >"$dir/tok/$part.$language"; done
  done
  python3 "$root/docs/cases/translation.py" data "$dir/tok" "$dir/runs"
  cd "$dir/runs"
  printf 'de %s .\n' 1 2 3 4 5 '1 . de 2' '3 . de 4' | cmp - long-train.de
  printf 'en %s .\n' 1 2 3 4 5 '1 . en 2' '3 . en 4' '1 . en 2 . en 3' '1 . en 2 . en 3 . en 4' | cmp - long-test_2016_flickr.en
  mkdir none long-none long-attention
  echo '{"perplexity":40.04,"bleu":13.84,"chrf":35,"exact_match":0.01}' >none/eval.json
  for run in long-none long-attention; do
    echo '{"by_length":[{"from":0,"to":10,"items":7,"bleu":20.5},{"from":10,"to":20,"items":0,"bleu":null},{"from":20,"to":0,"items":2,"bleu":3}]}' >$run/eval.json
  done
  tables=$(python3 "$root/docs/cases/translation.py" report .)
  echo "$tables"
  grep -qF '| LSTM of 2 layers, no attention | 40.0 | 13.8 | 35.0 | 1.0 % |' <<<"$tables"
  grep -qF '| source words | 0-9 | 20+ |' <<<"$tables" && grep -qF '| sentences | 7 | 2 |' <<<"$tables"
  [ "$(grep -c '^| BLEU, .* | 20.5 | 3.0 |$' <<<"$tables")" = 2 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' length.svg
}
