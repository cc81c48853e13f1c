// block_match: of every GROUP tiles the place that costs least but for its cuts, of the best ones of each: S[p] + how far the many pixels of the block's list are
//   from what lies there + how it goes with the blocks beside it
//
// One thread per group; of equal places the first. A lag between two copies costs what G says; a copy that goes on where one beside it ends costs `goes_on` more, and
// TOO_LARGE where blocks that go on in one another would be more than `piece` (of the first eight pieces beside it).

override WG: u32 = 64;      // threads per workgroup
const TOO_LARGE = 655360u;
const GROUP = 4u;           // tiles

struct Uniforms {
  H: u32, W: u32, w: u32, h: u32, stride: u32, across: u32, tiles: u32, mul: u32, shift: u32, goes_on: u32, piece: u32
}

@group(0) @binding(0) var<storage, read>       S: array<u32>;  // [down, across]
@group(0) @binding(1) var<storage, read>       P: array<u32>;  // pixels, RGBA8: the exemplar's, and what is known of the canvas
@group(0) @binding(2) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read>       G: array<u32>;  // [2h - 1, 2w - 1]: what lags cost
@group(0) @binding(5) var<storage, read>       N: array<u32>;  // [3, blocks]: place x | y << 16, a block of the same piece, blocks in it
@group(0) @binding(6) var<storage, read>       C: array<u32>;  // of each tile the place in S
@group(0) @binding(7) var<storage, read_write> Y: array<u32>;  // [2, groups]: place x | y << 16, cost
@group(0) @binding(8) var<uniform>             u: Uniforms;

fn beside_cost(x: u32, y: u32) -> u32 {
  let blocks = arrayLength(&N) / 3u;
  var pieces: array<u32, 8>;
  var count = 0u;
  var size = 1u;
  var placed = 0u;
  var lags = 0u;
  var cost = 0u;
  for (var k = 0u; k < B[BESIDE]; k++) {
    let j = B[LISTS + 2u * k];
    let there = N[j];
    if (there == NONE) { continue; }
    let lag = lag_between(vec2u(x, y), there, k);
    let apart = abs(lag);
    if (apart.x < i32(u.w) && apart.y < i32(u.h)) {
      lags += G[(lag.y + i32(u.h) - 1) * (2 * i32(u.w) - 1) + lag.x + i32(u.w) - 1];
      placed++;
    }
    if (apart.x + apart.y < 2) { cost += u.goes_on; }
    if (u32(apart.x + apart.y) >= JOINS) { continue; }
    var root = j;
    while (N[blocks + root] != root) { root = N[blocks + root]; }
    var is_new = count < 8u;
    for (var i = 0u; i < count; i++) { is_new = is_new && pieces[i] != root; }
    if (!is_new) { continue; }
    pieces[count] = root;
    count++;
    size += N[2u * blocks + root];
  }
  if (placed > 0u) { cost += lags / placed; }
  return cost + select(0u, TOO_LARGE, count > 0u && size > u.piece);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let many = B[MANY];
  load_sample(LISTS + 2u * B[BESIDE] + B[FEW], many, local);
  let t = global_index(group, groups, local, WG);
  let n = (u.tiles + GROUP - 1u) / GROUP;
  if (t >= n) { return; }
  var least = 0xffffffffu;
  var best = 0u;
  for (var k = t * GROUP; k < min(t * GROUP + GROUP, u.tiles); k++) {
    let x = C[k] % u.across * u.stride;
    let y = C[k] / u.across * u.stride;
    var sum = 0u;
    for (var i = 0u; i < many; i++) { sum += square_difference(words[i], P[y * u.w + x + at[i]]); }
    let cost = S[C[k]] + squares_cost(sum, many) + beside_cost(x, y);
    if (cost >= least) { continue; }
    least = cost;
    best = x | (y << 16u);
  }
  Y[t] = best;
  Y[n + t] = least;
}
