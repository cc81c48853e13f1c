// transpose: Y[a, b, c, d] = X at the same position, its axes in another order
//
// One thread per element of Y. s0..s3 are the strides in X of Y's axes; shorter shapes have leading axes of 1.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, d1: u32, d2: u32, d3: u32, s0: u32, s1: u32, s2: u32, s3: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let p = i / u.d3;
  let q = p / u.d2;
  let r = q / u.d1;
  Y[i] = X[r * u.s0 + (q % u.d1) * u.s1 + (p % u.d2) * u.s2 + (i % u.d3) * u.s3];
}
