// block_seen: how much is seen of the cuts within some windows of a canvas, as it is and, TRIAL, as it would be with a block laid: sums over
//   neighbouring pixels that do not come from neighbours, 256ths
//
// One thread per sum to clear (CLEAR 1), or per pixel of a window. Whole numbers: the order of additions does not matter.

override WG: u32 = 64;    // threads per workgroup
override CLEAR: u32 = 0;  // 1: sets all sums to 0
override TRIAL: u32 = 0;  // 1: one window, which is the block's

// w x h: the exemplar; corners begin at word `first`
struct Uniforms { H: u32, W: u32, h: u32, w: u32, bh: u32, bw: u32, n: u32, first: u32, soft: u32 }

@group(0) @binding(0) var<storage, read>       P: array<u32>;  // pixels of the exemplar, RGBA8
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // [2, h, w]: what hides a cut to the right of each | to the left << 16; below | above << 16
@group(0) @binding(2) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(3) var<storage, read>       C: array<u32>;  // corners of the windows: x, y, x, y ...
@group(0) @binding(4) var<storage, read>       N: array<u32>;  // TRIAL: what stands in the block once it is laid, from word 1 on
@group(0) @binding(5) var<storage, read_write> Y: array<atomic<u32>>;  // [n, 2]: before, after
@group(0) @binding(6) var<uniform>             u: Uniforms;

// Between a pixel copied from `a` and the next one, copied from `b`; `next`: from a pixel to that in the exemplar. Either copy may end here with it.
fn seen(a: u32, b: u32, next: u32) -> u32 {
  let n = u.h * u.w;
  if (a >= n || b >= n || b == a + next) { return 0u; }
  let goes_on = select(a + next < n, (a + 1u) % u.w != 0u, next == 1u);
  let goes_back = select(b >= next, b % u.w != 0u, next == 1u);
  var apart = 0u;
  var hidden = 0u;
  let row = select(n, 0u, next == 1u);
  if (goes_on) {
    apart += distance_of(P[a + next], P[b]);
    hidden += E[row + a] & 0xffffu;
  }
  if (goes_back) {
    apart += distance_of(P[a], P[b - next]);
    hidden += E[row + b] >> 16u;
  }
  if (!goes_on && !goes_back) { return 0u; }
  let twice = select(2u, 1u, goes_on && goes_back);
  return min(0x7fffu, seen_beside(twice * apart, twice * hidden + u.soft));
}

fn canvas_at(corner: u32, x: u32, y: u32) -> u32 {
  let cx = C[corner] + x;
  let cy = C[corner + 1u] + y;
  return L[select(cy, cy - u.H, cy >= u.H) * u.W + select(cx, cx - u.W, cx >= u.W)];
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t = global_index(group, groups, local, WG);
  if (CLEAR == 1u) {
    if (t < 2u * u.n) { atomicStore(&Y[t], 0u); }
    return;
  }
  let area = u.bh * u.bw;
  if (t >= area * u.n) { return; }
  let k = t / area;
  let i = t % area;
  let x = i % u.bw;
  let y = i / u.bw;
  let corner = u.first + 2u * k;
  let own = canvas_at(corner, x, y);
  var before = 0u;
  var after = 0u;
  if (x + 1u < u.bw) {
    before += seen(own, canvas_at(corner, x + 1u, y), 1u);
    if (TRIAL == 1u) { after += seen(N[1u + i], N[2u + i], 1u); }
  }
  if (y + 1u < u.bh) {
    before += seen(own, canvas_at(corner, x, y + 1u), u.w);
    if (TRIAL == 1u) { after += seen(N[1u + i], N[1u + i + u.bw], u.w); }
  }
  if (before > 0u) { atomicAdd(&Y[2u * k], before); }
  if (after > 0u) { atomicAdd(&Y[2u * k + 1u], after); }
}
