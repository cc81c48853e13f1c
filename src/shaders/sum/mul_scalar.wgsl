// mul_scalar: Y[i] = scale * X[i] * S[0]
//
// One thread per element.

alias T = f32;
alias Sum = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       S: array<Sum>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = T(f32(X[i]) * (u.scale * f32(S[0])));
}
