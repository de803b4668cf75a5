# Made data: the same options give the same bytes, the right answers are right, and recall is counted where the finding stands.

setup() {
  dir=$(mktemp -d)
}
teardown() { rm -rf "$dir"; }

# not WORD...: the command fails. A line that begins with ! fails a test only where it is the last one
not() { if "$@"; then return 1; fi; }

@test "reports: of the length asked for, repeatable, summarised in order" {
  tools/make_reports.py --items 300 --min-words 60 --max-words 150 --seed 3 --out "$dir/a"
  tools/make_reports.py --items 300 --min-words 60 --max-words 150 --seed 3 --out "$dir/b"
  tools/make_reports.py --items 300 --min-words 60 --max-words 150 --seed 4 --out "$dir/c"
  for part in report summary findings; do
    cmp "$dir/a.$part" "$dir/b.$part"
    [ "$(grep -c ^ "$dir/a.$part")" = 300 ]
    not cmp -s "$dir/a.$part" "$dir/c.$part"
  done
  awk 'NF < 60 || NF > 150 { exit 1 }' "$dir/a.report"
  # a checksum of what every machine must make
  [ "$(cat "$dir/a.report" "$dir/a.summary" "$dir/a.findings" | sha256sum | cut -c1-16)" = 7762fb4176e4e23e ]
  python3 - "$dir/a" <<'PY'
import json, sys
reports, summaries, findings = (open(f"{sys.argv[1]}.{p}").read().splitlines() for p in ("report", "summary", "findings"))
counts = set()
for report, summary, item in zip(reports, summaries, map(json.loads, findings)):
    words, found = report.split(), item["findings"]
    assert len(words) == item["words"]
    assert summary == (" ; ".join(f["says"] for f in found) or "no abnormal findings") + " ."
    places = [f["word"] for f in found]
    assert places == sorted(set(places))
    for place, end in zip(places, places[1:] + [len(words)]):
        assert place == 0 or words[place - 1] == "."
    counts.add(len(found))
    for f in found:  # sides, sizes and degrees are in the finding's own sentence
        sentence = words[f["word"] : words.index(".", f["word"])]
        for word in f["says"].split():
            if word.isdigit() or word in ("left", "right", "mild", "severe", "small", "large", "moderate"):
                assert word in sentence, (f, sentence)
assert {0, 1, 2, 3, 4, 5, 6} <= counts, counts
PY
}

@test "recall by the place of the finding" {
  printf '%s\n' '{"words": 250, "findings": [{"word": 10, "says": "gallstones"}, {"word": 240, "says": "mild splenomegaly"}]}' \
    '{"words": 50, "findings": []}' '{"words": 150, "findings": [{"word": 120, "says": "gallstones"}]}' >"$dir/findings"
  printf '%s\n' 'mild splenomegaly ; mild  splenomegaly ; severe splenomegaly .' 'no abnormal findings .' 'gallstones' >"$dir/output"
  tools/score_findings.py "$dir/findings" "$dir/output" --json >"$dir/json"
  python3 - "$dir/json" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
assert (o["items"], o["findings"], o["recall"], o["precision"]) == (3, 3, 2 / 3, 0.5), o
assert [p["recall"] for p in o["by_part"]] == [0, None, None, None, 1], o
assert [(w["from"], w["findings"], w["recall"]) for w in o["by_words"]] == [(0, 1, 0), (100, 1, 1), (200, 1, 1)], o
PY
  tools/score_findings.py "$dir/findings" "$dir/output" | grep -qxE 'part 5 of 5 +2 +100.00 %'
  echo one >"$dir/short"
  run tools/score_findings.py "$dir/findings" "$dir/short"
  [ "$status" != 0 ]
  [[ $output == *"has 3 lines and $dir/short has 1"* ]]
}

@test "copies, reversals, dates" {
  for task in copy reverse dates; do
    tools/make_sequences.py $task --items 400 --seed 2 --out "$dir/$task"
    tools/make_sequences.py $task --items 400 --seed 2 --out "$dir/again"
    cmp "$dir/$task.source" "$dir/again.source"
    cmp "$dir/$task.target" "$dir/again.target"
  done
  cmp "$dir/copy.source" "$dir/copy.target"
  awk '{ line = ""; for (i = NF; i > 0; i--) line = line (i < NF ? " " : "") $i; print line }' "$dir/reverse.source" | cmp - "$dir/reverse.target"
  awk 'NF < 5 || NF > 60 { exit 1 }' "$dir/copy.source"
  [ "$(awk '{ print NF }' "$dir/copy.source" | sort -u | wc -l)" -gt 50 ]
  not grep -qvxE '(19[5-9]|20[0-4])[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' "$dir/dates.target"
  python3 - "$dir/dates" <<'PY'
import datetime, re, sys
checked = 0
for text, iso in zip(*(open(f"{sys.argv[1]}.{p}").read().splitlines() for p in ("source", "target"))):
    d = datetime.date.fromisoformat(iso)
    for form in ("%d %B %Y", "%B %d, %Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%A, %d %B %Y"):
        try:
            found = datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
        assert found == d, (text, iso)
        checked += 1
        break
    assert str(d.day) in text and ("%02d" % (d.year % 100)) in text, (text, iso)
assert checked > 50, checked
PY
}

@test "options that cannot be" {
  for options in "--min-words 10" "--min-words 200 --max-words 100" "--abnormal 2" "--items 0"; do
    # shellcheck disable=SC2086
    run tools/make_reports.py $options --out "$dir/x"
    [ "$status" = 2 ]
    [ ! -e "$dir/x.report" ]
  done
  run tools/make_sequences.py copy --symbols 27 --out "$dir/x"
  [ "$status" = 2 ]
}
