// argsort_move: B[p, O[p, d, b] + rank of the key among those of digit d in block b] = (key, index)
//
// One workgroup per block of a row, laid out as in argsort_count: thread by thread in order, hence stable.
// The last pass writes the index alone.

alias T = f32;
override WG: u32 = 16;    // threads per workgroup; 256 WG words of workgroup memory
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
  let block = group.x;
  let stretch = (u.block + WG - 1u) / WG;
  let end = min((block + 1u) * u.block, u.N);
  let first = min(block * u.block + t * stretch, end);
  let last = min(first + stretch, end);
  for (var d = 0u; d < 256u; d++) { places[d * WG + t] = 0u; }
  for (var i = first; i < last; i++) { places[((pair(row, i).x >> u.shift) & 255u) * WG + t] += 1u; }
  workgroupBarrier();
  for (var d = t; d < 256u; d += WG) {
    var at = O[(row * 256u + d) * u.blocks + block];
    for (var k = 0u; k < WG; k++) {
      let count = places[d * WG + k];
      places[d * WG + k] = at;
      at += count;
    }
  }
  workgroupBarrier();
  for (var i = first; i < last; i++) {
    let p = pair(row, i);
    let place = ((p.x >> u.shift) & 255u) * WG + t;
    let at = row * u.N + places[place];
    places[place] += 1u;
    if (LAST == 1u) {
      B[at] = p.y;
    } else {
      B[2u * at] = p.x;
      B[2u * at + 1u] = p.y;
    }
  }
}
