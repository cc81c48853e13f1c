// roof_multiply_add: x -> x * scale + shift, over and over
//
// 16 vec4s per thread that do not depend on each other. One number per thread is read and one is written.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { steps: u32, scale: f32, shift: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let x = f32(X[group.x * WG + local]);
  let s = vec4f(u.scale);
  let t = vec4f(u.shift);
  var v0 = vec4f(x + 0.0);
  var v1 = vec4f(x + 1.0);
  var v2 = vec4f(x + 2.0);
  var v3 = vec4f(x + 3.0);
  var v4 = vec4f(x + 4.0);
  var v5 = vec4f(x + 5.0);
  var v6 = vec4f(x + 6.0);
  var v7 = vec4f(x + 7.0);
  var v8 = vec4f(x + 8.0);
  var v9 = vec4f(x + 9.0);
  var va = vec4f(x + 10.0);
  var vb = vec4f(x + 11.0);
  var vc = vec4f(x + 12.0);
  var vd = vec4f(x + 13.0);
  var ve = vec4f(x + 14.0);
  var vf = vec4f(x + 15.0);
  for (var k = 0u; k < u.steps; k++) {
    v0 = fma(v0, s, t);
    v1 = fma(v1, s, t);
    v2 = fma(v2, s, t);
    v3 = fma(v3, s, t);
    v4 = fma(v4, s, t);
    v5 = fma(v5, s, t);
    v6 = fma(v6, s, t);
    v7 = fma(v7, s, t);
    v8 = fma(v8, s, t);
    v9 = fma(v9, s, t);
    va = fma(va, s, t);
    vb = fma(vb, s, t);
    vc = fma(vc, s, t);
    vd = fma(vd, s, t);
    ve = fma(ve, s, t);
    vf = fma(vf, s, t);
  }
  let sum = ((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7)) + ((v8 + v9) + (va + vb)) + ((vc + vd) + (ve + vf));
  Y[group.x * WG + local] = T(dot(sum, vec4f(1)));
}
