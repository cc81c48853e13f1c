// block_cut: what stands in each pixel of a block once it is laid: its own copy inside of the cuts and where nothing lay, or else
//   what lies there; what is known of the canvas stays
//
// One thread per pixel of the block.

override WG: u32 = 64;  // threads per workgroup

// w x h: the exemplar
struct Uniforms { H: u32, W: u32, h: u32, w: u32, bh: u32, bw: u32 }

@group(0) @binding(0) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(1) var<storage, read>       D: array<u32>;  // place and cuts, as of block_choose
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;  // [1 + bh bw]: the place x | y << 16, pixels
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.bh * u.bw) { return; }
  let x = i % u.bw;
  let y = i / u.bw;
  let longest = max(u.bh, u.bw);
  let keep = x >= D[1u + y] && u.bw - 1u - x >= D[1u + longest + y]
    && y >= D[1u + 2u * longest + x] && u.bh - 1u - y >= D[1u + 3u * longest + x];
  let old = L[below(x, y, u.W, u.H)];
  let known = old != NONE && old >= u.h * u.w;
  let own = ((D[0] >> 16u) + y) * u.w + (D[0] & 0xffffu) + x;
  Y[1u + i] = select(old, own, old == NONE || (keep && !known));
  if (i == 0u) { Y[0] = D[0]; }
}
