#!/usr/bin/env python3
"""Make radiology-like reports and their summaries, for sequence-to-sequence models that must remember the beginning of a long text.

A report has 2 to 12 findings between sentences that say nothing, 40 to 400 words in all. Each finding is normal or abnormal; the summary names the
abnormal ones in their order, with side, size or degree. What a finding is about, how it is worded and where it stands is drawn evenly, so that a
finding counts as much at the beginning of a report as at its end. The text is invented, lower-case, and words stand between spaces.

  tools/make_reports.py --items 20000 --max-words 150 --seed 1 --out train
  tools/make_reports.py --items 1000 --min-words 301 --seed 2 --out long

writes PREFIX.report and PREFIX.summary, parallel lines, and PREFIX.findings, for each line a JSON object: how many words the report has and, of each
abnormal finding, the number of the word it begins with (from 0) and what the summary says of it. tools/score_findings.py reads the last one.
The same options give the same bytes.
SPDX-License-Identifier: MIT
"""
import argparse
import json
import random

SLOTS = {
    "side": ["left", "right"],
    "degree": ["mild", "moderate", "severe"],
    "amount": ["small", "moderate", "large"],
    "lobe": ["left upper lobe", "left lower lobe", "right upper lobe", "right middle lobe", "right lower lobe"],
    "small_mm": [str(n) for n in range(3, 31)],
    "large_mm": [str(n) for n in range(35, 70)],
    "segment": ["two", "four", "five", "six", "seven", "eight"],
    "station": ["hilar", "paratracheal", "subcarinal", "axillary", "supraclavicular"],
    "level": ["cervical", "thoracic", "lumbar"],
    "rib": ["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"],
    "days": [str(n) for n in range(2, 30)],
    "contrast": [str(n) for n in range(60, 130, 5)],
}

# What can be found: its words in the summary, sentences that report it, sentences that report its absence.
FINDINGS = [
    ("{amount} {side} pleural effusion",
     ["there is a {amount} pleural effusion on the {side} .", "the {side} costophrenic angle is blunted by a {amount} pleural effusion .",
      "a {amount} effusion is seen in the {side} pleural space ."],
     ["there is no pleural effusion .", "both costophrenic angles are sharp .", "the pleural spaces are free of fluid on both sides ."]),
    ("{amount} {side} pneumothorax",
     ["there is a {amount} pneumothorax on the {side} .", "a {amount} rim of air is seen along the {side} chest wall , consistent with pneumothorax ."],
     ["there is no pneumothorax .", "no free air is seen along the chest wall ."]),
    ("{small_mm} mm nodule {lobe}",
     ["a nodule of {small_mm} mm is seen in the {lobe} .", "in the {lobe} there is a solid nodule that measures {small_mm} mm .",
      "the {lobe} contains a nodule with a diameter of {small_mm} mm ."],
     ["no suspicious pulmonary nodule is seen .", "the lungs are free of nodules ."]),
    ("consolidation {lobe}",
     ["there is consolidation with air bronchograms in the {lobe} .", "the {lobe} is opacified , which suggests consolidation ."],
     ["there is no consolidation .", "the lungs are clear without focal opacity ."]),
    ("{degree} atelectasis {lobe}",
     ["{degree} atelectasis is present in the {lobe} .", "the {lobe} shows volume loss due to {degree} atelectasis ."],
     ["there is no atelectasis .", "both lungs are fully expanded ."]),
    ("{small_mm} mm {station} lymph node",
     ["an enlarged {station} lymph node measures {small_mm} mm in short axis .", "there is {station} lymphadenopathy up to {small_mm} mm ."],
     ["no enlarged lymph nodes are seen .", "lymph nodes are within normal limits ."]),
    ("aortic dilatation {large_mm} mm",
     ["the ascending aorta is dilated to {large_mm} mm .", "the aorta measures {large_mm} mm , which is above normal ."],
     ["the aorta is of normal calibre .", "no aneurysm of the aorta is seen ."]),
    ("{degree} cardiomegaly",
     ["the heart is enlarged to a {degree} degree .", "there is {degree} cardiomegaly ."],
     ["the heart is of normal size .", "the cardiac silhouette is not enlarged ."]),
    ("{amount} pericardial effusion",
     ["there is a {amount} amount of fluid around the heart .", "a {amount} pericardial effusion is present ."],
     ["there is no pericardial effusion .", "the pericardium is unremarkable ."]),
    ("{small_mm} mm liver lesion segment {segment}",
     ["the liver shows a hypodense lesion of {small_mm} mm in segment {segment} .", "in segment {segment} of the liver a lesion measures {small_mm} mm ."],
     ["the liver is homogeneous without focal lesion .", "no lesion of the liver is seen ."]),
    ("gallstones",
     ["the gallbladder contains several stones .", "there are calcified stones within the gallbladder ."],
     ["the gallbladder is free of stones .", "no gallstones are seen ."]),
    ("{small_mm} mm {side} kidney stone",
     ["a stone of {small_mm} mm lies in the {side} kidney .", "the {side} renal pelvis contains a calculus that measures {small_mm} mm ."],
     ["no renal calculus is seen .", "both kidneys are free of stones ."]),
    ("{degree} {side} hydronephrosis",
     ["the {side} collecting system is dilated , with {degree} hydronephrosis .", "there is {degree} hydronephrosis on the {side} ."],
     ["there is no hydronephrosis .", "the collecting systems are not dilated ."]),
    ("{small_mm} mm {side} adrenal nodule",
     ["the {side} adrenal gland has a nodule of {small_mm} mm .", "a nodule measuring {small_mm} mm is noted in the {side} adrenal gland ."],
     ["the adrenal glands are normal .", "no adrenal mass is seen ."]),
    ("{degree} splenomegaly",
     ["the spleen is enlarged to a {degree} degree .", "there is {degree} splenomegaly ."],
     ["the spleen is of normal size .", "no enlargement of the spleen is seen ."]),
    ("fracture {side} {rib} rib",
     ["there is a fracture of the {side} {rib} rib .", "the {rib} rib on the {side} is fractured ."],
     ["no fracture is seen .", "the ribs are intact ."]),
    ("{degree} degenerative changes {level} spine",
     ["the {level} spine shows {degree} degenerative changes .", "{degree} degenerative changes are noted in the {level} spine ."],
     ["the spine is of normal alignment without degenerative changes .", "vertebral bodies are of normal height ."]),
    ("{small_mm} mm {side} thyroid nodule",
     ["the {side} lobe of the thyroid has a nodule of {small_mm} mm .", "a thyroid nodule on the {side} measures {small_mm} mm ."],
     ["the thyroid is unremarkable .", "no thyroid nodule is seen ."]),
    ("{amount} hiatal hernia",
     ["there is a {amount} hiatal hernia .", "part of the stomach lies above the diaphragm in a {amount} hiatal hernia ."],
     ["there is no hiatal hernia .", "the stomach lies below the diaphragm ."]),
    ("{degree} bronchial wall thickening",
     ["the bronchial walls are thickened to a {degree} degree .", "there is {degree} thickening of the bronchial walls ."],
     ["the airways are patent with thin walls .", "no bronchial wall thickening is seen ."]),
]

FILLERS = [
    "the examination was performed in supine position .", "images were obtained from the thoracic inlet to the iliac crest .",
    "{contrast} ml of contrast medium were given into a peripheral vein .", "no contrast medium was given .",
    "coronal and sagittal reconstructions were reviewed .", "the study is compared with the previous examination of {days} days ago .",
    "no earlier images are available for comparison .", "clinical information : cough and fever for {days} days .",
    "clinical information : pain after a fall {days} days ago .", "clinical information : follow up after treatment .",
    "image quality is good .", "image quality is limited by motion of the patient .", "image quality is limited by low dose technique .",
    "artefacts from metal are noted .", "the patient was able to hold the breath .", "arms were raised during the acquisition .",
    "the request of the referring physician was noted .", "images were reviewed in lung , soft tissue and bone windows .",
    "the findings are described from top to bottom .", "the report was dictated and checked .", "technique and dose follow the local protocol .",
    "the examination was tolerated well .", "further details are given below .", "the remaining structures were reviewed as well .",
    "no complication occurred during the examination .", "a nurse was present during the injection .",
]


def pick(rng, things):
    """Draw one. Only random() is used: its sequence is the same in every version of Python."""
    return things[int(rng.random() * len(things))]


def shuffled(rng, things):
    things = list(things)
    for i in range(len(things) - 1, 0, -1):
        k = int(rng.random() * (i + 1))
        things[i], things[k] = things[k], things[i]
    return things


def make_finding(rng, kind, abnormal_share):
    """Return a sentence and what the summary says of it, None for a normal one."""
    says, abnormal, normal = kind
    slots = {name: pick(rng, values) for name, values in SLOTS.items()}
    if rng.random() < abnormal_share:
        return pick(rng, abnormal).format(**slots), says.format(**slots)
    return pick(rng, normal).format(**slots), None


def make_filler(rng):
    return pick(rng, FILLERS).format(**{name: pick(rng, values) for name, values in SLOTS.items()})


def size(sentence):
    return len(sentence.split())


def make_report(rng, options):
    """Return the sentences of a report, each with what the summary says of it or None."""
    least = min(options.min_words + min(size(f) for f in FILLERS) - 1, options.max_words)  # so much may stay unfilled
    words = least + int(rng.random() * (options.max_words - least + 1))
    wanted = 2 + int(rng.random() * 11)
    findings = []
    for kind in shuffled(rng, FINDINGS)[:wanted]:
        finding = make_finding(rng, kind, options.abnormal)
        if len(findings) < 2 or sum(size(s) for s, _ in findings) + size(finding[0]) <= words:
            findings.append(finding)
    room = words - sum(size(s) for s, _ in findings)
    fillers = []
    shortest = min(size(f) for f in FILLERS)
    while room >= shortest:
        filler = make_filler(rng)
        if size(filler) <= room:
            fillers.append((filler, None))
            room -= size(filler)
    # which places are findings is drawn; their order is kept
    is_finding = shuffled(rng, [True] * len(findings) + [False] * len(fillers))
    sources = {True: iter(findings), False: iter(fillers)}
    return [next(sources[f]) for f in is_finding]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--items", type=int, default=1000, metavar="N", help="reports to make (1000)")
    parser.add_argument("--min-words", type=int, default=40, metavar="N", help="words of the shortest report (40)")
    parser.add_argument("--max-words", type=int, default=400, metavar="N", help="words of the longest report (400)")
    parser.add_argument("--abnormal", type=float, default=0.5, metavar="P", help="share of findings that are abnormal (0.5)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same reports (1)")
    parser.add_argument("--out", required=True, metavar="PREFIX", help="write PREFIX.report, PREFIX.summary, PREFIX.findings")
    options = parser.parse_args()
    if not 40 <= options.min_words <= options.max_words or options.items < 1 or not 0 <= options.abnormal <= 1:
        parser.error("wanted 40 <= min-words <= max-words, an item or more, and a share from 0 to 1")
    rng = random.Random(options.seed)
    with open(options.out + ".report", "w", encoding="ascii", newline="\n") as reports, \
            open(options.out + ".summary", "w", encoding="ascii", newline="\n") as summaries, \
            open(options.out + ".findings", "w", encoding="ascii", newline="\n") as positions:
        for _ in range(options.items):
            sentences, at, found = make_report(rng, options), 0, []
            for sentence, says in sentences:
                if says:
                    found.append({"word": at, "says": says})
                at += size(sentence)
            reports.write(" ".join(s for s, _ in sentences) + "\n")
            summaries.write((" ; ".join(f["says"] for f in found) or "no abnormal findings") + " .\n")
            positions.write(json.dumps({"words": at, "findings": found}) + "\n")


if __name__ == "__main__":
    main()
