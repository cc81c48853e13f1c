// unary: Y[i] = f(A[i])     gradient (GRAD = 1): Y[i] = B[i] f'(A[i])
//
// One thread per element; f is in functions.wgsl. The forward pass is given A twice.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, s: f32, t: f32 }

@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = T(f(first(i, i), second(i, i)));
}
