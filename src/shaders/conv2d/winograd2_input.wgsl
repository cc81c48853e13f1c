// winograd2_input: V[k, c, t] = (B' d B)[r, s], k = 4 r + s, where d is the 4x4 pixels that tile t of channel c looks at
//
// Tiles make 2x2 pixels each and lie in rows of `across`; this is their pixels' half of F(2x2, 3x3), see index.ts.
// A thread transforms one tile in one channel; threads that are neighbours write neighbours: V is stored
// [k, t / span, c, t % span], so that products read it in order. Borders are read where they show, so there is no halo in
// memory. V is f32 whatever the plan stores: sums of products hang on it.
// Channels from u.c on, which only fill up the last four, are zeros.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override MASK: bool = false;  // take X only where M > 0

struct Uniforms {
  c: u32, h: i32, w: i32, top: i32, left: i32,
  across: u32, first: u32, count: u32, row: u32, span: u32,
  bv: u32,  // vertical border: 0 zeros, 1 replicate, 2 reflect, 3 wrap
  bh: u32,  // horizontal border
}

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       M: array<T>;
@group(0) @binding(2) var<storage, read_write> V: array<f32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  if (t >= u.count) { return; }
  let c = group.y;
  let tile = u.first + t;
  let y = i32(tile / u.across);
  let p = vec4i(2 * y) + vec4i(0, 1, 2, 3);
  let q = vec4i(2 * (i32(tile) - y * i32(u.across))) + vec4i(0, 1, 2, 3);
  var x = vec4i(column(q.x), column(q.y), column(q.z), column(q.w));
  if (c >= u.c) { x = vec4i(-1); }
  let d0 = pixels(c, p.x, x);
  let d1 = pixels(c, p.y, x);
  let d2 = pixels(c, p.z, x);
  let d3 = pixels(c, p.w, x);
  let at = (t / u.span * groups.y + c) * u.span + t % u.span;
  let step = groups.y * u.row;
  put(at, step, d0 - d2);
  put(at + 4 * step, step, d1 + d2);
  put(at + 8 * step, step, d2 - d1);
  put(at + 12 * step, step, d1 - d3);
}

fn column(q: i32) -> i32 { return source_of(q, u.left, u.w, u.bh); }

fn pixels(c: u32, p: i32, x: vec4i) -> vec4f {
  let y = source_of(p, u.top, u.h, u.bv);
  let row = select(-1, (i32(c) * u.h + y) * u.w, y >= 0);
  return vec4f(pixel(row, x.x), pixel(row, x.y), pixel(row, x.z), pixel(row, x.w));
}

fn put(at: u32, step: u32, d: vec4f) {
  V[at] = d.x - d.z;
  V[at + step] = d.y + d.z;
  V[at + 2 * step] = d.z - d.y;
  V[at + 3 * step] = d.y - d.w;
}
