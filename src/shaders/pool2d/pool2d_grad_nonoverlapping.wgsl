// pool2d_grad_nonoverlapping: as pool2d_grad, for windows that lie side by side (stride = size, no padding)
//
// One thread per window, which writes all elements of its window: one dY read, no search done twice. Rows and columns
// left over at the far edges have a cell without a window, which writes zeros.

alias T = f32;
override KIND: u32 = 0;  // 0 maximum, 1 mean
override KH: u32 = 2;    // window
override KW: u32 = 2;
override WG: u32 = 64;   // threads per workgroup

struct Uniforms { n: u32, H: u32, W: u32, OH: u32, OW: u32, cells_y: u32, cells_x: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       dY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let r = i / u.cells_x;
  let ox = i % u.cells_x;
  let oy = r % u.cells_y;
  let c = r / u.cells_y;
  let y0 = oy * KH;
  let x0 = ox * KW;
  let rows = min(KH, u.H - y0); // fewer at the edge, in ceil mode
  let cols = min(KW, u.W - x0);
  let corner = (c * u.H + y0) * u.W + x0;
  var d = 0.0;
  if (oy < u.OH && ox < u.OW) { d = u.scale * f32(dY[(c * u.OH + oy) * u.OW + ox]); }
  var chosen = corner;
  if (KIND == 0u) {
    var best = f32(X[corner]);
    for (var ky = 0u; ky < KH; ky++) {
      for (var kx = 0u; kx < KW; kx++) {
        if (ky >= rows || kx >= cols) { continue; }
        let k = corner + ky * u.W + kx;
        let v = f32(X[k]);
        if (v > best) { best = v; chosen = k; }
      }
    }
  } else {
    d /= f32(rows * cols);
  }
  for (var ky = 0u; ky < KH; ky++) {
    for (var kx = 0u; kx < KW; kx++) {
      if (ky >= rows || kx >= cols) { continue; }
      let k = corner + ky * u.W + kx;
      DX[k] = T(select(0.0, d, KIND == 1u || k == chosen));
    }
  }
}
