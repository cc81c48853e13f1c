// copy: Y[to + i] = X[start + i] for i < n, and 0 where start + i lies outside X
//
// One thread per element. Joining copies each part to its place, slicing copies from the middle, and the adjoint of
// slicing copies with a negative `start`, so that zeros come before and after.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, start: i32, to: u32, length: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let k = i32(i) + u.start;
  var v = T(0.0);
  if (k >= 0 && k < u.length) { v = X[k]; }
  Y[u.to + i] = v;
}
