// gather_adjoint: DX[p, j] = sum over i with I[p, i] = j of DY[p, i]
//
// One thread per element of DX, which scans its whole row of indices: N M steps a row, but no atomics and one order
// of adding. Sorts use the permutation scatter instead.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, M: u32, N: u32 }  // n elements of DX, N to a row; M indices to a row

@group(0) @binding(0) var<storage, read>       DY: array<T>;
@group(0) @binding(1) var<storage, read>       I: array<u32>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let j = global_index(group, groups, local, WG);
  if (j >= u.n) { return; }
  let row = j / u.N;
  let column = j % u.N;
  var sum = 0.0;
  for (var i = row * u.M; i < (row + 1u) * u.M; i++) {
    if (min(I[i], u.N - 1u) == column) { sum += f32(DY[i]); }
  }
  DX[j] = T(sum);
}
