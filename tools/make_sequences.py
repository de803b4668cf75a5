#!/usr/bin/env python3
"""Make pairs of sequences whose right answer is known: copies, reversals, and dates.

  tools/make_sequences.py copy --items 20000 --min 5 --max 60 --out copy
  tools/make_sequences.py reverse --items 1000 --seed 2 --out reverse
  tools/make_sequences.py dates --items 20000 --out dates

writes PREFIX.source and PREFIX.target, parallel lines. copy and reverse draw symbols, which stand between spaces. Dates are written in three dozen forms and become
YYYY-MM-DD: with slashes the month comes first, with points the day; years of two digits are from 1950 to 2049. The same options give the same bytes.
SPDX-License-Identifier: MIT
"""
import argparse
import datetime
import random

MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

FORMS = [
    "{day} {month} {year}", "{day:02} {month} {year}", "{day} {mon} {year}", "{day}-{mon}-{year}", "{day}. {month} {year}",
    "{month} {day}, {year}", "{mon} {day}, {year}", "{mon}. {day}, {year}", "{month} {ordinal}, {year}", "{mon} {ordinal} {year}",
    "the {ordinal} of {month} {year}", "{ordinal} of {month}, {year}", "{ordinal} {month} {year}",
    "{weekday}, {day} {month} {year}", "{weekday}, {month} {day}, {year}", "{weekday} {ordinal} {month} {year}", "{short}, {day} {mon} {year}",
    "{m}/{day}/{year}", "{m:02}/{day:02}/{year}", "{m}/{day}/{yy:02}", "{m:02}/{day:02}/{yy:02}",
    "{day}.{m}.{year}", "{day:02}.{m:02}.{year}", "{day}.{m}.{yy:02}", "{day:02}.{m:02}.{yy:02}", "{day}. {m}. {year}",
    "{year}/{m:02}/{day:02}", "{year}.{m:02}.{day:02}", "{year}{m:02}{day:02}", "{year}-{m}-{day}", "{year} {month} {day}", "{year}, {mon} {day}",
    "{month} {day} '{yy:02}", "{day} {mon} '{yy:02}", "{day} {month}, in {year}", "on {month} {ordinal} of {year}",
]


def pick(rng, things):
    """Draw one. Only random() is used: its sequence is the same in every version of Python."""
    return things[int(rng.random() * len(things))]


def ordinal(n):
    return f"{n}{'th' if 11 <= n <= 13 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def make_date(rng):
    first, last = datetime.date(1950, 1, 1).toordinal(), datetime.date(2049, 12, 31).toordinal()
    d = datetime.date.fromordinal(first + int(rng.random() * (last - first + 1)))
    month, weekday = MONTHS[d.month - 1], DAYS[d.weekday()]
    text = pick(rng, FORMS).format(day=d.day, m=d.month, year=d.year, yy=d.year % 100, month=month, mon=month[:3], weekday=weekday,
                                   short=weekday[:3], ordinal=ordinal(d.day))
    return pick(rng, [str, str, str.lower, str.upper])(text), d.isoformat()


def make_symbols(rng, options):
    n = options.min + int(rng.random() * (options.max - options.min + 1))
    symbols = [chr(ord("a") + int(rng.random() * options.symbols)) for _ in range(n)]
    return " ".join(symbols), " ".join(reversed(symbols) if options.task == "reverse" else symbols)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("task", choices=["copy", "reverse", "dates"])
    parser.add_argument("--items", type=int, default=1000, metavar="N", help="pairs to make (1000)")
    parser.add_argument("--min", type=int, default=5, metavar="N", help="fewest symbols (5)")
    parser.add_argument("--max", type=int, default=60, metavar="N", help="most symbols (60)")
    parser.add_argument("--symbols", type=int, default=26, metavar="N", help="different symbols, at most 26 (26)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same pairs (1)")
    parser.add_argument("--out", required=True, metavar="PREFIX", help="write PREFIX.source and PREFIX.target")
    options = parser.parse_args()
    if not 1 <= options.min <= options.max or not 1 <= options.symbols <= 26 or options.items < 1:
        parser.error("wanted 1 <= min <= max, 1 to 26 symbols, and an item or more")
    rng = random.Random(options.seed)
    with open(options.out + ".source", "w", encoding="ascii", newline="\n") as sources, \
            open(options.out + ".target", "w", encoding="ascii", newline="\n") as targets:
        for _ in range(options.items):
            source, target = make_date(rng) if options.task == "dates" else make_symbols(rng, options)
            sources.write(source + "\n")
            targets.write(target + "\n")


if __name__ == "__main__":
    main()
