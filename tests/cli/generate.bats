# Generation: what comes out, when, and to whom.
load helpers

setup_file() {
  . "$BATS_TEST_DIRNAME/helpers.bash"
  export shared
  shared=$(mktemp -d)
  head -c 20000 "$shakespeare" >"$shared/text"
  "$RECUR" train lm "$shared/text" "${tiny[@]}" --steps 20 --out "$shared/run" --quiet
  "$RECUR" train lm "$shared/text" "${tiny[@]}" --steps 20 --out "$shared/bytes" --unit byte --quiet
  "$RECUR" train lm "$shared/text" "${tiny[@]}" --steps 20 --out "$shared/words" --unit word --quiet
}
teardown_file() { rm -rf "$shared"; }

@test "the same seed gives the same text, another one another" {
  call generate "$shared/run" --length 100 --seed 5
  cp "$dir/out" "$dir/first"
  call generate "$shared/run" --length 100 --seed 5
  cmp "$dir/out" "$dir/first"
  call generate "$shared/run" --length 100 --seed 6
  not cmp -s "$dir/out" "$dir/first"
}

@test "length counts tokens, and one line feed ends the text" {
  call generate "$shared/run" --length 40 --prompt "A"
  [ "$(tail -c 1 "$dir/out" | od -An -c | tr -d ' ')" = '\n' ]
  call generate "$shared/run" --length 40 --prompt "A" --json
  python3 -c 'import json, sys
o = json.load(sys.stdin)
assert o["tokens"] == 40 and len(o["text"]) == 41 and o["prompt"] == "A" and o["text"][0] == "A" and o["seed"] == 1' <"$dir/out"
  call generate "$shared/run" --length 0 --prompt "AB"
  [ "$status" = 0 ]
  [ "$out" = "AB" ]
}

@test "greedy, top-k 1 and a low temperature agree" {
  call generate "$shared/run" --greedy --length 60
  cp "$dir/out" "$dir/first"
  call generate "$shared/run" --top-k 1 --length 60
  cmp "$dir/out" "$dir/first"
  call generate "$shared/run" --temperature 1e-4 --length 60
  cmp "$dir/out" "$dir/first"
}

@test "a layer so wide that threads would share its steps" {
  "$RECUR" train lm "$shared/text" --hidden 256 --steps 1 --batch 2 --bptt 8 --out "$dir/wide" --quiet
  timeout 60 "$RECUR" generate "$dir/wide" --length 20 --threads 1 >"$dir/one"
  timeout 60 "$RECUR" generate "$dir/wide" --length 20 --threads 4 >"$dir/four"
  cmp "$dir/one" "$dir/four"
}

@test "a prompt from stdin" {
  printf 'The king' | "$RECUR" generate "$shared/run" --prompt - --length 10 >"$dir/out"
  [[ $(cat "$dir/out") == "The king"* ]]
}

@test "words: a space separates the prompt from what follows" {
  call generate "$shared/words" --prompt "the people" --length 5
  [ "$status" = 0 ]
  [[ $out =~ ^"the people"([[:space:]]|$) ]]
}

@test "a prompt that the model cannot read" {
  call generate "$shared/run" --prompt "$(printf 'ab\303\251')"
  [ "$status" = 3 ]
  [ -z "$out" ]
}

@test "bytes that are no text are shown as such in JSON" {
  call generate "$shared/bytes" --length 200 --temperature 100 --json
  [ "$status" = 0 ]
  python3 -c 'import json, sys; assert json.load(sys.stdin)["tokens"] == 200' <"$dir/out"
}

@test "text is written as it is made" {
  mkfifo "$dir/fifo"
  "$RECUR" generate "$shared/run" --length 100000000 >"$dir/fifo" 2>"$dir/err" 3>&- &
  pid=$!
  head -c 50 "$dir/fifo" >"$dir/out"
  [ "$(wc -c <"$dir/out")" = 50 ]
  status=0
  wait "$pid" || status=$?
  pid=
  [ "$status" = 141 ] # SIGPIPE: the reader has gone
  [ ! -s "$dir/err" ]
}

@test "a pipe to head ends quietly" {
  "$RECUR" generate "$shared/run" --length 100000 2>"$dir/err" | head -n 1
  [ ! -s "$dir/err" ]
}

@test "a full device is an error" {
  [ -e /dev/full ] || skip "there is no /dev/full"
  status=0
  "$RECUR" generate "$shared/run" --length 10 >/dev/full 2>"$dir/err" || status=$?
  [ "$status" = 5 ]
  [[ $(cat "$dir/err") == *"cannot write to stdout: No space left"* ]]
}
