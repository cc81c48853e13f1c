// Pixels of a list of the block B with what lies below them in the canvas L, for all threads of a workgroup. Needs
// block_words.wgsl, patch.wgsl, WG threads to a workgroup; P: pixels, u.w: the width of the exemplar, u.W and u.H the canvas.
const MOST = 128u;            // pixels in a list, at most
var<workgroup> at: array<u32, MOST>;    // from the block's corner, in the exemplar
var<workgroup> words: array<u32, MOST>; // what lies there

fn load_sample(first: u32, count: u32, local: u32) {
  for (var k = local; k < count; k += WG) {
    let x = B[first + k] & 0xffffu;
    let y = B[first + k] >> 16u;
    at[k] = y * u.w + x;
    words[k] = P[L[below(x, y, u.W, u.H)]];
  }
  workgroupBarrier();
}

// What a sum of squared differences of `count` pixels costs: their mean by the variance.
fn squares_cost(sum: u32, count: u32) -> u32 {
  return (4u * sum / max(1u, count) * u.mul) >> u.shift;
}
