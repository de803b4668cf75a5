# The manual page: complete, and clean for those who render it.
load helpers

man=$root/docs/man/recur.1

# the options of all commands, as help shows them
of_help() {
  sed -n 's/^COMMAND(\(.*\))$/\1/p' "$root/cli/commands.def" | sed 's/_seq$/_seq2seq/; s/_/ /' | while read -r command; do
    # shellcheck disable=SC2086
    "$RECUR" help $command --all || echo "  --no-help-for-${command// /-}"
  done | grep -o '^  --[a-z-]*' | tr -d ' ' | sort -u
}

# the options that have a paragraph of their own in the page
of_page() {
  sed 's/\\-/-/g' "$man" | awk 'is_tag { print } { is_tag = /^\.TP/ }' | grep -o -e '--[a-z][a-z-]*' | sort -u
}

@test "every option of every command is in the manual page" {
  of_help >"$dir/help"
  of_page >"$dir/page"
  [ "$(grep -c ^ "$dir/help")" -gt 40 ]
  comm -23 "$dir/help" "$dir/page" | tee "$dir/missing"
  [ ! -s "$dir/missing" ]
}

@test "no option is in the manual page that no command has" {
  { of_help; echo --carry-state; echo --no-header; } | sort -u >"$dir/help"
  of_page >"$dir/page"
  comm -13 "$dir/help" "$dir/page" | tee "$dir/surplus"
  [ ! -s "$dir/surplus" ]
}

@test "it is rendered without a warning" {
  command -v groff >/dev/null || skip "there is no groff"
  groff -man -ww -Tutf8 "$man" >"$dir/page" 2>"$dir/err"
  cat "$dir/err"
  [ ! -s "$dir/err" ]
  grep -q "EXIT STATUS" "$dir/page" || grep -q "E.EX.XI.IT.T" "$dir/page"
}
