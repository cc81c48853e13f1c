// block_uses: Y[p] = sum of v over `length` pixels of the exemplar from p on, along one axis
//   v[p] = s (far U[p] max(1, U[p] max(1, s) / usual) + near N[p]) + again U[p] max(0, s - STRIKING), s how conspicuous p is; U at most 1023, the maximum 256, v 2048 uses
//
// One thread per SPAN sums, of which each is the one before it, one pixel on. PASS 1 adds up v across, PASS 2 those sums down.

override WG: u32 = 64;   // threads per workgroup
override PASS: u32 = 1;
const SPAN = 16u;
const STRIKING = 56u;    // what is more conspicuous than this, in 16ths, is noticed when it stands there again

// v is in 32nds of a use; S is in 16ths, N in 256ths
struct Uniforms { h: u32, w: u32, length: u32, far: u32, near: u32, again: u32 }

@group(0) @binding(0) var<storage, read>       U: array<u32>;  // how often each pixel stands in the canvas, or PASS 1's sums
@group(0) @binding(1) var<storage, read>       N: array<u32>;  // the same near the block
@group(0) @binding(2) var<storage, read>       S: array<u32>;  // how conspicuous it is
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

// One multiplication of whole numbers below 2^24 by a given f32: correctly rounded, so the same everywhere.
fn value(at: u32, per_usual: f32) -> u32 {
  if (PASS == 2u) { return U[at]; }
  let s = S[at];
  let used = min(U[at], 1023u);
  let dear = max(16u, u32(f32(used * max(16u, s)) * per_usual));
  let any = (u.far * used * min(dear, 4096u) / 16u + u.near * min(N[at], 0xffffu) / 256u) * s / 16u;
  return min(0xffffu, any + u.again * used * (max(s, STRIKING) - STRIKING) / 16u);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let along = select(u.h, u.w, PASS == 1u);
  let lines = select(u.w, u.h, PASS == 1u);
  let step = select(u.w, 1u, PASS == 1u);
  let i = global_index(group, groups, local, WG);
  let line = i % lines;
  let first = i / lines * SPAN;
  if (first + u.length > along) { return; }
  let per_usual = bitcast<f32>(B[PER_USUAL]);
  var at = line * select(1u, u.w, PASS == 1u) + first * step;
  var sum = 0u;
  for (var k = 0u; k < u.length; k++) { sum += value(at + k * step, per_usual); }
  Y[at] = sum;
  let last = min(first + SPAN, along - u.length + 1u);
  for (var k = first + 1u; k < last; k++) {
    sum = sum - value(at, per_usual) + value(at + u.length * step, per_usual);
    at += step;
    Y[at] = sum;
  }
}
