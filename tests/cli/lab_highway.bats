# recur lab highway: the cell state passes unchanged.
load helpers

@test "highway: with f = 1 and i = 0 every bit passes, otherwise f to the power of the steps" {
  call lab highway --steps 300 --hidden 24 --forget-bias 20,17,8,5,2 --json
  [ "$status" = 0 ]
  [ -z "$err" ]
  python3 - "$dir/out" <<'PY'
import json, math, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["forget_bias"], l["gate_weights"]) for l in lines] == [(100, True)] + [(b, False) for b in (20, 17, 8, 5, 2)]
for l in lines:
    if l["forget_bias"] >= 20:
        assert l["f"] == 1 and l["c_same"] == l["grad_same"] == 24 and l["c_ratio"] == l["grad_ratio"] == 1, l
    else:
        assert l["f"] < 1 and l["c_same"] == l["grad_same"] == 0, l
        assert abs(l["f"] - 1 / (1 + math.exp(-l["forget_bias"]))) < 1e-7, l
        assert abs(l["predicted"] / l["f"] ** 300 - 1) < 1e-9, l
        assert abs(math.log(l["c_ratio"] / l["predicted"])) < 1e-4, l # 300 roundings
        assert abs(math.log(l["grad_ratio"] / l["predicted"])) < 1e-4, l
PY
}

@test "highway: explained, a line for each cell, the same for any number of threads" {
  call lab highway --steps 50 --hidden 7 --forget-bias 3 --threads 1
  [ "$status" = 0 ]
  [ -z "$err" ]
  cp "$dir/out" "$dir/one"
  head -n 1 "$dir/out" | grep -q "^Along an LSTM's cell state"
  grep -qE '^ +100 +0 +1 +1 +7/7 +1 +7/7 +gates with weights$' "$dir/out"
  grep -qE '^ +3 +0\.0474[0-9]+ +0\.088[0-9]+ +0\.088[0-9]+ +0/7 +0\.088[0-9]+ +0/7$' "$dir/out"
  call lab highway --steps 50 --hidden 7 --forget-bias 3 --threads 2
  cmp "$dir/out" "$dir/one"
}

@test "highway draws its curves" {
  call lab highway --steps 20 --hidden 4 --out "$dir/flow.svg"
  [ "$status" = 0 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/flow.svg"
  [ "$(grep -c '<circle' "$dir/flow.svg")" = 120 ] # six cells, 20 steps
}

@test "highway refuses what cannot be" {
  refuses 2 "--forget-bias wants" lab highway --forget-bias 101
  refuses 2 "--forget-bias wants X,... (1 to 5 numbers" lab highway --forget-bias 1,2,3,4,5,6
  refuses 2 "--steps wants a whole number from 2" lab highway --steps 1
}
