# A large input: one line of 100 MB.
load helpers

@test "a single line of 100 MB" {
  yes 'To be, or not to be: ' | tr -d '\n' | head -c 100000000 >"$dir/line"
  call train lm "$dir/line" "${tiny[@]}" --steps 2 --split 0.999,0.001 --out "$dir/run"
  [ "$status" = 0 ]
  call eval "$dir/run" --data "$text"
  [ "$status" = 3 ]
  [ "$(grep -c ^ "$dir/err")" = 1 ]
  [ "${#err}" -lt 600 ]
}
