# What README.md and docs/ show is there: the program in C compiles and prints what is written below it, and links lead somewhere.

# block LANGUAGE N: print the Nth code block of a language in README.md
block() { awk -v fence="\`\`\`$1" -v wanted="$2" '/^```$/ { inside = 0 } inside && n == wanted; $0 == fence { n++; inside = 1 }' README.md; }

@test "the program in README.md compiles and prints what README.md says" {
  block c 1 >"$BATS_TEST_TMPDIR/readme.c"
  [ -s "$BATS_TEST_TMPDIR/readme.c" ]
  # shellcheck disable=SC2046
  cc -std=c11 -Wall -Wextra -Werror -Iinclude "$BATS_TEST_TMPDIR/readme.c" "$RECUR_BUILD/librecur.a" -o "$BATS_TEST_TMPDIR/readme" \
    $(pkg-config --libs jansson libutf8proc) -lpthread -lm
  run "$BATS_TEST_TMPDIR/readme"
  [ "$status" = 0 ]
  [ "$output" = "$(awk '/^```c$/ { seen = 1 } /^```$/ { inside = 0 } inside; seen && $0 == "```text" { inside = 1; seen = 0 }' README.md)" ]
}

@test "links between documents lead to files" {
  missing=$(for page in README.md docs/*.md docs/why/*.md docs/lab/*.md docs/cases/*.md bench/peers/*.md; do
    grep -oE '\]\([^)#]+' "$page" | cut -c3- | grep -v '^https\?:' | while read -r link; do
      [ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
    done
  done)
  [ -z "$missing" ] || { echo "$missing"; false; }
}

@test "options that README.md and the guide name exist" {
  known=$(for command in "train lm" "train classify" "train tag" "train seq2seq" resume eval predict generate inspect diagnose "score classify" "score tag" "score seq2seq"; do
    # shellcheck disable=SC2086
    "$RECUR" help $command --all | grep -oE -- '--(no-)?[a-z-]+'
  done | sort -u; printf '%s\n' --cflags --libs --quick --all)
  unknown=$(grep -ohE -- '(^|[ `(])--[a-z][a-z-]+' README.md docs/guide.md | grep -oE -- '--[a-z-]+' | sort -u | grep -vxF -- "$known") || true
  [ -z "$unknown" ] || { echo "$unknown"; false; }
}
