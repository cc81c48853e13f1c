// pool2d: Y[c, oy, ox] = scale * f over the window of X[c] that starts at (oy SY - top, ox SX - left);
// f is the maximum, the mean, or the root of the mean square
//
// One thread per output. Outside the map there is nothing (it is not counted), unless COUNT_PAD: then the mean counts
// padding, up to `rows` and `cols` (map + padding), as zeros. On a wrapped axis there is no outside.
// PICK: the output is V at the place where X is largest, first in row order: the adjoint of the maximum's gradient.

alias T = f32;
override KIND: u32 = 0;      // 0 maximum, 1 mean, 2 root mean square, 3 pick
override KH: i32 = 2;        // window
override KW: i32 = 2;
override SY: i32 = 2;        // stride
override SX: i32 = 2;
override WRAP_Y: u32 = 0;    // 1: rows wrap around
override WRAP_X: u32 = 0;    // 1: columns wrap around
override COUNT_PAD: u32 = 0; // 1: the mean counts padding
override WG: u32 = 64;       // threads per workgroup

struct Uniforms {
  n: u32, H: i32, W: i32, OH: u32, OW: u32, top: i32, left: i32, bottom: i32, right: i32, scale: f32,
}

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       V: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let r = i / u.OW;
  let y0 = i32(r % u.OH) * SY - u.top;
  let x0 = i32(i % u.OW) * SX - u.left;
  let map = (r / u.OH) * u32(u.H * u.W);
  var best = NOTHING;
  var at = map;
  var sum = 0.0;
  for (var ky = 0; ky < KH; ky++) {
    let y = place(y0 + ky, u.H, WRAP_Y);
    if (y < 0) { continue; }
    for (var kx = 0; kx < KW; kx++) {
      let x = place(x0 + kx, u.W, WRAP_X);
      if (x < 0) { continue; }
      let k = map + u32(y * u.W + x);
      let v = f32(X[k]);
      if (KIND == 0u || KIND == 3u) {
        if (v > best) { best = v; at = k; }
      } else if (KIND == 1u) {
        sum += v;
      } else {
        sum += v * v;
      }
    }
  }
  let n = counted(y0, KH, u.H, u.bottom, WRAP_Y) * counted(x0, KW, u.W, u.right, WRAP_X);
  var f = best;
  if (KIND == 1u) { f = sum / n; }
  if (KIND == 2u) { f = sqrt(sum / n + TINY); }
  if (KIND == 3u) { f = f32(V[at]); }
  Y[i] = T(u.scale * f);
}
