// block_under: what lies below each pixel of a block: [pixel, how far it is from the next one to the right | FILLED | from the next one below << 16]
//
// One thread per pixel of the block. 0 where nothing lies there.

override WG: u32 = 64;  // threads per workgroup
const FILLED = 0x8000u;

struct Uniforms { H: u32, W: u32, bh: u32, bw: u32 }

@group(0) @binding(0) var<storage, read>       P: array<u32>;  // pixels, RGBA8: the exemplar's, and what is known of the canvas
@group(0) @binding(1) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;  // [2, bh, bw]
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  let n = u.bh * u.bw;
  if (i >= n) { return; }
  let x = i % u.bw;
  let y = i / u.bw;
  let own = L[below(x, y, u.W, u.H)];
  if (own == NONE) {
    Y[i] = 0u;
    Y[n + i] = 0u;
    return;
  }
  var edges = FILLED;
  let right = L[below(min(x + 1u, u.bw - 1u), y, u.W, u.H)];
  let under = L[below(x, min(y + 1u, u.bh - 1u), u.W, u.H)];
  if (right != NONE) { edges |= distance_of(P[own], P[right]); }
  if (under != NONE) { edges |= distance_of(P[own], P[under]) << 16u; }
  Y[i] = P[own];
  Y[n + i] = edges;
}
