// winograd4_input: V[k, c, t] = (B' d B)[r, s], k = 6 r + s, where d is the 6x6 pixels that tile t of channel c looks at
//
// Tiles make 4x4 pixels each and lie in rows of `across`; this is their pixels' half of F(4x4, 3x3), see index.ts.
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

const H = 0.7071067811865476;  // sqrt(1 / 2)
const Q = 1.4142135623730951;  // sqrt(2)

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  if (t >= u.count) { return; }
  let c = group.y;
  let tile = u.first + t;
  let y = i32(tile / u.across);
  let p = 4 * y;
  let q = 4 * (i32(tile) - y * i32(u.across));
  var left = vec3i(column(q), column(q + 1), column(q + 2));
  var right = vec3i(column(q + 3), column(q + 4), column(q + 5));
  if (c >= u.c) {
    left = vec3i(-1);
    right = vec3i(-1);
  }
  let r = vec3i(start(c, p), start(c, p + 1), start(c, p + 2));
  let s = vec3i(start(c, p + 3), start(c, p + 4), start(c, p + 5));
  let a = down(pixels(r.x, left), pixels(r.y, left), pixels(r.z, left),
               pixels(s.x, left), pixels(s.y, left), pixels(s.z, left));
  let b = down(pixels(r.x, right), pixels(r.y, right), pixels(r.z, right),
               pixels(s.x, right), pixels(s.y, right), pixels(s.z, right));
  let at = (t / u.span * groups.y + c) * u.span + t % u.span;
  let step = groups.y * u.row;
  put(at, step, a.r0, b.r0);
  put(at + 6 * step, step, a.r1, b.r1);
  put(at + 12 * step, step, a.r2, b.r2);
  put(at + 18 * step, step, a.r3, b.r3);
  put(at + 24 * step, step, a.r4, b.r4);
  put(at + 30 * step, step, a.r5, b.r5);
}

fn column(q: i32) -> i32 { return source_of(q, u.left, u.w, u.bh); }

// where row p of channel c begins in X
fn start(c: u32, p: i32) -> i32 {
  let y = source_of(p, u.top, u.h, u.bv);
  return select(-1, (i32(c) * u.h + y) * u.w, y >= 0);
}

fn pixels(row: i32, x: vec3i) -> vec3f { return vec3f(pixel(row, x.x), pixel(row, x.y), pixel(row, x.z)); }

struct Six { r0: vec3f, r1: vec3f, r2: vec3f, r3: vec3f, r4: vec3f, r5: vec3f }

// B' along three columns at once
fn down(d0: vec3f, d1: vec3f, d2: vec3f, d3: vec3f, d4: vec3f, d5: vec3f) -> Six {
  let e = d4 - 2 * d2;
  let f = H * (d3 - 2 * d1);
  let g = d4 - 0.5 * d2;
  let h = Q * (d3 - 0.5 * d1);
  return Six(d0 - 2.5 * d2 + d4, e + f, e - f, g + h, g - h, d1 - 2.5 * d3 + d5);
}

// B' along a row, put where it belongs
fn put(at: u32, step: u32, a: vec3f, b: vec3f) {
  let e = b.y - 2 * a.z;
  let f = H * (b.x - 2 * a.y);
  let g = b.y - 0.5 * a.z;
  let h = Q * (b.x - 0.5 * a.y);
  V[at] = a.x - 2.5 * a.z + b.y;
  V[at + step] = e + f;
  V[at + 2 * step] = e - f;
  V[at + 3 * step] = g + h;
  V[at + 4 * step] = g - h;
  V[at + 5 * step] = a.y - 2.5 * b.x + b.z;
}
