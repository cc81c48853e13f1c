// block_uses: how much it counts that each pixel of the exemplar stands in the canvas already, in 32nds of a use
//   Y[p] = s (far U[p] max(1, U[p] max(1, s) / usual) + near N[p]) + again U[p] max(0, s - STRIKING), s how conspicuous p is;
//   U at most 1023, the maximum 256, Y 2048 uses
//
// One thread per pixel of the exemplar.

override WG: u32 = 64;   // threads per workgroup
const STRIKING = 48u;    // what is more conspicuous than this, in 16ths, is noticed when it stands there again

struct Uniforms { n: u32, far: u32, near: u32, again: u32 }

@group(0) @binding(0) var<storage, read>       U: array<u32>;  // how often each pixel stands in the canvas
@group(0) @binding(1) var<storage, read>       N: array<u32>;  // the same near the block, 256ths
@group(0) @binding(2) var<storage, read>       S: array<u32>;  // how conspicuous it is, 16ths
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let s = S[i];
  let used = min(U[i], 1023u);
  // One multiplication of whole numbers below 2^24 by a given f32: correctly rounded, so the same everywhere.
  let dear = max(16u, u32(f32(used * max(16u, s)) * bitcast<f32>(B[PER_USUAL])));
  let any = (u.far * used * min(dear, 4096u) / 16u + u.near * min(N[i], 0xffffu) / 256u) * s / 16u;
  Y[i] = min(0xffffu, any + u.again * used * (max(s, STRIKING) - STRIKING) / 16u);
}
