#!/usr/bin/env python3
"""Parts, spliced reviews, tables and pictures of docs/cases/reviews.md.

  reviews.py data TRAIN.TSV FOLDER    writes the parts of TRAIN.TSV (label, stars, domain, title, text) into FOLDER
  reviews.py report FOLDER            prints the tables of the runs in FOLDER; draws length.svg and splices.svg there

The parts, by line number n from 1: test where n is a multiple of 5, validation where n leaves 1 divided by 10, the rest for training. Lines come
in blocks of 800 of one domain and class, so the parts keep both balanced.

more.tsv is the training part and one long review more for every two: reviews of over 50 words of one domain and class are joined in pairs, in
their order. fewer.tsv is the training part without every second review of over 50 words.

splices.tsv has each test review once in front and once behind: within a domain the reviews of each class are sorted by length, and the i-th
praise meets the i-th complaint. The first line of a pair is praise then complaint, the second complaint then praise; the label is that of the end.

Words are what stands between white space, in title and text together, as in 'recur eval --by-length'. SPDX-License-Identifier: MIT"""
import os
import sys


def words(row):
    return len((row[3] + " " + row[4]).split())


def joined(first, last):
    """The two reviews as one, labelled as its end."""
    return [last[0], "-", last[2], first[3], " ".join([first[4], last[3], last[4]])]


def groups(rows, *columns):
    found = {}
    for row in rows:
        found.setdefault(tuple(row[c] for c in columns), []).append(row)
    return [found[key] for key in sorted(found)]


def more(train):
    extra = []
    for group in groups([r for r in train if words(r) > 50], 2, 0):
        extra += [joined(a, b) for a, b in zip(group[::2], group[1::2])]
    return train + extra


def fewer(train):
    kept, n = [], 0
    for row in train:
        is_long = words(row) > 50
        n += is_long
        if not is_long or n % 2:
            kept.append(row)
    return kept


def splices(test):
    lines = []
    for group in groups(test, 2):
        sides = [sorted((r for r in group if r[0] == c), key=words) for c in ("positive", "negative")]
        for praise, complaint in zip(*sides):
            lines += [joined(praise, complaint), joined(complaint, praise)]
    return lines


def data(path, folder):
    with open(path, encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    parts = {"train": [], "valid": [], "test": []}
    for n, row in enumerate(rows, 1):
        parts["test" if n % 5 == 0 else "valid" if n % 10 == 1 else "train"].append(row)
    parts["more"] = more(parts["train"])
    parts["fewer"] = fewer(parts["train"])
    parts["splices"] = splices(parts["test"])
    os.makedirs(folder, exist_ok=True)
    for name, part in parts.items():
        with open(os.path.join(folder, name + ".tsv"), "w", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in part)


if __name__ == "__main__":
    data(*sys.argv[2:])
