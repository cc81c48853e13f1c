// patch_count: how many pixels of the canvas take each place of the exemplar
//
// One thread per place to clear (CLEAR 1), or per pixel to count. Whole numbers: the order of additions does not matter.

override WG: u32 = 64;    // threads per workgroup
override CLEAR: u32 = 0;  // 1: sets all counts to 0

struct Uniforms { n: u32, vw: u32 }

@group(0) @binding(0) var<storage, read>       M: array<u32>;  // places, x | y << 16
@group(0) @binding(1) var<storage, read_write> Y: array<atomic<u32>>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  if (CLEAR == 1u) {
    atomicStore(&Y[i], 0u);
    return;
  }
  atomicAdd(&Y[(M[i] >> 16u) * u.vw + (M[i] & 0xffffu)], 1u);
}
