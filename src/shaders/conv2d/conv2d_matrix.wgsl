// conv2d_matrix: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky - top, x + kx - left], for 3x3
//
// By cooperative matrices of SIDE x SIDE: weights of SIDE outputs and SIDE inputs at one tap, times SIDE inputs at SIDE
// neighbouring pixels. Factors are f16, sums f32. A workgroup makes ROWS rows of SIDE pixels, its TEAMS subgroups 2 SIDE
// channels each: eight sums. SIDE input channels at a time it brings in the window of pixels that all nine taps look at,
// channels side by side, so that a tap moves where a matrix begins by whole vectors, as the hardware wants it. Weights are
// read as they lie (conv2d_matrix_filter.wgsl). Subgroups beyond the last channel work on the last weights and store nothing:
// all have to come along to every matrix and barrier.
// Which subgroup a thread belongs to is taken from its number: the host has made LANES the size they have. Nothing
// else here is a subgroup operation: a driver has crashed on both kinds in one module.

enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

alias T = f32;
const SIDE = 8;
override LANES: u32 = 8;      // threads of a subgroup
override TEAMS: u32 = 4;      // subgroups of a workgroup
override BV: u32 = 0;         // vertical border: 0 zeros, 1 replicate, 2 reflect, 3 wrap
override BH: u32 = 0;         // horizontal border
override MASK: bool = false;  // take X only where M > 0
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

override WG: u32 = LANES * TEAMS;
override KEPT: u32 = TEAMS * SIDE * SIDE;

const ROWS = 4;
const WIDE = SIDE + 2;
const WINDOW = (ROWS + 2) * WIDE;

struct Uniforms { c: u32, o: u32, oh: u32, ow: u32, h: i32, w: i32, top: i32, left: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       M: array<T>;
@group(0) @binding(2) var<storage, read>       W: array<T>;
@group(0) @binding(3) var<storage, read>       B: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

alias Weights = subgroup_matrix_left<T, SIDE, SIDE>;
alias Pixels = subgroup_matrix_right<T, SIDE, SIDE>;
alias Sums = subgroup_matrix_result<f32, SIDE, SIDE>;

var<workgroup> pixels: array<T, WINDOW * SIDE>;
var<workgroup> kept: array<f32, KEPT>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let team = local / LANES;
  let corner = vec2i(vec2u(group.x * SIDE, group.y * ROWS));
  let deep = (u.c + SIDE - 1) / SIDE;
  let last = (u.o + SIDE - 1) / SIDE - 1;
  let block = (group.z * TEAMS + team) * 2;
  var k0 = min(block, last) * deep * 9 * SIDE * SIDE;
  var k1 = min(block + 1, last) * deep * 9 * SIDE * SIDE;
  // Two blocks of channels (a, b), four rows.
  var a0: Sums; var a1: Sums; var a2: Sums; var a3: Sums;
  var b0: Sums; var b1: Sums; var b2: Sums; var b3: Sums;
  for (var d = 0u; d < deep; d++) {
    for (var e = local; e < WINDOW * SIDE; e += WG) {
      let spot = e % WINDOW;
      let c = d * SIDE + e / WINDOW;
      let y = source_of(corner.y + i32(spot / WIDE), u.top, u.h, BV);
      let x = source_of(corner.x + i32(spot % WIDE), u.left, u.w, BH);
      let row = select(-1, (i32(c) * u.h + y) * u.w, y >= 0 && c < u.c);
      pixels[spot * SIDE + e / WINDOW] = T(pixel(row, x));
    }
    workgroupBarrier();
    for (var tap = 0u; tap < 9; tap++) {
      let at = (tap / 3 * WIDE + tap % 3) * SIDE;
      let a = subgroupMatrixLoad<Weights, row_major>(&W, k0, SIDE);
      let b = subgroupMatrixLoad<Weights, row_major>(&W, k1, SIDE);
      let p0 = subgroupMatrixLoad<Pixels, col_major>(&pixels, at, SIDE);
      let p1 = subgroupMatrixLoad<Pixels, col_major>(&pixels, at + WIDE * SIDE, SIDE);
      let p2 = subgroupMatrixLoad<Pixels, col_major>(&pixels, at + 2 * WIDE * SIDE, SIDE);
      let p3 = subgroupMatrixLoad<Pixels, col_major>(&pixels, at + 3 * WIDE * SIDE, SIDE);
      a0 = subgroupMatrixMultiplyAccumulate(a, p0, a0);
      a1 = subgroupMatrixMultiplyAccumulate(a, p1, a1);
      a2 = subgroupMatrixMultiplyAccumulate(a, p2, a2);
      a3 = subgroupMatrixMultiplyAccumulate(a, p3, a3);
      b0 = subgroupMatrixMultiplyAccumulate(b, p0, b0);
      b1 = subgroupMatrixMultiplyAccumulate(b, p1, b1);
      b2 = subgroupMatrixMultiplyAccumulate(b, p2, b2);
      b3 = subgroupMatrixMultiplyAccumulate(b, p3, b3);
      k0 += SIDE * SIDE;
      k1 += SIDE * SIDE;
    }
    workgroupBarrier();
  }
  let mine = team * SIDE * SIDE;
  let lane = local % LANES;
  let y = group.y * ROWS;
  let x = group.x * SIDE;
  subgroupMatrixStore<row_major>(&kept, mine, a0, SIDE);
  workgroupBarrier();
  store(mine, lane, block, y, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, a1, SIDE);
  workgroupBarrier();
  store(mine, lane, block, y + 1, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, a2, SIDE);
  workgroupBarrier();
  store(mine, lane, block, y + 2, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, a3, SIDE);
  workgroupBarrier();
  store(mine, lane, block, y + 3, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, b0, SIDE);
  workgroupBarrier();
  store(mine, lane, block + 1, y, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, b1, SIDE);
  workgroupBarrier();
  store(mine, lane, block + 1, y + 1, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, b2, SIDE);
  workgroupBarrier();
  store(mine, lane, block + 1, y + 2, x);
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&kept, mine, b3, SIDE);
  workgroupBarrier();
  store(mine, lane, block + 1, y + 3, x);
}

// Stores the matrix kept at `mine`: a row per channel of a block, at SIDE pixels of row y from x on.
fn store(mine: u32, lane: u32, block: u32, y: u32, x: u32) {
  for (var e = lane; e < SIDE * SIDE; e += LANES) {
    let o = block * SIDE + e / SIDE;
    let at = x + e % SIDE;
    if (o >= u.o || y >= u.oh || at >= u.ow) { continue; }
    var v = kept[mine + e];
    if (BIAS) { v += f32(B[o]); }
    if (RELU) { v = max(v, 0.0); }
    Y[(o * u.oh + y) * u.ow + at] = T(v);
  }
}
