// What all threads of a workgroup read alike, each for itself. See shared_subgroup.wgsl.
// The kernel declares shared_at(i), which must not depend on the thread.

// Whether a thread leaves, if it has nothing to do: here it does.
fn leaves(done: bool) -> bool { return done; }

fn lane() -> u32 { return 0; }

fn shared_four(at: u32, lane: u32) -> mat4x4f {
  return mat4x4f(shared_at(at), shared_at(at + 1), shared_at(at + 2), shared_at(at + 3));
}
