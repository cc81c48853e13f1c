// What pool2d and its gradients agree on. The kernel declares the overrides and uniforms used here.
const NOTHING = -3.4028234e38; // below every number: the maximum of nothing
const TINY = 1e-12;            // keeps the root's derivative finite at 0

// The index on an axis of `size`, or -1 where nothing is there.
fn place(i: i32, size: i32, wrap: u32) -> i32 {
  if (wrap == 1u) {
    // Within one turn almost always; windows and padding larger than the map are legal.
    let j = i % size;
    return select(j, j + size, j < 0);
  }
  return select(-1, i, i >= 0 && i < size);
}

// How many places a window of `k` from `start` on counts along one axis.
fn counted(start: i32, k: i32, size: i32, after: i32, wrap: u32) -> f32 {
  if (wrap == 1u) { return f32(k); }
  if (COUNT_PAD == 1u) { return f32(min(start + k, size + after) - start); }
  return f32(min(start + k, size) - max(start, 0));
}
