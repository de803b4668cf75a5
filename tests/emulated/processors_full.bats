# Processors that this machine is not, by qemu: no illegal instruction on an old x86-64 (Nehalem: SSE4 and no AVX; Haswell: AVX2 and no
# AVX-512), the same results there, and the kernels for NEON.
# Under an emulator RECUR_TEST_GUARDS=before: qemu reads the whole vector of a masked load, which processors do not.
# SPDX-License-Identifier: MIT

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  build=${RECUR_BUILD:-$root/build/release}
  dir=$(mktemp -d)
  export RECUR_TEST_SCALE=small RECUR_TEST_GUARDS=before
}

teardown() {
  rm -rf "$dir"
}

needs() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
}

# on CPU COMMAND...: run a program of this machine on an older processor
on() {
  local cpu=$1
  shift
  [ "$(uname -m)" = x86_64 ] || skip "programs for x86-64 are not built here"
  needs qemu-x86_64
  qemu-x86_64 -cpu "$cpu" "$@" 2> >(grep -v "warning: TCG doesn't support" >&2)
}

# passes CPU TEST...: every test passes there; prints what fails
passes() {
  local cpu=$1 test
  shift
  for test in "$@"; do
    echo "$test"
    on "$cpu" "$build/tests/$test" >"$dir/out" 2>&1 || { grep -vE 'RUN|  OK|^ok' "$dir/out"; return 1; }
  done
}

# The kernels that the library chooses there are the best that the processor has.
chooses() {
  on "$1" "$build/tests/test_kern" --has "$2"
  if on "$1" "$build/tests/test_kern" --has "$3"; then return 1; fi
}

# The library there: parity with PyTorch, streams and training to the bit.
promises=(test_golden_layers test_golden_optimisers test_golden_recurrent test_stream test_trainer)

# train NAME RUNNER...: short runs of the program with each kind of gates, in $dir/NAME-CELL; prints what they generate
train() {
  local name=$1 cell
  shift
  head -c 20000 "$root/data/shakespeare/input.txt" >"$dir/text.txt"
  for cell in lstm gru; do
    "$@" "$build/recur" train lm "$dir/text.txt" --cell "$cell" --hidden 20 --batch 4 --bptt 16 --threads 1 --steps 30 \
      --out "$dir/$name-$cell" >&2
    "$@" "$build/recur" generate "$dir/$name-$cell" --length 200
  done
}

# The program there trains, and generates the same text as here with the same kernels.
repeats() {
  train emulated on "$1" >"$dir/emulated"
  RECUR_CPU=$2 train here env >"$dir/here"
  [ -s "$dir/here" ]
  cmp "$dir/here" "$dir/emulated"
}

@test "Nehalem: SSE2 is chosen" {
  chooses Nehalem sse2 avx2
}

@test "Nehalem: the kernels are right" {
  passes Nehalem test_kern
}

@test "Nehalem: the library keeps its promises" {
  passes Nehalem "${promises[@]}"
}

@test "Nehalem: the program trains and generates as here" {
  repeats Nehalem sse2
}

@test "Haswell: AVX2 is chosen" {
  chooses Haswell avx2 avx512
}

@test "Haswell: the kernels are right" {
  passes Haswell test_kern
}

@test "Haswell: the library keeps its promises" {
  passes Haswell "${promises[@]}"
}

@test "Haswell: the program trains and generates as here" {
  "$build/tests/test_kern" --has avx2 || skip "this processor has no AVX2 to compare with"
  repeats Haswell avx2
}

@test "aarch64: the kernels for NEON are right" {
  local compiler=aarch64-linux-gnu-gcc
  needs $compiler
  needs qemu-aarch64
  cd "$root"
  $compiler -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -ftree-vectorize -ffp-contract=off -fno-math-errno -fno-trapping-math \
    -Wall -Wextra -Werror -Iinclude -Isrc tests/kern/test_kern.c src/kern/*.c src/kern/*/*.c -lm -o "$dir/test_kern"
  qemu-aarch64 -L /usr/aarch64-linux-gnu "$dir/test_kern" --has neon
  qemu-aarch64 -L /usr/aarch64-linux-gnu "$dir/test_kern"
}
