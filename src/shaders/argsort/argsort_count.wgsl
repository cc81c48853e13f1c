// argsort_count: H[p, d, b] = how many keys of block b of row p have digit d
//
// TEAM threads to a block of a row, WG / TEAM blocks to a workgroup; every thread counts a stretch of the block in a
// table of its own, then the tables are added in order. A team of one needs no barrier: see argsort_rows.wgsl.

alias T = f32;
override WG: u32 = 16;      // threads per workgroup; 256 WG words of workgroup memory
override TEAM: u32 = 1;     // threads per block, a divisor of WG
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
  let block = group.x * (WG / TEAM) + t / TEAM;
  let k = t % TEAM;
  let stretch = (u.block + TEAM - 1u) / TEAM;
  let end = min(min(block, u.blocks) * u.block + u.block, u.N);
  let first = min(block * u.block + k * stretch, end);
  let last = select(first, min(first + stretch, end), block < u.blocks);
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
  if (TEAM > 1u) { workgroupBarrier(); }
  if (block >= u.blocks) { return; }
  for (var d = k; d < 256u; d += TEAM) {
    var sum = 0u;
    for (var j = 0u; j < TEAM; j++) { sum += counts[d * WG + t - k + j]; }
    H[(row * 256u + d) * u.blocks + block] = sum;
  }
}
