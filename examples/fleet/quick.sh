#!/bin/sh
# From any machine that reaches the queue and the store; workers run `toroid work` with the same two variables.
export TOROID_QUEUE=redis://queue:6379 TOROID_STORE=s3://textures/fleet
batch=$(toroid fleet submit texture -i style=stone.png --over seed=1..1000)
toroid fleet watch "$batch"
toroid fleet pull "$batch" -o tiles
