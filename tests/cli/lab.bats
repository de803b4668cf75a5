# recur lab: the experiments.
load helpers

quick=(--steps 9 --batch 3 --input 5 --hidden 6 --seconds 0.001)

@test "without a name the experiments are listed" {
  for words in lab "lab --help" "help lab"; do
    call $words
    [ "$status" = 0 ]
    [ -z "$err" ]
    [[ $out == *"recur lab sequential "* && $out == *"recur lab bottleneck "* ]]
  done
  call lab --json
  [ "$status" = 0 ]
  python3 - "$dir/out" <<'PY'
import json, sys
names = {json.loads(line)["name"] for line in open(sys.argv[1])}
assert {"sequential", "bottleneck"} <= names, names
PY
}

@test "an experiment that does not exist is answered with those that do" {
  refuses 2 "recur lab has no experiment 'nonsense'; there is: " lab nonsense
  [[ $err == *sequential* && $err == *bottleneck* ]]
  refuses 2 "did you mean sequential" lab sequental
  refuses 2 "did you mean bottleneck" lab botleneck
  refuses 2 "did you mean 'recur lab sequential'" sequential
}

@test "sequential: explained, then the gaps, then how they move" {
  call lab sequential "${quick[@]}" --threads 2
  [ "$status" = 0 ]
  [ -z "$err" ]
  head -n 1 "$dir/out" | grep -q '^A recurrent layer'
  for cell in rnn gru lstm; do grep -qE "^$cell .* = +[0-9.]+ x +[0-9.]+" "$dir/out"; done
  [ "$(grep -oE '^ +(length|batch|threads) ' "$dir/out" | tr -d '\n ')" = lengthbatchthreads ]
  [ "$(grep -cE '^ +[0-9]+( +[0-9.]+ \( *[0-9.]+\)){3}$' "$dir/out")" = 6 ] # lengths 1 9, batches 1 3, threads 1 2
}

@test "sequential with --json: gap is arithmetic times waiting" {
  call lab sequential "${quick[@]}" --threads 1 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["table"], l["steps"], l["batch"]) for l in lines if l["cell"] == "gru"] == [
    ("gap", 9, 3), ("length", 1, 3), ("length", 9, 3), ("batch", 9, 1), ("batch", 9, 3), ("threads", 9, 3)], lines
for l in lines:
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[l["cell"]]
    assert abs(l["arithmetic"] - gates * (5 + 6) / 5) < 1e-9, l
    assert abs(l["gap"] / (l["ms"] / l["linear_ms"]) - 1) < 1e-9, l
    assert abs(l["gap"] / (l["arithmetic"] * l["waiting"]) - 1) < 1e-9, l
    assert ("equal_gap" in l) == (l["table"] == "gap"), l
PY
}

@test "sequential draws its gaps" {
  call lab sequential "${quick[@]}" --threads 1 --out "$dir/gaps.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/gaps.svg"
  grep -q '9 steps, batch 3, 5 to 6, 1 thread<' "$dir/gaps.svg"
  [ "$(grep -c 'arithmetic × ' "$dir/gaps.svg")" = 3 ]
}

@test "a page holds what is said, and the picture" {
  call lab sequential "${quick[@]}" --threads 1 --out "$dir/gaps.html"
  [ "$status" = 0 ]
  python3 - "$dir/out" "$dir/gaps.html" <<'PY'
import html, re, sys
said, page = (open(name).read() for name in sys.argv[1:])
texts = [html.unescape(text) for text in re.findall("<pre[^>]*>(.*?)</pre>", page, re.S)]
assert "".join(re.sub(r"\s+", "", text) for text in texts) == re.sub(r"\s+", "", said), texts
assert page.count("<svg") == 1 and "<h1>What it costs to be sequential</h1>" in page
PY
  call lab sequential "${quick[@]}" --threads 1 --json --out "$dir/gaps.html"
  [ "$status" = 0 ]
  [[ $out == '{"table":'* ]]
  grep -q '^linear ' "$dir/gaps.html" # a page has words even so
}

@test "sequential refuses what cannot be" {
  refuses 2 "--steps wants a whole number from 1" lab sequential --steps 0
  refuses 2 "--out wants a file that ends in .svg or .html, found '-'" lab sequential --out -
  refuses 2 "found '.svg'" lab sequential --out .svg
  refuses 5 "$dir/no/gaps.html" lab sequential --out "$dir/no/gaps.html"
  refuses 2 "no option --shape" lab sequential --shape 1,2,3,4,5
}

# models of a moment
narrow=(--hidden 4,6 --lengths 2,5 --every 3 --steps 4 --tests 3 --symbols 4 --batch 2 --embed 3)

@test "bottleneck: explained, then a table for each hidden size, then what follows" {
  call lab bottleneck "${narrow[@]}" --threads 2
  [ "$status" = 0 ]
  head -n 1 "$dir/out" | grep -q '^An encoder without attention'
  [ "$(grep -cE '^hidden [46] +without attention, [0-9]+ parameters +additive attention, [0-9]+ parameters$' "$dir/out")" = 2 ]
  [ "$(grep -cE '^ +[25] +(4|10)\.0( +[0-9.]+ % +-?[0-9.]+( +[0-9.]+e[-+][0-9]+){3}){2} +[0-9.]+ %$' "$dir/out")" = 4 ]
  [ "$(grep -cE '^hidden [46] with(out| additive) attention: ' "$dir/out")" = 4 ]
}

@test "bottleneck with --json: bits are what the loss leaves, threads change nothing" {
  call lab bottleneck "${narrow[@]}" --task reverse --attention general --seeds 2 --seed 7 --threads 1 --json --quiet
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  python3 - "$dir/out" <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["hidden"], l["attention"], l["seed"], l["length"]) for l in lines] == [
    (h, a, s, n) for h in (4, 6) for a in ("none", "general") for s in (7, 8) for n in (2, 5)], lines
for l in lines:
    n = l["length"]
    assert l["task"] == "reverse" and l["items"] == 3, l
    assert abs(l["bits"] - (n * 2 - (n + 1) * l["loss"] / math.log(2))) < 1e-9, l
    assert abs(l["exact_match"] * 3 - round(l["exact_match"] * 3)) < 1e-9 and l["exact_match"] <= l["token_accuracy"], l
    assert (l["attention_near"] is None) == (l["attention"] == "none"), l
    if n == 2 and l["attention_near"] is not None: assert 2 / 3 - 0.1 < l["attention_near"] <= 1, l
    assert min(l[k] for k in ("grad_first", "grad_last", "grad_first_before", "grad_last_before")) > 0, l
# without attention half of the starts forget; models of different seeds are different
assert len({l["loss"] for l in lines}) == len(lines), lines
PY
  call lab bottleneck "${narrow[@]}" --task reverse --attention general --seeds 2 --seed 7 --threads 2 --json --quiet
  cmp "$dir/out" "$dir/one"
}

@test "bottleneck: with attention a short task is learnt, and attention lies on the right diagonal" {
  for task in copy reverse; do
    call lab bottleneck --task $task --hidden 24 --lengths 1,5 --every 1 --symbols 5 --steps 600 --lr 0.01 --batch 16 --tests 50 --json --quiet
    [ "$status" = 0 ]
    python3 - "$dir/out" <<'PY'
import json, sys
lines = [l for l in map(json.loads, open(sys.argv[1])) if l["attention"] == "additive"]
assert len(lines) == 5 and min(l["exact_match"] for l in lines) >= 0.9, lines
assert min(l["attention_near"] for l in lines) >= 0.75, lines
PY
  done
}

@test "bottleneck draws its curves, and asks first whether it can" {
  call lab bottleneck "${narrow[@]}" --quiet --out "$dir/curves.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/curves.svg"
  grep -q 'Copying: 2 to 5 of 4 symbols, 4 updates of 2 sequences<' "$dir/curves.svg"
  [ "$(grep -c '<circle' "$dir/curves.svg")" = 24 ] # three plots, four models, two lengths
  call lab bottleneck "${narrow[@]}" --quiet --out "$dir/curves.html"
  [ "$status" = 0 ]
  [ "$(grep -c '<svg' "$dir/curves.html")" = 1 ]
  [ "$(grep -c '<circle' "$dir/curves.html")" = 24 ]
  refuses 5 "$dir/no/curves.svg" lab bottleneck --steps 1000000000 --out "$dir/no/curves.svg"
}

@test "bottleneck refuses what cannot be" {
  refuses 2 "--hidden wants" lab bottleneck --hidden 0
  refuses 2 "--hidden wants N,... (1 to 5 numbers" lab bottleneck --hidden 1,2,3,4,5,6
  refuses 2 "--hidden wants whole numbers, found 2.5" lab bottleneck --hidden 8,2.5
  refuses 2 "found 6,5" lab bottleneck --lengths 6,5
  refuses 2 "--symbols wants a whole number from 3" lab bottleneck --symbols 2
  refuses 2 "--attention wants additive, dot or general" lab bottleneck --attention none
  refuses 2 "--out wants a file" lab bottleneck --out -
}

@test "chapter refuses what cannot be" {
  refuses 2 "--out wants a file that ends in .html, found 'x.svg'" lab chapter --out x.svg
  refuses 2 "no option --steps" lab chapter --steps 5
  refuses 5 "$dir/no/chapter.html" lab chapter --out "$dir/no/chapter.html"
}

@test "every command of docs/chapter.md exists" {
  grep -oE '(^|`)recur ((lab|train|score) [a-z0-9]+|[a-z]+)' "$root/docs/chapter.md" | tr -d '`' | sort -u >"$dir/commands"
  [ "$(grep -c '^recur lab ' "$dir/commands")" -ge 10 ]
  while read -r _ command; do
    call help $command
    [ "$status" = 0 ]
  done <"$dir/commands"
  for program in $(grep -oE 'examples/[a-z_]+\.c' "$root/docs/chapter.md"); do [ -f "$root/$program" ]; done
}
