#!/usr/bin/env python3
"""Train the same model in recur and in PyTorch: same text, batches, initial weights and optimiser.

  compare.py curve [--steps 200]                how far the loss curves are apart, in float32 and in float64
  compare.py speed [--rounds 5] [--steps 40]    tokens per second of both, in turns, on 1 and on 2 threads (--threads 1 2)

--recipe charrnn (default) is char-rnn's: characters, LSTM 2x128. --recipe words is the small one of Zaremba et al. 2014: LSTM 2x200, 10,000 words.
The text is tiny Shakespeare unless --text names another. Run it from the top of the tree after `make`, with a Python that has PyTorch.
SPDX-License-Identifier: MIT"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from lm_torch import RECIPES

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TEXT = os.path.join(TOP, "data/shakespeare/input.txt")
WARM_UP = 5  # steps that speed does not count


def build(library, program):
    sources = [os.path.join(HERE, "lm.c"), os.path.join(library, "librecur.a")]
    libraries = ["-ljansson", "-lutf8proc", "-lpthread", "-lm"]
    subprocess.run(["cc", "-std=c11", "-O2", "-I" + os.path.join(TOP, "include"), *sources, "-o", program, *libraries], check=True)


def run(command, folder, options, steps, dtype, threads):
    """Return the losses and the times of the steps of one side."""
    count = str(threads)
    # Debian's PyTorch computes with an OpenBLAS that has threads of its own, and both must agree
    environment = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count)
    words = [*command, options.recipe, options.text, os.path.join(folder, f"{dtype}.safetensors"), str(steps), dtype, count]
    result = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rows = [line.split() for line in result.stdout.splitlines()]
    return [float(row[1]) for row in rows], [float(row[2]) for row in rows]


def curve(recur, torch, folder, options):
    losses = {}
    for dtype in ("f32", "f64"):
        for name, side in (("recur", recur), ("PyTorch", torch)):
            losses[f"{name} {dtype}"], _ = run(side, folder, options, options.steps, dtype, (options.threads or [1])[0])
    for step in (1, 2, 5, 10, 20, *range(50, options.steps + 1, 50)):
        print(f"step {step:4}   " + "   ".join(f"{name} {curve[step - 1]:.8f}" for name, curve in losses.items()))
    print("largest difference of the losses up to step")
    ends = [end for end in (50, 100, 150, options.steps) if end <= options.steps]
    print(" " * 27 + "".join(f"{end:>10}" for end in ends))
    for one, other in (("recur f64", "PyTorch f64"), ("recur f32", "PyTorch f32"), ("recur f32", "PyTorch f64"), ("PyTorch f32", "PyTorch f64")):
        differences = [abs(a - b) for a, b in zip(losses[one], losses[other], strict=True)]
        print(f"{one:11} - {other:11}  " + "".join(f"{max(differences[:end]):10.1e}" for end in ends))


def speed(recur, torch, folder, options):
    tokens = options.steps * RECIPES[options.recipe].tokens_per_step
    for threads in options.threads or (1, 2):
        rates = {"recur": [], "PyTorch": []}
        for _ in range(options.rounds):
            for name, side in (("recur", recur), ("PyTorch", torch)):
                _, times = run(side, folder, options, options.steps + WARM_UP, "f32", threads)
                rates[name].append(tokens / (times[-1] - times[WARM_UP - 1]))
        ours, theirs = (statistics.median(rates[name]) for name in ("recur", "PyTorch"))
        spread = ", ".join(f"{name} {min(r):.0f} to {max(r):.0f}" for name, r in rates.items())
        print(f"{threads} thread(s): recur {ours:.0f} tokens/s, PyTorch {theirs:.0f}, ratio {ours / theirs:.2f}   ({spread})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["curve", "speed"])
    parser.add_argument("--recipe", choices=RECIPES, default="charrnn")
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=5, help="of speed")
    parser.add_argument("--library", default=os.path.join(TOP, "build/release"), help="the folder of librecur.a")
    options = parser.parse_args()
    options.steps = options.steps or (200 if options.what == "curve" else 40)
    with tempfile.TemporaryDirectory() as folder:
        recur = [os.path.join(folder, "lm")]
        build(options.library, recur[0])
        {"curve": curve, "speed": speed}[options.what](recur, [sys.executable, os.path.join(HERE, "lm_torch.py")], folder, options)


main()
