# tools/mkmanual.py finds public functions without a comment, and makes the manual from the headers.

@test "every public function has a comment" {
  run python3 tools/mkmanual.py --check include/recur
  echo "$output"
  [ "$status" = 0 ]
}

@test "a function without a comment is named with its line" {
  cp -R include/recur "$BATS_TEST_TMPDIR"
  printf '/* Zz. */\n\nRECUR_API int recur_zz(\n    int a);\nRECUR_API int recur_zy(void); /* one at its end */\n' \
    >"$BATS_TEST_TMPDIR/recur/zz.h"
  run python3 tools/mkmanual.py --check "$BATS_TEST_TMPDIR/recur"
  [ "$status" = 1 ]
  [ "$output" = "$BATS_TEST_TMPDIR/recur/zz.h:3: recur_zz has no comment" ]
}

@test "a section's title is no comment" {
  printf '/* Zz. */\n\n/* ---- a part ---- */\nRECUR_API int recur_zz(void);\n' >"$BATS_TEST_TMPDIR/zz.h"
  run python3 tools/mkmanual.py --check "$BATS_TEST_TMPDIR"
  [ "$status" = 1 ]
}

@test "the manual has a page for every header and an entry for every function" {
  python3 tools/mkmanual.py include/recur "$BATS_TEST_TMPDIR"
  for header in include/recur/*.h; do
    [ -s "$BATS_TEST_TMPDIR/$(basename "$header" .h).md" ]
  done
  grep -q '^### .*recur_ctx_create' "$BATS_TEST_TMPDIR/ctx.md"
  grep -q '^\*\*Errors.\*\* RECUR_EARG' "$BATS_TEST_TMPDIR/ctx.md"
  functions=$(grep -ho 'RECUR_API[^;/]*(' include/recur/*.h | grep -o 'recur_[a-z0-9_]*(' | sort -u)
  [ -n "$functions" ]
  for function in $functions; do
    grep -qF "$function" "$BATS_TEST_TMPDIR"/*.md
  done
}
