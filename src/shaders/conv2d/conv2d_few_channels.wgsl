// conv2d_few_channels: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky, x + kx]
//
// As conv2d.wgsl, for 1 to 4 output channels, as in gradients to a picture: a thread makes 4 or 8 neighbouring pixels of
// one row in all of them, and channels that do not exist cost nothing.
// Here it pays to finish a tap before the next one (2026-11, lavapipe: 1.25x); there are fewer sums to keep.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override PIXELS: u32 = 8;     // of a thread, in a row: 4 or 8
override KY: u32 = 3;         // rows of the kernel
override KX: u32 = 3;         // columns of the kernel
override DEPTH: u32 = 4;      // output channels, 1 to 4
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

struct Uniforms { c: u32, o: u32, h: u32, w: u32, row: u32, plane: u32 }

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       W: array<vec4<T>>;
@group(0) @binding(2) var<storage, read>       B: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

// A column per channel, at pixels 0-3 (a) and 4-7 (b).
struct Sums { a: mat4x4f, b: mat4x4f }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  // Groups of runs that are too many for the x axis of a grid go on along z.
  let run = (group.z * groups.x + group.x) * WG + local;
  let runs = (u.w + PIXELS - 1) / PIXELS;
  if (run >= runs * u.h) { return; }
  let y = run / runs;
  let x = (run - y * runs) * (PIXELS / 4);
  var s = Sums();
  var k = 0u;
  for (var c = 0u; c < u.c; c++) {
    for (var ky = 0u; ky < KY; ky++) {
      var at = c * u.plane + (y + ky) * u.row + x;
      var p = vec4f(X[at]);
      var q = vec4f();
      var r = vec4f();
      if (KX > 1 || PIXELS > 4) { q = vec4f(X[at + 1]); }
      if (KX > 4 || (KX > 1 && PIXELS > 4)) { r = vec4f(X[at + 2]); }
      if (KX > 7) {
        for (var kb = 8u; kb <= KX; kb += 4) {
          s = taps(s, 4, k, p, q, r);
          k += 4;
          at++;
          p = q;
          q = r;
          r = vec4f(X[at + 2]);
        }
      }
      if (KX > 3) {
        s = taps(s, 4, k, p, q, r);
        k += 4;
        p = q;
        q = r;
        if (KX % 4 > 1 && PIXELS > 4) { r = vec4f(X[at + 3]); }
      }
      if (KX % 4 > 0) {
        s = taps(s, KX % 4, k, p, q, r);
        k += KX % 4;
      }
    }
  }
  // In a loop from what is only known at run time, as in conv2d.wgsl; group.y is 0.
  let o = group.y;
  for (var i = o; i < u.o; i++) { store(i, y, x, s.a[i - o], s.b[i - o]); }
}

// n taps in a row, of pixels p, q, r and of the weights from k on
fn taps(sums: Sums, n: u32, k: u32, p: vec4f, q: vec4f, r: vec4f) -> Sums {
  var s = sums;
  s = tap(s, k, p, q);
  if (n > 1) { s = tap(s, k + 1, vec4f(p.yzw, q.x), vec4f(q.yzw, r.x)); }
  if (n > 2) { s = tap(s, k + 2, vec4f(p.zw, q.xy), vec4f(q.zw, r.xy)); }
  if (n > 3) { s = tap(s, k + 3, vec4f(p.w, q.xyz), vec4f(q.w, r.xyz)); }
  return s;
}

fn tap(s: Sums, k: u32, p: vec4f, q: vec4f) -> Sums {
  let w = vec4f(W[k]);
  var t = s;
  t.a = products(s.a, w, p);
  if (PIXELS > 4) { t.b = products(s.b, w, q); }
  return t;
}

// sum + w p', the products of up to 4 channels and 4 pixels
fn products(sum: mat4x4f, w: vec4f, p: vec4f) -> mat4x4f {
  var s = sum;
  s[0] = fma(vec4f(w.x), p, s[0]);
  if (DEPTH > 1) { s[1] = fma(vec4f(w.y), p, s[1]); }
  if (DEPTH > 2) { s[2] = fma(vec4f(w.z), p, s[2]); }
  if (DEPTH > 3) { s[3] = fma(vec4f(w.w), p, s[3]); }
  return s;
}
