#!/usr/bin/env bash
# Report what a built library shows that it should not, one line each; exit 1 if there is anything.
#   librecur.so   exports recur_* and nothing else
#   librecur.a    its global names are recur_* (public), ri_* (internal), rk_* (kernels)
#   both          nothing global is mutable: no object has a symbol in .data, .bss or thread-local data
# Usage: symbols.sh BUILD_DIRECTORY
# SPDX-License-Identifier: MIT
set -u
build=${1:?usage: symbols.sh BUILD_DIRECTORY}
for library in "$build/librecur.so" "$build/librecur.a"; do
  [ -f "$library" ] || { echo "$library: not there"; exit 1; }
done

bad=$(
  nm -D --defined-only "$build/librecur.so" |
    awk '$3 !~ /^recur_/ { print "librecur.so exports " $3 }'
  nm -g --defined-only "$build/librecur.a" |
    awk 'NF == 3 && $3 !~ /^(recur|ri|rk)_/ { print "librecur.a has the global name " $3 }'
  # constant tables of pointers lie in .data.rel.ro, which is read-only once the library is loaded
  objdump -t "$build/librecur.a" | awk '
    /:     file format/ { object = $1 }
    match($0, /[ \t](\.(data|bss|tdata|tbss)(\.[^ \t]*)?|\*COM\*)[ \t]/) && $NF !~ /^\./ {
      section = substr($0, RSTART + 1, RLENGTH - 2)
      if (section !~ /^\.data\.rel\.ro/) print object " " $NF " is global and mutable (" section ")"
    }'
)
[ -z "$bad" ] || { printf '%s\n' "$bad"; exit 1; }
