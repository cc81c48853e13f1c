// conv2d: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky, x + kx]
//
// A thread makes 8 neighbouring pixels of one row in 4 or 8 channels (DEEP), a workgroup WG such runs of one block
// of channels. X has its halo already, so the loops meet no border; its rows are whole vec4s. W is in tiles
// (conv2d_layout), so all threads of a workgroup read the same vectors of it in order.
// A row of X is a window that slides over kx: each pixel is read once per row of the kernel, not once per tap.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override KY: u32 = 3;         // rows of the kernel
override KX: u32 = 3;         // columns of the kernel
override DEEP: bool = true;   // 8 channels per thread, not 4
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
  // a0 .. a7: channels; columns 0-3 and 4-7 of the run.
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  var b0 = vec4f(); var b1 = vec4f(); var b2 = vec4f(); var b3 = vec4f();
  var a4 = vec4f(); var a5 = vec4f(); var a6 = vec4f(); var a7 = vec4f();
  var b4 = vec4f(); var b5 = vec4f(); var b6 = vec4f(); var b7 = vec4f();
  let depth = select(1u, 2u, DEEP);
  var k = group.y * u.c * KY * KX * depth;
  for (var c = 0u; c < u.c; c++) {
    for (var ky = 0u; ky < KY; ky++) {
      let at = c * u.plane + (y + ky) * u.row + x;
      var p = vec4f(X[at]);
      var q = vec4f(X[at + 1]);
      for (var kb = 0u; kb < KX; kb += 4) {
        var next = vec4f();
        if (KX > 1) { next = vec4f(X[at + 2 + kb / 4]); }
        for (var j = 0u; j < 4; j++) {
          if (kb + j < KX) {
            let w = vec4f(W[k]);
            a0 = fma(vec4f(w.x), p, a0); b0 = fma(vec4f(w.x), q, b0);
            a1 = fma(vec4f(w.y), p, a1); b1 = fma(vec4f(w.y), q, b1);
            a2 = fma(vec4f(w.z), p, a2); b2 = fma(vec4f(w.z), q, b2);
            a3 = fma(vec4f(w.w), p, a3); b3 = fma(vec4f(w.w), q, b3);
            if (DEEP) {
              let v = vec4f(W[k + 1]);
              a4 = fma(vec4f(v.x), p, a4); b4 = fma(vec4f(v.x), q, b4);
              a5 = fma(vec4f(v.y), p, a5); b5 = fma(vec4f(v.y), q, b5);
              a6 = fma(vec4f(v.z), p, a6); b6 = fma(vec4f(v.z), q, b6);
              a7 = fma(vec4f(v.w), p, a7); b7 = fma(vec4f(v.w), q, b7);
            }
            k += depth;
            p = vec4f(p.yzw, q.x);
            q = vec4f(q.yzw, next.x);
            next = vec4f(next.yzw, 0);
          }
        }
      }
    }
  }
  let o = group.y * 4 * depth;
  store(o, y, x, a0, b0);
  store(o + 1, y, x, a1, b1);
  store(o + 2, y, x, a2, b2);
  store(o + 3, y, x, a3, b3);
  if (DEEP) {
    store(o + 4, y, x, a4, b4);
    store(o + 5, y, x, a5, b5);
    store(o + 6, y, x, a6, b6);
    store(o + 7, y, x, a7, b7);
  }
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
