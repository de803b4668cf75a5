#!/usr/bin/env python3
"""Longer data, tables and the picture of docs/cases/translation.md.

  translation.py data TOK FOLDER     writes captions joined from those of TOK (train.de, train.en, val..., test_2016_flickr...) into FOLDER
  translation.py report FOLDER       prints the tables of the runs in FOLDER and draws length.svg there (after translation.sh)

Captions are joined in their order: of training and validation data all single ones, then all pairs (1 and 2, 3 and 4, ...); of the test data
single ones, pairs, threes and fours.
SPDX-License-Identifier: MIT"""
import json
import os
import sys

import picture

LANGUAGES = ("de", "en")
RUNS = [
    ("none", "LSTM of 2 layers, no attention"),
    ("attention", "BiGRU, additive attention"),
    ("attention-beam", "the same, beam 5"),
    ("best", "byte pairs, best effort"),
    ("best-beam", "the same, beam 5"),
    ("french", "English to French, BiGRU, additive attention"),
]


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return file.read().splitlines()


def joined(rows, n):
    return [" ".join(rows[i : i + n]) for i in range(0, len(rows) - n + 1, n)]


def data(tok, folder):
    os.makedirs(folder, exist_ok=True)
    for part, most in (("train", 2), ("val", 2), ("test_2016_flickr", 4)):
        for language in LANGUAGES:
            rows = lines(os.path.join(tok, f"{part}.{language}"))
            with open(os.path.join(folder, f"long-{part}.{language}"), "w", encoding="utf-8", newline="\n") as file:
                for n in range(1, most + 1):
                    file.writelines(row + "\n" for row in joined(rows, n))


def read(folder, run):
    path = os.path.join(folder, run, "eval.json")
    return json.loads(lines(path)[-1]) if os.path.exists(path) else None


def report(folder):
    print("| model | perplexity | BLEU | chrF | exact |\n|---|---|---|---|---|")
    for run, title in RUNS:
        found = read(folder, run)
        if found:
            print("| %s | %.1f | %.1f | %.1f | %.1f %% |" % (title, found["perplexity"], found["bleu"], found["chrf"], 100 * found["exact_match"]))
    series = [(title, read(folder, run)) for run, title in (("long-none", "no attention"), ("long-attention", "attention"))]
    series = [(title, [b for b in found["by_length"] if b["items"]]) for title, found in series if found]
    if not series:
        return
    steps = [(f"{b['from']}-{b['to'] - 1}" if b["to"] else f"{b['from']}+", str(b["items"])) for b in series[0][1]]
    print("\n| source words | " + " | ".join(name for name, _ in steps) + " |\n|" + "---|" * (len(steps) + 1))
    print("| sentences | " + " | ".join(note for _, note in steps) + " |")
    for title, buckets in series:
        print("| BLEU, %s | " % title + " | ".join("%.1f" % b["bleu"] for b in buckets) + " |")
    curves = [(title, [b["bleu"] for b in buckets]) for title, buckets in series]
    picture.curves(os.path.join(folder, "length.svg"), "BLEU by words in the source, trained on one and two captions", steps, curves, 0, 40)


if __name__ == "__main__":
    {"data": data, "report": report}[sys.argv[1]](*sys.argv[2:])
