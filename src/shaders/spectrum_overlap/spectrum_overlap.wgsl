// spectrum_overlap: S[n] = sqrt(sum over k of b(k, n) |z(k, n)|^2), z(k, n) = sum over channels c of X[c, k] conj(Y[c, n])
//
// n is a frequency of Y's grid [h, w], k one of X's [H, W], which is as fine or finer; b is how much of the bin around k
// lies in that around n, over how many bins of X one of Y holds. One thread per n. EACH: one per n and channel, and z is
// that channel's alone. Frequency 0 of X does not count. Planes of real parts come first, then those of imaginary parts.

alias T = f32;
override EACH: u32 = 0; // 1: channels for themselves
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { C: u32, H: i32, W: i32, h: i32, w: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       Y: array<T>;
@group(0) @binding(2) var<storage, read_write> S: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  let bins = u32(u.h * u.w);
  let N = u32(u.H * u.W);
  if (i >= select(bins, bins * u.C, EACH == 1u)) { return; }
  let n = i % bins;
  let c0 = i / bins; // 0 unless EACH
  let c1 = select(u.C, c0 + 1u, EACH == 1u);
  let row = i32(n) / u.w;
  let column = i32(n) % u.w;
  var sum = 0.0;
  for (var q = first_bin(row, u.h, u.H); (2 * q - 1) * u.h < (2 * row + 1) * u.H; q++) {
    let b = share(q, u.H, row, u.h) * f32(u.h) / f32(u.H);
    for (var p = first_bin(column, u.w, u.W); (2 * p - 1) * u.w < (2 * column + 1) * u.W; p++) {
      let k = u32((q + u.H) % u.H * u.W + (p + u.W) % u.W);
      if (k == 0u) { continue; }
      var z = vec2f();
      for (var c = c0; c < c1; c++) {
        let x = vec2f(f32(X[c * N + k]), f32(X[(u.C + c) * N + k]));
        let y = vec2f(f32(Y[c * bins + n]), f32(Y[(u.C + c) * bins + n]));
        z += times_conj(x, y);
      }
      sum += b * share(p, u.W, column, u.w) * f32(u.w) / f32(u.W) * dot(z, z);
    }
  }
  S[i] = T(sqrt(sum));
}
