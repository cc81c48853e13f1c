// lbfgs_products: P[part, i, j] = sum over elements n of the part of B[i, n] B[j, n], for the basis
//   B = [m S (M rows), m Y (M rows), m s, m y, m g, z, b, q], whose last six rows and m come from basis.wgsl
//
// A workgroup of S x S threads owns a square of the matrix (lib/register_tile.wgsl) and one part of the elements, as in
// gram.wgsl; gram_total.wgsl adds the parts. Squares below the diagonal return at once.

alias T = f32;
override ALONE: u32 = 0;  // 1: there is one square only, so both of its tiles are the same
override M: u32 = 1;      // pairs of the history
override S: u32 = 8;      // threads along each side
override R: u32 = 1;      // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { n: u32, part: u32 }

@group(0) @binding(0) var<storage, read>       H: array<T>;    // [2, M, n]: S, Y
@group(0) @binding(1) var<storage, read>       N: array<f32>;  // [7, n]
@group(0) @binding(2) var<storage, read_write> P: array<f32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

override ROWS: u32 = 2u * M + 6u;

fn row_at(r: u32, n: u32, mask: f32) -> f32 {
  if (r < 2u * M) { return mask * f32(H[r * u.n + n]); }
  if (r < ROWS) { return N[(r - 2u * M) * u.n + n]; }
  return 0.0;
}

fn rows4(r: u32, n: u32, end: u32) -> vec4f {
  if (n >= end) { return vec4f(); }
  let m = N[6u * u.n + n];
  return vec4f(row_at(r, n, m), row_at(r + 1u, n, m), row_at(r + 2u, n, m), row_at(r + 3u, n, m));
}

fn store(part: u32, i: u32, j: u32, m: mat4x4f) {
  store_row(part, i, j, m[0]);
  store_row(part, i + 1u, j, m[1]);
  store_row(part, i + 2u, j, m[2]);
  store_row(part, i + 3u, j, m[3]);
}

fn store_row(part: u32, i: u32, j: u32, v: vec4f) {
  store_one(part, i, j, v.x);
  store_one(part, i, j + 1u, v.y);
  store_one(part, i, j + 2u, v.z);
  store_one(part, i, j + 3u, v.w);
}

fn store_one(part: u32, i: u32, j: u32, v: f32) {
  if (i > j || j >= ROWS) { return; }
  P[(part * ROWS + i) * ROWS + j] = v;
}

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (group.x < group.y) { return; }
  let i0 = group.y * SIDE * 4u;
  let j0 = group.x * SIDE * 4u;
  let row = local / S;
  let col = local % S;
  let first = group.z * u.part;
  let end = min(first + u.part, u.n);
  var o: Outputs;
  for (var n0 = first; n0 < end; n0 += DEPTH) {
    for (var f = 0u; f < FILL; f++) {
      let at = f * S * S + local;
      let k = at % DEPTH;
      let c = at / DEPTH;
      let v = rows4(i0 + c * 4u, n0 + k, end);
      tile_a[spot(k, c)] = v;
      if (ALONE == 1u) { tile_b[spot(k, c)] = v; } else { tile_b[spot(k, c)] = rows4(j0 + c * 4u, n0 + k, end); }
    }
    workgroupBarrier();
    add_tiles(&o, row, col);
    workgroupBarrier();
  }
  let i = i0 + row * 4u;
  let j = j0 + col * 4u;
  store(group.z, i, j, o.m00);
  if (R == 2u) {
    store(group.z, i, j + S * 4u, o.m01);
    store(group.z, i + S * 4u, j, o.m10);
    store(group.z, i + S * 4u, j + S * 4u, o.m11);
  }
}
