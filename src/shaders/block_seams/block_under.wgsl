// block_under: what lies below each pixel of a block: [pixel, what hides a cut to the right of it | FILLED | to the left << 16, the same below it | above it << 16]
//
// One thread per pixel of the block. 0 where nothing lies there. Edges are those of the canvas, lines those of the exemplar.

override WG: u32 = 64;    // threads per workgroup
override LINES: u32 = 0;  // 1: lines hide cuts, as E has them; 0: edges do
const FILLED = 0x8000u;

struct Uniforms { H: u32, W: u32, bh: u32, bw: u32, n: u32 }

@group(0) @binding(0) var<storage, read>       P: array<u32>;  // pixels, RGBA8: the exemplar's, and what is known of the canvas
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // [2, n]: what hides a cut beside each pixel of the exemplar
@group(0) @binding(2) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;  // [3, bh, bw]
@group(0) @binding(5) var<uniform>             u: Uniforms;

fn apart(own: u32, x: u32, y: u32) -> u32 {
  let next = L[below(min(x, u.bw - 1u), min(y, u.bh - 1u), u.W, u.H)];
  if (next == NONE) { return 0u; }
  return distance_of(P[own], P[next]);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  let area = u.bh * u.bw;
  if (i >= area) { return; }
  let x = i % u.bw;
  let y = i / u.bw;
  let own = L[below(x, y, u.W, u.H)];
  var across = 0u;
  var down = 0u;
  if (own == NONE) {
    Y[i] = 0u;
  } else {
    Y[i] = P[own];
    across = FILLED;
    if (LINES == 0u) {
      across |= apart(own, x + 1u, y) | (apart(own, max(x, 1u) - 1u, y) << 16u);
      down = apart(own, x, y + 1u) | (apart(own, x, max(y, 1u) - 1u) << 16u);
    } else if (own < u.n) {
      across |= E[own];
      down = E[u.n + own];
    }
  }
  Y[area + i] = across;
  Y[2u * area + i] = down;
}
