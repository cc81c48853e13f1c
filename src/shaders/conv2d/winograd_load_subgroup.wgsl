// Weights for winograd_multiply that threads of a subgroup want alike: each of 4 or 8 of them reads a share and broadcasts
// it to the others. Processors read lane by lane, and a read costs as much as a dozen multiply-adds. Which threads share a
// subgroup is the adapter's business, so it is found out here: those that differ read for themselves.

// Whether a thread with nothing to do may exit: not as long as others depend on what it reads.
fn may_exit(done: bool) -> bool { return subgroupAll(done); }

// Which of the vectors this thread reads, from 1; 0 where each reads all of them. Whole subgroups may have exited.
@diagnostic(off, subgroup_uniformity)
fn lane(w: u32) -> u32 {
  let alike = subgroupAll(w == subgroupBroadcastFirst(w));
  let threads = subgroupAdd(1u);
  let before = subgroupExclusiveAdd(1u);
  return select(0, 1 + before % max(BROADCAST, 1), alike && threads >= BROADCAST);
}

// `lane` is 0 in all threads of a subgroup or in none.
@diagnostic(off, subgroup_uniformity)
fn broadcast_load(w: u32, lane: u32) -> Eight {
  let v = vec4f(U[w + lane - 1]);
  let a = mat4x4f(subgroupBroadcast(v, 0), subgroupBroadcast(v, 1), subgroupBroadcast(v, 2), subgroupBroadcast(v, 3));
  if (BROADCAST == 8) {
    return Eight(
      a,
      mat4x4f(subgroupBroadcast(v, 4), subgroupBroadcast(v, 5), subgroupBroadcast(v, 6), subgroupBroadcast(v, 7)),
    );
  }
  let z = vec4f(U[w + lane + 3]);
  return Eight(
    a,
    mat4x4f(subgroupBroadcast(z, 0), subgroupBroadcast(z, 1), subgroupBroadcast(z, 2), subgroupBroadcast(z, 3)),
  );
}
