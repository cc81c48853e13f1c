// mul_mask: Y[c, p] = X[c, p] * M[p]
//
// One thread per element.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, N: u32 }  // n elements in all, N pixels to a channel

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       M: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = T(f32(X[i]) * f32(M[i % u.N]));
}
