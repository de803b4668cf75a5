#!/bin/sh
# The bottleneck and its cure in translation: every training, figure and picture of translation.md.
#
#   docs/cases/translation.sh TOK FOLDER [RUN ...]
#
# TOK is Multi30k's folder of tokenised captions; FOLDER takes the runs, and what was said of them. A run that is there and done is skipped,
# one that was stopped goes on. RECUR names the program (default: recur), THREADS its threads (2). RUN: only these of
# none, attention, long-none, long-attention, best, french.
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n '2,/SPDX/{/SPDX/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
recur=${RECUR:-recur}
case $recur in /*) ;; */*) recur=$PWD/$recur ;; esac
tok=$(cd "$1" && pwd)
folder=$2
shift 2
wanted=${*:-none attention long-none long-attention best french}
python3 "$here/translation.py" data "$tok" "$folder"
cd "$folder"

# train NAME SOURCE TARGET OPTION...: files are named by what stands before the part of the data
train() {
  run=$1 from=$2 to=$3
  shift 3
  if [ ! -e "$run/config" ]; then
    "$recur" train seq2seq --source "$from" --target "$to" --threads "${THREADS:-2}" --quiet --out "$run" "$@"
  elif ! grep -q '"event":"done"' "$run/log.jsonl"; then
    "$recur" resume "$run" --threads "${THREADS:-2}" --quiet
  fi
}

# judge RUN NAME SOURCE TARGET OPTION...: what the run makes of a test part, in NAME/eval.json
judge() {
  run=$1 name=$2 from=$3 to=$4
  shift 4
  mkdir -p "$name"
  [ -e "$name/eval.json" ] && return
  "$recur" eval "$run" --source "$from" --target "$to" --tokenise none --threads "${THREADS:-2}" --json "$@" >"$name/part.json"
  mv "$name/part.json" "$name/eval.json"
}

common="--batch 128 --clip 1 --lr 0.001 --stop-on loss"
two="--cell lstm --layers 2 --attention none --dropout 0.5 --embed 256"
attentive="--cell gru --bidirectional --attention additive --dropout 0.5 --embed 256"
edges=10,15,20,25,30,40,50

# shellcheck disable=SC2086
for name in $wanted; do
  case $name in
    none | attention)
      [ "$name" = none ] && kind=$two || kind=$attentive
      train "$name" "$tok/train.de" "$tok/train.en" --valid-source "$tok/val.de" --valid-target "$tok/val.en" \
        --min-count 2 --hidden 512 --epochs 10 $common $kind
      judge "$name" "$name" "$tok/test_2016_flickr.de" "$tok/test_2016_flickr.en" --by-length $edges
      [ "$name" = none ] || judge attention attention-beam "$tok/test_2016_flickr.de" "$tok/test_2016_flickr.en" --beam 5 --length-penalty 1
      [ "$name" = none ] || sed -n 4p "$tok/test_2016_flickr.de" | "$recur" predict attention --attention-out map.svg
      ;;
    long-none | long-attention)
      [ "$name" = long-none ] && kind=$two || kind=$attentive
      train "$name" long-train.de long-train.en --valid-source long-val.de --valid-target long-val.en \
        --min-count 2 --hidden 256 --epochs 8 $common $kind
      judge "$name" "$name" long-test_2016_flickr.de long-test_2016_flickr.en --by-length $edges --max-length 120
      ;;
    best)
      train best "$tok/train.de" "$tok/train.en" --valid-source "$tok/val.de" --valid-target "$tok/val.en" \
        --unit bpe --vocab 8000 --joint --cell gru --bidirectional --attention additive --hidden 512 --embed 256 --tie \
        --dropout 0.4 --label-smoothing 0.1 --epochs 40 --minutes 90 --schedule exponential:0.93 $common
      judge best best "$tok/test_2016_flickr.de" "$tok/test_2016_flickr.en"
      judge best best-beam "$tok/test_2016_flickr.de" "$tok/test_2016_flickr.en" --beam 5 --length-penalty 1
      ;;
    french)
      train french "$tok/train.en" "$tok/train.fr" --valid-source "$tok/val.en" --valid-target "$tok/val.fr" \
        --min-count 2 --hidden 512 --epochs 10 $common $attentive
      judge french french "$tok/test_2016_flickr.en" "$tok/test_2016_flickr.fr"
      ;;
    *) echo "translation.sh: there is no run $name" >&2; exit 2 ;;
  esac
done
python3 "$here/translation.py" report .
