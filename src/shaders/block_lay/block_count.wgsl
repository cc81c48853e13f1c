// block_count: how often each pixel of the exemplar stands in the canvas, once a block is laid
//
// One thread per pixel of the block. Whole numbers: the order of additions does not matter.

override WG: u32 = 64;  // threads per workgroup

struct Uniforms { H: u32, W: u32, bh: u32, bw: u32, n: u32 }

@group(0) @binding(0) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(1) var<storage, read>       N: array<u32>;  // what stands in the block once it is laid, from word 1 on
@group(0) @binding(2) var<storage, read>       S: array<u32>;  // what is seen of cuts before and after
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<atomic<u32>>;  // [n]
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.bh * u.bw || !is_laid()) { return; }
  let old = L[below(i % u.bw, i / u.bw, u.W, u.H)];
  let new_pixel = N[1u + i];
  if (new_pixel == old) { return; }
  if (old < u.n) { atomicSub(&Y[old], 1u); }
  if (new_pixel < u.n) { atomicAdd(&Y[new_pixel], 1u); }
}
