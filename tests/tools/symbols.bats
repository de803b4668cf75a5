# tools/symbols.sh accepts a clean library and names what a library should not show.

# library SOURCE: build librecur.so and librecur.a of one file in the test's directory
library() {
  cd "$BATS_TEST_TMPDIR" || return
  printf '%s\n' "$1" >code.c
  cc -fPIC -fvisibility=hidden -c code.c -o code.o
  cc -shared code.o -o librecur.so
  ar rcs librecur.a code.o
  cd - >/dev/null || return
  run tools/symbols.sh "$BATS_TEST_TMPDIR"
  echo "$output"
}
public='__attribute__((visibility("default")))'

@test "a clean library passes, constant tables of pointers included" {
  library "$public const char *recur_name(int i);
    int ri_name_count(void);
    static const char *const names[] = {\"a\", \"b\"};
    const char *recur_name(int i) { return names[i]; }
    int ri_name_count(void) { return 2; }"
  [ "$status" = 0 ]
}

@test "an export without the prefix is named" {
  library "$public int helper(void) { return 1; }"
  [ "$status" = 1 ]
  [[ $output == *"librecur.so exports helper"* ]]
}

@test "an internal name must not leave the shared library" {
  library "$public int ri_helper(void) { return 1; }"
  [ "$status" = 1 ]
  [[ $output == *"librecur.so exports ri_helper"* ]]
}

@test "a global name without a prefix is named in the static library" {
  library "int helper(void) { return 1; }"
  [ "$status" = 1 ]
  [[ $output == *"librecur.a has the global name helper"* ]]
}

@test "a mutable variable is named, with a value, without one, in a function, per thread" {
  for variable in "static int counter = 1;" "static int counter;" "int counter;" "static _Thread_local int counter;"; do
    library "$variable int ri_next(void) { return counter++; }"
    [ "$status" = 1 ]
    [[ $output == *"counter is global and mutable"* ]]
  done
  library "int ri_next(void) { static int counter; return counter++; }"
  [ "$status" = 1 ]
  [[ $output == *"counter"*"is global and mutable"* ]]
}

@test "a library that is not there is an error" {
  run tools/symbols.sh "$BATS_TEST_TMPDIR"
  [ "$status" = 1 ]
  [[ $output == *"not there"* ]]
}
