// in_place: Y[i] = Y[i] + s X[i], or 0, or Y[i] + 1, and 0 from s on
//
// One thread per element of Y, which it reads and writes itself.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup
override FN: u32 = 0;   // 0 adds X, 1 clears, 2 counts round

struct Uniforms { n: u32, s: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var y = 0.0;
  if (FN == 0u) { y = f32(Y[i]) + u.s * f32(X[i]); }
  if (FN == 2u) {
    y = f32(Y[i]) + 1.0;
    if (y >= u.s) { y = 0.0; }
  }
  Y[i] = T(y);
}
