// argsort_count: H[p, d, b] = how many keys of block b of row p have digit d
//
// One workgroup per block of a row; every thread counts a stretch of the block in a table of its own, then the tables
// are added in order.

alias T = f32;
override WG: u32 = 16;      // threads per workgroup; 256 WG words of workgroup memory
override FIRST: u32 = 0;    // 1: keys come from X, 0: from the pairs (key, index) in A

struct Uniforms { N: u32, blocks: u32, block: u32, shift: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       A: array<u32>;
@group(0) @binding(2) var<storage, read_write> H: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> counts: array<u32, 256 * WG>;  // [digit][thread]

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = group.y;
  let block = group.x;
  let stretch = (u.block + WG - 1u) / WG;
  let end = min((block + 1u) * u.block, u.N);
  let first = min(block * u.block + t * stretch, end);
  let last = min(first + stretch, end);
  for (var d = 0u; d < 256u; d++) { counts[d * WG + t] = 0u; }
  if (FIRST == 1u) {
    for (var i = row * u.N + first; i < row * u.N + last; i++) {
      counts[((sort_key(f32(X[i])) >> u.shift) & 255u) * WG + t] += 1u;
    }
  } else {
    for (var i = row * u.N + first; i < row * u.N + last; i++) {
      counts[((A[2u * i] >> u.shift) & 255u) * WG + t] += 1u;
    }
  }
  workgroupBarrier();
  for (var d = t; d < 256u; d += WG) {
    var sum = 0u;
    for (var k = 0u; k < WG; k++) { sum += counts[d * WG + k]; }
    H[(row * 256u + d) * u.blocks + block] = sum;
  }
}
