// block_sides: what a block costs at each place of the exemplar but for its overlap
//   Y[p] = A[p] + price (uses in the block at p) / area + chance: what it always costs, earlier use, and up to B[CHANCE] at random
//
// One thread per place, of every `stride`th along both axes.

override WG: u32 = 64;  // threads per workgroup

struct Uniforms { w: u32, down: u32, across: u32, stride: u32, area: u32, price: u32, seed: u32 }

@group(0) @binding(0) var<storage, read>       U: array<u32>;  // [h, w]: sums of uses over a block
@group(0) @binding(1) var<storage, read>       A: array<u32>;  // [down, across]
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.down * u.across) { return; }
  let used = U[i / u.across * u.stride * u.w + i % u.across * u.stride];
  // lowbias32 (Wellons, "Prospecting for hash functions", 2018)
  var x = u.seed * 0x9e3779b9u + B[NUMBER] * 0x85ebca6bu + i;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  x = x ^ (x >> 16u);
  Y[i] = A[i] + min(used / u.area, 0x1ffffu) * u.price / 16u + (x >> 16u) * B[CHANCE] / 65536u;
}
