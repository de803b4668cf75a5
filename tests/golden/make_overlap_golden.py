#!/usr/bin/env python3
"""Write tests/golden/overlap.json: what sacreBLEU and rouge-score say about texts.

Usage: python3 tests/golden/make_overlap_golden.py      needs sacrebleu 2.6.0 and rouge-score 0.1.2

Texts are made by hand and drawn at random from words, signs, numbers and characters of several scripts; numbers are written with every digit.
SPDX-License-Identifier: MIT
"""
import json
import math
import pathlib
import random

from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

ROUGE = ["rouge1", "rouge2", "rougeL"]

BY_HAND = [  # name, hypotheses, references (one list for each stream)
    ("identical", ["the cat sat on the mat .", "a dog barks"], [["the cat sat on the mat .", "a dog barks"]]),
    ("nothing in common", ["one two three"], [["four five six seven"]]),
    ("an empty hypothesis", [""], [["four five six seven"]]),
    ("an empty reference", ["one two three four"], [[""]]),
    ("both empty", [""], [[""]]),
    ("some empty", ["", "the cat", "a"], [["one two", "", "a"]]),
    ("white space alone", [" \t", "a  b"], [["\u3000", " a b "]]),
    ("one word each", ["a"], [["a"]]),
    ("too short for four", ["the cat"], [["the cat sat"]]),
    ("repeated words are clipped", ["the the the the the the the"], [["the cat is on the mat"]]),
    ("a brevity penalty", ["the cat sat"], [["the cat sat on the mat today"]]),
    ("too long", ["the cat sat on the mat and slept all day"], [["the cat sat on the mat"]]),
    ("no 4-gram matches", ["the cat sat here on mats"], [["the cat sat on the mat"]]),
    ("no 3-gram and no 4-gram", ["the cat x sat on x mat the"], [["the cat sat on the mat"]]),
    ("signs and numbers", ["He paid $1,299.95 (well-made!) in 2016-17."], [["He paid $1,299.95 (well made) in 2016-2017."]]),
    ("HTML entities", ["&quot;A &amp; B&quot; &lt;b&gt; &amp;lt; R&D"], [['"A & B" <b> &lt; R & D']]),
    ("skipped segments", ["a <skipped>b c d e"], [["a b c d e"]]),
    ("points", ["e.g. 3.14, .5 5. a,b 1,2 ... U.S."], [["e.g. 3.14 , .5 5 . a, b 1,2 .. U.S ."]]),
    ("apostrophes and hyphens", ["don't rock'n'roll 5-4 a-b -3"], [["do n't rock 'n' roll 5 -4 a - b - 3"]]),
    ("Unicode", ["Das Mädchen läuft über die Straße — «schnell»."], [["Ein Mädchen läuft über eine Straße: „schnell“."]]),
    ("scripts", ["猫がマットの上に座る。", "Кошка сидит на коврике"], [["猫がマットに座った。", "кошка на коврике сидит"]]),
    ("marks and emoji", ["cafe\u0301 😀 ok", "naïve"], [["café 😀😀 ok", "naive"]]),
    ("letters that lower-case to ASCII", ["5 \u212a \u0130stanbul KELVIN"], [["5 k i stanbul kelvin"]]),
    ("other white space", ["a\u00a0b\u2003c\u2028d\x1ce\x85f"], [["a b c d e f"]]),
    ("controls that are no space", ["a\u200bb c\x00d"], [["a\u200bb c\x00d"]]),
    ("case", ["The Cat"], [["the cat"]]),
    ("two references", ["the cat sat on the mat", "a dog"], [["the cat is on the mat", "a dog barks"], ["there sat a cat on the mat", "dog"]]),
    ("references of other lengths", ["a b c d"], [["a b"], ["a b c d e f"], ["x y z"]]),
    ("the shorter of two as close", ["a b c d"], [["a b c d e"], ["a b c"]]),
    ("an empty one of two", ["a b", ""], [["", "a"], ["a b c", ""]]),
    ("words with signs around", ["(hi) 'quoted' --dash-- .. !", "(a", "a)"], [["hi quoted dash . !", "( a", "a )"]]),
    ("ROUGE takes the subsequence", ["police killed the gunman", "the gunman kill police"], [["police kill the gunman", "police kill the gunman"]]),
]

WORDS = "the a cat dog sat on mat of and in red big runs man woman two 3 10 2016 3.14 1,000 well-made don't U.S.".split()
SIGNS = ". , ! ? ; : - ( ) \" ' & % $ / &amp; &quot; — “ ” … €".split()
FOREIGN = "Mädchen Straße über été naïve кошка собака 猫 犬 座る 😀 e\u0301te\u0301 İs \u212ag ﬁn".split()
SPACES = [" "] * 8 + ["  ", "\t", "\u00a0", "\u3000", ""]


def sentence(rng, most):
    text = ""
    for _ in range(rng.randint(0, most)):
        text += rng.choice(rng.choice([WORDS, WORDS, WORDS, SIGNS, FOREIGN])) + rng.choice(SPACES)
    return text


def altered(rng, text):
    """Drop, double and change some words."""
    words = text.split(" ")
    for _ in range(rng.randint(0, 4)):
        i = rng.randrange(len(words))
        words[i : i + 1] = rng.choice([[], [words[i]] * 2, [rng.choice(WORDS)], [words[i].upper()], [words[i] + rng.choice(SIGNS)]])
        words = words or [""]
    return " ".join(words)


def draw(seed):
    rng = random.Random(seed)
    n, n_references = rng.choice([1, 3, 8]), rng.choice([1, 1, 2, 3])
    texts = [sentence(rng, 12) for _ in range(n)]
    return f"drawn {seed}", [altered(rng, t) for t in texts], [[altered(rng, t) for t in texts] for _ in range(n_references)]


def bleu_row(hypotheses, references, tokenise):
    metric = BLEU(tokenize=tokenise)
    s = metric.corpus_score(hypotheses, references)
    signature = str(metric.get_signature()).split("|version")[0]
    return [s.score, *s.precisions, s.bp, s.sys_len, s.ref_len, signature]


def rouge_rows(hypotheses, references):
    scorer = rouge_scorer.RougeScorer(ROUGE, use_stemmer=False)
    rows = [scorer.score_multi(list(r), h) for h, r in zip(hypotheses, zip(*references))]
    return [[math.fsum(row[kind][i] for row in rows) / len(rows) for i in range(3)] for kind in ROUGE]


def case(name, hypotheses, references):
    return {
        "name": name,
        "hypotheses": hypotheses,
        "references": references,
        "bleu_13a": bleu_row(hypotheses, references, "13a"),
        "bleu_none": bleu_row(hypotheses, references, "none"),
        "chrf": CHRF().corpus_score(hypotheses, references).score,
        "chrf_words": CHRF(word_order=2).corpus_score(hypotheses, references).score,
        "rouge": rouge_rows(hypotheses, references),
    }


def main():
    cases = [case(*c) for c in BY_HAND] + [case(*draw(seed)) for seed in range(60)]
    rng = random.Random(99)
    texts = [t for _, hypotheses, streams in BY_HAND for t in hypotheses + sum(streams, [])]
    texts += ["".join(rng.choice("a1.,-&;<'é \n") for _ in range(rng.randint(0, 14))) for _ in range(300)]
    tokenise = Tokenizer13a()
    words = [[t, tokenise(t.rstrip())] for t in dict.fromkeys(texts)]
    out = pathlib.Path(__file__).with_name("overlap.json")
    rows = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in cases]
    cut = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in words]
    out.write_text('{"cases":[\n' + ",\n".join(rows) + '],\n"words_13a":[\n' + ",\n".join(cut) + "]}\n")


if __name__ == "__main__":
    main()
