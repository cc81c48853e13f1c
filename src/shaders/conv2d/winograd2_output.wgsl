// winograd2_output: Y[o, y, x] = B[o] + (A' p A)[y mod 2, x mod 2], where p is the 4x4 products P[k, o, t] of its tile t
//
// The way back from F(2x2, 3x3) to pixels, see index.ts. A thread makes the 2x2 pixels of one tile in one channel;
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  if (t >= u.count) { return; }
  let o = group.y;
  let at = (t / u.span * groups.y + o) * u.span + t % u.span;
  let step = groups.y * u.row;
  let p0 = products(at, step);
  let p1 = products(at + 4 * step, step);
  let p2 = products(at + 8 * step, step);
  let p3 = products(at + 12 * step, step);
  let tile = u.first + t;
  let y = 2 * (tile / u.across);
  let x = 2 * (tile % u.across);
  let r0 = pixels(o, p0 + p1 + p2);
  let r1 = pixels(o, p1 - p2 - p3);
  if (POOL > 0) {
    let m = max(r0, r1);
    var v = max(m.x, m.y);
    if (POOL == 2) { v = 0.25 * (r0.x + r0.y + r1.x + r1.y); }
    Y[(o * u.oh + y) / 2 * (u.ow / 2) + x / 2] = T(u.scale * v);
    return;
  }
  put(o, y, x, r0);
  put(o, y + 1, x, r1);
}

fn products(at: u32, step: u32) -> vec4f {
  return vec4f(P[at], P[at + step], P[at + 2 * step], P[at + 3 * step]);
}

// A' along a row, and what belongs to a pixel
fn pixels(o: u32, p: vec4f) -> vec2f {
  var v = vec2f(p.x + p.y + p.z, p.y - p.z - p.w);
  if (u.bias == 1) { v += f32(B[o]); }
  if (u.relu == 1) { v = max(v, vec2f()); }
  return v;
}

fn put(o: u32, y: u32, x: u32, v: vec2f) {
  if (y >= u.oh) { return; }
  let at = (o * u.oh + y) * u.ow + x;
  Y[at] = T(v.x);
  if (x + 1 < u.ow) { Y[at + 1] = T(v.y); }
}
