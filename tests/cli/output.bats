# What goes where: results on stdout and nothing else, the rest on stderr; with --json one object per line.
load helpers

@test "training: stdout has the run's path and nothing else" {
  train
  [ "$out" = "$dir/run" ]
  [ "$(grep -c ^ "$dir/out")" = 1 ]
  not grep -q $'\r\|\033' "$dir/err"
}

@test "training with --json: one object per line, with the documented keys" {
  train --json --eval-every 10
  [ "$status" = 0 ]
  cmp "$dir/out" "$dir/run/log.jsonl"
  python3 - "$dir/out" "$dir/run" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
keys = {"event", "step", "epoch", "loss", "grad_norm", "lr", "items_per_s", "seconds"}
assert all(keys <= set(r) for r in lines), lines
assert [r["event"] for r in lines if r["event"] != "step"] == ["valid", "valid", "done"], lines
done = lines[-1]
assert done["step"] == 20 and done["run"] == sys.argv[2] and done["best_valid"] == min(r["loss"] for r in lines if r["event"] == "valid")
PY
}

@test "numbers that are not finite are null" {
  train --json --split 1,0
  python3 -c 'import json, sys
def no(x): raise ValueError(x)
assert [json.loads(l, parse_constant=no) for l in sys.stdin][-1]["best_valid"] is None' <"$dir/out"
}

@test "eval and inspect with --json" {
  train
  call eval "$dir/run" --data "$text" --json
  [ -z "$err" ]
  python3 -c 'import json, math, sys
o = json.loads(sys.stdin.readline()); assert not sys.stdin.read()
assert o["task"] == "lm" and o["tokens"] == 19999
assert abs(o["perplexity"] - math.exp(o["loss"])) < 1e-6 * o["perplexity"]
assert abs(o["bits_per_char"] - o["loss"] / math.log(2)) < 1e-9' <"$dir/out"
  call inspect "$dir/run" --json
  python3 -c 'import json, sys
o = json.loads(sys.stdin.readline()); assert not sys.stdin.read()
n = sum(t["count"] for t in o["tensors"]); V = o["vocabulary"]
assert o["parameters"] == n == 4*16*(V + 16 + 2) + V*16 + V and o["bytes"] == 4*n and o["flops_per_step"] > 0 and o["unit"] == "char"' <"$dir/out"
}

@test "errors go to stderr, in one line" {
  call eval "$dir/none" --data "$text"
  [ "$status" = 5 ]
  [ -z "$out" ]
  [ "$(grep -c ^ "$dir/err")" = 1 ]
  [[ $err == "recur: "* ]]
}

@test "a bar on a terminal, cleared before an error; no colours with NO_COLOR" {
  script --version >/dev/null 2>&1 || skip "there is no script(1)"
  TERM=xterm script -qec "'$RECUR' train lm '$text' ${tiny[*]} --steps 400 --out '$dir/run'" /dev/null >"$dir/screen" </dev/null
  grep -q $'\r\033\[K\[' "$dir/screen"
  grep -q $'\033\[32m' "$dir/screen"
  TERM=xterm NO_COLOR=1 script -qec "'$RECUR' train lm '$text' ${tiny[*]} --steps 400 --out '$dir/run2'" /dev/null >"$dir/screen" </dev/null
  grep -q $'\r\033\[K\[' "$dir/screen"
  not grep -q $'\033\[[0-9;]*m' "$dir/screen"
  TERM=dumb script -qec "'$RECUR' train lm '$text' ${tiny[*]} --steps 40 --out '$dir/run3'" /dev/null >"$dir/screen" </dev/null
  not grep -q $'\033' "$dir/screen"
}

@test "training ends when nobody reads its reports, and can go on" {
  "$RECUR" train lm "$text" "${tiny[@]}" --minutes 60 --eval-every 5 --json --out "$dir/run" 2>"$dir/err" | head -n 2 >"$dir/out"
  [ "$(grep -c ^ "$dir/out")" = 2 ]
  call resume "$dir/run" --steps 1
  [ "$status" = 0 ]
}

@test "closed streams do no harm" {
  "$RECUR" train lm "$text" "${tiny[@]}" --steps 20 --out "$dir/run" >/dev/null 2>&- <&-
  train --out "$dir/other"
  same "$dir/run" "$dir/other"
  cmp "$dir/run/config" "$dir/other/config"
  status=0
  "$RECUR" generate "$dir/run" >&- 2>"$dir/err" || status=$?
  [ "$status" = 5 ]
}

@test "an error is one line, whatever is in a name" {
  call eval "$dir/none" --data "$text" "$(printf 'a\n\033[2Jb')"
  [ "$status" = 2 ]
  [ "$(grep -c ^ "$dir/err")" = 1 ]
  not grep -q $'\033' "$dir/err"
}
