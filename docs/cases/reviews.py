#!/usr/bin/env python3
"""Parts, spliced reviews, tables and pictures of docs/cases/reviews.md.

  reviews.py data TRAIN.TSV FOLDER    writes the parts of TRAIN.TSV (label, stars, domain, title, text) into FOLDER
  reviews.py report FOLDER            prints the tables of the runs in FOLDER; draws length.svg and splices.svg there
                                      (needs what reviews.sh left in the folders of the runs)

The parts, by line number n from 1: test where n is a multiple of 5, validation where n leaves 1 divided by 10, the rest for training. Lines come
in blocks of 800 of one domain and class, so the parts keep both balanced.

more.tsv is the training part and one long review more for every two: reviews of over 50 words of one domain and class are joined in pairs, in
their order.

splices.tsv has each test review once in front and once behind: within a domain the reviews of each class are sorted by length, and the i-th
praise meets the i-th complaint. The first line of a pair is praise then complaint, the second complaint then praise; the label is that of the end. untitled.tsv is
the same without any title.

Words are what stands between white space, in title and text together, as in 'recur eval --by-length'. A run's accuracy is that of a model and a
seed; figures are means over the seeds, and their 95 % intervals come from 2,000 resamples of the reviews, the same for all models.
SPDX-License-Identifier: MIT"""
import os
import random
import re
import sys

import picture


def words(row):
    return len((row[3] + " " + row[4]).split())


def joined(first, last):
    """The two reviews as one, labelled as its end."""
    return [last[0], "-", last[2], first[3], " ".join(filter(None, [first[4], last[3], last[4]]))]


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


def pairs(test):
    """A praise and a complaint of one domain and about one length; each review once."""
    for group in groups(test, 2):
        yield from zip(*[sorted((r for r in group if r[0] == c), key=words) for c in ("positive", "negative")])


def splices(couples):
    return [one for a, b in couples for one in (joined(a, b), joined(b, a))]


def untitled(row):
    return [*row[:3], "", row[4]]


def table(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def data(path, folder):
    rows = table(path)
    parts = {"train": [], "valid": [], "test": []}
    for n, row in enumerate(rows, 1):
        parts["test" if n % 5 == 0 else "valid" if n % 10 == 1 else "train"].append(row)
    parts["more"] = more(parts["train"])
    couples = list(pairs(parts["test"]))
    parts["splices"] = splices(couples)
    parts["untitled"] = splices([(untitled(a), untitled(b)) for a, b in couples])
    os.makedirs(folder, exist_ok=True)
    for name, part in parts.items():
        with open(os.path.join(folder, name + ".tsv"), "w", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in part)


# ---- figures ----

MODELS = [
    ("rnn", "vanilla RNN"),
    ("lstm", "LSTM"),
    ("gru", "GRU"),
    ("bilstm", "bidirectional LSTM"),
    ("none", "no recurrence, mean"),
    ("rnn-long", "vanilla, more long reviews"),
    ("rnn-512", "vanilla, 512 units"),
    ("rnn-512-slow", "vanilla, 512 units, rate 0.0001"),
    ("rnn-slow", "vanilla, rate 0.0005"),
    ("bilstm-slow", "bidirectional LSTM, rate 0.0005"),
    ("rnn-mean", "vanilla, mean of all states"),
    ("rnn-both", "bidirectional vanilla RNN"),
]
BUCKETS = [("all", 0, 1 << 60), ("under 20", 0, 20), ("20 to 50", 20, 51), ("over 50", 51, 1 << 60)]
STEPS = [("under 20", 0, 20), ("20 to 50", 20, 51), ("51 to 100", 51, 101), ("101 to 200", 101, 201), ("over 200", 201, 1 << 60)]


def seeds(folder, name):
    runs = sorted(run for run in os.listdir(folder) if re.fullmatch(name + "-[0-9]+", run))
    return [path for path in (os.path.join(folder, run, "splices.txt") for run in runs) if os.path.exists(path)]


def guesses(folder, name, part):
    """Of each seed the label of each line."""
    runs = [os.path.join(os.path.dirname(path), part + ".txt") for path in seeds(folder, name)]
    return [[line[0] for line in table(run)] for run in runs]


def right(folder, name, part, rows):
    """Of each row the share of the seeds that are right."""
    runs = guesses(folder, name, part)
    return [sum(run[i] == row[0] for run in runs) / len(runs) for i, row in enumerate(rows)]


def mean(values):
    return sum(values) / len(values) if values else float("nan")


def interval(values, resamples=2000):
    """The mean and its 95 % interval, in per cent."""
    draw = random.Random(1)
    means = sorted(mean(draw.choices(values, k=len(values))) for _ in range(resamples))
    return [100 * x for x in (mean(values), means[resamples // 40], means[resamples - 1 - resamples // 40])]


def line(*cells):
    print("| " + " | ".join(cells) + " |")


def head(*cells):
    print()
    line(*cells)
    print("|" + "---|" * len(cells))


def by_length(folder, models, test):
    head("words", *[b[0] for b in BUCKETS], "each seed")
    line("reviews", *[str(sum(a <= words(r) < b for r in test)) for _, a, b in BUCKETS], "")
    for name, title in models:
        share = right(folder, name, "test", test)
        cells = ["%.1f (%.1f to %.1f)" % tuple(interval([s for s, r in zip(share, test) if a <= words(r) < b])) for _, a, b in BUCKETS]
        each = [100 * mean([g == r[0] for g, r in zip(run, test)]) for run in guesses(folder, name, "test")]
        line(title, *cells, " ".join("%.1f" % x for x in each))


def above_vanilla(folder, models, test):
    head("above the vanilla RNN", *[b[0] for b in BUCKETS])
    base = right(folder, "rnn", "test", test)
    for name, title in models[1:]:
        gain = [s - b for s, b in zip(right(folder, name, "test", test), base)]
        cells = ["%+.1f (%+.1f to %+.1f)" % tuple(interval([g for g, r in zip(gain, test) if a <= words(r) < b])) for _, a, b in BUCKETS]
        line(title, *cells)


# ---- splices: whom a model follows ----


def follows(folder, name, rows, part="splices"):
    """Of each pair the shares of the seeds whose answer is the end's, the front's, praise both times, complaint both times."""
    runs, shares = guesses(folder, name, part), []
    for i in range(0, len(rows), 2):
        kinds = [(run[i], run[i + 1]) for run in runs]
        wanted = [("negative", "positive"), ("positive", "negative"), ("positive", "positive"), ("negative", "negative")]
        shares.append([kinds.count(w) / len(runs) for w in wanted])
    return shares


def spliced(folder, models, rows):
    sizes = [words(row) for row in rows[::2]]
    head("the answer is", "the end's", "the front's", "praise, both times", "complaint, both times",
         "end : front, under 120 words", "over 300 words", "without titles")
    for name, title in models:
        shares = follows(folder, name, rows)
        cells = ["%.1f %%" % (100 * mean([s[k] for s in shares])) for k in range(4)]
        for a, b in ((0, 120), (301, 1 << 60)):
            group = [s for s, n in zip(shares, sizes) if a <= n < b]
            cells.append("%.1f : %.1f" % (100 * mean([s[0] for s in group]), 100 * mean([s[1] for s in group])))
        bare = follows(folder, name, rows, "untitled")
        cells.append("%.1f : %.1f" % (100 * mean([s[0] for s in bare]), 100 * mean([s[1] for s in bare])))
        line(title, *cells)
    print("\n%d pairs, %d under 120 words, %d over 300" % (len(sizes), sum(n < 120 for n in sizes), sum(n > 300 for n in sizes)))


# ---- pictures ----

def draw_length(folder, models, test):
    steps = [(title, "%d reviews" % sum(a <= words(r) < b for r in test)) for title, a, b in STEPS]
    series = []
    for name, title in models:
        share = right(folder, name, "test", test)
        series.append((title, [100 * mean([s for s, r in zip(share, test) if a <= words(r) < b]) for _, a, b in STEPS]))
    picture.curves(os.path.join(folder, "length.svg"), "Accuracy by words in the review", steps, series, 60, 100, "%g %%")


def draw_splices(folder, models, rows):
    shapes, left, wide = [], 215, 380
    kinds = [(1, "s0", "follows the front"), (2, "s5", "praise both times"), (3, "s4", "complaint both times"), (0, "s1", "follows the end")]
    for i, (_, kind, title) in enumerate(kinds):
        x = 20 + 150 * i
        shapes += ['<rect class="%s" x="%d" y="44" width="11" height="11"/>' % (kind, x), picture.text(x + 17, 54, title, "faint")]
    for i, (name, title) in enumerate(models):
        shares, x, y = follows(folder, name, rows), left, 72 + 26 * i
        shapes.append(picture.text(left - 10, y + 13, title, "end"))
        for k, kind, _ in kinds:
            w = wide * mean([s[k] for s in shares])
            shapes.append('<rect class="%s" x="%.1f" y="%d" width="%.1f" height="18"/>' % (kind, x, y, w))
            x += w
    picture.save(os.path.join(folder, "splices.svg"), 640, 85 + 26 * len(models), "Praise and complaint joined, in both orders", shapes)


def report(folder):
    test, rows = table(os.path.join(folder, "test.tsv")), table(os.path.join(folder, "splices.tsv"))
    models = [m for m in MODELS if seeds(folder, m[0])]
    by_length(folder, models, test)
    above_vanilla(folder, models, test)
    spliced(folder, models, rows)
    draw_length(folder, [m for m in models if m[0] in ("rnn", "lstm", "gru", "bilstm", "none")], test)
    draw_splices(folder, models, rows)


if __name__ == "__main__":
    {"data": data, "report": report}[sys.argv[1]](*sys.argv[2:])
