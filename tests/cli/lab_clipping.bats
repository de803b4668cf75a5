# recur lab clipping: an exploding run, clipped and not.
load helpers

@test "clipping: without it the run ends in no number, with it the task is learnt" {
  call lab clipping --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, sys
free, norm, value = [json.loads(line) for line in open(sys.argv[1])]
assert free["diverged"] and free["updates"] < 200 and free["greatest_norm"] > 1e10 and free["clipped"] == 0, free["updates"]
assert free["final_loss"] is None
for l in (norm, value):
    assert not l["diverged"] and l["updates"] == 1500 == len(l["loss"]) == len(l["grad_norm"])
    assert l["final_loss"] < 0.5 / 6, l["final_loss"] # half of what one has who remembers nothing
    assert 0 < l["clipped"] < 1500
    assert l["loss"][0] == free["loss"][0] and l["grad_norm"][0] == free["grad_norm"][0] # one start
assert norm["clipped"] == sum(g > 1 for g in norm["grad_norm"])
PY
}

@test "clipping: explained, then the runs side by side; the same for any number of threads" {
  call lab clipping --updates 40 --hidden 8 --lag 5 --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  head -n 1 "$dir/out" | grep -q '^A vanilla RNN of 8 units'
  [ "$(grep -cE '^ +[0-9]+ - [0-9]+ +([0-9.e+-]+ +[0-9.e+-]+ *|diverged +- *){3}$' "$dir/out")" = 10 ]
  [ "$(grep -cE '^(not clipped|norm at most 1|values at most 0.1) .*\|g\| median' "$dir/out")" = 3 ]
  call lab clipping --updates 40 --hidden 8 --lag 5 --threads 2
  cmp "$dir/out" "$dir/one"
}

@test "clipping draws losses and norms" {
  call lab clipping --updates 12 --hidden 4 --lag 3 --lr 0.001 --out "$dir/runs.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/runs.svg"
  [ "$(grep -c '<circle' "$dir/runs.svg")" = 72 ] # two plots, three runs, 12 updates
}

@test "clipping refuses what cannot be" {
  refuses 2 "--gain wants" lab clipping --gain 0
  refuses 2 "--cell wants rnn or relu" lab clipping --cell lstm
}
