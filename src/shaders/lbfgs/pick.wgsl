// lbfgs_pick: Y = A where C[at] is 1, else B
//
// One thread per element.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, at: u32 }

@group(0) @binding(0) var<storage, read>       C: array<T>;
@group(0) @binding(1) var<storage, read>       A: array<T>;
@group(0) @binding(2) var<storage, read>       B: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  if (f32(C[u.at]) == 1.0) { Y[i] = A[i]; } else { Y[i] = B[i]; }
}
