#!/usr/bin/env bash
# The cells of a study as a Slurm array; the numbers are those that `compare STUDY.ts --cells` prints:
#   sbatch --array=0-11%8 examples/cluster/slurm.sh STUDY.ts --engine wasm --data ../data --out /shared/runs
# Then, for the table: espalier compare STUDY.ts with the same options.
#SBATCH --job-name=espalier
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=espalier-%A_%a.log
set -uo pipefail
espalier=${ESPALIER:-node_modules/.bin/espalier}

cells=$($espalier compare "$@" --cells | wc -l) || exit 78 # wrong arguments, or no study
$espalier compare "$@" --cell "$SLURM_ARRAY_TASK_ID/$cells" --threads "${SLURM_CPUS_PER_TASK:-1}" &
cell=$!
# Two minutes before its time is over: the cell saves what it has, and goes on from there once it is requeued.
trap 'kill -TERM "$cell"' TERM
wait "$cell"
code=$?
while kill -0 "$cell" 2> /dev/null; do # the signal has ended the first wait
  wait "$cell"
  code=$?
done

# 78: it would fail in the same way. After all else it is tried again, 20 times at most.
if [[ $code != 0 && $code != 78 ]] && ((${SLURM_RESTART_COUNT:-0} < 20)); then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
