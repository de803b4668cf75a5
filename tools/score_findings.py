#!/usr/bin/env python3
"""Score summaries of reports by what they recall, and where in the report it stood.

  tools/score_findings.py long.findings output.txt

The first file is one of tools/make_reports.py, the second has a summary on each line, findings between semicolons. A finding is recalled if the summary
says it word by word; said twice, it counts once. Recall is shown for each fifth of the report and for each hundred words; precision is the share of what was
said that was to be said. --json writes one object instead.
SPDX-License-Identifier: MIT
"""
import argparse
import collections
import json
import sys

PARTS, STRIDE = 5, 100


def said(summary):
    """Return what a summary says, without the case of there being nothing."""
    words = summary.replace(" .", " ").strip()
    findings = (" ".join(f.split()) for f in words.split(";"))
    return [f for f in findings if f and f != "no abnormal findings"]


def score(items, summaries):
    by_part = [[0, 0] for _ in range(PARTS)]  # recalled, all
    by_words = collections.defaultdict(lambda: [0, 0])
    n_said = n_right = 0
    for item, summary in zip(items, summaries):
        left = collections.Counter(said(summary))
        n_said += sum(left.values())
        for finding in item["findings"]:
            hit = left[finding["says"]] > 0
            left[finding["says"]] -= hit
            n_right += hit
            for cell in (by_part[finding["word"] * PARTS // item["words"]], by_words[finding["word"] // STRIDE]):
                cell[0] += hit
                cell[1] += 1
    n_all = sum(cell[1] for cell in by_part)
    rate = lambda part, whole: part / whole if whole else None
    return {
        "items": len(items),
        "findings": n_all,
        "recall": rate(n_right, n_all),
        "precision": rate(n_right, n_said),
        "by_part": [{"part": i + 1, "of": PARTS, "findings": n, "recall": rate(hits, n)} for i, (hits, n) in enumerate(by_part)],
        "by_words": [{"from": k * STRIDE, "to": (k + 1) * STRIDE, "findings": by_words[k][1], "recall": rate(*by_words[k])}
                     for k in sorted(by_words)],
    }


def show(result):
    percent = lambda x: "-" if x is None else f"{100 * x:.2f} %"
    print(f"items      {result['items']}\nfindings   {result['findings']}")
    print(f"recall     {percent(result['recall'])}\nprecision  {percent(result['precision'])}")
    print(f"\n{'where the finding stands':28} {'findings':>9} {'recall':>10}")
    for row in result["by_part"]:
        print(f"{'part %d of %d' % (row['part'], row['of']):28} {row['findings']:9} {percent(row['recall']):>10}")
    for row in result["by_words"]:
        print(f"{'word %d to %d' % (row['from'], row['to'] - 1):28} {row['findings']:9} {percent(row['recall']):>10}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("findings", help="PREFIX.findings of tools/make_reports.py")
    parser.add_argument("summaries", help="a summary on each line")
    parser.add_argument("--json", action="store_true", help="write one JSON object")
    options = parser.parse_args()
    with open(options.findings, encoding="utf-8") as f:
        items = [json.loads(line) for line in f]
    with open(options.summaries, encoding="utf-8") as f:
        summaries = f.read().splitlines()
    if len(items) != len(summaries):
        sys.exit(f"{options.findings} has {len(items)} lines and {options.summaries} has {len(summaries)}; wanted as many in both")
    result = score(items, summaries)
    if options.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
