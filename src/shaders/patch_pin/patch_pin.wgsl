// patch_pin: the canvas with what is known of it put in
//
// One thread per pixel.

override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32 }

@group(0) @binding(0) var<storage, read>       C: array<u32>;  // canvas, RGBA8
@group(0) @binding(1) var<storage, read>       K: array<u32>;  // what is known of it, RGBA8
@group(0) @binding(2) var<storage, read>       M: array<u32>;  // not 0 where it is known
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = select(C[i], K[i], M[i] != 0u);
}
