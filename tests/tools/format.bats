# tools/format.sh finds a file that is not laid out as .clang-format says, and mends it.

setup() {
  root=$BATS_TEST_TMPDIR
  mkdir -p "$root"/{include,src/base,cli,examples,tests}
  cp .clang-format "$root"
  printf 'int  f( void ){return 1;}\n' >"$root/src/base/zz.inc"
  run tools/format.sh --check "$root"
  [ "$status" != 77 ] || skip "clang-format 14 is not here"
}

@test "a badly laid out file is named" {
  run tools/format.sh --check "$root"
  [ "$status" != 0 ]
  [[ $output == *zz.inc* ]]
}

@test "--fix mends it" {
  tools/format.sh --fix "$root"
  run tools/format.sh --check "$root"
  [ "$status" = 0 ]
  grep -q 'int f(void)' "$root/src/base/zz.inc"
}
