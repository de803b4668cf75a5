# Help, version, and names that do not exist.
load helpers

@test "without a command the first screen shows all of them" {
  call
  [ "$status" = 0 ]
  [ -z "$err" ]
  for command in train resume eval predict generate inspect bench score lab; do [[ $out == *"recur $command "* ]]; done
  [ "$(grep -c ^ "$dir/out")" -le 14 ]
}

@test "help of a command shows the usual options, with --all every one" {
  call help train lm
  [ "$status" = 0 ]
  [[ $out == *--hidden* && $out != *--clip-value* && $out == *"recur help train lm --all"* ]]
  [ "$(grep -c '^  --' "$dir/out")" = 12 ]
  call train lm --help --all
  [ "$status" = 0 ]
  [[ $out == *--hidden* && $out == *--clip-value* ]]
}

@test "version" {
  for word in version --version; do
    call $word
    [ "$status" = 0 ]
    [[ $out =~ ^recur\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  done
}

@test "a command that does not exist is answered with the nearest" {
  refuses 2 "'trian'; did you mean 'recur train'" trian
  refuses 2 "did you mean 'recur generate'" genrate x
  refuses 2 "did you mean 'recur train lm'" lm
  refuses 2 "there are: train lm, train classify, train tag, train seq2seq, resume, eval, predict, generate, inspect" xyzzy
  refuses 2 "wants a command before --json" --json=1
}

@test "a task that does not exist is answered with those that do" {
  refuses 2 "no task 'xyzzy'; there is: lm, classify, tag" train xyzzy "$text" --out "$dir/run"
  refuses 2 "wants a task; there is: lm, classify, tag" train
  refuses 2 "did you mean lm" train ml "$text"
}
