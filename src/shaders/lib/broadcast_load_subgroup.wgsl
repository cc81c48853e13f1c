// What all threads of a workgroup read alike, as broadcast_load.wgsl, but each of four threads reads a quarter and
// broadcasts it: on processors a read goes lane by lane, and costs as much as a dozen multiply-adds. Subgroups have 4
// threads at least.

// Whether a thread with nothing to do may exit: it may not, others depend on what it reads.
fn may_exit(done: bool) -> bool { return false; }

// The threads before this one in its subgroup.
fn lane() -> u32 { return subgroupExclusiveAdd(1u); }

fn broadcast_load(at: u32, lane: u32) -> mat4x4f {
  let v = load_at(at + (lane & 3));
  return mat4x4f(subgroupBroadcast(v, 0), subgroupBroadcast(v, 1), subgroupBroadcast(v, 2), subgroupBroadcast(v, 3));
}
