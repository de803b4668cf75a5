#!/usr/bin/env python3
"""Write tests/golden/scores.json: what seqeval, scikit-learn and SciPy say about labels, tags and counts.

Usage: python3 tests/golden/make_score_golden.py      needs seqeval 1.2.2, scikit-learn 1.9 and SciPy 1.17

Tags are drawn at random, mostly breaking their scheme, and made by hand; numbers are written with every digit.
SPDX-License-Identifier: MIT
"""
import json
import pathlib
import random
import warnings

from scipy.stats import binom
from seqeval.metrics.sequence_labeling import accuracy_score, get_entities, precision_recall_fscore_support
from sklearn import metrics

BY_HAND = [
    ("right", ["O B-PER I-PER O B-LOC"], ["O B-PER I-PER O B-LOC"]),
    ("nothing found", ["B-PER O B-LOC"], ["O O O"]),
    ("nothing there", ["O O O"], ["B-PER O I-LOC"]),
    ("I after O begins a span", ["O B-X I-X O"], ["O I-X I-X O"]),
    ("I after another type begins a span", ["B-X B-Y I-Y"], ["B-X I-Y I-Y"]),
    ("a type that changes back", ["B-X I-Y I-X"], ["B-X I-X I-X"]),
    ("a span stops at the end of a sentence", ["O B-X", "I-X O"], ["O B-X", "B-X O"]),
    ("one token too long", ["B-X I-X O O"], ["B-X I-X I-X O"]),
    ("two for one", ["B-X I-X I-X"], ["B-X B-X I-X"]),
    ("BIOES", ["S-X O B-Y I-Y E-Y B-X E-X"], ["S-X O B-Y E-Y S-Y B-X E-X"]),
    ("E without B", ["B-X E-X O S-X"], ["O E-X O E-X"]),
    ("E after E", ["B-X E-X S-X"], ["B-X E-X E-X"]),
    ("I after E and after S", ["B-X E-X B-X E-X S-X S-X"], ["B-X E-X I-X E-X S-X I-X"]),
    ("B without an end before S", ["B-X E-X S-X"], ["B-X I-X S-X"]),
    ("one scheme against the other", ["B-X E-X O S-Y B-Y I-Y E-Y"], ["B-X I-X O B-Y B-Y I-Y I-Y"]),
    ("types with dashes", ["B-A-B I-A-B O B-A-C"], ["B-A-B I-A-B O B-A"]),
    ("tags without types", ["B I O B I I"], ["B I O B B I"]),
    ("a sentence without tokens", ["B-X", "", "O"], ["B-X", "", "B-X"]),
    ("types beyond ASCII", ["B-Ärzte I-Ärzte B-Zoo"], ["B-Ärzte I-Ärzte B-Ärzte"]),
]


def random_tags(rng, n, prefixes, types):
    return [rng.choice(["O", *(f"{p}-{t}" for p in prefixes for t in types)]) for _ in range(n)]


def random_spans(rng, n, is_bioes, types):
    """Draw tags that keep to their scheme."""
    tags = []
    while len(tags) < n:
        size = min(rng.choice([1, 1, 2, 3]), n - len(tags))
        if rng.random() < 0.5:
            tags.append("O")
            continue
        kind = rng.choice(types)
        inner = ["B"] + ["I"] * (size - 1)
        if is_bioes:
            inner = ["S"] if size == 1 else ["B"] + ["I"] * (size - 2) + ["E"]
        tags += [f"{p}-{kind}" for p in inner]
    return tags


def disturb(rng, tags, prefixes, types, share):
    return [random_tags(rng, 1, prefixes, types)[0] if rng.random() < share else tag for tag in tags]


def random_cases(rng):
    for k in range(40):
        prefixes = rng.choice(["BI", "BIES", "I", "BIE", "IES"])
        types = ["LOC", "ORG", "PER", "X-Y"][: rng.randint(1, 4)]
        gold, predicted = [], []
        for _ in range(rng.randint(1, 8)):
            n = rng.randint(1, 14)
            if k % 2:
                tags = random_spans(rng, n, "S" in prefixes, types)
            else:
                tags = random_tags(rng, n, prefixes, types)
            gold.append(tags)
            predicted.append(disturb(rng, tags, prefixes, types, rng.choice([0.1, 0.3, 1])))
        yield f"random {k}", [" ".join(s) for s in gold], [" ".join(s) for s in predicted]


def spans_of(sentences):
    return {(kind, i, begin, end) for i, tags in enumerate(sentences) for kind, begin, end in get_entities(tags)}


def tag_case(name, gold, predicted):
    g, p = [s.split() for s in gold], [s.split() for s in predicted]
    there, found = spans_of(g), spans_of(p)
    precision, recall, f1, _ = precision_recall_fscore_support(g, p, average="micro")
    types = []
    columns = precision_recall_fscore_support(g, p, average=None)
    for kind, *rates in zip(sorted({s[0] for s in there | found}), *columns):
        counts = [sum(s[0] == kind for s in spans) for spans in (there, found, there & found)]
        assert counts[0] == rates[3]
        types.append([kind, *counts, *map(float, rates[:3])])
    return {"name": name, "gold": gold, "predicted": predicted, "accuracy": accuracy_score(g, p),
            "spans": [len(there), len(found), len(there & found)],
            "scores": [float(precision), float(recall), float(f1)], "types": types}


def class_case(name, gold, predicted):
    labels = sorted(set(gold) | set(predicted))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        gold, predicted, labels=labels, zero_division=0)
    rows = zip(labels, map(int, support), map(float, precision), map(float, recall), map(float, f1))
    return {"name": name, "gold": gold, "predicted": predicted,
            "accuracy": float(metrics.accuracy_score(gold, predicted)),
            "macro_f1": float(metrics.f1_score(gold, predicted, average="macro", zero_division=0)),
            "classes": [list(row) for row in rows],
            "matrix": metrics.confusion_matrix(gold, predicted, labels=labels).tolist()}


def class_cases(rng):
    yield class_case("right", ["a", "b", "b"], ["a", "b", "b"])
    yield class_case("one class", ["a", "a"], ["a", "a"])
    yield class_case("a class never predicted", ["a", "a", "b", "c"], ["a", "b", "b", "b"])
    yield class_case("a class that is not there", ["a", "b"], ["a", "z"])
    yield class_case("all wrong", ["a", "b", "c"], ["b", "c", "a"])
    for k in range(8):
        labels = ["pos", "neg", "10", "9", "ä", "Z", "a b"][: rng.randint(2, 7)]
        gold = rng.choices(labels, [1 / (i + 1) for i in range(len(labels))], k=rng.randint(5, 120))
        yield class_case(f"random {k}", gold, [g if rng.random() < 0.6 else rng.choice(labels) for g in gold])


def intervals(rng):
    """Draw [correct, n, low, high], the last two as counts."""
    pairs = [(c, n) for n in range(1, 13) for c in range(n + 1)]
    pairs += [(1, 10**6), (10**6 - 1, 10**6), (5 * 10**5, 10**6), (843, 1000), (123456789, 10**9), (1, 10**9)]
    for _ in range(150):
        n = int(10 ** rng.uniform(1, 7))
        pairs.append((rng.randint(0, n), n))
    return [[c, n, int(binom.ppf(0.025, n, c / n)), int(binom.ppf(0.975, n, c / n))] for c, n in pairs]


def main():
    warnings.simplefilter("ignore")  # rates of nothing
    rng = random.Random(4)
    cases = [*BY_HAND, *random_cases(rng)]
    golden = {"tags": [tag_case(*case) for case in cases], "classes": list(class_cases(rng)),
              "intervals": intervals(rng)}
    lines = [f'"{key}":[\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
             for key, rows in golden.items()]
    path = pathlib.Path(__file__).with_name("scores.json")
    path.write_text("{" + ",\n".join(lines) + "}\n")


main()
