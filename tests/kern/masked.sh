#!/bin/sh
# masked.sh TEST_KERN ISA COMMAND...: run a test with the kernels of one instruction set; one skipped case where the processor lacks it.
# SPDX-License-Identifier: MIT
test_kern=$1 isa=$2
shift 2
"$test_kern" --has "$isa" || { printf '1..1\nok 1 # SKIP this processor has no %s\n' "$isa"; exit 0; }
RECUR_CPU=$isa exec "$@"
