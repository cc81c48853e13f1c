// Product of two tiles, for kernels whose workgroup of S x S threads owns a square of 4 S R x 4 S R outputs.
// Along each direction a thread owns R runs of 4 outputs, S runs apart, so that neighbours read neighbours.
// The kernel declares overrides S and R (1 or 2) and lays out what is summed over (DEPTH deep) outermost:
// tile_a[spot(k, i / 4)] holds rows i..i+3, tile_b likewise columns. Whole vec4s, because two threads must not
// write components of one.
const DEPTH = 16u;
override SIDE: u32 = S * R;
override FILL: u32 = SIDE * DEPTH / (S * S); // vec4s that each thread brings into each tile

var<workgroup> tile_a: array<vec4f, SIDE * DEPTH>;
var<workgroup> tile_b: array<vec4f, SIDE * DEPTH>;

// Outputs of one thread: 4 rows (columns of the matrices) of 4. R = 1 leaves all but the first alone.
struct Outputs { m00: mat4x4f, m01: mat4x4f, m10: mat4x4f, m11: mat4x4f }

fn outer(a: vec4f, b: vec4f) -> mat4x4f { return mat4x4f(a.x * b, a.y * b, a.z * b, a.w * b); }

// Where run i at depth k is kept. Threads that bring in what is contiguous along k would all write to the same banks
// if depths were simply SIDE apart; exchanging runs within blocks of 8, differently at each depth, spreads them.
fn spot(k: u32, i: u32) -> u32 { return k * SIDE + (i ^ (k & 7u)); }

fn add_tiles(o: ptr<function, Outputs>, row: u32, col: u32) {
  for (var k = 0u; k < DEPTH; k++) {
    let i = spot(k, row);
    let j = spot(k, col);
    let a = tile_a[i];
    let b = tile_b[j];
    (*o).m00 += outer(a, b);
    if (R == 2u) {
      // S is a multiple of 8, so the second run is S behind the first wherever that went.
      let c = tile_a[i + S];
      let d = tile_b[j + S];
      (*o).m01 += outer(a, d);
      (*o).m10 += outer(c, b);
      (*o).m11 += outer(c, d);
    }
  }
}
