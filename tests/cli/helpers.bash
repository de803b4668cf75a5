# What the tests of the program share. RECUR is the program under test.
# SPDX-License-Identifier: MIT
root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
RECUR=${RECUR:-$root/build/release/recur}
shakespeare=$root/data/shakespeare/input.txt

# a model that trains in a moment
tiny=(--hidden 16 --batch 4 --bptt 16 --threads 2)

setup() {
  dir=$(mktemp -d)
  text=$dir/text.txt
  head -c 20000 "$shakespeare" >"$text"
}

teardown() {
  [ -z "${pid:-}" ] || { kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
  umount "$dir/disk" 2>/dev/null || true
  rm -rf "$dir"
}

# call WORD...: run the program; its exit code, stdout and stderr are $status, $out and $err
call() {
  status=0
  "$RECUR" "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
  out=$(tr -d '\0' <"$dir/out") err=$(cat "$dir/err")
  echo "recur $*: exit $status" && echo "$out" && echo "$err"
}

# not WORD...: the command fails. A line that begins with ! fails a test only where it is the last one
not() { if "$@"; then return 1; fi; }

# train WORD...: a short run in $dir/run
train() {
  call train lm "$text" "${tiny[@]}" --steps 20 --out "$dir/run" "$@"
}

# refuses CODE PATTERN WORD...: the program ends with this code and one sentence like the pattern, and writes nothing
refuses() {
  local code=$1 pattern=$2
  shift 2
  call "$@"
  [ "$status" = "$code" ]
  [[ $err == *"$pattern"* ]]
  [ "$(grep -c ^ "$dir/err")" = 1 ]
  [ -z "$out" ]
  [ ! -e "$dir/run" ]
}

# wait_for FILE...: until all are there, 20 s at most
wait_for() {
  local i file
  for ((i = 0; i < 400; i++)); do
    for file; do [ -e "$file" ] || { sleep 0.05; continue 2; }; done
    return 0
  done
  echo "$*: waited in vain"
  return 1
}

# start WORD...: a run in the background that would take an hour; $pid
start() {
  "$RECUR" train lm "$text" "${tiny[@]}" --minutes 60 --out "$dir/run" "$@" >"$dir/out" 2>"$dir/err" </dev/null 3>&- &
  pid=$!
  wait_for "$dir/run/model.safetensors"
}

# finish: wait for $pid; its exit code is $status
finish() {
  status=0
  wait "$pid" || status=$?
  pid=
}

same() { cmp "$1/model.safetensors" "$2/model.safetensors"; }
