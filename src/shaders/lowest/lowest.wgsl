// lowest: the n columns of X with the least numbers in its last row, in order; of equal ones the first
//
// One thread per column, which counts those before it: for some thousand columns, without a barrier.

override WG: u32 = 64;  // threads per workgroup

struct Uniforms { rows: u32, N: u32, n: u32 }

@group(0) @binding(0) var<storage, read>       X: array<u32>;  // [rows, N]
@group(0) @binding(1) var<storage, read_write> Y: array<u32>;  // [rows, n]
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.N) { return; }
  let last = (u.rows - 1u) * u.N;
  let own = X[last + i];
  var rank = 0u;
  for (var k = 0u; k < i; k++) { rank += u32(X[last + k] <= own); }
  for (var k = i + 1u; k < u.N; k++) { rank += u32(X[last + k] < own); }
  if (rank >= u.n) { return; }
  for (var r = 0u; r < u.rows; r++) { Y[r * u.n + rank] = X[r * u.N + i]; }
}
