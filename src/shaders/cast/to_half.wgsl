// to_half: Y[i] = T(limit(scale X[i])), limit(v) = v within what an f16 holds
//
// One thread per element. X is f32 whatever T is. A conversion of more than 65504 is not defined the same on all
// adapters, and infinity would spread, so it stops there; what is no number stays none.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<f32>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var v = u.scale * X[i];
  if (abs(v) > 65504.0) { v = sign(v) * 65504.0; } // false for what is no number: clamp() might make one of it
  Y[i] = T(v);
}
