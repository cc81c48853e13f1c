// wrap_slice: Y[c, i, j] = X[c, (oy + i) mod H, (ox + j) mod W], or FILL[c] where i < sy or j < sx
//   [oy, ox, .., sy, sx] of the row of TABLE that CURSOR says, divided by `stride`; SHIFT, rounded, is taken off oy, ox
//
// A thread fills one column of ROWS rows of a channel, so what takes divisions is done once for all of them. Where in X to
// look is data, so that one plan serves every part of a canvas.

alias T = f32;
override WG: u32 = 64;         // threads per workgroup
override ROWS: i32 = 16;       // rows per thread
override AT: u32 = 0;          // column of TABLE that holds oy
override SHIFTED: bool = false; // whether SHIFT counts
override SKIP: bool = false;   // whether sy and sx count
override FILLED: bool = false; // otherwise what is skipped is 0

struct Uniforms { H: i32, W: i32, h: i32, w: i32, columns: u32, stride: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       TABLE: array<T>;
@group(0) @binding(2) var<storage, read>       CURSOR: array<T>;
@group(0) @binding(3) var<storage, read>       SHIFT: array<T>;
@group(0) @binding(4) var<storage, read>       FILL: array<T>;
@group(0) @binding(5) var<storage, read_write> Y: array<T>;
@group(0) @binding(6) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let j = i32(group.x * WG + local);
  if (j >= u.w) { return; }
  let row = u.columns * u32(round(f32(CURSOR[0])));
  var origin = table_pair(row + AT) / u.stride;
  if (SHIFTED) { origin -= vec2i(round(vec2f(f32(SHIFT[0]), f32(SHIFT[1])))); }
  let skip = table_pair(row + 4) / u.stride;
  let c = i32(group.z);
  let first = i32(group.y) * ROWS;
  let column = c * u.H * u.W + wrap_index(origin.y + j, u.W);
  var y = wrap_index(origin.x + first, u.H);
  var at = (c * u.h + first) * u.w + j;
  for (var i = first; i < min(first + ROWS, u.h); i++) {
    var v = T(0.0);
    if (SKIP && (i < skip.x || j < skip.y)) {
      if (FILLED) { v = FILL[c]; }
    } else {
      v = X[column + y * u.W];
    }
    Y[at] = v;
    at += u.w;
    y = select(y + 1, 0, y + 1 == u.H);
  }
}
