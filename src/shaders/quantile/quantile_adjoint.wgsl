// quantile_adjoint: DX[p, j] = sum over i of DY[p, i] max(0, 1 - |t(i) - j|), t(i) clamped to [0, M - 1]
//
// One thread per element of DX. It looks only at the elements of DY whose t is within 1 of its own place.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { size: u32, M: i32, n: i32 }  // size elements of DX, M to a row; rows of n elements in DY

@group(0) @binding(0) var<storage, read>       DY: array<T>;
@group(0) @binding(1) var<storage, read_write> DX: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let e = global_index(group, groups, local, WG);
  if (e >= u.size) { return; }
  let row = i32(e) / u.M * u.n;
  let j = i32(e) % u.M;
  // The ends also take what lies beyond them.
  var first = 0;
  var last = u.n - 1;
  if (j > 0) { first = max(first, stretch(j - 1, u.M, u.n).base); }
  if (j < u.M - 1) { last = min(last, stretch(j + 1, u.M, u.n).base + 1); }
  var sum = 0.0;
  for (var i = first; i <= last; i++) {
    let at = stretch(i, u.n, u.M);
    let part = f32(at.rest) / f32(2 * u.n);
    var weight = 0.0;
    if (clamp(at.base, 0, u.M - 1) == j) { weight += 1.0 - part; }
    if (clamp(at.base + 1, 0, u.M - 1) == j) { weight += part; }
    sum += weight * f32(DY[row + i]);
  }
  DX[e] = T(sum);
}
