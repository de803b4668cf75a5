#!/usr/bin/env python3
"""Report every include that breaks the floors of docs/floors.txt, as file:line. Exit 1 if there is one.

Usage: floors.py [ROOT]      ROOT is the source tree, by default the one this script lies in.
SPDX-License-Identifier: MIT
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
LIBRARIES = {"jansson.h": "jansson", "utf8proc.h": "utf8proc"}


def read_table(path):
    """Return {directory: (directories it may see, libraries it may see)}."""
    table = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, rest = line.split(":")
            sees, _, libraries = rest.partition("|")
            table[name] = ({name, *sees.split()}, set(libraries.split()))
    return table


def includes(path):
    """Yield (line number, is it in quotes, name) for each include of a file."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1] == '"', found[2]


def fault_in_src(table, directory, quoted, name):
    """Say why a file of src/<directory> may not include name; None if it may."""
    sees, libraries = table[directory]
    if not quoted:
        library = LIBRARIES.get(name)
        return f"may not see the library {library}" if library and library not in libraries else None
    top, _, rest = name.partition("/")
    if top == "recur":
        return None
    if not rest:
        return f'includes "{name}" without its directory'
    if top not in table:
        return f"includes {name}, which is on no floor"
    return None if top in sees else f"may not see {top}/"


def fault_in_public(root, quoted, name):
    """Say why a public header may not include name."""
    if name in LIBRARIES:
        return f"shows the library {LIBRARIES[name]} to every user"
    if quoted and not (root / "include/recur" / name).is_file():
        return f'includes "{name}", which is not public'
    return None


def fault_in_program(root, path, quoted, name):
    """Say why a file of cli/ or examples/ may not include name: it sees what lies beside it and above it, never below."""
    directory = path.relative_to(root).parts[0]
    if name.startswith("recur/"):
        return None if (root / "include" / name).is_file() else f"includes {name}, which is not public"
    if name in LIBRARIES and (directory, name) != ("cli", "jansson.h"):
        return f"may not see the library {LIBRARIES[name]}"
    if quoted and not any((place / name).is_file() for place in (path.parent, root / directory)):
        return f'includes "{name}"; programs see the public headers only'
    return None


def check(root):
    """Return the list of violations of a source tree."""
    table = read_table(root / "docs/floors.txt")
    bad = []

    def look(path, fault):
        for number, quoted, name in includes(path):
            reason = fault(quoted, name)
            if reason:
                bad.append(f"{path.relative_to(root)}:{number}: {reason}")

    for path in sorted((root / "src").rglob("*.[chi]*")):
        directory = path.relative_to(root / "src").parts[0]
        if directory in table:
            look(path, lambda quoted, name, d=directory: fault_in_src(table, d, quoted, name))
        else:
            bad.append(f"{path.relative_to(root)}:1: src/{directory} is on no floor")
    for path in sorted((root / "include/recur").glob("*.h")):
        look(path, lambda quoted, name: fault_in_public(root, quoted, name))
    for directory in ("cli", "examples"):
        for path in sorted((root / directory).rglob("*.[ch]")):
            look(path, lambda quoted, name, p=path: fault_in_program(root, p, quoted, name))
    return bad


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    bad = check(root)
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
