#!/bin/sh
#SBATCH --array=1-8 --gres=gpu:1 --cpus-per-task=2 --requeue
# A sweep over an array of SLURM: sbatch examples/fleet/sbatch.sh
# A part that is requeued goes on from its checkpoints; the sheet of the last part to end has all pictures.
srun toroid sweep texture -i style=stone.png --over seed=1..1000 --shard auto --store /nfs/fleet -o /nfs/tiles
