#!/usr/bin/env python3
"""Turn the public headers into a manual: one Markdown page per header, and an index.

Usage: mkmanual.py HEADERS OUTPUT     write OUTPUT/<header>.md and OUTPUT/index.md
       mkmanual.py --check HEADERS    list public functions that no comment describes; exit 1 if there is one

A header is cut into blocks at blank lines outside braces and comments. A block is a comment and the declarations
under it, so that functions standing together share the comment above them; one that has a comment at the end of
its line needs no other. Paragraphs that open with Shapes. Owner. Errors. Threads. Cost. Since. keep that word in bold.
SPDX-License-Identifier: MIT
"""
import pathlib
import re
import sys

FUNCTION = re.compile(r"RECUR_API\b[^;]*?\b(recur_\w+)\s*\(([^;]*)\)\s*;[ \t]*(/\*.*?\*/)?", re.S)
NAME = re.compile(r"^\s*(?:#define\s+|typedef\s+(?:struct|enum)\s+|static inline\s+\w+\s+)(\w+)", re.M)
SECTION = re.compile(r"/\* ---- (.*?) ---- \*/")
WORDS = re.compile(r"^(Shapes|Owner|Errors|Threads|Cost|Since)([.:])\s+", re.M)


def blocks(text):
    """Cut a header into blocks: runs of lines between blank lines outside braces and comments."""
    block, depth, in_comment = [], 0, False
    for line in text.splitlines():
        if not line.strip() and depth == 0 and not in_comment:
            if block:
                yield "\n".join(block)
            block = []
            continue
        block.append(line)
        bare = re.sub(r"/\*.*?\*/", "", line)
        if "/*" in bare:
            in_comment = True
        elif "*/" in bare:
            in_comment = False
        elif not in_comment and 'extern "C"' not in bare:
            depth = max(0, depth + bare.count("{") - bare.count("}"))
    if block:
        yield "\n".join(block)


def split(block):
    """Return (comment without its stars, or None; the code under it)."""
    found = re.match(r"/\*(.*?)\*/\s*", block, re.S)
    if not found:
        return None, block
    lines = [re.sub(r"^ \* ?", "", line) for line in found[1].strip().splitlines()]
    return "\n".join(line.rstrip().removesuffix(" *") for line in lines), block[found.end():]


def undescribed(path):
    """List the public functions of a header that have no comment, as file:line: name."""
    text = path.read_text()
    bad, start = [], 0
    for block in blocks(text):
        start = text.index(block, start)
        comment, code = split(block)
        if comment is None or SECTION.fullmatch(block.splitlines()[0]):
            for function in FUNCTION.finditer(code):
                if not function[3]:
                    line = text.count("\n", 0, text.index(code, start) + function.start()) + 1
                    bad.append(f"{path}:{line}: {function[1]} has no comment")
    return bad


def prose(comment):
    """Lay out a comment as Markdown: figures and formulas indented by two or more keep their lines."""
    out = []
    for paragraph in re.split(r"\n\s*\n", comment):
        lines = paragraph.splitlines()
        if lines and all(line.startswith("  ") for line in lines):
            out.append("```\n" + paragraph + "\n```")
        else:
            paragraph = "\n".join(line.strip() for line in lines if "SPDX-License-Identifier" not in line)
            out.append(WORDS.sub(r"\n**\1.** ", paragraph).strip())
    return "\n\n".join(part for part in out if part)


def page(path):
    """Return the Markdown page of one header, and its first sentence."""
    out, summary = [f"# recur/{path.name}"], ""
    for number, block in enumerate(blocks(path.read_text())):
        section = SECTION.match(block)
        comment, code = split(block)
        if number == 0:
            out.append(prose(comment or ""))
            sentence = re.split(r"(?<=\.)\s", out[-1].replace("\n", " "))[0]
            summary = sentence.partition(": ")[2] or sentence
        elif section:
            out.append("## " + section[1])
        elif "RECUR_API" in code or NAME.search(code):
            names = [f[1] for f in FUNCTION.finditer(code)] or NAME.findall(code)
            if comment or "RECUR_API" in code:
                out.append("### " + ", ".join(dict.fromkeys(names)))
                out.append(prose(comment or ""))
            out.append("```c\n" + code.strip() + "\n```")
    return "\n\n".join(part for part in out if part) + "\n", summary


def write_manual(headers, output):
    output.mkdir(parents=True, exist_ok=True)
    index = ["# The library recur\n\nMade from the public headers by tools/mkmanual.py.\n"]
    for path in headers:
        text, summary = page(path)
        (output / f"{path.stem}.md").write_text(text)
        index.append(f"- [{path.stem}]({path.stem}.md): {summary}")
    (output / "index.md").write_text("\n".join(index) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        bad = [line for path in sorted(pathlib.Path(sys.argv[2]).glob("*.h")) for line in undescribed(path)]
        print("\n".join(bad), end="\n" if bad else "")
        sys.exit(1 if bad else 0)
    write_manual(sorted(pathlib.Path(sys.argv[1]).glob("*.h")), pathlib.Path(sys.argv[2]))


if __name__ == "__main__":
    main()
