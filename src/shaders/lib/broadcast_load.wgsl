// What all threads of a workgroup read alike, each for itself. See broadcast_load_subgroup.wgsl.
// The kernel declares load_at(i), which must not depend on the thread.

// Whether a thread with nothing to do may exit: here it may.
fn may_exit(done: bool) -> bool { return done; }

fn lane() -> u32 { return 0; }

fn broadcast_load(at: u32, lane: u32) -> mat4x4f {
  return mat4x4f(load_at(at), load_at(at + 1), load_at(at + 2), load_at(at + 3));
}
