# Pages in a browser: on a telephone, at a desk, in light and dark, and printed.
load helpers

# browse PAGE PICTURES: every view of a page holds so many pictures, and nothing is too wide
browse() {
  local code=0
  python3 "$BATS_TEST_DIRNAME/browse.py" "$@" || code=$?
  [ "$code" != 77 ] || skip "Chromium is not here or does not start (Debian: apt-get install chromium)"
  [ "$code" = 0 ]
}

@test "a page of wide tables and wide pictures" {
  call lab bottleneck --hidden 4,6 --lengths 2,5 --every 3 --steps 4 --tests 3 --symbols 4 --batch 2 --embed 3 --quiet --out "$dir/page.html"
  [ "$status" = 0 ]
  browse "$dir/page.html" 1
}

@test "the report of a diagnosis" {
  train --quiet
  call diagnose "$dir/run" --data "$text" --out "$dir/report.html"
  [ "$status" = 0 ]
  pictures=$(grep -c '<svg' "$dir/report.html")
  [ "$pictures" -ge 5 ]
  browse "$dir/report.html" "$pictures"
}

@test "a page that is cut off or loads something would be found" {
  call lab sequential --steps 9 --batch 3 --input 5 --hidden 6 --seconds 0.001 --quiet --out "$dir/page.html"
  [ "$status" = 0 ]
  browse "$dir/page.html" 1
  sed 's/overflow-x:auto/overflow-x:visible/g' "$dir/page.html" >"$dir/wide.html"
  sed 's/prefers-color-scheme:dark/prefers-color-scheme:light/g' "$dir/page.html" >"$dir/dim.html"
  sed 's|</body>|<img src="https://example.org/a.png"></body>|' "$dir/page.html" >"$dir/loads.html"
  for page in wide dim loads; do
    run python3 "$BATS_TEST_DIRNAME/browse.py" "$dir/$page.html" 1
    [ "$status" = 1 ]
  done
  run python3 "$BATS_TEST_DIRNAME/browse.py" "$dir/page.html" 2
  [ "$status" = 1 ]
}
