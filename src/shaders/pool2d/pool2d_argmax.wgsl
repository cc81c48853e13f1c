// pool2d_argmax: Y[c, oy, ox] = which element of the window of X[c] that starts at (oy SY - top, ox SX - left) is its
// first maximum, counted along the rows of the window
//
// One thread per window. What the gradient of overlapping windows is given, so that it need not search each window
// once for every element in it.

alias T = f32;
override KH: i32 = 2;        // window
override KW: i32 = 2;
override SY: i32 = 2;        // stride
override SX: i32 = 2;
override WRAP_Y: u32 = 0;    // 1: rows wrap around
override WRAP_X: u32 = 0;    // 1: columns wrap around
override COUNT_PAD: u32 = 0; // not used: maxima do not count
override WG: u32 = 64;       // threads per workgroup

struct Uniforms { n: u32, H: i32, W: i32, OH: u32, OW: u32, top: i32, left: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<u32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

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
  var chosen = 0u;
  for (var ky = 0; ky < KH; ky++) {
    let y = place(y0 + ky, u.H, WRAP_Y);
    if (y < 0) { continue; }
    for (var kx = 0; kx < KW; kx++) {
      let x = place(x0 + kx, u.W, WRAP_X);
      if (x < 0) { continue; }
      let v = f32(X[map + u32(y * u.W + x)]);
      if (v > best) { best = v; chosen = u32(ky * KW + kx); }
    }
  }
  Y[i] = chosen;
}
