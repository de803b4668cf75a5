#!/usr/bin/env bash
# Lay out every C file as .clang-format says, or check that it is. Versions of clang-format differ in detail, so
# exactly version 14 is used; exit 77 if it is not here.
# Usage: format.sh --check|--fix [ROOT]
# SPDX-License-Identifier: MIT
set -u
cd "${2:-$(dirname "$0")/..}" || exit 2
case ${1:-} in
  --check) flags=(--dry-run -Werror) ;;
  --fix) flags=(-i) ;;
  *) echo "usage: format.sh --check|--fix [ROOT]" >&2; exit 2 ;;
esac

for format in clang-format-14 clang-format; do
  case $("$format" --version 2>/dev/null) in
    *"version 14."*)
      find include src cli examples tests -name '*.[ch]' -print0 -o -name '*.inc' -print0 |
        xargs -0 -r "$format" --style=file "${flags[@]}"
      exit ;;
  esac
done
echo "clang-format 14 is not here (Debian, Ubuntu: apt-get install clang-format-14)" >&2
exit 77
