// gather: Y[p, i] = X[p, I[p, i]]     scatter (SCATTER = 1): Y[p, I[p, i]] = X[p, i]
//
// One thread per index. The scatter is right only where each row of I is a permutation: then no element of Y is
// written twice and none is left out.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup
override SCATTER: u32 = 0;   // 1: write through the index instead of reading through it

struct Uniforms { n: u32, M: u32, N: u32 }  // n indices in all, M to a row; rows of N elements behind them

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       I: array<u32>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let there = (i / u.M) * u.N + min(I[i], u.N - 1u);
  if (SCATTER == 1u) { Y[there] = X[i]; } else { Y[i] = X[there]; }
}
