// conv2d_strided: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, sy y + ky, sx x + kx]
//
// As conv2d.wgsl, for strides other than 1: a thread makes 4 neighbouring pixels in 4 or 8 channels (DEEP). Its
// pixels lie sx apart in X, so there is no window to slide and every tap reads its own.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override KY: u32 = 3;         // rows of the kernel
override KX: u32 = 3;         // columns of the kernel
override DEEP: bool = true;   // 8 channels per thread, not 4
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

struct Uniforms { c: u32, o: u32, h: u32, w: u32, row: u32, plane: u32, runs: u32, sy: u32, sx: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       W: array<vec4<T>>;
@group(0) @binding(2) var<storage, read>       B: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  // Groups of runs that are too many for the x axis of a grid go on along z.
  let run = (group.z * groups.x + group.x) * WG + local;
  if (run >= u.runs * u.h) { return; }
  let y = run / u.runs;
  let x = (run - y * u.runs) * 4;
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  var a4 = vec4f(); var a5 = vec4f(); var a6 = vec4f(); var a7 = vec4f();
  let depth = select(1u, 2u, DEEP);
  var k = group.y * u.c * KY * KX * depth;
  for (var c = 0u; c < u.c; c++) {
    for (var ky = 0u; ky < KY; ky++) {
      let at = c * u.plane + (y * u.sy + ky) * u.row + x * u.sx;
      for (var kx = 0u; kx < KX; kx++) {
        let i = at + kx;
        let p = vec4f(vec4(X[i], X[i + u.sx], X[i + 2 * u.sx], X[i + 3 * u.sx]));
        let w = vec4f(W[k]);
        a0 = fma(vec4f(w.x), p, a0);
        a1 = fma(vec4f(w.y), p, a1);
        a2 = fma(vec4f(w.z), p, a2);
        a3 = fma(vec4f(w.w), p, a3);
        if (DEEP) {
          let v = vec4f(W[k + 1]);
          a4 = fma(vec4f(v.x), p, a4);
          a5 = fma(vec4f(v.y), p, a5);
          a6 = fma(vec4f(v.z), p, a6);
          a7 = fma(vec4f(v.w), p, a7);
        }
        k += depth;
      }
    }
  }
  let o = group.y * 4 * depth;
  store(o, y, x, a0);
  store(o + 1, y, x, a1);
  store(o + 2, y, x, a2);
  store(o + 3, y, x, a3);
  if (DEEP) {
    store(o + 4, y, x, a4);
    store(o + 5, y, x, a5);
    store(o + 6, y, x, a6);
    store(o + 7, y, x, a7);
  }
}

fn store(o: u32, y: u32, x: u32, a: vec4f) {
  if (o >= u.o) { return; }
  var p = a;
  if (BIAS) { p += f32(B[o]); }
  if (RELU) { p = max(p, vec4f()); }
  let i = (o * u.h + y) * u.w + x;
  let left = u.w - x;
  Y[i] = T(p.x);
  if (left > 1) { Y[i + 1] = T(p.y); }
  if (left > 2) { Y[i + 2] = T(p.z); }
  if (left > 3) { Y[i + 3] = T(p.w); }
}
