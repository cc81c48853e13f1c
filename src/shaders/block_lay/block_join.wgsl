// block_join: takes note of where a block was copied from, and of which piece it is: one with the blocks beside it that go on in one another
//
// One thread. Pieces are trees: each block names another one of its piece, the root itself; a root knows how many blocks there are.

override WG: u32 = 1;  // threads per workgroup

@group(0) @binding(0) var<storage, read>       N: array<u32>;  // the block's place x | y << 16
@group(0) @binding(1) var<storage, read>       S: array<u32>;  // what is seen of cuts before and after
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;  // [3, blocks]: place, a block of the same piece, blocks in it

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32) {
  if (local > 0u || !is_laid()) { return; }
  let blocks = arrayLength(&Y) / 3u;
  let own = B[NUMBER];
  let place = vec2u(N[0] & 0xffffu, N[0] >> 16u);
  var size = 1u;
  Y[blocks + own] = own;  // chains end here from now on
  for (var k = 0u; k < B[BESIDE]; k++) {
    let j = B[LISTS + 2u * k];
    let there = Y[j];
    if (there == NONE) { continue; }
    let lag = abs(lag_between(place, there, k));
    if (u32(lag.x + lag.y) >= JOINS) { continue; }
    var root = j;
    while (Y[blocks + root] != root) { root = Y[blocks + root]; }
    if (root == own) { continue; }
    size += Y[2u * blocks + root];
    Y[blocks + root] = own;
  }
  Y[own] = N[0];
  Y[2u * blocks + own] = size;
}
