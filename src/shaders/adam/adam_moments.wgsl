// adam_moments: Y[0, i] = b1 S[0, i] + (1 - b1) G[i],  Y[1, i] = b2 S[1, i] + (1 - b2) G[i]^2
//
// One thread per element of G, which owns both of its moments. S is in lib/operand.wgsl, or is what Y holds.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, b1: f32, b2: f32 }

@group(0) @binding(1) var<storage, read>       G: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let g = f32(G[i]);
  let m = operand(i);
  let v = operand(u.n + i);
  Y[i] = T(m + (1.0 - u.b1) * (g - m));
  Y[u.n + i] = T(v + (1.0 - u.b2) * (g * g - v));
}
