#!/usr/bin/env python3
"""Split a text as char-rnn does, so that its published losses can be compared with ours.

  charrnn_split.py TEXT FOLDER    writes FOLDER/train.txt and FOLDER/valid.txt

char-rnn cuts the text into 50 rows, one for each sequence of a batch, and validates on the last twentieth of EVERY row (windows of 50 steps),
so that the validation part holds a piece of every play. `--split 0.95,0.05` validates on the last twentieth of the text, two plays in all, which is harder.
SPDX-License-Identifier: MIT"""
import os
import sys

BATCH, BPTT, SHARE = 50, 50, 0.95


def main():
    path, folder = sys.argv[1:]
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    windows = len(text) // (BATCH * BPTT)
    row, cut = windows * BPTT, int(windows * SHARE) * BPTT
    rows = [text[b * row : (b + 1) * row] for b in range(BATCH)]
    parts = {
        "train.txt": "".join(r[:cut] for r in rows) + rows[-1][cut],  # and the last target
        "valid.txt": "".join(r[cut:] for r in rows),
    }
    os.makedirs(folder, exist_ok=True)
    for name, part in parts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
            file.write(part)
        print(f"{name}: {len(part)} characters")


main()
