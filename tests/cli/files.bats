# Model files and run directories that are not what they should be.
load helpers

@test "a model file that is cut" {
  train
  size=$(wc -c <"$dir/run/model.safetensors")
  for n in 0 1 7 8 9 100 $((size / 2)) $((size - 1)); do
    head -c "$n" "$dir/run/model.safetensors" >"$dir/cut"
    call inspect "$dir/cut"
    [ "$status" = 4 ]
    [ -z "$out" ]
    [[ $err == *"$dir/cut"* ]]
  done
}

@test "a header length of 0 and of 2^63" {
  train
  for length in '\0\0\0\0\0\0\0\0' '\0\0\0\0\0\0\0\200' '\377\377\377\377\377\377\377\377'; do
    { printf "$length"; tail -c +9 "$dir/run/model.safetensors"; } >"$dir/bad"
    call generate "$dir/bad"
    [ "$status" = 4 ]
    [ -z "$out" ]
    [[ $err == *header* ]]
  done
}

@test "a changed byte of a tensor" {
  train
  python3 - "$dir/run/model.safetensors" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[-5] ^= 64
open(sys.argv[1], "wb").write(b)
PY
  call eval "$dir/run" --data "$text"
  [ "$status" = 4 ]
  [ -z "$out" ]
}

@test "something else than a model" {
  call inspect "$text"
  [ "$status" = 4 ]
  call inspect "$dir/none"
  [ "$status" = 5 ]
  call inspect "$dir"
  [ "$status" != 0 ]
}

@test "something else than a run" {
  call resume "$dir/none"
  [ "$status" = 5 ]
  call resume "$dir"
  [ "$status" = 5 ]
  [[ $err == *"there is no run in"* ]]
  train
  call resume "$dir/run/model.safetensors"
  [ "$status" = 5 ]
  [[ $err == *"wants the directory of a run"* ]]
}

@test "a run directory that cannot be written" {
  : >"$dir/file"
  call train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/file"
  [ "$status" = 5 ]
  [ -z "$out" ]
  call train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/file/run"
  [ "$status" = 5 ]
  call train lm "$text" "${tiny[@]}" --steps 2 --out /proc/recur-run
  [ "$status" = 5 ]
}

@test "a run directory that is read-only" {
  mkdir "$dir/disk"
  if [ "$(id -u)" = 0 ]; then # root may write everywhere, but not there
    mount -t tmpfs -o ro tmpfs "$dir/disk" 2>/dev/null || skip "mounting is not permitted"
  else
    chmod 555 "$dir/disk"
  fi
  for run in disk disk/run; do
    call train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/$run"
    [ "$status" = 5 ]
    [ -z "$out" ]
    [[ $err == *"Permission denied"* || $err == *"Read-only file system"* ]]
  done
}

@test "a run in use by another process" {
  start
  call train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/run" --overwrite
  [ "$status" = 5 ]
  [[ $err == *"in use by another process"* ]]
  call resume "$dir/run"
  [ "$status" = 5 ]
  [[ $err == *"in use by another process"* ]]
  call eval "$dir/run" --data "$text"
  [ "$status" = 0 ]
}

@test "a full disk leaves the last checkpoint whole" {
  mkdir "$dir/disk"
  mount -t tmpfs -o size=1m tmpfs "$dir/disk" 2>/dev/null || skip "mounting is not permitted"
  dir_run=$dir/disk/run
  "$RECUR" train lm "$text" "${tiny[@]}" --minutes 60 --save-every 0.05 --out "$dir_run" >"$dir/out" 2>"$dir/err" 3>&- &
  pid=$!
  wait_for "$dir_run/model.safetensors"
  sleep 0.3
  head -c 1m /dev/zero >"$dir/disk/filler" 2>/dev/null || true
  finish
  rm -f "$dir/disk/filler"
  code=$status said=$(cat "$dir/err")
  call resume "$dir_run" --steps 1
  umount "$dir/disk"
  [ "$code" = 5 ]
  [[ $said == *"No space left on device"*"the last good checkpoint is kept"* ]]
  [ "$status" = 0 ]
}

@test "a limit on the size of files leaves the last checkpoint whole" {
  train
  cp "$dir/run/checkpoint.safetensors" "$dir/before"
  status=0
  (ulimit -f 8 && "$RECUR" resume "$dir/run" --steps 40 >"$dir/out" 2>"$dir/err" </dev/null) || status=$?
  [ "$status" = 5 ]
  [[ $(cat "$dir/err") == *"safetensors: File too large"* ]]
  cmp "$dir/before" "$dir/run/checkpoint.safetensors"
  [ -z "$(find "$dir/run" -name '*.tmp-*')" ]
}

@test "a run whose configuration has lost its data" {
  train
  sed -i '/^data = /d' "$dir/run/config"
  call resume "$dir/run"
  [ "$status" = 2 ]
  [[ $err == *"run/config does not say which data"* ]]
}
