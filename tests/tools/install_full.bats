# An installed recur is found and used as the documents say: pkg-config and CMake, shared and static, C and C++.

setup_file() {
  export PREFIX="$BATS_FILE_TMPDIR/prefix"
  cmake --install "$RECUR_BUILD" --prefix "$PREFIX" >/dev/null
  PKG_CONFIG_PATH=$(dirname "$(find "$PREFIX" -name recur.pc)")
  LIBRARIES=$(dirname "$PKG_CONFIG_PATH")
  export PKG_CONFIG_PATH LIBRARIES

  # calls through to jansson, utf8proc and the threads, so that a forgotten dependency cannot link
  cat >"$BATS_FILE_TMPDIR/user.c" <<'END'
#include <recur/recur.h>

int main(void)
{
    recur_ctx *ctx;
    recur_ctx_opts opts = {0};
    recur_model *model;
    opts.threads = 2;
    if (recur_ctx_create(&opts, &ctx)) return 1;
    if (recur_model_load(ctx, "no/such/model", &model) != RECUR_EIO) return 2;
    recur_ctx_destroy(ctx);
    puts(recur_version());
    return 0;
}
END
  cp "$BATS_FILE_TMPDIR/user.c" "$BATS_FILE_TMPDIR/user.cc"
}

# cmake_user OPTION...: build the program as a CMake project that finds recur, and run it
cmake_user() {
  local project=$BATS_TEST_TMPDIR/project
  mkdir "$project"
  cp "$BATS_FILE_TMPDIR/user.c" "$project"
  cat >"$project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(user C)
find_package(recur 0.1 REQUIRED $1)
add_executable(user user.c)
target_link_libraries(user PRIVATE recur::recur)
END
  cmake -S "$project" -B "$project/b" -DCMAKE_PREFIX_PATH="$PREFIX"
  cmake --build "$project/b"
  run "$project/b/user"
  [ "$output" = 0.1.0 ]
}

@test "pkg-config, shared" {
  # shellcheck disable=SC2046
  cc $(pkg-config --cflags recur) "$BATS_FILE_TMPDIR/user.c" -o "$BATS_TEST_TMPDIR/user" $(pkg-config --libs recur)
  LD_LIBRARY_PATH=$LIBRARIES run "$BATS_TEST_TMPDIR/user"
  [ "$output" = 0.1.0 ]
  readelf -d "$BATS_TEST_TMPDIR/user" | grep -q 'NEEDED.*librecur.so.0]'
}

@test "pkg-config, static" {
  # shellcheck disable=SC2046
  cc $(pkg-config --cflags recur) "$BATS_FILE_TMPDIR/user.c" -o "$BATS_TEST_TMPDIR/user" \
    -Wl,-Bstatic $(pkg-config --libs recur) -Wl,-Bdynamic $(pkg-config --static --libs recur | sed 's/-lrecur//')
  run "$BATS_TEST_TMPDIR/user"
  [ "$output" = 0.1.0 ]
}

@test "CMake package, shared" {
  cmake_user
  readelf -d "$BATS_TEST_TMPDIR/project/b/user" | grep -q 'librecur.so.0]'
}

@test "CMake package, static" {
  cmake_user "COMPONENTS static"
  run readelf -d "$BATS_TEST_TMPDIR/project/b/user"
  [[ $output != *librecur* ]]
}

@test "the headers are C++ too" {
  command -v g++ >/dev/null || skip "no g++"
  # shellcheck disable=SC2046
  g++ -Wall -Werror $(pkg-config --cflags recur) "$BATS_FILE_TMPDIR/user.cc" -o "$BATS_TEST_TMPDIR/user" \
    $(pkg-config --libs recur)
  LD_LIBRARY_PATH=$LIBRARIES run "$BATS_TEST_TMPDIR/user"
  [ "$output" = 0.1.0 ]
}

@test "every public header compiles alone, as C11 and as C++" {
  command -v g++ >/dev/null || skip "no g++"
  for header in "$PREFIX"/include/recur/*.h; do
    printf '#include <recur/%s>\n' "$(basename "$header")" >"$BATS_TEST_TMPDIR/one.c"
    cc -std=c11 -Wall -Wextra -Werror -I"$PREFIX/include" -fsyntax-only "$BATS_TEST_TMPDIR/one.c"
    g++ -Wall -Wextra -Werror -I"$PREFIX/include" -fsyntax-only -x c++ "$BATS_TEST_TMPDIR/one.c"
  done
}

@test "the program runs from where it was installed, and its manual page is there" {
  run "$PREFIX/bin/recur" --version
  [ "$status" = 0 ]
  [[ $output == *0.1.0* ]]
  [ -s "$PREFIX/share/man/man1/recur.1" ]
}

@test "the installed tree names no path of the build" {
  run grep -rl "$RECUR_BUILD" "$PREFIX/include" "$LIBRARIES/pkgconfig" "$LIBRARIES/cmake"
  [ "$status" = 1 ]
}
