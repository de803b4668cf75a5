# Training, scoring, generating, looking: the main road, on a small text.
load helpers

@test "train, eval, generate, inspect" {
  train
  [ "$status" = 0 ]
  [ "$out" = "$dir/run" ]
  [[ $err == *"20 steps"* && $err == *validation* ]]
  for file in model.safetensors checkpoint.safetensors config log.jsonl; do [ -s "$dir/run/$file" ]; done

  call eval "$dir/run" --data "$text"
  [ "$status" = 0 ]
  [ -z "$err" ]
  [[ $out == *"nats per character"* ]]

  call generate "$dir/run" --prompt "ROMEO:" --length 50
  [ "$status" = 0 ]
  [ -z "$err" ]
  [[ $out == ROMEO:* ]]

  call inspect "$dir/run/model.safetensors"
  [ "$status" = 0 ]
  [ -z "$err" ]
  [[ $out == *"LSTM with 1 layer of 16 units"* && $out == *rnn.weight_ih_l0* ]]
}

@test "every cell, unit, optimiser, start and schedule trains" {
  local n=0 options
  while read -r -a options; do
    n=$((n + 1))
    call train lm "$text" "${tiny[@]}" --steps 5 --out "$dir/run$n" "${options[@]}"
    [ "$status" = 0 ]
  done <<'LIST'
--cell rnn --optim sgd --momentum 0.9 --lr 0.1
--cell relu --init identity --clip-value 1
--cell gru --gru-reset before --init chrono:20
--cell lstm --proj 8 --layers 2 --dropout 0.3 --forget-bias 1
--unit byte --embed 8 --optim adamw --schedule cosine
--unit word --tie --optim rmsprop --decay-rate 0.95 --vocab 300
--unit word --min-count 3 --embed 10 --schedule exponential:0.9
--unit bpe --vocab 300 --min-count 3
--init uniform:0.08 --loss sum-over-time --no-carry-state --schedule step:0.5,1 --warmup 3
--split 1,0 --clip 0
--split 0.8,0.1,0.1 --eval-every 2 --patience 1
--minutes 0.001 --epochs 3
LIST
  [ "$n" = 12 ]
}

@test "the default run has a name of its own under runs/" {
  cd "$dir"
  call train lm text.txt "${tiny[@]}" --steps 2
  [ "$status" = 0 ]
  [[ $out =~ ^runs/lm-[0-9]{8}-[0-9]{6}$ ]]
  first=$out
  call train lm text.txt "${tiny[@]}" --steps 2
  [ "$status" = 0 ]
  [ "$out" != "$first" ]
  [ -s "$out/config" ]
}

@test "default runs that begin together get names of their own, and one that cannot begin leaves none" {
  cd "$dir"
  call train lm text.txt "${tiny[@]}" --bptt 100000
  [ "$status" = 3 ]
  [ ! -e runs ]
  pids=()
  for i in 1 2 3 4; do
    "$RECUR" train lm text.txt "${tiny[@]}" --steps 2 --quiet >"$dir/out$i" </dev/null 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  pid=
  [ "$(cat "$dir"/out[1-4] | sort -u | wc -l)" = 4 ]
}

@test "training learns" {
  call train lm "$text" "${tiny[@]}" --steps 300 --lr 0.01 --out "$dir/run" --json --eval-every 50
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
valid = [r["loss"] for r in map(json.loads, open(sys.argv[1])) if r["event"] == "valid"]
assert len(valid) == 6 and valid[-1] < valid[0] - 0.1 and valid[-1] < 3, valid
PY
}

@test "several files are joined, and so are --data and arguments" {
  head -c 10000 "$text" >"$dir/a"
  tail -c 10000 "$text" >"$dir/b"
  train
  call train lm "$dir/a" --data "$dir/b" "${tiny[@]}" --steps 20 --out "$dir/joined"
  [ "$status" = 0 ]
  call inspect "$dir/run" --json
  cp "$dir/out" "$dir/whole"
  call inspect "$dir/joined" --json
  cmp "$dir/out" "$dir/whole"
}

@test "the test part is not looked at" {
  { head -c 16000 "$text"; printf '\302\247%.0s' {1..2000}; } >"$dir/marked" # 2,000 times a section sign at the end
  call train lm "$dir/marked" "${tiny[@]}" --steps 2 --split 0.8,0.05,0.15 --out "$dir/run"
  [ "$status" = 0 ]
  call generate "$dir/run" --prompt "$(printf '\302\247')"
  [ "$status" = 3 ]
}

@test "a separate validation file, and tokens that only it has" {
  printf 'Something else: \303\251\303\250.\n%.0s' {1..20} >"$dir/valid"
  train --valid "$dir/valid"
  [ "$status" = 0 ]
  call generate "$dir/run" --prompt "$(printf '\303\251')" --length 5
  [ "$status" = 0 ]
  grep -q "^valid = $dir/valid" "$dir/run/config"
  not grep -q '^split' "$dir/run/config"
}

@test "quiet says nothing" {
  train --quiet
  [ "$status" = 0 ]
  [ -z "$err" ]
  [ "$out" = "$dir/run" ]
}

@test "the number of threads does not change a bit" {
  train --threads 1
  call train lm "$text" --hidden 16 --batch 4 --bptt 16 --steps 20 --threads 3 --out "$dir/other"
  same "$dir/run" "$dir/other"
}

@test "an existing run is kept unless --overwrite is given" {
  train
  cp "$dir/run/model.safetensors" "$dir/kept"
  train --seed 2
  [ "$status" = 2 ]
  [[ $err == *"holds a run already"* ]]
  cmp "$dir/kept" "$dir/run/model.safetensors"
  train --seed 2 --overwrite
  [ "$status" = 0 ]
  not cmp -s "$dir/kept" "$dir/run/model.safetensors"
}
