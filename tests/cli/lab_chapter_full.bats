# recur lab chapter: everything on one page, and every line of JSON under its experiment's name.
load helpers

@test "chapter: every experiment is there, and the page is fit to be read" {
  [ "${RECUR_TEST_SCALE:-}" != small ] || skip "too slow here; each experiment has tests of its own"
  call lab chapter --json --out "$dir/chapter.html"
  [ "$status" = 0 ]
  grep -q '^1 of [0-9]*: lab ' "$dir/err"
  "$RECUR" lab --json >"$dir/labs"
  python3 - "$dir/labs" "$dir/out" "$dir/chapter.html" <<'PY'
import json, re, sys
labs, lines = ([json.loads(line) for line in open(name)] for name in sys.argv[1:3])
page = open(sys.argv[3]).read()
names = {lab["name"] for lab in labs} - {"chapter"}
shown = re.findall(r"<h3>recur lab (\w+)", page)
assert set(shown) == names, names ^ set(shown)
assert {line["experiment"] for line in lines} == names, names ^ {line["experiment"] for line in lines}
sections = re.findall(r'<h2 id="section-\d+">(\d)', page)
assert sections == sorted(sections) and len(sections) >= 4, sections
assert page.count("<pre") >= len(shown), "an experiment says nothing"
PY
  pictures=$(grep -c '<svg' "$dir/chapter.html")
  [ "$pictures" -gt 5 ]
  code=0
  python3 "$BATS_TEST_DIRNAME/browse.py" "$dir/chapter.html" "$pictures" || code=$?
  [[ $code = 0 || $code = 77 ]]
}
