// winograd_multiply: P[k, o, t] = sum over c of U(k, o, c) V[k, c, t]
//
// The products of Winograd's convolutions: one matrix product per element k of a transformed tile. A thread makes 8
// channels of 8 tiles, two runs of 4 that are 8 runs apart, so that 8 neighbouring threads read whole lines; a workgroup
// WG such threads of one k and one block of 8 channels, so its threads read the same vectors of U (winograd_filter) in
// order. Input channels come in fours: each sum takes its four in one go, as in conv2d.wgsl and for the same reason.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { quads: u32, o: u32, row: u32 }

@group(0) @binding(0) var<storage, read>       U: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       V: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> P: array<vec4f>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

// A column per channel: channels 0-3 at both runs of tiles (a, b), channels 4-7 likewise (c, d).
struct Sums { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = group.x * WG + local;
  let run = i / 8 * 16 + i % 8;
  if (run >= u.row) { return; }
  var s = Sums();
  var w = (group.z * groups.y + group.y) * u.quads * 8;
  var at = group.z * u.quads * 4 * u.row + run;
  for (var c = 0u; c < u.quads; c++) {
    let p = pixels(at);
    let q = pixels(at + 8);
    let x = weights(w);
    let y = weights(w + 4);
    s = Sums(four(s.a, x, p), four(s.b, x, q), four(s.c, y, p), four(s.d, y, q));
    w += 8;
    at += 4 * u.row;
  }
  let o = group.y * 8;
  let to = (group.z * u.o + o) * u.row + run;
  store(o, to, s.a, s.b);
  store(o + 4, to + 4 * u.row, s.c, s.d);
}

// 4 tiles of 4 input channels: a column per channel
fn pixels(at: u32) -> mat4x4f { return mat4x4f(V[at], V[at + u.row], V[at + 2 * u.row], V[at + 3 * u.row]); }

// the weights of 4 output channels for 4 input channels: a column per output channel
fn weights(w: u32) -> mat4x4f { return mat4x4f(vec4f(U[w]), vec4f(U[w + 1]), vec4f(U[w + 2]), vec4f(U[w + 3])); }

fn four(sum: mat4x4f, w: mat4x4f, p: mat4x4f) -> mat4x4f {
  return mat4x4f(column(sum[0], w[0], p), column(sum[1], w[1], p), column(sum[2], w[2], p), column(sum[3], w[3], p));
}

fn column(sum: vec4f, w: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(w.w), p[3], fma(vec4f(w.z), p[2], fma(vec4f(w.y), p[1], fma(vec4f(w.x), p[0], sum))));
}

fn store(o: u32, to: u32, a: mat4x4f, b: mat4x4f) {
  if (o < u.o) { put(to, a[0], b[0]); }
  if (o + 1 < u.o) { put(to + u.row, a[1], b[1]); }
  if (o + 2 < u.o) { put(to + 2 * u.row, a[2], b[2]); }
  if (o + 3 < u.o) { put(to + 3 * u.row, a[3], b[3]); }
}

fn put(to: u32, a: vec4f, b: vec4f) {
  P[to] = a;
  P[to + 8] = b;
}
