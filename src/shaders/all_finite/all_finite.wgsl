// all_finite: Y = 0 when all elements of X are finite, else NaN
//
// A workgroup of the first launch looks at one part and says 0 or 1; the second (LAST) is one workgroup that looks at
// what the first said. NaN is written as bits, which are a NaN as f32 and twice one as f16: no compiler gets to think
// about it.

alias T = f32;
override WG: u32 = 64;   // threads per workgroup, a power of two
override LAST: u32 = 0;  // 1: read P, write Y; 0: read X, write P

struct Uniforms { n: u32, part: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> P: array<u32>;
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = group.x * u.part;
  let end = min(first + u.part, u.n);
  var bad = 0.0;
  for (var i = first + local; i < end; i += WG) {
    if (LAST == 1u) {
      if (P[i] != 0u) { bad = 1.0; }
    } else {
      if (!is_finite(f32(X[i]))) { bad = 1.0; }
    }
  }
  let sum = tree_sum(bad, local);
  if (local != 0u) { return; }
  if (LAST == 1u) {
    Y[0] = select(0u, 0x7fff7fffu, sum > 0.0);
  } else {
    P[group.x] = select(0u, 1u, sum > 0.0);
  }
}
