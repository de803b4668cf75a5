# --diagnose N: looks at a model under training, for every task; nothing of the result changes by it.
load helpers

# looks WORD...: the options of a training that is looked at every 4 of 8 steps, and again without
looks() {
  call train "$@" --steps 8 --split 1,0 --out "$dir/plain"
  [ "$status" = 0 ]
  call train "$@" --steps 8 --split 1,0 --out "$dir/run" --diagnose 4
  [ "$status" = 0 ]
  cmp "$dir/plain/model.safetensors" "$dir/run/model.safetensors"
  not grep -q diagnose "$dir/plain/log.jsonl"
  [ "$(grep -c '"event":"diagnose"' "$dir/run/log.jsonl")" = 2 ]
  grep -q '"event":"diagnose","step":4,.*"horizon":[0-9]*,"lags":[0-9]*,.*"rate":.*"saturated":.*"dead":' "$dir/run/log.jsonl"
}

@test "a language model is looked at" {
  looks lm "$text" "${tiny[@]}"
  grep -q '^diagnose = 4$' "$dir/run/config"
}

@test "a classifier is looked at" {
  for i in $(seq 20); do printf 'a\tgood word %s\nb\tbad word here %s\n' "$i" "$i"; done >"$dir/c.tsv"
  looks classify "$dir/c.tsv" --label 1 --text 2 --hidden 8 --threads 2
  rm -rf "$dir/run" "$dir/plain"
  refuses 2 "--diagnose is for a stack" train classify "$dir/c.tsv" --label 1 --text 2 --cell none --pool mean \
    --diagnose 2 --out "$dir/run"
}

@test "a tagger is looked at" {
  for i in $(seq 20); do printf 'the D\ndog N\n%s X\nruns V\n\n' "$i"; done >"$dir/t.txt"
  looks tag "$dir/t.txt" --hidden 8 --bidirectional --char-features --crf --threads 2
}

@test "an encoder-decoder is looked at" {
  for i in $(seq 40); do echo "a b c $i"; done >"$dir/s"
  for i in $(seq 40); do echo "x $i y"; done >"$dir/u"
  looks seq2seq --source "$dir/s" --target "$dir/u" --hidden 8 --threads 2
}

@test "a resumed run goes on looking, and the log is that of a whole one" {
  train --steps 12 --diagnose 3
  mv "$dir/run" "$dir/whole"
  train --steps 6 --diagnose 3
  call resume "$dir/run" --steps 12
  [ "$status" = 0 ]
  cmp "$dir/whole/model.safetensors" "$dir/run/model.safetensors"
  for run in whole run; do
    grep diagnose "$dir/$run/log.jsonl" | sed 's/,"seconds".*//' >"$dir/$run.lines"
  done
  [ "$(grep -c ^ "$dir/whole.lines")" = 4 ]
  cmp "$dir/whole.lines" "$dir/run.lines"
}

@test "with --json the events are on stdout" {
  train --diagnose 10 --json
  [ "$status" = 0 ]
  [ "$(grep -c '"event": *"diagnose"' "$dir/out")" = 2 ]
  [[ $out == *'"horizon"'* ]]
}

@test "a loss that climbs is warned of, a healthy training is not" {
  train --steps 100 --diagnose 20
  [[ $err != *warning* ]]
  rm -rf "$dir/run"
  train --cell rnn --steps 200 --diagnose 20 --optim sgd --lr 30 --clip 0
  [[ $err == *"warning: step "*"training diverges"* ]]
}

@test "a memory that collapses is warned of" {
  # tanh units that begin as a copy of their past; steps far too long fill them up
  train --cell rnn --init identity --steps 200 --diagnose 5 --optim sgd --lr 3 --clip 1
  [[ $err == *"warning: step "*"the memory collapses"* ]]
}

@test "numbers of steps that cannot be are refused" {
  refuses 2 diagnose train lm "$text" --diagnose 0 --out "$dir/run"
  refuses 2 diagnose train lm "$text" --diagnose -5 --out "$dir/run"
}
