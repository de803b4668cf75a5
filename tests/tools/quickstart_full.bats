# ./quickstart does what it says, from sources alone.

@test "quickstart builds, trains, reports and writes" {
  tree=$BATS_TEST_TMPDIR/tree
  mkdir "$tree"
  cp -R CMakeLists.txt cmake cli data include src tests tools quickstart "$tree"
  cd "$tree"
  ./quickstart 0.02 </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR"/{out,err}; false; }
  cat "$BATS_TEST_TMPDIR"/{out,err}
  grep -Eq '^On text it has never seen .*: [0-9]\.[0-9]{3} nats per character, [0-9]\.[0-9]{3} bits\.$' "$BATS_TEST_TMPDIR/out"
  [ "$(sed '1,/^A sample/d;/^Next:/,$d' "$BATS_TEST_TMPDIR/out" | wc -c)" -gt 290 ]
  [ -s runs/quickstart/model.safetensors ]

  # what it says to try next is understood by the program, on a text that is at hand
  sed '1,/^Next:/d' "$BATS_TEST_TMPDIR/out" >next
  [ "$(wc -l <next)" = 5 ]
  head -n 3000 data/shakespeare/input.txt >YOURS.txt
  sed -i 's/--minutes 10/--steps 2/' next
  bash -e next
}
