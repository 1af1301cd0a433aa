#!/usr/bin/env bash
# All cells of a study by GNU parallel, so many at a time, and then the table:
#   examples/cluster/parallel.sh JOBS STUDY.ts --engine wasm --data ../data --out runs
# What was stopped or failed is resumed by the same command.
set -euo pipefail
jobs=$1
shift
export ESPALIER=${ESPALIER:-node_modules/.bin/espalier}
export SHELL=$BASH # has run_cell

# Tries a cell again after every exit code but 78, which says that it would fail in the same way.
run_cell() {
  local code=0 try
  for try in 1 2 3 4 5 6 7 8; do
    code=0
    $ESPALIER compare "${@:2}" --cell "$1" || code=$?
    if [[ $code == 0 || $code == 78 ]]; then break; fi
    sleep $((2 ** (try - 1)))
  done
  return "$code"
}
export -f run_cell

threads=$(($(nproc) / jobs))
threads=$((threads > 0 ? threads : 1))
cells=$($ESPALIER compare "$@" --cells | wc -l)
seq 0 $((cells - 1)) |
  parallel --quote --jobs "$jobs" --line-buffer run_cell "{}/$cells" "$@" --threads "$threads"
$ESPALIER compare "$@"
