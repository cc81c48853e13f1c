// axis_linear: Y[o, i, j] = sum over k in start[i] .. start[i + 1] - 1 of weight[k] X[o, index[k], j]; `fill` where there is
// no such k
//
// One thread per element of Y, which adds in the order of the list. One entry of weight 1 to a row moves elements along
// an axis (slices, pads, flips, picks), several resample it.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, N: u32, M: u32, inner: u32, fill: f32 }  // n elements of Y; N along the axis of X, M of Y

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       start: array<u32>;
@group(0) @binding(2) var<storage, read>       index: array<u32>;
@group(0) @binding(3) var<storage, read>       weight: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let e = global_index(group, groups, local, WG);
  if (e >= u.n) { return; }
  let row = e / u.inner % u.M;
  let first = e / u.inner / u.M * u.N;
  let end = start[row + 1u];
  if (start[row] == end) { Y[e] = T(u.fill); return; }
  var sum = 0.0;
  for (var k = start[row]; k < end; k++) {
    sum += f32(weight[k]) * f32(X[(first + min(index[k], u.N - 1u)) * u.inner + e % u.inner]);
  }
  Y[e] = T(sum);
}
