"""What the Python sides of layers.py share: cases come in as lines of JSON, measurements go out as lines of JSON.

A case is {"cell", "mode", "shape": [T, B, I, H, L], "bidirectional", "seconds"}. The process stays, so that a library is imported once; it sleeps
while another computes.
SPDX-License-Identifier: MIT"""
import gc
import json
import statistics
import sys
import time

MIN_CALLS, PATIENCE = 3, 5  # so many calls at least, as recur bench has it, but not for longer than so many times the seconds
STEPS_PER_CALL = 64  # of mode step; its times are those of one step


def expect(what, shape, wanted, is_finite):
    """Refuse an output that no layer of this shape can have computed."""
    if tuple(shape) != tuple(wanted):
        raise ValueError(f"{what} has the shape {tuple(shape)}, wanted {tuple(wanted)}")
    if not is_finite:
        raise ValueError(f"{what} has values that are not finite")


def measure(call, seconds):
    """Return the seconds of every call, which says itself how long the part took that counts. The first call was made when it was tried."""
    call()
    times, began, elapsed = [], time.perf_counter(), 0.0
    while elapsed < seconds or (len(times) < MIN_CALLS and elapsed < PATIENCE * seconds):
        times.append(call())
        elapsed = time.perf_counter() - began
    return times


def serve(version, prepare):
    """Answer cases until the input ends. prepare(case) returns a call that has been tried once and found sane."""
    gc.disable()  # nothing here has cycles, and a collection would fall into some call
    for line in sys.stdin:
        case = json.loads(line)
        times = measure(prepare(case), case["seconds"])
        print(json.dumps({"ms": 1e3 * statistics.median(times), "calls": len(times), "version": version}), flush=True)
