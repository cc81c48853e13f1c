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

// What the difference of the sample and the exemplar at a place costs: the mean of the squares by the variance.
fn sample_cost(place: u32, count: u32) -> u32 {
  if (count == 0u) { return 0u; }
  var sum = 0u;
  for (var k = 0u; k < count; k++) { sum += square_difference(words[k], P[place + at[k]]); }
  return (4u * sum / count * u.mul) >> u.shift;
}
