// pointwise_over_one: Y[i] = f(Y[i], Y[i])
//
// As pointwise_over.wgsl, for functions of one argument, which are given it twice.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, s: f32, t: f32 }

@group(0) @binding(0) var<storage, read_write> Y: array<T>;
@group(0) @binding(1) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let y = f32(Y[i]);
  Y[i] = T(f(y, y));
}
