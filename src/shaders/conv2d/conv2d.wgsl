// conv2d: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky, x + kx]
//
// A thread makes 8 neighbouring pixels of one row in DEPTH channels, a workgroup WG such runs of one block
// of channels. X has its halo already, so the loops meet no border; its rows are whole vec4s. W is in tiles
// (conv2d_layout), so all threads of a workgroup read the same vectors of it in order.
// A row of X is a window that slides over kx: each pixel is read once per row of the kernel, not once per tap.
// Taps are written out in fours, not looped over: a turn of a loop costs a software adapter as much as its taps.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override KY: u32 = 3;         // rows of the kernel
override KX: u32 = 3;         // columns of the kernel
override DEPTH: u32 = 8;      // channels per thread: 8, or 1 to 4 where there are no more
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

struct Uniforms { c: u32, o: u32, h: u32, w: u32, runs: u32, row: u32, plane: u32 }

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       W: array<vec4<T>>;
@group(0) @binding(2) var<storage, read>       B: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let run = group.x * WG + local;
  if (run >= u.runs * u.h) { return; }
  let y = run / u.runs;
  let x = (run - y * u.runs) * 2;
  // A column per channel: channels 0-3 at pixels 0-3 (a) and 4-7 (b), channels 4-7 likewise (c, d).
  var a = mat4x4f();
  var b = mat4x4f();
  var c = mat4x4f();
  var d = mat4x4f();
  let depth = select(1u, 2u, DEPTH > 4);
  var k = group.y * u.c * KY * KX * depth;
  for (var ch = 0u; ch < u.c; ch++) {
    for (var ky = 0u; ky < KY; ky++) {
      var at = ch * u.plane + (y + ky) * u.row + x;
      var p = vec4f(X[at]);
      var q = vec4f(X[at + 1]);
      var next = vec4f();
      var w: vec4f;
      var r: vec4f;
      var s: vec4f;
      for (var kb = 0u; kb + 4 <= KX; kb += 4) {
        next = vec4f(X[at + 2]);
        w = vec4f(W[k]);
        a = tap(a, w, p);
        b = tap(b, w, q);
        if (DEPTH > 4) {
          w = vec4f(W[k + 1]);
          c = tap(c, w, p);
          d = tap(d, w, q);
        }
        w = vec4f(W[k + 1 * depth]);
        r = vec4f(p.yzw, q.x);
        s = vec4f(q.yzw, next.x);
        a = tap(a, w, r);
        b = tap(b, w, s);
        if (DEPTH > 4) {
          w = vec4f(W[k + 1 * depth + 1]);
          c = tap(c, w, r);
          d = tap(d, w, s);
        }
        w = vec4f(W[k + 2 * depth]);
        r = vec4f(p.zw, q.xy);
        s = vec4f(q.zw, next.xy);
        a = tap(a, w, r);
        b = tap(b, w, s);
        if (DEPTH > 4) {
          w = vec4f(W[k + 2 * depth + 1]);
          c = tap(c, w, r);
          d = tap(d, w, s);
        }
        w = vec4f(W[k + 3 * depth]);
        r = vec4f(p.w, q.xyz);
        s = vec4f(q.w, next.xyz);
        a = tap(a, w, r);
        b = tap(b, w, s);
        if (DEPTH > 4) {
          w = vec4f(W[k + 3 * depth + 1]);
          c = tap(c, w, r);
          d = tap(d, w, s);
        }
        k += 4 * depth;
        at++;
        p = q;
        q = next;
      }
      // the last KX mod 4
      if (KX % 4 > 1) { next = vec4f(X[at + 2]); }
      if (KX % 4 > 0) {
        w = vec4f(W[k]);
        a = tap(a, w, p);
        b = tap(b, w, q);
        if (DEPTH > 4) {
          w = vec4f(W[k + 1]);
          c = tap(c, w, p);
          d = tap(d, w, q);
        }
      }
      if (KX % 4 > 1) {
        w = vec4f(W[k + 1 * depth]);
        r = vec4f(p.yzw, q.x);
        s = vec4f(q.yzw, next.x);
        a = tap(a, w, r);
        b = tap(b, w, s);
        if (DEPTH > 4) {
          w = vec4f(W[k + 1 * depth + 1]);
          c = tap(c, w, r);
          d = tap(d, w, s);
        }
      }
      if (KX % 4 > 2) {
        w = vec4f(W[k + 2 * depth]);
        r = vec4f(p.zw, q.xy);
        s = vec4f(q.zw, next.xy);
        a = tap(a, w, r);
        b = tap(b, w, s);
        if (DEPTH > 4) {
          w = vec4f(W[k + 2 * depth + 1]);
          c = tap(c, w, r);
          d = tap(d, w, s);
        }
      }
      k += KX % 4 * depth;
    }
  }
  let o = group.y * 4 * depth;
  store(o, y, x, a[0], b[0]);
  store(o + 1, y, x, a[1], b[1]);
  store(o + 2, y, x, a[2], b[2]);
  store(o + 3, y, x, a[3], b[3]);
  if (DEPTH > 4) {
    store(o + 4, y, x, c[0], d[0]);
    store(o + 5, y, x, c[1], d[1]);
    store(o + 6, y, x, c[2], d[2]);
    store(o + 7, y, x, c[3], d[3]);
  }
}

// sum + w p', the products of up to 4 channels and 4 pixels
fn tap(sum: mat4x4f, w: vec4f, p: vec4f) -> mat4x4f {
  if (DEPTH == 1) { return mat4x4f(fma(vec4f(w.x), p, sum[0]), vec4f(), vec4f(), vec4f()); }
  if (DEPTH == 2) { return mat4x4f(fma(vec4f(w.x), p, sum[0]), fma(vec4f(w.y), p, sum[1]), vec4f(), vec4f()); }
  let two = fma(vec4f(w.z), p, sum[2]);
  if (DEPTH == 3) { return mat4x4f(fma(vec4f(w.x), p, sum[0]), fma(vec4f(w.y), p, sum[1]), two, vec4f()); }
  return mat4x4f(fma(vec4f(w.x), p, sum[0]), fma(vec4f(w.y), p, sum[1]), two, fma(vec4f(w.w), p, sum[3]));
}

fn store(o: u32, y: u32, x: u32, a: vec4f, b: vec4f) {
  if (o >= u.o) { return; }
  var p = a;
  var q = b;
  if (BIAS) {
    p += f32(B[o]);
    q += f32(B[o]);
  }
  if (RELU) {
    p = max(p, vec4f());
    q = max(q, vec4f());
  }
  let i = (o * u.h + y) * u.w + 4 * x;
  let left = u.w - 4 * x;
  Y[i] = T(p.x);
  if (left > 1) { Y[i + 1] = T(p.y); }
  if (left > 2) { Y[i + 2] = T(p.z); }
  if (left > 3) { Y[i + 3] = T(p.w); }
  if (left > 4) { Y[i + 4] = T(q.x); }
  if (left > 5) { Y[i + 5] = T(q.y); }
  if (left > 6) { Y[i + 6] = T(q.z); }
  if (left > 7) { Y[i + 7] = T(q.w); }
}
