// Weights for winograd_multiply that threads of a subgroup want alike: each of 4 or 8 of them reads a share and tells the
// others. Processors read lane by lane, and a read costs as much as a dozen multiply-adds. Which threads share a
// subgroup is the adapter's business, so it is found out here: those that differ read for themselves.

// Threads with nothing to do stay as long as others depend on what they read.
fn leaves(done: bool) -> bool { return subgroupAll(done); }

// Which of the vectors this thread reads, from 1; 0 where each reads all of them. Whole subgroups may have left.
@diagnostic(off, subgroup_uniformity)
fn teller(w: u32) -> u32 {
  let alike = subgroupAll(w == subgroupBroadcastFirst(w));
  let threads = subgroupAdd(1u);
  let lane = subgroupExclusiveAdd(1u);
  return select(0, 1 + lane % max(SHARE, 1), alike && threads >= SHARE);
}

// The teller is 0 in all threads of a subgroup or in none.
@diagnostic(off, subgroup_uniformity)
fn told(w: u32, teller: u32) -> Eight {
  let v = vec4f(U[w + teller - 1]);
  let a = mat4x4f(subgroupBroadcast(v, 0), subgroupBroadcast(v, 1), subgroupBroadcast(v, 2), subgroupBroadcast(v, 3));
  if (SHARE == 8) {
    return Eight(
      a,
      mat4x4f(subgroupBroadcast(v, 4), subgroupBroadcast(v, 5), subgroupBroadcast(v, 6), subgroupBroadcast(v, 7)),
    );
  }
  let z = vec4f(U[w + teller + 3]);
  return Eight(
    a,
    mat4x4f(subgroupBroadcast(z, 0), subgroupBroadcast(z, 1), subgroupBroadcast(z, 2), subgroupBroadcast(z, 3)),
  );
}
