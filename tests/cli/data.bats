# Bad data: a sentence that says what was wanted and found, exit code 3 or 5, nothing written.
load helpers

# bad CODE PATTERN OPTION...: training on $dir/data is refused
bad() {
  local code=$1 pattern=$2
  shift 2
  refuses "$code" "$pattern" train lm "$dir/data" --steps 2 --out "$dir/run" "$@"
}

@test "an empty file" {
  : >"$dir/data"
  bad 3 "is empty"
}

@test "a file of one character" {
  printf x >"$dir/data"
  bad 3 "wanted at least 2 different characters, found 1"
  bad 3 "wanted at least 65 bytes" --unit byte
  bad 3 "wanted at least 33 bytes" --unit byte --split 1,0
}

@test "a validation part shorter than one window" {
  head -c 500 "$text" >"$dir/data"
  bad 3 "wanted at least 65 characters (--bptt 64 and the one after them), found 50"
  head -c 30 "$text" >"$dir/valid"
  bad 3 "found 30" --valid "$dir/valid"
}

@test "a training part too small for the batch" {
  printf 'abcabcabcabc' >"$dir/data"
  bad 3 "wanted at least 33 characters (--batch 32 and one more), found 12" --split 1,0
}

@test "one character over and over" {
  head -c 5000 /dev/zero | tr '\0' a >"$dir/data"
  bad 3 "at least 2 different characters, found 1"
}

@test "text that is not UTF-8: the place is named, and --unit byte works" {
  { head -c 3000 "$text"; printf '\377'; head -c 3000 "$text"; } >"$dir/data"
  bad 3 "3000"
  [[ $err == *"--unit byte"* ]]
  call train lm "$dir/data" "${tiny[@]}" --steps 2 --unit byte --out "$dir/bytes"
  [ "$status" = 0 ]
}

@test "NUL bytes" {
  { head -c 3000 "$text"; printf '\0'; head -c 3000 "$text"; } >"$dir/data"
  bad 3 "3000"
  call train lm "$dir/data" "${tiny[@]}" --steps 2 --unit byte --out "$dir/bytes"
  [ "$status" = 0 ]
}

@test "CRLF and a byte order mark are put right and said" {
  echo >>"$text" # a last line without an end would get none from sed's CR
  { printf '\357\273\277'; sed 's/$/\r/' "$text"; } >"$dir/data"
  call train lm "$dir/data" "${tiny[@]}" --steps 20 --out "$dir/crlf"
  [ "$status" = 0 ]
  [[ $err == *"byte order mark"* && $err == *CRLF* ]]
  train
  call eval "$dir/run" --data "$text" --json
  cp "$dir/out" "$dir/plain"
  call eval "$dir/crlf" --data "$dir/data" --json
  cmp "$dir/out" "$dir/plain"
}

@test "a directory, a file that is not there" {
  mkdir "$dir/data"
  bad 5 "is a directory"
  rmdir "$dir/data"
  bad 5 "No such file"
}

@test "a FIFO without a writer is given up" {
  mkfifo "$dir/data"
  bad 5 "nobody writes"
}

@test "a FIFO with a writer is read, kept in the run, and resumed from there" {
  mkfifo "$dir/data"
  cat "$text" >"$dir/data" 3>&- &
  call train lm "$dir/data" "${tiny[@]}" --steps 20 --out "$dir/run"
  [ "$status" = 0 ]
  rm "$dir/data"
  cmp "$text" "$dir"/run/data-*.txt
  call train lm --config "$dir/run/config" --out "$dir/again"
  same "$dir/run" "$dir/again"
}

@test "stdin is read, kept in the run, and resumed from there" {
  "$RECUR" train lm - "${tiny[@]}" --minutes 60 --save-every 0.05 --out "$dir/run" <"$text" >/dev/null 2>&1 3>&- &
  pid=$!
  wait_for "$dir/run/model.safetensors"
  kill -9 "$pid"
  finish
  call resume "$dir/run" --steps 1
  [ "$status" = 0 ]
}

@test "when a run from stdin cannot begin, nothing of it stays" {
  train
  rm "$dir/run/lock"
  ls "$dir/run" >"$dir/before"
  status=0
  "$RECUR" train lm - "${tiny[@]}" --steps 2 --out "$dir/run" <"$text" 2>"$dir/err" || status=$?
  [ "$status" = 2 ]
  rm -f "$dir/run/lock"
  ls "$dir/run" | cmp - "$dir/before"
  status=0
  printf abc | "$RECUR" train lm - "${tiny[@]}" --split 1,0 --batch 100 --out "$dir/new/run" 2>"$dir/err" || status=$?
  [ "$status" = 3 ]
  [ ! -e "$dir/new" ]
}

@test "a text kept in the run is no more open to others than the rest of it" {
  umask 077
  "$RECUR" train lm - "${tiny[@]}" --steps 2 --out "$dir/run" --quiet <"$text"
  [ "$(stat -c %a "$dir"/run/data-*.txt)" = 600 ]
}

@test "overwriting a run from stdin removes its text" {
  "$RECUR" train lm - "${tiny[@]}" --steps 2 --out "$dir/run" --quiet <"$text"
  [ "$(ls "$dir/run" | grep -c '^data-')" = 1 ]
  touch "$dir/run/data-0123456789abcdef.txt.tmp-1" # of a process that was killed
  train --overwrite
  [ "$status" = 0 ]
  not grep '^data-' <(ls "$dir/run")
}

@test "data of eval are read with the same care" {
  train
  : >"$dir/data"
  call eval "$dir/run" --data "$dir/data"
  [ "$status" = 3 ]
  printf 'caf\303\251 at noon' >"$dir/data"
  call eval "$dir/run" --data "$dir/data"
  [ "$status" = 3 ]
  [[ $err == *"line 1"* ]]
}
