// window: Y[c, i, j] = X[c, (oy + i) mod H, (ox + j) mod W], or FILL[c] where i < sy or j < sx
//   [oy, ox, .., sy, sx] of the row of TABLE that CURSOR says, divided by `stride`; SHIFT, rounded, is taken off oy, ox
//
// One thread per element of Y. Where in X to look is data, so that one plan serves every part of a canvas.

alias T = f32;
override WG: u32 = 64;         // threads per workgroup
override AT: u32 = 0;          // column of TABLE that holds oy
override SHIFTED: bool = false; // whether SHIFT counts
override SKIP: bool = false;   // whether sy and sx count
override FILLED: bool = false; // otherwise what is skipped is 0

struct Uniforms { n: u32, H: i32, W: i32, h: i32, w: i32, columns: u32, stride: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       TABLE: array<T>;
@group(0) @binding(2) var<storage, read>       CURSOR: array<T>;
@group(0) @binding(3) var<storage, read>       SHIFT: array<T>;
@group(0) @binding(4) var<storage, read>       FILL: array<T>;
@group(0) @binding(5) var<storage, read_write> Y: array<T>;
@group(0) @binding(6) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let index = flat_index(group, groups, local, WG);
  if (index >= u.n) { return; }
  let row = u.columns * u32(round(f32(CURSOR[0])));
  var origin = table_pair(row + AT) / u.stride;
  if (SHIFTED) { origin -= vec2i(round(vec2f(f32(SHIFT[0]), f32(SHIFT[1])))); }
  let j = i32(index % u32(u.w));
  let line = index / u32(u.w);
  let i = i32(line % u32(u.h));
  let c = line / u32(u.h);
  var v = T(0.0);
  let skip = table_pair(row + 4) / u.stride;
  if (SKIP && (i < skip.x || j < skip.y)) {
    if (FILLED) { v = FILL[c]; }
  } else {
    let y = wrap_index(origin.x + i, u.H);
    let x = wrap_index(origin.y + j, u.W);
    v = X[(c * u32(u.H) + u32(y)) * u32(u.W) + u32(x)];
  }
  Y[index] = v;
}
