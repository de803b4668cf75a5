# ./quickstart and tools/packages.sh on systems that have no package manager that they know.

setup() {
  bin=$BATS_TEST_TMPDIR/bin
  mkdir "$bin"
  for tool in bash cat dirname grep mktemp rm tail; do ln -s "$(command -v $tool)" "$bin/$tool"; done
}

@test "without apt-get, quickstart names the packages and ends with 1" {
  PATH=$bin run "$bin/bash" ./quickstart
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"no Debian or Ubuntu"*cmake*libjansson-dev*libutf8proc-dev* ]]
}

@test "without root and sudo, the packages are named" {
  printf '#!%s\nexit 1\n' "$bin/bash" >"$bin/dpkg-query"
  printf '#!%s\necho 1000\n' "$bin/bash" >"$bin/id"
  printf '#!%s\nexit 0\n' "$bin/bash" >"$bin/apt-get"
  chmod +x "$bin"/{dpkg-query,id,apt-get}
  PATH=$bin run "$bin/bash" -c '. tools/packages.sh; need_packages one two'
  [ "$status" = 1 ]
  [[ $output == *"neither root nor sudo"*"one two"* ]]
}

@test "only what is missing is installed" {
  printf '#!%s\n[ "$4" = there ] && echo "install ok installed"\n' "$bin/bash" >"$bin/dpkg-query"
  printf '#!%s\necho 0\n' "$bin/bash" >"$bin/id"
  printf '#!%s\necho "$@" >>"%s/calls"\n' "$bin/bash" "$BATS_TEST_TMPDIR" >"$bin/apt-get"
  printf '#!%s\nshift; exec "$@"\n' "$bin/bash" >"$bin/env"
  chmod +x "$bin"/{dpkg-query,id,apt-get,env}
  PATH=$bin run "$bin/bash" -c '. tools/packages.sh; need_packages there gone'
  echo "$output"
  [ "$status" = 0 ]
  grep -q '^install .* gone$' "$BATS_TEST_TMPDIR/calls"
  run grep there "$BATS_TEST_TMPDIR/calls"
  [ "$status" = 1 ]
}
