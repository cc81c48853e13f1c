// gram_factor: W(c, k) = scale * (D[c, k] + D[k, c])
//
// The left factor of gram_grad.wgsl, as it reads it: [c / 4, k, c % 4], with zeros where c or k is beyond the last channel.
// One thread per vec4. In f32 whatever T is.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, C: u32, depth: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       D: array<T>;
@group(0) @binding(1) var<storage, read_write> W: array<vec4f>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

fn both(c: u32, k: u32) -> f32 {
  if (c >= u.C || k >= u.C) { return 0.0; }
  return u.scale * (f32(D[c * u.C + k]) + f32(D[k * u.C + c]));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let c = i / u.depth * 4;
  let k = i % u.depth;
  W[i] = vec4f(both(c, k), both(c + 1, k), both(c + 2, k), both(c + 3, k));
}
