// block_near: N[p] = how often pixel p of the exemplar stands around the middle of a block, nearer ones counting more
//
// One thread per pixel of the exemplar to clear (CLEAR 1), or per every second pixel, along both axes, of a part of the canvas, for
// four. Whole numbers: the order of additions does not matter.

override WG: u32 = 64;    // threads per workgroup
override CLEAR: u32 = 0;  // 1: sets all counts to 0

// canvas and exemplar; half the block's sides; every second pixel up to reach pixels away
struct Uniforms { H: u32, W: u32, n: u32, half_w: u32, half_h: u32, reach_x: u32, reach_y: u32 }

@group(0) @binding(0) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(1) var<storage, read>       D: array<u32>;  // 256 x what a pixel counts at a distance along one axis
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> N: array<atomic<u32>>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

// i modulo n, for i < 4 n
fn round_by(i: u32, n: u32) -> u32 {
  let j = select(i, i - 2u * n, i >= 2u * n);
  return select(j, j - n, j >= n);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (CLEAR == 1u) {
    let apart = (u.n + 7u) / 8u;
    if (i >= apart) { return; }
    for (var k = i; k < u.n; k += apart) { atomicStore(&N[k], 0u); }
    return;
  }
  let dx = 2u * (group.x * WG + local);
  let dy = 2u * group.y;
  if (dx >= 2u * u.reach_x) { return; }
  let x = round_by(B[LEFT] + u.half_w + u.W + dx - u.reach_x, u.W);
  let y = round_by(B[TOP] + u.half_h + u.H + dy - u.reach_y, u.H);
  let p = L[y * u.W + x];
  if (p >= u.n) { return; }
  let far = D[max(dx, u.reach_x) - min(dx, u.reach_x)] * D[max(dy, u.reach_y) - min(dy, u.reach_y)];
  atomicAdd(&N[p], far / 64u);
}
