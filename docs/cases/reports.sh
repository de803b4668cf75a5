#!/usr/bin/env bash
# The case of docs/cases/reports.md: makes the reports, trains the models, writes the summaries, scores them.
#
#   docs/cases/reports.sh [DIRECTORY]          (default: runs/reports)
#
# RECUR is the program (default: recur), OPTIONS go to every training ("--threads 1"), MODELS says which there are. Whatever is there already is not done again, and
# a training that was stopped goes on where it was.
# SPDX-License-Identifier: MIT
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${1:-runs/reports}
recur=${RECUR:-recur}
models=${MODELS:-none wide attention}
mkdir -p "$dir"

# name, items, words, seed
while read -r name items least most seed; do
  [ -e "$dir/$name.findings" ] ||
    python3 "$here/tools/make_reports.py" --items "$items" --min-words "$least" --max-words "$most" --seed "$seed" --out "$dir/$name"
done <<'END'
train 20000 40 150 1
valid 500 40 150 2
short 500 40 150 3
middle 500 151 300 4
long 500 301 400 5
END

# What a model is. In everything else they are the same.
of_model() {
  case $1 in
  none) echo --attention none --hidden 32 ;;
  wide) echo --attention none --hidden 128 ;;
  attention) echo --attention additive --hidden 32 ;;
  esac
}

for model in $models; do
  run=$dir/$model
  if [ ! -e "$run/config" ]; then
    # shellcheck disable=SC2046,SC2086
    "$recur" train seq2seq --source "$dir/train.report" --target "$dir/train.summary" --valid-source "$dir/valid.report" \
      --valid-target "$dir/valid.summary" $(of_model "$model") --bidirectional --embed 64 --forget-bias 1 --lr 0.003 \
      --schedule cosine --epochs 5 --out "$run" ${OPTIONS:-}
  else
    "$recur" resume "$run"
  fi
done

# score NAME RUN SET OPTION...: ROUGE-L, and findings by where they stood in the report
score() {
  local name=$1 run=$2 set=$3
  local output=$dir/$name.$set
  shift 3
  [ -e "$output.txt" ] || { "$recur" predict "$run" "$dir/$set.report" --quiet "$@" >"$output.part" && mv "$output.part" "$output.txt"; }
  "$recur" score seq2seq "$dir/$set.summary" "$output.txt" --json >"$output.rouge"
  python3 "$here/tools/score_findings.py" "$dir/$set.findings" "$output.txt" --json >"$output.recall"
  python3 - "$name" "$set" "$output.rouge" "$output.recall" <<'PY'
import json, sys
name, part, rouge, recall = sys.argv[1:]
rouge, recall = json.load(open(rouge)), json.load(open(recall))
fifths = "".join("%7.1f %%" % (100 * p["recall"]) for p in recall["by_part"])
print("%-14s %-7s %8.3f %8.1f %% %8.1f %%   %s" % (name, part, rouge["rouge_l"], 100 * recall["precision"], 100 * recall["recall"], fifths))
PY
}

echo "                                                        recall by where in the report the finding stands"
echo "model          reports  ROUGE-L  precision     recall      first   second    third   fourth     last fifth"
for set in short middle long; do
  for model in $models; do
    score "$model" "$dir/$model" "$set"
    case $model in none | attention) score "$model-cut" "$dir/$model" "$set" --max-source 150 ;; esac
  done
done
