// expand: Y[r, i] = scale * S[r] for each of `inner` elements of a row
//
// One thread per element. A scalar spread over a map is a single row; a channel vector has a row per channel.

alias T = f32;
alias Sum = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, inner: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       S: array<Sum>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = T(u.scale * f32(S[i / u.inner]));
}
