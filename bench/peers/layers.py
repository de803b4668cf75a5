#!/usr/bin/env python3
"""Whole recurrent layers: recur against oneDNN, ONNX Runtime and PyTorch, in turns in one run.

  layers.py                                      configurations A to H, lstm, gru and rnn, inference and training, 1 and 2 threads
  layers.py --config A,D --cell lstm --mode infer --threads 1 --json >>some.jsonl     a part of it
  layers.py --read some.jsonl more.jsonl         the table of parts that were measured before

Every case is measured in rounds, and in every round by all sides one after the other, the order turned round each time; medians over the
rounds are compared. E is one step at a time with carried state. How to get the peers: bench/peers/README.md.
SPDX-License-Identifier: MIT"""
import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
OURS = "recur"
NAMES = {"onednn": "oneDNN", "onnx": "ONNX Runtime", "torch": "PyTorch"}
INSTALL = {
    "onednn": "Debian: apt-get install libdnnl-dev; or pip install onednn-devel-cpu-gomp and --onednn FOLDER, the environment's",
    "onnx": "pip install onnx onnxruntime, and --python-onnx that environment's bin/python",
    "torch": "pip install torch, and --python-torch that environment's bin/python; Debian: apt-get install python3-torch libopenblas0-openmp",
}
# The threads of every library that a side may compute with: where they disagree, peers look slower than they are.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Missing(Exception):
    """A peer is not here."""


def environment(threads):
    return dict(os.environ, **dict.fromkeys(THREADS, str(threads)))


def output_of(command, threads):
    result = subprocess.run(command, env=environment(threads), stdout=subprocess.PIPE, text=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {result.returncode}")
    return json.loads(result.stdout)


# ---- sides: measure(case) returns a dict with "ms" and "version" ----


class Recur:
    def __init__(self, options, threads):
        self.program, self.threads, self.seconds = options.recur, threads, options.seconds

    def measure(self, case):
        words = ["--config", case["config"], "--cell", case["cell"], "--mode", case["mode"]]
        return output_of([self.program, "bench", *words, "--threads", str(self.threads), "--seconds", str(self.seconds), "--json"], self.threads)

    def end(self):
        pass


class OneDnn:
    def __init__(self, program, options, threads):
        self.program, self.threads, self.seconds = program, threads, options.seconds

    def measure(self, case):
        directions = 2 if case["bidirectional"] else 1
        words = [case["cell"], case["mode"], *case["shape"], directions, self.seconds]
        return output_of([self.program, *map(str, words)], self.threads)

    def end(self):
        pass


class Python:
    """A process that stays, so that its library is imported once, and sleeps between cases."""

    def __init__(self, python, script, options, threads):
        self.script, self.seconds = script, options.seconds
        command = [python, os.path.join(HERE, script), str(threads)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment(threads), stdin=pipe, stdout=pipe, text=True)

    def measure(self, case):
        self.process.stdin.write(json.dumps(dict(case, seconds=self.seconds)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.script} ended at {title(case)}, exit code {self.process.wait()}")
        return json.loads(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


# ---- which peers are here ----


def find_onednn(options, folder):
    program, places = os.path.join(folder, "onednn"), []
    if options.onednn:
        library = os.path.join(options.onednn, "lib")
        places = ["-I" + os.path.join(options.onednn, "include"), "-L" + library, "-Wl,-rpath," + library]
    words = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", *places, os.path.join(HERE, "onednn.c"), "-ldnnl", "-lm", "-o", program]
    try:
        subprocess.run([os.environ.get("CC", "cc"), *words], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise Missing("there is no C compiler") from error
    except subprocess.CalledProcessError as error:
        raise Missing(next((line for line in error.stderr.splitlines() if "error" in line), "it cannot be compiled")) from error
    return lambda threads: OneDnn(program, options, threads)


def find_python(modules, script, asked, options):
    """Find an interpreter that has the modules: the one that was asked for, or else ours or the system's."""
    pythons = [asked] if asked else [sys.executable, "/usr/bin/python3"]
    for python in pythons:
        try:
            subprocess.run([python, "-c", f"import {modules}"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return lambda threads: Python(python, script, options, threads)
    raise Missing(f"{' and '.join(pythons)} cannot import {modules}")


def find_peers(options, folder):
    """Return what makes each peer that is here, by name; say on stderr which are not and how to get them."""
    finders = {
        "onednn": lambda: find_onednn(options, folder),
        "onnx": lambda: find_python("onnx, onnxruntime", "layers_onnx.py", options.python_onnx, options),
        "torch": lambda: find_python("torch", "layers_torch.py", options.python_torch, options),
    }
    peers = {}
    for name in options.peers:
        try:
            peers[name] = finders[name]()
        except Missing as why:
            print(f"{NAMES[name]} is left out: {why}\n  {INSTALL[name]}", file=sys.stderr)
    return peers


# ---- measuring ----


def cases_of(options):
    for config, cell in itertools.product(options.config, options.cell):
        for mode in ["step"] if config == "E" else ["infer", "train"]:
            if mode in options.mode:
                yield {"config": config, "cell": cell, "mode": mode}


def title(case):
    return f"{case['config']} {case['cell']} {case['mode']}"


def measure(case, sides, rounds):
    """Return the case with the medians of every side. recur opens the first round: it knows the shape that the name stands for."""
    names = [name for name in sides if name != "onnx" or case["mode"] != "train"]
    answers = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            answer = sides[name].measure(case)
            answers[name].append(answer)
            if name == OURS:
                case = dict(case, shape=answer["shape"], bidirectional=answer["bidirectional"])
    result = dict(case, rounds=rounds, ms={name: statistics.median(a["ms"] for a in answers[name]) for name in names})
    if "onednn" in names:
        result["onednn_packed_ms"] = statistics.median(a["ms_packed"] for a in answers["onednn"])
    result["percent_of_peak"] = statistics.median(a["percent_of_peak"] for a in answers[OURS])
    result["versions"] = {name: answers[name][0]["version"] for name in names if name != OURS}
    return compare(result)


def compare(result):
    """Add who is the best of the peers, and how many times as long as recur it takes."""
    peers = {name: ms for name, ms in result["ms"].items() if name != OURS}
    best = min(peers, key=peers.get, default=None)
    return dict(result, best=best, ratio=peers[best] / result["ms"][OURS] if best else None)


def run(options, peers):
    for threads in options.threads:
        sides = {OURS: Recur(options, threads), **{name: make(threads) for name, make in peers.items()}}
        try:
            for case in cases_of(options):
                yield dict(measure(case, sides, options.rounds), threads=threads)
        finally:
            for side in sides.values():
                side.end()


# ---- what comes of it ----


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios)))


def summary(results, threads):
    """Return what the cases of one number of threads say together."""
    those = [r for r in results if r["threads"] == threads and r["ratio"]]
    if not those:
        return None
    worst = min(those, key=lambda r: r["ratio"])
    against = {}
    for name in NAMES:
        ratios = [r["ms"][name] / r["ms"][OURS] for r in those if name in r["ms"]]
        if ratios:
            against[name] = geometric_mean(ratios)
    training = {
        f"{r['config']} {r['cell']}": r["ms"]["torch"] / r["ms"][OURS]
        for r in those
        if r["mode"] == "train" and r["config"] in "FGH" and "torch" in r["ms"]
    }
    return {
        "threads": threads,
        "cases": len(those),
        "geometric_mean": geometric_mean(r["ratio"] for r in those),
        "worst": {"case": title(worst), "best": worst["best"], "ratio": worst["ratio"]},
        "against": against,
        "torch_training": training,
    }


def print_row(result):
    cells = [f"{result['ms'][name]:.4g}" if name in result["ms"] else "" for name in (OURS, *NAMES)]
    ratio = f"{result['ratio']:.2f} | {NAMES[result['best']]}" if result["best"] else " | "
    print(f"| {title(result)} | {result['threads']} | " + " | ".join(cells) + f" | {result['percent_of_peak']:.0f} | {ratio} |", flush=True)


def print_head():
    print("| ms | threads | recur | " + " | ".join(NAMES.values()) + " | recur, % of peak | best peer / recur | best peer |")
    print("|---|---|---|" + "---|" * len(NAMES) + "---|---|---|")


def print_summary(s):
    worst = s["worst"]
    print(f"\n{s['threads']} thread(s), best peer / recur: geometric mean {s['geometric_mean']:.3f} of {s['cases']} cases, ", end="")
    print(f"worst {worst['ratio']:.2f} ({worst['case']}, {NAMES[worst['best']]})")
    print("  geometric mean against " + ", ".join(f"{NAMES[name]} {ratio:.2f}" for name, ratio in s["against"].items()))
    if s["torch_training"]:
        print("  training, PyTorch / recur: " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in s["torch_training"].items()))


def report(results, options):
    """Print results as they come, then what they say together."""
    seen = []
    if not options.json:
        print_head()
    for result in results:
        seen.append(result)
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            print_row(result)
    for threads in sorted({r["threads"] for r in seen}):
        s = summary(seen, threads)
        if s and options.json:
            print(json.dumps({"summary": s}))
        elif s:
            print_summary(s)
    versions = sorted({v for r in seen for v in r["versions"].values()})
    if versions and not options.json:
        print("\n" + ", ".join(versions))


def read(paths):
    """Return the cases of files that --json wrote; of a case that was measured twice, the later."""
    results = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                r = json.loads(line)
                if "summary" not in r:
                    results[r["config"], r["cell"], r["mode"], r["threads"]] = r
    return results.values()


def names(known):
    def parse(text):
        words = text.split(",")
        if not set(words) <= set(known):
            raise argparse.ArgumentTypeError(f"{text}: wanted some of {','.join(known)}")
        return words

    return parse


def counts(text):
    words = text.split(",")
    if not all(word.isdigit() and int(word) > 0 for word in words):
        raise argparse.ArgumentTypeError(f"{text}: wanted numbers from 1")
    return [int(word) for word in words]


def positive(text):
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}: wanted more than 0")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--config", type=names("ABCDEFGH"), default=list("ABCDEFGH"))
    add("--cell", type=names(("lstm", "gru", "rnn")), default=["lstm", "gru", "rnn"])
    add("--mode", type=names(("infer", "train", "step")), default=["infer", "train", "step"], help="step: configuration E, which has no other")
    add("--threads", type=counts, default=[1, 2])
    add("--peers", type=names(tuple(NAMES)), default=list(NAMES))
    add("--rounds", type=lambda text: counts(text)[0], default=3)
    add("--seconds", type=positive, default=0.2, help="of every side in every round (0.2); peers: three calls at least, or five times as long")
    add("--json", action="store_true", help="write lines of JSON: one for each case, then summaries")
    add("--read", nargs="+", metavar="FILE", help="measure nothing; report what --json wrote")
    add("--recur", default=os.path.join(TOP, "build/release/recur"), help="our program")
    add("--onednn", metavar="FOLDER", help="where oneDNN's include/ and lib/ are, if not the system's")
    add("--python-onnx", metavar="PYTHON", help="an interpreter with onnx and onnxruntime")
    add("--python-torch", metavar="PYTHON", help="an interpreter with torch")
    options = parser.parse_args()
    if options.read:
        report(read(options.read), options)
        return
    if not any(cases_of(options)):
        parser.error("no case is left: E has mode step alone, and the others infer and train")
    with tempfile.TemporaryDirectory() as folder:
        report(run(options, find_peers(options, folder)), options)


main()
