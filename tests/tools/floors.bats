# tools/floors.py lets the tree pass and names every kind of include that breaks the floors.

setup() {
  root=$BATS_TEST_TMPDIR
  mkdir -p "$root/docs"
  cp docs/floors.txt "$root/docs"
  for directory in src include cli examples; do [ ! -d "$directory" ] || cp -R "$directory" "$root"; done
  mkdir -p "$root/cli" "$root/examples"
}

# refuses FILE INCLUDE WORD: a file with that include is reported on its line 2, with that word
refuses() {
  mkdir -p "$root/$(dirname "$1")"
  printf '/* x */\n#include %s\n' "$2" >"$root/$1"
  run python3 tools/floors.py "$root"
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"$1:2: "*"$3"* ]]
}

@test "the tree keeps its floors" {
  run python3 tools/floors.py
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "a lower floor may not see a higher one" { refuses src/kern/zz.c '"nn/params.h"' nn/; }
@test "directories of one floor do not see each other" { refuses src/text/zz.h '"io/atomic.h"' io/; }
@test "io sees base only" { refuses src/io/zz.inc '"dev/dev.h"' dev/; }
@test "the libraries have their place" { refuses src/score/zz.c '<jansson.h>' jansson; }
@test "an internal header is included by its directory" { refuses src/base/zz.c '"alloc.h"' directory; }
@test "commands do not see the experiments" { refuses cli/zz.c '"lab.h"' public; }
@test "the program sees public headers only" { refuses cli/zz.c '"base/alloc.h"' public; }
@test "an example may not see jansson" { refuses examples/zz.c '<jansson.h>' jansson; }
@test "a public header shows no library" { refuses include/recur/zz.h '<jansson.h>' jansson; }
@test "a public header includes public headers only" { refuses include/recur/zz.h '"base/alloc.h"' public; }

@test "a directory that is on no floor is named" {
  mkdir "$root/src/attic"
  echo 'int x;' >"$root/src/attic/zz.c"
  run python3 tools/floors.py "$root"
  [ "$status" = 1 ]
  [[ $output == *"src/attic is on no floor"* ]]
}
