#!/usr/bin/env python3
"""95 % interval of a tagger's accuracy, and of its F1 where the tags mark spans (BIO), from what 'recur predict' wrote.

  tag_interval.py FILE [COLUMN]    FILE: columns, the predicted tag last; the true tag in COLUMN (from 1; default: the last but one)

2,000 resamples of whole sentences, since the words of a sentence are right and wrong together. Spans as conlleval counts them.
SPDX-License-Identifier: MIT"""
import random
import sys


def sentences(path, column):
    pairs = []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t" if "\t" in line else None)
            if not cells or cells == [""]:
                if pairs:
                    yield pairs
                pairs = []
            elif not (line.startswith("#") and "\t" not in line) and (len(cells) < 10 or cells[0].isdigit()):
                pairs.append((cells[column], cells[-1]))
    if pairs:
        yield pairs


def spans(tags):
    """(begin, end, type) of each span of a sentence in BIO; an I that follows another type begins one."""
    found, begin, kind = set(), 0, None
    for i, tag in enumerate(tags + ["O"]):
        mark, _, of = tag.partition("-")
        if kind is not None and (mark != "I" or of != kind):
            found.add((begin, i, kind))
            kind = None
        if kind is None and mark != "O":
            begin, kind = i, of
    return found


def counts(pairs):
    gold, predicted = ([pair[k] for pair in pairs] for k in (0, 1))
    a, b = spans(gold), spans(predicted)
    return len(pairs), sum(x == y for x, y in pairs), len(a), len(b), len(a & b)


def rates(sums):
    words, right, gold, predicted, correct = sums
    return 100 * right / words, 200 * correct / (gold + predicted) if gold + predicted else 0


def main():
    path, column = sys.argv[1], int(sys.argv[2]) - 1 if len(sys.argv) > 2 else -2
    every = list(sentences(path, column))
    tags = {tag for pairs in every for tag, _ in pairs}
    units = [counts(pairs) for pairs in every]
    draw, drawn = random.Random(1), []
    for _ in range(2000):
        drawn.append(rates([sum(column) for column in zip(*draw.choices(units, k=len(units)))]))
    means = rates([sum(column) for column in zip(*units)])
    has_spans = all(tag == "O" or tag[:2] in ("B-", "I-") for tag in tags)
    for k, name in enumerate(("accuracy", "F1") if has_spans else ("accuracy",)):
        ranked = sorted(pair[k] for pair in drawn)
        print(f"{name} {means[k]:.2f} % ({ranked[50]:.2f} to {ranked[1949]:.2f})")


main()
