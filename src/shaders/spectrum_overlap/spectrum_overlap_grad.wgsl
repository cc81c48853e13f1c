// spectrum_overlap_grad: DX[c, k] = sum over n of DS[n] b(k, n) z(k, n) Y[c, n] / S[n], as in spectrum_overlap.wgsl
//
// One thread per frequency k of X, which lies in one bin of Y or across up to four; it adds them up in DX. Nothing where
// S is 0.

alias T = f32;
override EACH: u32 = 0; // 1: channels for themselves
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { C: u32, H: i32, W: i32, h: i32, w: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       Y: array<T>;
@group(0) @binding(2) var<storage, read>       S: array<T>;
@group(0) @binding(3) var<storage, read>       DS: array<T>;
@group(0) @binding(4) var<storage, read_write> DX: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

fn product(c: u32, k: u32, n: u32) -> vec2f {
  let N = u32(u.H * u.W);
  let bins = u32(u.h * u.w);
  let x = vec2f(f32(X[c * N + k]), f32(X[(u.C + c) * N + k]));
  let y = vec2f(f32(Y[c * bins + n]), f32(Y[(u.C + c) * bins + n]));
  return times_conj(x, y);
}

// b z / S times the gradient of S[s], for one channel or all of them
fn factor(b: f32, z: vec2f, s: u32) -> vec2f {
  let length = f32(S[s]);
  if (length == 0.0) { return vec2f(); }
  return b * f32(DS[s]) / length * z;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let k = global_index(group, groups, local, WG);
  let N = u32(u.H * u.W);
  let bins = u32(u.h * u.w);
  if (k >= N) { return; }
  for (var c = 0u; c < 2u * u.C; c++) { DX[c * N + k] = T(0.0); }
  if (k == 0u) { return; }
  let row = i32(k) / u.W;
  let column = i32(k) % u.W;
  for (var q = first_bin(row, u.H, u.h); (2 * q - 1) * u.H < (2 * row + 1) * u.h; q++) {
    for (var p = first_bin(column, u.W, u.w); (2 * p - 1) * u.W < (2 * column + 1) * u.w; p++) {
      let n = u32((q + u.h) % u.h * u.w + (p + u.w) % u.w);
      // How much of k lies in n, the same as in the other direction but for the units.
      let b = share(q, u.h, row, u.H) * share(p, u.w, column, u.W);
      var f = vec2f();
      if (EACH == 0u) {
        var z = vec2f();
        for (var c = 0u; c < u.C; c++) { z += product(c, k, n); }
        f = factor(b, z, n);
      }
      for (var c = 0u; c < u.C; c++) {
        if (EACH == 1u) { f = factor(b, product(c, k, n), c * bins + n); }
        let d = times(f, vec2f(f32(Y[c * bins + n]), f32(Y[(u.C + c) * bins + n])));
        DX[c * N + k] = T(f32(DX[c * N + k]) + d.x);
        DX[(u.C + c) * N + k] = T(f32(DX[(u.C + c) * N + k]) + d.y);
      }
    }
  }
}
