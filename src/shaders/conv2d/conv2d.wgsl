// conv2d: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky, x + kx]
//
// A thread makes 4 or 8 neighbouring pixels of one row in 4 or 8 channels (conv2d_few_channels.wgsl: in fewer), a workgroup WG such
// runs of one block of channels. Large tiles read least, small ones are more numerous on small maps. X has its halo already, so the loops meet no border; its rows are whole vec4s. W is in tiles
// (conv2d_layout), so all threads of a workgroup read the same vectors of it in order.
// A row of X is a window that slides over kx: each pixel is read once per row of the kernel, not once per tap.
// Taps are written out in fours, not looped over: a turn of a loop costs a software adapter as much as its taps. And
// each sum takes its four taps in one go, or a CPU with few registers would fetch and put back all 64 per tap.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override PIXELS: u32 = 8;     // of a thread, in a row: 4 or 8
override CHANNELS: u32 = 8;   // of a thread: 4 or 8
override KY: u32 = 3;         // rows of the kernel
override KX: u32 = 3;         // columns of the kernel
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

struct Uniforms { c: u32, o: u32, h: u32, w: u32, row: u32, plane: u32 }

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       W: array<vec4<T>>;
@group(0) @binding(2) var<storage, read>       B: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

// A column per channel: channels 0-3 at pixels 0-3 (a) and 4-7 (b), channels 4-7 likewise (c, d).
struct Sums { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  // Groups of runs that are too many for the x axis of a grid go on along z.
  let run = (group.z * groups.x + group.x) * WG + local;
  let runs = (u.w + PIXELS - 1) / PIXELS;
  if (run >= runs * u.h) { return; }
  let y = run / runs;
  let x = (run - y * runs) * (PIXELS / 4);
  let o = group.y * CHANNELS;
  var s = Sums();
  // Tiles of weights are of 8 channels, whose halves take turns.
  var k = o / 8 * u.c * KY * KX * 2 + o / 4 % 2;
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
          k += 8;
          at++;
          p = q;
          q = r;
          r = vec4f(X[at + 2]);
        }
      }
      if (KX > 3) {
        s = taps(s, 4, k, p, q, r);
        k += 8;
        p = q;
        q = r;
        if (KX % 4 > 1 && PIXELS > 4) { r = vec4f(X[at + 3]); }
      }
      if (KX % 4 > 0) {
        s = taps(s, KX % 4, k, p, q, r);
        k += KX % 4 * 2;
      }
    }
  }
  // In a loop, which takes a processor's compiler half as long; from `o` on, or it would write the loop out itself.
  var left = array(s.a[0], s.a[1], s.a[2], s.a[3], s.c[0], s.c[1], s.c[2], s.c[3]);
  var right = array(s.b[0], s.b[1], s.b[2], s.b[3], s.d[0], s.d[1], s.d[2], s.d[3]);
  for (var i = o; i < min(o + CHANNELS, u.o); i++) { store(i, y, x, left[i - o], right[i - o]); }
}

// n taps in a row, of pixels p, q, r and of the weights from k on
fn taps(s: Sums, n: u32, k: u32, p: vec4f, q: vec4f, r: vec4f) -> Sums {
  let left = window(p, q);
  let w = weights(k, n);
  var t = s;
  t.a = four(s.a, n, w, left);
  if (PIXELS > 4) { t.b = four(s.b, n, w, window(q, r)); }
  if (CHANNELS > 4) {
    let v = weights(k + 1, n);
    t.c = four(s.c, n, v, left);
    if (PIXELS > 4) { t.d = four(s.d, n, v, window(q, r)); }
  }
  return t;
}

// p and q as four taps in a row see them: a column per tap
fn window(p: vec4f, q: vec4f) -> mat4x4f {
  return mat4x4f(p, vec4f(p.yzw, q.x), vec4f(p.zw, q.xy), vec4f(p.w, q.xyz));
}

// the weights of 4 channels for n taps: a column per channel
fn weights(k: u32, n: u32) -> mat4x4f {
  var w = mat4x4f();
  w[0] = vec4f(W[k]);
  if (n > 1) { w[1] = vec4f(W[k + 2]); }
  if (n > 2) { w[2] = vec4f(W[k + 4]); }
  if (n > 3) { w[3] = vec4f(W[k + 6]); }
  return transpose(w);
}

// sum + n products, for 4 channels
fn four(sum: mat4x4f, n: u32, w: mat4x4f, p: mat4x4f) -> mat4x4f {
  var s = sum;
  s[0] = column(s[0], n, w[0], p);
  s[1] = column(s[1], n, w[1], p);
  s[2] = column(s[2], n, w[2], p);
  s[3] = column(s[3], n, w[3], p);
  return s;
}

fn column(sum: vec4f, n: u32, w: vec4f, p: mat4x4f) -> vec4f {
  var s = fma(vec4f(w.x), p[0], sum);
  if (n > 1) { s = fma(vec4f(w.y), p[1], s); }
  if (n > 2) { s = fma(vec4f(w.z), p[2], s); }
  if (n > 3) { s = fma(vec4f(w.w), p[3], s); }
  return s;
}
