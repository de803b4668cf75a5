#!/bin/sh
# The textbook's case on real reviews: every training, prediction and picture of reviews.md.
#
#   docs/cases/reviews.sh TRAIN.TSV FOLDER
#
# TRAIN.TSV is that of amazon_mds: label, stars, domain, title, text. FOLDER takes the parts, the runs and what they predict; a run that
# is there and done is skipped, one that was stopped goes on. RECUR names the program (default: recur), SEEDS the seeds.
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { sed -n '2,/SPDX/{/SPDX/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
recur=${RECUR:-recur}
case $recur in /*) ;; */*) recur=$PWD/$recur ;; esac
seeds=${SEEDS:-1 2 3}
folder=$2
python3 "$here/reviews.py" data "$1" "$folder"
cd "$folder"

# train NAME DATA SEED OPTION...: one run, and what it says of the test part and of the spliced reviews
train() {
  run=$1-$3 data=$2 seed=$3
  shift 3
  if [ ! -e "$run/config" ]; then
    "$recur" train classify "$data" --valid valid.tsv --label 1 --text 4,5 --no-header --min-count 2 --dropout 0.5 \
      --epochs 10 --seed "$seed" --threads 1 --quiet --out "$run" "$@"
  elif ! grep -q '"event":"done"' "$run/log.jsonl"; then
    "$recur" resume "$run" --quiet
  fi
  write eval eval "$run" --data test.tsv --by-length 20,51
  write test predict "$run" test.tsv --text 4,5
  write untitled predict "$run" untitled.tsv --text 4,5
  write splices predict "$run" splices.tsv --text 4,5
}

# write NAME COMMAND...: what the program says becomes $run/NAME.txt, unless it is there
write() {
  file=$run/$1.txt
  shift
  [ -e "$file" ] || { "$recur" "$@" --threads 1 >"$file.part" && mv "$file.part" "$file"; }
}

for seed in $seeds; do
  train rnn train.tsv "$seed" --cell rnn
  train lstm train.tsv "$seed" --cell lstm
  train gru train.tsv "$seed" --cell gru
  train bilstm train.tsv "$seed" --cell lstm --bidirectional
  train none train.tsv "$seed" --cell none --pool mean
done

# What the engineer rejected: more long reviews, more units.
for seed in $seeds; do
  train rnn-long more.tsv "$seed" --cell rnn
done
train rnn-512 train.tsv 1 --cell rnn --hidden 512
train rnn-512-slow train.tsv 1 --cell rnn --hidden 512 --lr 0.0001

# What he did not try: a smaller rate; all states instead of the last; the second direction alone.
for seed in $seeds; do
  train rnn-slow train.tsv "$seed" --cell rnn --lr 0.0005
  train bilstm-slow train.tsv "$seed" --cell lstm --bidirectional --lr 0.0005
  train rnn-mean train.tsv "$seed" --cell rnn --pool mean
  train rnn-both train.tsv "$seed" --cell rnn --bidirectional
done
python3 "$here/reviews.py" report .
