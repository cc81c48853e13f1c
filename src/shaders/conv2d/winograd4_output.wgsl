// winograd4_output: Y[o, y, x] = B[o] + (A' p A)[y mod 4, x mod 4], where p is the 6x6 products P[k, o, t] of its tile t
//
// The way back from F(4x4, 3x3) to pixels, see index.ts. A thread makes the 4x4 pixels of one tile in one channel;
// threads that are neighbours read neighbours: P is stored [k, t / span, o, t % span]. The last tile of a row or column may
// have fewer pixels.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override POOL: u32 = 0;       // 1: Y [O, oh / 2, ow / 2] is the maximum of 2x2 pixels, 2: their mean; oh and ow are even

struct Uniforms {
  oh: u32, ow: u32, across: u32, first: u32, count: u32, row: u32, span: u32,
  bias: u32,  // 1: add B
  relu: u32,  // 1: max(Y, 0)
  scale: f32, // of what is pooled
}

@group(0) @binding(0) var<storage, read>       P: array<f32>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

const H = 0.7071067811865476;  // sqrt(1 / 2)
const Q = 1.4142135623730951;  // sqrt(2)

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  if (t >= u.count) { return; }
  let o = group.y;
  let at = (t / u.span * groups.y + o) * u.span + t % u.span;
  let step = groups.y * u.row;
  let a = down(at, 6 * step, step);
  let b = down(at + 3 * step, 6 * step, step);
  let tile = u.first + t;
  let y = 4 * (tile / u.across);
  let x = 4 * (tile % u.across);
  let r0 = pixels(o, a.r0, b.r0);
  let r1 = pixels(o, a.r1, b.r1);
  let r2 = pixels(o, a.r2, b.r2);
  let r3 = pixels(o, a.r3, b.r3);
  if (POOL > 0) {
    put_pooled(o, y / 2, x / 2, r0, r1);
    put_pooled(o, y / 2 + 1, x / 2, r2, r3);
    return;
  }
  put(o, y, x, r0);
  put(o, y + 1, x, r1);
  put(o, y + 2, x, r2);
  put(o, y + 3, x, r3);
}

fn products(at: u32, step: u32) -> vec3f { return vec3f(P[at], P[at + step], P[at + 2 * step]); }

struct Four { r0: vec3f, r1: vec3f, r2: vec3f, r3: vec3f }

// A' along three columns at once
fn down(at: u32, row: u32, step: u32) -> Four {
  let p1 = products(at + row, step);
  let p2 = products(at + 2 * row, step);
  let p3 = products(at + 3 * row, step);
  let p4 = products(at + 4 * row, step);
  let c = p1 + p2;
  let d = H * (p1 - p2);
  let e = p3 + p4;
  let f = Q * (p3 - p4);
  return Four(products(at, step) + c + e, d + f, 0.5 * c + 2 * e, 0.5 * d + 2 * f + products(at + 5 * row, step));
}

// A' along a row, and what belongs to a pixel
fn pixels(o: u32, a: vec3f, b: vec3f) -> vec4f {
  let c = a.y + a.z;
  let d = H * (a.y - a.z);
  let e = b.x + b.y;
  let f = Q * (b.x - b.y);
  var v = vec4f(a.x + c + e, d + f, 0.5 * c + 2 * e, 0.5 * d + 2 * f + b.z);
  if (u.bias == 1) { v += f32(B[o]); }
  if (u.relu == 1) { v = max(v, vec4f()); }
  return v;
}

fn put(o: u32, y: u32, x: u32, v: vec4f) {
  if (y >= u.oh) { return; }
  let at = (o * u.oh + y) * u.ow + x;
  Y[at] = T(v.x);
  if (x + 1 < u.ow) { Y[at + 1] = T(v.y); }
  if (x + 2 < u.ow) { Y[at + 2] = T(v.z); }
  if (x + 3 < u.ow) { Y[at + 3] = T(v.w); }
}

// Pixels (y, x) and (y, x + 1) of the pooled map, from two rows
fn put_pooled(o: u32, y: u32, x: u32, p: vec4f, q: vec4f) {
  if (2 * y >= u.oh) { return; }
  let m = max(p, q);
  var v = max(m.xz, m.yw);
  if (POOL == 2) { v = 0.25 * (p.xz + p.yw + q.xz + q.yw); }
  let at = (o * (u.oh / 2) + y) * (u.ow / 2) + x;
  Y[at] = T(u.scale * v.x);
  if (2 * x + 2 < u.ow) { Y[at + 1] = T(u.scale * v.y); }
}
