# Options: what is refused, with which sentence, and that nothing is written then.
load helpers

# no PATTERN OPTION...: train lm with these options is a usage error
no() {
  local pattern=$1
  shift
  refuses 2 "$pattern" train lm "$text" --out "$dir/run" --steps 2 "$@"
}

@test "an unknown option is answered with the nearest" {
  no "--hiden; did you mean --hidden?" --hiden 3
  no "--batch-size; did you mean --batch?" --batch-size 3
  no "--xyzzy; 'recur help train lm --all' lists" --xyzzy
  no "unknown option -n" -n 3
  no "no option --no-hidden" --no-hidden
}

@test "a value out of a set is answered with the nearest" {
  no "--cell wants rnn, relu, lstm or gru, found 'lstn'; did you mean lstm?" --cell lstn
  no "did you mean adam?" --optim adan
  no "did you mean cosine?" --schedule cosin
  no "--unit wants char, byte, word or bpe, found 'zzz'" --unit zzz
}

@test "a number out of range is answered with the nearest" {
  no "--layers wants a whole number from 1 to 256, found 0; the nearest is 1" --layers 0
  no "found 1.5; the nearest is 2" --layers 1.5
  no "found 1.5; the nearest is 0.99" --dropout 1.5
  no "found -1; the nearest is 0" --dropout -1
  no "--lr wants a number above 0, found 0" --lr 0
  no "found -0.5" --lr=-0.5
  no "a finite number, found inf" --lr inf
  no "found 'nan'" --lr nan
  no "found 'abc'" --hidden abc
  no "found ''" --hidden ""
  no "found 99999999999999999999; the nearest is 65536" --hidden 99999999999999999999
  no "found '12x'" --batch 12x
}

@test "values of several parts" {
  no "TRAIN,VALID[,TEST]" --split 0.5
  no "add up to 1, found 0.5,0.6" --split 0.5,0.6
  no "found '0.9,0.1,'" --split 0.9,0.1,
  no "found 1.5 in" --split 1.5,-0.5
  no "above 0, found 0,1" --split 0,1
  no "step:FACTOR,AFTER with positive numbers, found 'step:0.5'" --schedule step:0.5
  no "a whole epoch AFTER" --schedule step:0.5,1.5
  no "exponential:FACTOR with positive numbers" --schedule exponential:-1
  no "constant takes no number" --schedule constant:3
  no "chrono:T with positive numbers" --init chrono
}

@test "an option without its value, and a switch with one" {
  refuses 2 "--hidden wants N, found nothing" train lm "$text" --hidden
  no "--out wants RUN, found the option --tie" --out --tie
  no "--tie takes no value" --tie=3
}

@test "what a language model does not have is refused with the reason" {
  no "generation has no future" --bidirectional
}

@test "an option that needs another is refused without it" {
  no "--proj is for --cell lstm, found --cell gru" --cell gru --proj 8
  no "--gru-reset is for --cell gru, found --cell lstm" --gru-reset before
  no "--forget-bias is for --cell lstm" --cell rnn --forget-bias 1
  no "--momentum is for --optim sgd or rmsprop, found --optim adam" --momentum 0.5
  no "--decay-rate is for --optim rmsprop" --optim sgd --decay-rate 0.5
  no "--vocab is for --unit char, word or bpe" --unit byte --vocab 10
  no "--init chrono is for gates" --cell rnn --init chrono:10
  no "--patience wants validation data" --patience 3 --split 1,0
}

@test "options that contradict each other" {
  no "--valid and --split" --valid "$text" --split 0.9,0.1
  no "--tie wants an embedding as large as the stack's output, --embed 128, found --embed 0 (one-hot)" --tie
  no "--proj wants less than --hidden 16, found 16" --hidden 16 --proj 16
  no "only once" --data - -
  refuses 2 "cosine wants --epochs or --steps" train lm "$text" --schedule cosine --minutes 1 --out "$dir/run"
}

@test "arguments that are missing or too many" {
  refuses 2 "wants a FILE" train lm
  refuses 2 "recur eval wants RUN" eval
  refuses 2 "wants --data FILE" eval "$dir"
  refuses 2 "recur inspect takes RUN, found 'b' as well" inspect a b
  refuses 2 "recur resume has no option --hidden" resume a --hidden 3
}

@test "generate refuses what cannot be drawn from" {
  refuses 2 "--temperature wants a number above 0" generate x --temperature 0
  refuses 2 "found 1.5; the nearest is 1" generate x --top-p 1.5
  refuses 2 "--top-k is for drawing" generate x --greedy --top-k 3
  refuses 2 "found -1; the nearest is 0" generate x --length -1
}

@test "with --json an error is an object on stdout as well" {
  call train lm "$text" --cell lstn --json
  [ "$status" = 2 ]
  [[ $err == *"did you mean lstm"* ]]
  python3 -c 'import json, sys; e = json.load(sys.stdin)["error"]; assert e["code"] == 2 and "lstm" in e["message"]' <"$dir/out"
}
