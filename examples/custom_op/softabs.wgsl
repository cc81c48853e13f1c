// softabs: Y[i] = sqrt(X[i]^2 + e^2)
//
// One thread per element; a grid that is wider than an adapter allows goes on in y.

alias T = f32;          // the engine makes this f16 where a plan stores its maps so
override WG: u32 = 64;  // threads per workgroup: a number that variants may change

struct Uniforms { n: u32, e: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = (group.y * groups.x + group.x) * WG + local;
  if (i >= u.n) { return; }  // the last workgroup is not full
  let x = f32(X[i]);
  Y[i] = T(sqrt(x * x + u.e * u.e));
}
