#!/bin/sh
#SBATCH --array=1-8 --gres=gpu:1 --cpus-per-task=2
#SBATCH --time=8:00:00 --signal=TERM@120 --requeue --open-mode=append
# A sweep over an array of SLURM: sbatch examples/fleet/sbatch.sh
# A part that is preempted, or stopped two minutes before its time is up, is queued again and goes on from its checkpoints;
# one that scancel ends is not. The sheet of the last part to end has all pictures.
srun toroid sweep texture -i style=stone.png --over seed=1..1000 --shard auto --store /nfs/fleet -o /nfs/tiles
code=$?
if [ $code = 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $code
