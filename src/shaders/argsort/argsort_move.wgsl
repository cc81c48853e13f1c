// argsort_move: B[p, O[p, d, b] + rank of the key among those of digit d in block b] = (key, index)
//
// Threads and blocks as in argsort_count: stretches are in order and so are threads, hence stable.
// The last pass writes the index alone.

alias T = f32;
override WG: u32 = 16;    // threads per workgroup; 256 WG words of workgroup memory
override TEAM: u32 = 1;   // threads per block, a divisor of WG
override FIRST: u32 = 0;  // 1: keys come from X, 0: (key, index) from A
override LAST: u32 = 0;   // 1: indices go to B, which then holds one word each

struct Uniforms { N: u32, blocks: u32, block: u32, shift: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       A: array<u32>;
@group(0) @binding(2) var<storage, read>       O: array<u32>;
@group(0) @binding(3) var<storage, read_write> B: array<u32>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

var<workgroup> places: array<u32, 256 * WG>;  // [digit][thread]: counts, then where the next one goes

fn pair(row: u32, i: u32) -> vec2u {
  if (FIRST == 1u) { return vec2u(sort_key(f32(X[row * u.N + i])), i); }
  let at = 2u * (row * u.N + i);
  return vec2u(A[at], A[at + 1u]);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = group.y;
  let block = group.x * (WG / TEAM) + t / TEAM;
  let k = t % TEAM;
  let stretch = (u.block + TEAM - 1u) / TEAM;
  let end = min(min(block, u.blocks) * u.block + u.block, u.N);
  let first = min(block * u.block + k * stretch, end);
  let last = select(first, min(first + stretch, end), block < u.blocks);
  for (var d = 0u; d < 256u; d++) { places[d * WG + t] = 0u; }
  for (var i = first; i < last; i++) { places[((pair(row, i).x >> u.shift) & 255u) * WG + t] += 1u; }
  if (TEAM > 1u) { workgroupBarrier(); }
  for (var d = k; d < select(0u, 256u, block < u.blocks); d += TEAM) {
    var at = O[(row * 256u + d) * u.blocks + block];
    for (var j = 0u; j < TEAM; j++) {
      let count = places[d * WG + t - k + j];
      places[d * WG + t - k + j] = at;
      at += count;
    }
  }
  if (TEAM > 1u) { workgroupBarrier(); }
  for (var i = first; i < last; i++) {
    let p = pair(row, i);
    let place = ((p.x >> u.shift) & 255u) * WG + t;
    let rank = places[place];
    places[place] = rank + 1u;
    let at = row * u.N + rank;
    if (LAST == 1u) {
      B[at] = p.y;
    } else {
      B[2u * at] = p.x;
      B[2u * at + 1u] = p.y;
    }
  }
}
