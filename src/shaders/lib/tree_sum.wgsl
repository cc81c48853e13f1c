// Sum of one number per thread of a workgroup of WG threads (WG a power of two), as a tree: always in the same
// order. Every thread must call it, and every thread gets the sum.
var<workgroup> tree: array<f32, WG>;

fn tree_sum(mine: f32, local: u32) -> f32 {
  tree[local] = mine;
  for (var apart = WG / 2u; apart > 0u; apart >>= 1u) {
    workgroupBarrier();
    if (local < apart) { tree[local] += tree[local + apart]; }
  }
  workgroupBarrier();
  let sum = tree[0];
  workgroupBarrier(); // the next call may write
  return sum;
}
