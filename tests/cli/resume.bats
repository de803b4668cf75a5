# Stopping, being killed, diverging, and going on.
load helpers

steps=300
options=(--steps $steps --dropout 0.2 --layers 2 --eval-every 40 --save-every 0.02)

unbroken() {
  call train lm "$text" "${tiny[@]}" "${options[@]}" --out "$dir/unbroken"
  [ "$status" = 0 ]
}

# broken SIGNAL SECONDS: the same run, ended by a signal after so long
broken() {
  "$RECUR" train lm "$text" "${tiny[@]}" "${options[@]}" --out "$dir/run" >"$dir/out" 2>"$dir/err" 3>&- &
  pid=$!
  wait_for "$dir/run/checkpoint.safetensors"
  sleep "$2"
  kill "-$1" "$pid" || true
  finish
}

@test "killed and resumed equals never stopped, to the bit" {
  unbroken
  broken KILL 0.1
  [ "$status" = 137 ] || [ "$status" = 0 ]
  call resume "$dir/run"
  [ "$status" = 0 ]
  same "$dir/unbroken" "$dir/run"
}

@test "killed again and again" {
  unbroken
  broken KILL 0
  for wait in 0.01 0.05 0.1; do
    "$RECUR" resume "$dir/run" >/dev/null 2>&1 3>&- &
    pid=$!
    sleep "$wait"
    kill -9 "$pid" || true
    finish
  done
  call resume "$dir/run"
  [ "$status" = 0 ]
  same "$dir/unbroken" "$dir/run"
}

@test "SIGINT and SIGTERM save, say so, and end by the signal" {
  for signal in INT TERM; do
    rm -rf "$dir/run"
    start
    kill "-$signal" "$pid"
    finish
    [ "$status" = $((128 + $(kill -l $signal))) ]
    [[ $(cat "$dir/err") == *"saved; 'recur resume $dir/run' goes on"* ]]
    [ ! -s "$dir/out" ]
    call resume "$dir/run" --steps 1
    [ "$status" = 0 ]
  done
}

@test "the process ends by the signal itself, not with a code that looks like it" {
  python3 - "$RECUR" "$text" "$dir/run" <<'PY'
import os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "train", "lm", sys.argv[2], "--hidden", "16", "--minutes", "60", "--out", sys.argv[3], "--quiet"])
while not os.path.exists(sys.argv[3] + "/model.safetensors"): time.sleep(0.02)
p.send_signal(signal.SIGINT)
assert p.wait(60) == -signal.SIGINT, p.returncode
PY
}

@test "interrupted and resumed equals never stopped, to the bit" {
  unbroken
  broken INT 0.1
  call resume "$dir/run"
  [ "$status" = 0 ]
  same "$dir/unbroken" "$dir/run"
}

@test "a finished run says so" {
  train
  cp "$dir/run/model.safetensors" "$dir/kept"
  call resume "$dir/run"
  [ "$status" = 0 ]
  [[ $err == *finished* ]]
  cmp "$dir/kept" "$dir/run/model.safetensors"
}

@test "a larger budget lets a finished run go on" {
  train
  call resume "$dir/run" --steps 10
  [ "$status" = 0 ]
  [[ $err == *finished* ]]
  call resume "$dir/run" --steps 40 --json
  [ "$status" = 0 ]
  grep -q '"event":"done","step":40' "$dir/out"
  grep -qx 'steps = 40' "$dir/run/config"
  call resume "$dir/run"
  [ "$status" = 0 ]
  [[ $err == *finished* ]]
}

@test "a run without a checkpoint starts over" {
  train
  cp "$dir/run/model.safetensors" "$dir/kept"
  rm "$dir/run/checkpoint.safetensors" "$dir/run/model.safetensors"
  call resume "$dir/run"
  [ "$status" = 0 ]
  cmp "$dir/kept" "$dir/run/model.safetensors"
}

@test "data that have changed are not resumed with" {
  start
  kill -INT "$pid"
  finish
  cp "$text" "$dir/kept"
  echo "one line more" >>"$text"
  call resume "$dir/run" --steps 1
  [ "$status" = 8 ]
  [[ $err == *changed* ]]
  echo short >"$text"
  call resume "$dir/run" --steps 1
  [ "$status" = 8 ]
  cp "$dir/kept" "$text"
  call resume "$dir/run" --steps 1
  [ "$status" = 0 ]
}

@test "another configuration is not resumed with" {
  start
  kill -INT "$pid"
  finish
  sed -i 's/^batch = .*/batch = 5/' "$dir/run/config"
  call resume "$dir/run" --steps 1
  [ "$status" = 8 ]
}

@test "a loss that is not finite ends with code 7, the step and the last good checkpoint" {
  train --lr 1e38
  [ "$status" = 7 ]
  [[ $err == *step* && $err == *checkpoint* ]]
  [ -s "$dir/run/checkpoint.safetensors" ]
  call eval "$dir/run" --data "$text"
  [ "$status" = 0 ]
}

@test "weights that are not finite from the beginning: no checkpoint is promised" {
  train --init uniform:1e308
  [ "$status" = 7 ]
  [[ $err == *"not finite"* && $err != *"checkpoint is kept"* ]]
}
