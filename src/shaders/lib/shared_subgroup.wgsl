// What all threads of a workgroup read alike, as shared.wgsl, but each of four threads reads a quarter and tells the others:
// on processors a read goes lane by lane, and costs as much as a dozen multiply-adds. Subgroups have 4 threads at least.

// Threads with nothing to do stay: others depend on what they read.
fn leaves(done: bool) -> bool { return false; }

// The threads before this one in its subgroup.
fn lane() -> u32 { return subgroupExclusiveAdd(1u); }

fn shared_four(at: u32, lane: u32) -> mat4x4f {
  let v = shared_at(at + (lane & 3));
  return mat4x4f(subgroupBroadcast(v, 0), subgroupBroadcast(v, 1), subgroupBroadcast(v, 2), subgroupBroadcast(v, 3));
}
