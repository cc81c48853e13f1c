// block_paths: the cheapest cut along each edge of a block, for copies of some places: what it costs, where it ends, and whence
//   it comes at each step
//
// One thread per place and edge of left, right, top, bottom. From one end of the edge to the other, pixel t along it and d in from it; a cut is before pixel
// d, 1 at least, goes a step along at a time, and sideways as far as it likes (dynamic programming; Efros and Freeman 2001). Whole numbers, the first of
// equal paths: the same everywhere.

override WG: u32 = 64;  // threads per workgroup
const DEEPEST = 96u;    // deep_x and deep_y are no more
const STEP = 5u;        // what a step costs where nothing is seen: of two cuts alike the shorter one is better

// how far in cuts may run from left and right, and from top and bottom
struct Uniforms { bh: u32, bw: u32, n: u32, deep_x: u32, deep_y: u32 }

@group(0) @binding(0) var<storage, read>       S: array<u32>;  // [bh, bw, n]: what is seen, as of block_seams
@group(0) @binding(1) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;  // [2 + length deepest, 4, n]: cost, last d, then the d before at each step; 0 elsewhere
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t0 = global_index(group, groups, local, WG);
  if (t0 >= 4u * u.n) { return; }
  let edge = t0 / u.n;
  let c = t0 % u.n;
  let rows = 2u + max(u.bh, u.bw) * max(u.deep_x, u.deep_y);
  if (((B[BANDS] >> edge) & 1u) == 0u) {
    for (var r = 0u; r < rows; r++) { Y[r * 4u * u.n + t0] = 0u; }
    return;
  }
  let upright = edge < 2u;
  let length = select(u.bw, u.bh, upright);
  let depth = select(u.deep_y, u.deep_x, upright);
  let deepest = max(u.deep_x, u.deep_y);
  // Pixel (t, d) is at start + t * along + d * inward, in units of n; signs of u32 wrap.
  let along = u.n * select(1u, u.bw, upright);
  let far = (edge & 1u) == 1u;
  let forward = u.n * select(u.bw, 1u, upright);
  let inward = select(forward, 0u - forward, far);
  let start = c + select(0u, u.n * select((u.bh - 1u) * u.bw, u.bw - 1u, upright), far);
  // A cut before pixel d parts it from the one before, which is the next one where the edge is a far one.
  let back = select(inward, 0u, far);
  // What is seen across the edge's direction is in one half of the words, along it in the other.
  let shift_in = select(16u, 0u, upright);
  let shift_on = 16u - shift_in;
  var costs: array<u32, DEEPEST>;
  var origin: array<u32, DEEPEST>;
  for (var d = 0u; d < depth; d++) { costs[d] = 0u; }
  for (var t = 0u; t < length; t++) {
    let row = start + t * along;
    for (var d = 0u; d < depth; d++) { origin[d] = d; }
    if (t > 0u) {
      // Sideways, between this pixel of the edge and the one before.
      var p = row - along + inward;
      for (var d = 2u; d < depth; d++) {
        let cost = costs[d - 1u] + STEP + ((S[p] >> shift_on) & 0xffffu);
        if (cost < costs[d]) {
          costs[d] = cost;
          origin[d] = origin[d - 1u];
        }
        p += inward;
      }
      p = row - along + (depth - 2u) * inward;
      for (var d = depth - 2u; d >= 1u; d--) {
        let cost = costs[d + 1u] + STEP + ((S[p] >> shift_on) & 0xffffu);
        if (cost < costs[d]) {
          costs[d] = cost;
          origin[d] = origin[d + 1u];
        }
        p -= inward;
      }
    }
    var p = row + inward - back;
    let step = 2u + t * deepest;
    Y[step * 4u * u.n + t0] = 0u;
    for (var d = 1u; d < depth; d++) {
      costs[d] += STEP + ((S[p] >> shift_in) & 0xffffu);
      Y[(step + d) * 4u * u.n + t0] = origin[d];
      p += inward;
    }
    for (var d = depth; d < deepest; d++) { Y[(step + d) * 4u * u.n + t0] = 0u; }
  }
  for (var r = 2u + length * deepest; r < rows; r++) { Y[r * 4u * u.n + t0] = 0u; }
  var best = 1u;
  for (var d = 2u; d < depth; d++) { best = select(best, d, costs[d] < costs[best]); }
  Y[t0] = costs[best];
  Y[4u * u.n + t0] = best;
}
