#!/usr/bin/env python3
"""Train a tagger or a classifier for one epoch in recur and in PyTorch, in turns: same data, model, batches and optimiser.

  tasks.py tag FILE        CoNLL-U: UPOS; words and characters, LSTM 128 in two directions, softmax
  tasks.py chunks FILE     CoNLL-2000: the same with a random field, batches of 10
  tasks.py reviews FILE    TSV, label in column 1, text in the last two: 15,000 words, LSTM 128 in two directions, final states

Seconds are those of the epoch: batches, forward, backward, clipping and Adam; reading and encoding come before. Medians of --rounds runs.
--form padded is another way to compute the same in PyTorch (see tasks_torch.py); --every 8 takes one review of eight, for want of patience.
Run it from the top of the tree after `make`.
SPDX-License-Identifier: MIT"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TOKEN = re.compile(r"\w+|[^\w\s]")
TAGGER = ["train", "tag", "--bidirectional", "--char-features", "--dropout", "0.5"]
RECIPES = {
    "tag": TAGGER,
    "chunks": [*TAGGER, "--crf", "--batch", "10"],
    "reviews": [
        *["train", "classify", "--no-header", "--label", "1", "--text", "2", "--tokenised", "--vocab", "15000"],
        *["--bidirectional", "--dropout", "0.5"],
    ],
}


def tokenise(path, every, folder):
    """Write the label and the words of every so many-th review, divided in a way that both sides read alike; return the new path."""
    out = os.path.join(folder, "reviews.tsv")
    with open(path, encoding="utf-8") as source, open(out, "w", encoding="utf-8") as target:
        for line in list(source)[::every]:
            columns = line.rstrip("\n").split("\t")
            words = TOKEN.findall(" ".join(columns[-2:]).lower())
            target.write(f"{columns[0]}\t{' '.join(words)}\n")
    return out


def run(command, threads):
    """Return the last line of JSON that a side prints."""
    count = str(threads)
    # Debian's PyTorch computes with an OpenBLAS that has threads of its own, and both must agree
    environment = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, MKL_NUM_THREADS=count)
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def run_recur(options, path, threads, folder):
    # all of the file is learnt from, and nothing is saved on the way
    rest = ["--data", path, "--split", "1,0", "--epochs", "1", "--save-every", "3600", "--overwrite", "--json", "--threads", str(threads)]
    report = run([options.recur, *RECIPES[options.what], *rest, "--out", os.path.join(folder, "run")], threads)
    return {"seconds": report["seconds"], "steps": report["step"], "loss": report["loss"]}


def run_torch(options, path, threads, _folder):
    side = [options.python_torch, os.path.join(HERE, "tasks_torch.py"), options.what, path, options.form, str(threads)]
    return run(side, threads)


def compare(options, path, threads, folder):
    sides = {"recur": run_recur, "PyTorch": run_torch}
    found = {name: [] for name in sides}
    for turn in range(options.rounds):
        for name in sorted(sides, reverse=turn % 2 == 0):
            found[name].append(sides[name](options, path, threads, folder))
    ours, theirs = (statistics.median(one["seconds"] for one in found[name]) for name in sides)
    steps, version = found["PyTorch"][0]["steps"], found["PyTorch"][0]["version"]
    if found["recur"][0]["steps"] != steps:
        sys.exit(f"recur made {found['recur'][0]['steps']} steps, PyTorch {steps}")
    spread = ", ".join(f"{name} {min(o['seconds'] for o in r):.2f} to {max(o['seconds'] for o in r):.2f}" for name, r in found.items())
    losses = ", ".join(f"{name} {r[0]['loss']:.3f}" for name, r in found.items())
    print(
        f"{options.what}, {threads} thread(s): recur {ours:.2f} s, PyTorch {version} ({options.form}) {theirs:.2f} s, ratio {theirs / ours:.2f}   "
        f"({spread}; {steps} steps, loss at the end {losses})",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=RECIPES)
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--form", choices=["packed", "padded"], default="packed", help="what PyTorch computes with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--python-torch", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--recur", default=os.path.join(TOP, "build/release/recur"), help="the program")
    options = parser.parse_args()
    # in memory where there is such a folder: how fast a disk takes the first checkpoint is not the question
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        path = tokenise(options.file, options.every, folder) if options.what == "reviews" else options.file
        for threads in options.threads:
            compare(options, path, threads, folder)


main()
