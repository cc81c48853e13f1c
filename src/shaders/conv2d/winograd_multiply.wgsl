// winograd_multiply: P[k, o, t] = sum over c of U(k, o, c) V[k, c, t]
//
// The products of Winograd's convolutions: one matrix product per element k of a transformed tile. V and P are stored in
// blocks of some tiles, [k, t / span, c or o, t % span]. A thread makes BLOCKS blocks of 8 channels for RUNS runs of 4
// tiles, the second run half a block on, so that neighbouring threads read whole lines; a workgroup WG such threads of
// the same channels, all runs of one k before those of the next, so that most read the same vectors of U (winograd_filter) in
// order and small maps fill workgroups. Input channels come in fours: each sum takes its four in one go, as in conv2d.wgsl and for
// the same reason. BROADCAST: threads of a subgroup read weights for each other (broadcast_load_subgroup.wgsl). Blocks of
// channels beyond the last one compute what nobody stores.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override BLOCKS: u32 = 1;     // blocks of channels per thread, 1 or 2
override RUNS: u32 = 2;       // runs of tiles per thread, 1 or 2
override BROADCAST: u32 = 0;  // threads that read weights for a subgroup: 4, 8, or 0 for each itself

struct Uniforms { quads: u32, o: u32, blocks: u32, row: u32, span: u32, spots: u32 }

@group(0) @binding(0) var<storage, read>       U: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       V: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> P: array<vec4f>;
@group(0) @binding(3) var<uniform>             u: Uniforms;  // row and span: of 4 tiles each

// A column per channel: channels 0-3 of a block at both runs of tiles (a, b), channels 4-7 likewise (c, d).
struct Sums { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var i = group.x * WG + local;
  let runs = u.row / RUNS;
  let done = i >= u.spots * runs;
  if (may_exit(done)) { return; }
  i = min(i, u.spots * runs - 1);
  let k = i / runs;
  i -= k * runs;
  let block = group.y * BLOCKS;
  let length = u.quads * 8;
  var w = (k * u.blocks + block) * length;
  let lane = lane(w);
  let half = u.span / RUNS;
  let first = k * u.row + i / half * u.span;
  var at = first * u.quads * 4 + i % half;
  var s = Sums();
  var t = Sums();
  if (BROADCAST == 0 || lane == 0) {
    for (var c = 0u; c < u.quads; c++) {
      let p = pixels(at);
      var q = mat4x4f();
      if (RUNS == 2) { q = pixels(at + half); }
      s = add(s, own(w), p, q);
      if (BLOCKS == 2) { t = add(t, own(w + length), p, q); }
      w += 8;
      at += 4 * u.span;
    }
  } else {
    for (var c = 0u; c < u.quads; c++) {
      let p = pixels(at);
      var q = mat4x4f();
      if (RUNS == 2) { q = pixels(at + half); }
      s = add(s, broadcast_load(w, lane), p, q);
      if (BLOCKS == 2) { t = add(t, broadcast_load(w + length, lane), p, q); }
      w += 8;
      at += 4 * u.span;
    }
  }
  if (done) { return; }
  let o = block * 8;
  let to = first * u.o + o * u.span + i % half;
  store(o, to, s);
  if (BLOCKS == 2) { store(o + 8, to + 8 * u.span, t); }
}

// 4 tiles of 4 input channels: a column per channel
fn pixels(at: u32) -> mat4x4f { return mat4x4f(V[at], V[at + u.span], V[at + 2 * u.span], V[at + 3 * u.span]); }

// The weights of 8 output channels for 4 input channels: a column per output channel.
struct Eight { x: mat4x4f, y: mat4x4f }

fn own(w: u32) -> Eight { return Eight(weights(w), weights(w + 4)); }

fn weights(w: u32) -> mat4x4f { return mat4x4f(vec4f(U[w]), vec4f(U[w + 1]), vec4f(U[w + 2]), vec4f(U[w + 3])); }

fn add(s: Sums, w: Eight, p: mat4x4f, q: mat4x4f) -> Sums {
  if (RUNS == 1) { return Sums(four(s.a, w.x, p), s.b, four(s.c, w.y, p), s.d); }
  return Sums(four(s.a, w.x, p), four(s.b, w.x, q), four(s.c, w.y, p), four(s.d, w.y, q));
}

fn four(sum: mat4x4f, w: mat4x4f, p: mat4x4f) -> mat4x4f {
  return mat4x4f(column(sum[0], w[0], p), column(sum[1], w[1], p), column(sum[2], w[2], p), column(sum[3], w[3], p));
}

fn column(sum: vec4f, w: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(w.w), p[3], fma(vec4f(w.z), p[2], fma(vec4f(w.y), p[1], fma(vec4f(w.x), p[0], sum))));
}

fn store(o: u32, to: u32, s: Sums) {
  put(o, to, s.a[0], s.b[0]);
  put(o + 1, to + u.span, s.a[1], s.b[1]);
  put(o + 2, to + 2 * u.span, s.a[2], s.b[2]);
  put(o + 3, to + 3 * u.span, s.a[3], s.b[3]);
  put(o + 4, to + 4 * u.span, s.c[0], s.d[0]);
  put(o + 5, to + 5 * u.span, s.c[1], s.d[1]);
  put(o + 6, to + 6 * u.span, s.c[2], s.d[2]);
  put(o + 7, to + 7 * u.span, s.c[3], s.d[3]);
}

fn put(o: u32, to: u32, a: vec4f, b: vec4f) {
  if (o >= u.o) { return; }
  P[to] = a;
  if (RUNS == 2) { P[to + u.span / 2] = b; }
}
