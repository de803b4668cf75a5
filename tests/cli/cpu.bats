# RECUR_CPU lowers the choice of kernels, for tests and comparisons.
load helpers

@test "a name that is none is refused with those that are" {
  RECUR_CPU=abacus refuses 2 'RECUR_CPU is "abacus".*ref' train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/run"
}

@test "an empty RECUR_CPU is none" {
  RECUR_CPU='' train --steps 2
  [ "$status" = 0 ]
}

@test "the reference kernels train as well as the best, and repeat to the bit" {
  RECUR_CPU=ref train --steps 60 --seed 3
  [ "$status" = 0 ]
  call generate "$dir/run" --length 50
  mv "$dir/run" "$dir/first"
  RECUR_CPU=ref train --steps 60 --seed 3
  cmp "$dir/first/model.safetensors" "$dir/run/model.safetensors"
  call eval "$dir/first" --data "$text"
  [ "$status" = 0 ]
}
