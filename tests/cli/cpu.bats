# RECUR_CPU lowers the choice of kernels, for tests and comparisons.
load helpers

@test "a name that is none is refused with those that are" {
  RECUR_CPU=abacus refuses 2 'RECUR_CPU is "abacus"; wanted ref, or sse2' train lm "$text" "${tiny[@]}" --steps 2 --out "$dir/run"
}

@test "an empty RECUR_CPU is none" {
  RECUR_CPU='' train --steps 2
  [ "$status" = 0 ]
}

# The last validation loss of a run's report.
validation() {
  grep -o 'validation [0-9.]*' <<<"$1" | tail -n 1 | cut -d ' ' -f 2
}

@test "the reference kernels are used, and learn what the best ones learn" {
  RECUR_CPU=ref train --steps 60
  [ "$status" = 0 ]
  of_ref=$(validation "$err")
  mv "$dir/run" "$dir/ref"
  train --steps 60
  of_best=$(validation "$err")
  echo "$of_ref nats with the reference, $of_best with the best kernels"
  awk -v a="$of_ref" -v b="$of_best" 'BEGIN { exit !(a > 2 && a < 4 && a - b < 0.002 && b - a < 0.002) }'
  # another order of rounding, so other bits
  run cmp -s "$dir/ref/model.safetensors" "$dir/run/model.safetensors"
  [ "$status" = 1 ]
}
