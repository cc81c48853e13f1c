// patch_vote: each pixel of the canvas as the weighted mean of what the 64 patches that cover it say
//
// One thread per pixel; sums of whole numbers, rounded to the nearest. Where the patches at the corners, the edges and in the
// middle of those 64 name the same pixel of the exemplar, it is copied: most of the canvas is, and a stray patch has no say there.

override WG: u32 = 64;  // threads per workgroup

struct Uniforms { H: u32, W: u32, w: u32 }

@group(0) @binding(0) var<storage, read>       E: array<u32>;  // exemplar, RGBA8
@group(0) @binding(1) var<storage, read>       M: array<u32>;  // places, x | y << 16; behind them weights, 0..255
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;  // canvas, RGBA8
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let n = u.H * u.W;
  let k = global_index(group, groups, local, WG);
  if (k >= n) { return; }
  let x = k % u.W;
  let y = k / u.W;
  let word = M[k];
  var agree = true;
  for (var t = 1u; t < 9u; t++) {
    let j = (t / 3u) * 7u / 2u;
    let i = (t % 3u) * 7u / 2u;
    let row = select(y - j, y + u.H - j, y < j) * u.W;
    agree = agree && M[row + select(x - i, x + u.W - i, x < i)] + i + (j << 16u) == word;
    if (!agree) { break; }
  }
  if (agree) {
    Y[k] = E[(word >> 16u) * u.w + (word & 0xffffu)];
    return;
  }
  var total = 0u;
  var sum = vec4u(0u);
  for (var j = 0u; j < PATCH; j++) {
    let row = select(y - j, y + u.H - j, y < j) * u.W;
    for (var i = 0u; i < PATCH; i++) {
      let at = row + select(x - i, x + u.W - i, x < i);
      let place = M[at];
      let weight = M[n + at];
      let e = E[((place >> 16u) + j) * u.w + (place & 0xffffu) + i];
      sum += weight * vec4u(e & 255u, (e >> 8u) & 255u, (e >> 16u) & 255u, e >> 24u);
      total += weight;
    }
  }
  let mean = (sum + total / 2u) / max(total, 1u);
  Y[k] = mean.x | (mean.y << 8u) | (mean.z << 16u) | (mean.w << 24u);
}
