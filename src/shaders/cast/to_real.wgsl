// to_real: Y[i] = scale X[i]
//
// One thread per element. Y is f32 whatever T is.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<f32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = u.scale * f32(X[i]);
}
