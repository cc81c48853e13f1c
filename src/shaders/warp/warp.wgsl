// warp: Y[c, i] = sum over k in start[i] .. start[i + 1] - 1 of weight[k] X[c, index[k]]
//
// One thread per element of Y, which adds its own row of the sparse matrix in the order of the list: no atomics, and
// the same bits each time. Elements with equal rows get equal bits, which is what makes folded pictures exact.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, N: u32, M: u32 }  // n elements of Y, N to a channel; channels of M elements in X

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       start: array<u32>;
@group(0) @binding(2) var<storage, read>       index: array<u32>;
@group(0) @binding(3) var<storage, read>       weight: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let e = flat_index(group, groups, local, WG);
  if (e >= u.n) { return; }
  let row = e % u.N;
  let channel = e / u.N * u.M;
  let end = start[row + 1u];
  var sum = 0.0;
  for (var k = start[row]; k < end; k++) { sum += f32(weight[k]) * f32(X[channel + min(index[k], u.M - 1u)]); }
  Y[e] = T(sum);
}
