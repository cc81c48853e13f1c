// block_seams: how much a cut would be seen between a pixel of a block and the next one, to the right and below, 256ths, for copies of some places:
//   (how far block and what lies below are apart at both) / (what hides a cut there, in the block and below it + soft)
//
// One thread per pixel and place, those of a pixel side by side; a row of pixels along y of the grid. In the first half of the block the cut is one along its left
// or upper edge: before it stands what lies below, behind it the block; in the second half it is the other way round. Where both look alike nothing is
// seen. Where one of the two pixels alone lies over something, that is taken to go on as the block does.

override WG: u32 = 64;  // threads per workgroup
override N: u32 = 32;   // places
const FILLED = 0x8000u;

struct Uniforms { n: u32, w: u32, bh: u32, bw: u32, soft: u32 }

@group(0) @binding(0) var<storage, read>       P: array<u32>;  // pixels of the exemplar, RGBA8
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // [2, n]: what hides a cut to the right of each | to the left << 16; below | above << 16
@group(0) @binding(2) var<storage, read>       U: array<u32>;  // what lies below, as of block_under
@group(0) @binding(3) var<storage, read>       C: array<u32>;  // [.., N]: places x | y << 16
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;  // [bh, bw, N]: to the right | below << 16
@group(0) @binding(5) var<uniform>             u: Uniforms;

// Between pixel i of the block, copied from p, and the next one, `next` on in the block and `on` in the exemplar; `apart` at the first. `row`: of E and U.
fn seen(i: u32, p: u32, next: u32, on: u32, apart: u32, row: u32, onto: bool) -> u32 {
  let area = u.bh * u.bw;
  let filled = (U[area + i] & FILLED) != 0u;
  let there = (U[area + i + next] & FILLED) != 0u;
  let own = select(E[row * u.n + p] & 0xffffu, E[row * u.n + p + on] >> 16u, onto);
  var both = apart;
  if (there) { both += distance_of(P[p + on], U[i + next]); }
  if (filled && there) {
    let under = select(U[(row + 1u) * area + i + next] >> 16u, U[(row + 1u) * area + i] & 0x7fffu, onto);
    return seen_beside(both, own + under + u.soft);
  }
  return select(0u, seen_beside(2u * both, 2u * own + u.soft), filled || there);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  let x = t / N;
  let y = group.y;
  if (x >= u.bw) { return; }
  let i = y * u.bw + x;
  let place = C[t % N];
  let p = ((place >> 16u) + y) * u.w + (place & 0xffffu) + x;
  var apart = 0u;
  if ((U[u.bh * u.bw + i] & FILLED) != 0u) { apart = distance_of(P[p], U[i]); }
  var found = 0u;
  if (x + 1u < u.bw) { found = seen(i, p, 1u, 1u, apart, 0u, x < u.bw / 2u); }
  if (y + 1u < u.bh) { found |= seen(i, p, u.bw, u.w, apart, 1u, y < u.bh / 2u) << 16u; }
  Y[y * u.bw * N + t] = found;
}
