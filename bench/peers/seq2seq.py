#!/usr/bin/env python3
"""The same encoder-decoder in recur and in PyTorch, from the same weights, on Multi30k German to English.

  seq2seq.py losses [--steps 5]                     both train from one file: how far the losses are apart
  seq2seq.py speed [--rounds 3] [--steps 5]         target tokens per second of training, in turns
  seq2seq.py decode MODEL [--lines 1000]            greedy decoding by a trained model (recur train seq2seq): one by one and in batches of 128;
                                                    seconds of both, in turns, and how many lines are the same
  seq2seq.py start MODEL [--rounds 9]               one short sentence by `recur predict`, process start included

--recipe attention (default): bidirectional GRU, additive attention, GRU. --recipe plain: LSTMs of two layers. Embeddings 256, hidden 512, batches of 128.
--order file: batches of pairs as they come, which PyTorch pads; --order lengths: of pairs of like lengths. --threads 1 2 for several.
Run it from the top of the tree after `make`, with a Python that has PyTorch, on idle cores.
SPDX-License-Identifier: MIT"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(TOP, "data/multi30k/tok")
SKIPPED = 1  # steps that speed does not count
SENTENCE = "ein mann fährt fahrrad ."


def build(library, program):
    sources = [os.path.join(HERE, "seq2seq.c"), os.path.join(library, "librecur.a")]
    libraries = ["-ljansson", "-lutf8proc", "-lpthread", "-lm"]
    options = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-I" + os.path.join(TOP, "include")]
    subprocess.run(["cc", *options, *sources, "-o", program, *libraries], check=True)


def run(side, *words, threads):
    """Return the lines that a side prints. Both have the same threads, PyTorch's own and those of its products."""
    count = str(threads)
    environment = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, MKL_NUM_THREADS=count)
    command = [*side, *map(str, words), count]
    if hasattr(os, "sched_setaffinity"):  # on so many cores
        cores = sorted(os.sched_getaffinity(0))[:threads]
        command = ["taskset", "-c", ",".join(map(str, cores)), *command]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def train(side, options, model, steps, dtype, threads):
    rows = [line.split() for line in run(side, "train", options.recipe, options.folder, model, options.order, steps, dtype, threads=threads)]
    return [float(row[1]) for row in rows], [float(row[2]) for row in rows]


def losses(sides, folder, options):
    for dtype in ("f32", "f64"):
        model = os.path.join(folder, f"{dtype}.safetensors")
        found = [train(side, options, model, options.steps, dtype, options.threads[-1])[0] for side in sides.values()]
        for step, pair in enumerate(zip(*found), 1):
            print(f"{dtype} step {step}: " + ", ".join(f"{name} {loss:.8f}" for name, loss in zip(sides, pair)) + f", apart {abs(pair[0] - pair[1]):.1e}")


def target_tokens(options):
    """Return how many target tokens, marks included, the counted steps have: as seq2seq.c makes its batches."""
    sides = []
    for name in ("train.de", "train.en"):
        with open(os.path.join(options.folder, name), encoding="utf-8", newline="\n") as file:
            sides.append([len(line.split()) for line in file])
    pairs = list(zip(*sides))
    if options.order == "lengths":
        pairs.sort()
    count = len(pairs) // 128
    places = [(count - 1 - i * 37 % count) * 128 for i in range(SKIPPED, options.steps + SKIPPED)]
    return sum(target + 1 for first in places for _, target in pairs[first : first + 128])


def compare(what, sides, measure, options, unit):
    """Measure both sides in turns and print medians."""
    for threads in options.threads:
        values = {name: [] for name in sides}
        for i in range(options.rounds):
            for name in list(sides) if i % 2 == 0 else reversed(sides):
                values[name].append(measure(name, threads))
        ours, theirs = (statistics.median(values[name]) for name in sides)
        ratio = ours / theirs if unit == "tokens/s" else theirs / ours
        spread = ", ".join(f"{name} {min(v):.4g} to {max(v):.4g}" for name, v in values.items())
        print(f"{what}, {threads} thread(s): recur {ours:.4g} {unit}, PyTorch {theirs:.4g}, ratio {ratio:.2f}   ({spread})", flush=True)


def speed(sides, folder, options):
    model, tokens = os.path.join(folder, "model.safetensors"), target_tokens(options)

    def rate(name, threads):
        _, times = train(sides[name], options, model, options.steps + SKIPPED, "f32", threads)
        return tokens / (times[-1] - times[SKIPPED - 1])

    compare(f"training, {options.recipe}, order {options.order}", sides, rate, options, "tokens/s")


def decode(sides, folder, options):
    sources = os.path.join(folder, "sources")
    with open(os.path.join(options.folder, "test_2016_flickr.de"), encoding="utf-8", newline="\n") as file:
        lines = file.readlines()[: options.lines]
    with open(sources, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)
    for batch in (1, 128):
        written = {}

        def seconds(name, threads):
            *written[name], last = run(sides[name], "decode", options.model, sources, batch, threads=threads)
            return float(last)

        compare(f"{len(lines)} sentences by {batch}", sides, seconds, options, "s")
        same = sum(a == b for a, b in zip(*written.values(), strict=True))
        print(f"  {same} of {len(lines)} lines are the same", flush=True)


def start(sides, folder, options):
    times = []
    for _ in range(options.rounds):
        began = time.monotonic()
        command = [os.path.join(options.library, "recur"), "predict", options.model, "-", "--threads", str(options.threads[-1])]
        subprocess.run(command, input=SENTENCE + "\n", text=True, stdout=subprocess.DEVNULL, check=True)
        times.append(1e3 * (time.monotonic() - began))
    print(f"one sentence: median {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["losses", "speed", "decode", "start"])
    parser.add_argument("model", nargs="?", help="of decode and start")
    parser.add_argument("--recipe", choices=["attention", "plain"], default="attention")
    parser.add_argument("--order", choices=["file", "lengths"], default="file")
    parser.add_argument("--folder", default=FOLDER, help="of train.de, train.en and test_2016_flickr.de, tokenised")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--library", default=os.path.join(TOP, "build/release"), help="the folder of librecur.a and recur")
    options = parser.parse_args()
    if (options.what in ("decode", "start")) != (options.model is not None):
        parser.error("decode and start, and only they, want a MODEL")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "seq2seq")
        build(options.library, program)
        sides = {"recur": [program], "PyTorch": [sys.executable, os.path.join(HERE, "seq2seq_torch.py")]}
        {"losses": losses, "speed": speed, "decode": decode, "start": start}[options.what](sides, folder, options)


main()
