# Configuration files: reading, mistakes in them, and the one that a run holds.
load helpers

config() { printf '%s\n' "$@" >"$dir/config"; }

@test "options come from a file, and the command line goes first" {
  config "# a comment" "" "hidden = 8" "cell=gru" "  batch = 4  " "bptt = 16" "carry-state = no" "steps = 5" "data = $text"
  call train lm --config "$dir/config" --hidden 12 --out "$dir/run"
  [ "$status" = 0 ]
  grep -qx 'hidden = 12' "$dir/run/config"
  grep -qx 'cell = gru' "$dir/run/config"
  grep -qx 'carry-state = no' "$dir/run/config"
}

@test "mistakes are named with file and line" {
  local run=(train lm "$text" --config "$dir/config" --out "$dir/run")
  config "hidden = 8" "hiden = 9"
  refuses 2 "config, line 2: unknown name 'hiden'; did you mean hidden?" "${run[@]}"
  config "hidden = 8" "layers"
  refuses 2 "line 2: wanted name = value, found 'layers'" "${run[@]}"
  config "hidden = x"
  refuses 2 "line 1: hidden wants a whole number" "${run[@]}"
  config "hidden = 8" "hidden = 9"
  refuses 2 "line 2: hidden is given again; first in line 1" "${run[@]}"
  config "tie = maybe"
  refuses 2 "line 1: tie wants yes or no" "${run[@]}"
  config "task = classify"
  refuses 2 "line 1: task wants lm" "${run[@]}"
  config "bidirectional = yes"
  refuses 2 "generation has no future" "${run[@]}"
  config "out = x"
  refuses 2 "unknown name 'out'" "${run[@]}"
  refuses 5 "cannot read the configuration" train lm "$text" --config "$dir/none" --out "$dir/run"
  refuses 5 "it is a directory" train lm "$text" --config "$dir" --out "$dir/run"
  head -c 100 /dev/zero >"$dir/config"
  refuses 2 "is not a configuration" "${run[@]}"
}

@test "the configuration of a run trains the same run again" {
  train --cell gru --gru-reset before --optim rmsprop --momentum 0.5 --schedule step:0.5,2 --init orthogonal --seed 7
  [ "$status" = 0 ]
  cd "$dir"
  call train lm --config run/config --out again
  [ "$status" = 0 ]
  same run again
  cmp run/config again/config
}

@test "the command line may change the cell of a run's configuration" {
  train
  call train lm --config "$dir/run/config" --cell gru --out "$dir/gru"
  [ "$status" = 0 ]
  config "forget-bias = 1"
  call train lm "$text" --config "$dir/config" --cell gru --out "$dir/other"
  [ "$status" = 2 ]
  [[ $err == *"--forget-bias is for --cell lstm, found --cell gru"* ]]
}

@test "it is complete: every option that has a value, with absolute paths" {
  cd "$dir"
  call train lm text.txt "${tiny[@]}" --steps 5 --out run
  [ "$status" = 0 ]
  grep -qx "data = $dir/text.txt" run/config
  for name in task unit bptt carry-state min-count loss cell layers hidden embed dropout proj init batch optim lr weight-decay \
    schedule warmup clip clip-value seed steps save-every split threads; do
    grep -q "^$name = ." run/config || { echo "$name is missing"; return 1; }
  done
  not grep -q '^gru-reset\|^momentum\|^epochs' run/config
}

@test "a configuration that comes through a pipe, and one that nobody writes" {
  mkfifo "$dir/pipe"
  refuses 5 "nobody writes the configuration to pipe" train lm "$text" --config "$dir/pipe" --out "$dir/run"
  printf 'steps = 2\nhidden = 8\n' >"$dir/pipe" &
  call train lm "$text" --config "$dir/pipe" --out "$dir/run"
  [ "$status" = 0 ]
  grep -qx 'hidden = 8' "$dir/run/config"
}
