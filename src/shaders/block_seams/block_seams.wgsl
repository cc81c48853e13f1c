// block_seams: how much a cut would be seen between a pixel of a block and the next one, to the right and below, 256ths, for copies of some places:
//   (how far block and what lies below are apart at both) / (how far either's pixels are from one another + soft)
//
// One thread per pixel and place, those of a pixel side by side; a row of pixels along y of the grid. Along what is an edge in either picture nothing is seen, nor where
// both look alike. Where one of the two pixels alone lies over something, that is taken to go on as the block does.

override WG: u32 = 64;  // threads per workgroup
override N: u32 = 32;   // places
const FILLED = 0x8000u;

struct Uniforms { w: u32, bh: u32, bw: u32, soft: u32 }

@group(0) @binding(0) var<storage, read>       P: array<u32>;  // pixels of the exemplar, RGBA8
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // how far each is from the next one to the right | below << 16
@group(0) @binding(2) var<storage, read>       U: array<u32>;  // what lies below, as of block_under
@group(0) @binding(3) var<storage, read>       C: array<u32>;  // [.., n]: places x | y << 16
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;  // [bh, bw, n]: to the right | below << 16
@group(0) @binding(5) var<uniform>             u: Uniforms;

// `apart` of both pixels together; `edge` of the block, `under` of what lies below, which is below both
fn seen(apart: u32, edge: u32, under: u32, both: bool) -> u32 {
  if (both) { return seen_beside(apart, edge + under + u.soft); }
  return seen_beside(2u * apart, 2u * edge + u.soft);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let t = group.x * WG + local;
  let x = t / N;
  let y = group.y;
  if (x >= u.bw) { return; }
  let area = u.bh * u.bw;
  let i = y * u.bw + x;
  let place = C[t % N];
  let p = ((place >> 16u) + y) * u.w + (place & 0xffffu) + x;
  let edge = E[p];
  let under = U[area + i];
  let filled = (under & FILLED) != 0u;
  var apart = 0u;
  if (filled) { apart = distance_of(P[p], U[i]); }
  var found = 0u;
  if (x + 1u < u.bw) {
    let there = (U[area + i + 1u] & FILLED) != 0u;
    var both = apart;
    if (there) { both += distance_of(P[p + 1u], U[i + 1u]); }
    if (filled || there) { found = seen(both, edge & 0xffffu, under & 0x7fffu, filled && there); }
  }
  if (y + 1u < u.bh) {
    let there = (U[area + i + u.bw] & FILLED) != 0u;
    var both = apart;
    if (there) { both += distance_of(P[p + u.w], U[i + u.bw]); }
    if (filled || there) { found |= seen(both, edge >> 16u, under >> 16u, filled && there) << 16u; }
  }
  Y[y * u.bw * N + t] = found;
}
