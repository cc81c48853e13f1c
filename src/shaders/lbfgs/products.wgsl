// lbfgs_products: P[i, j, part] = sum over elements n of the part of B[i, n] B[j, n], for the basis
//   B = [S (M rows), Y (M rows), s, y, g | z, b, q]   s = q = T - X, y = z - b, g = z = GT, b = GB
// Rows before the bar count only where the trial T is free to move (lib/free.wgsl), those behind it everywhere.
//
// A workgroup of S x S threads owns a square of the matrix (lib/register_tile.wgsl) and one part of the elements, as in
// gram.wgsl. Squares below the diagonal return at once. B is never stored: its last six rows are made as they are read.

alias T = f32;
override BOX: u32 = 0;  // 1: there are bounds
override M: u32 = 1;    // pairs of the history
override S: u32 = 8;    // threads along each side
override R: u32 = 1;    // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { n: u32, part: u32, parts: u32, channel: u32, bounds: u32 }

@group(0) @binding(0) var<storage, read>       H: array<T>;   // [2, M, n]: S, Y
@group(0) @binding(1) var<storage, read>       X: array<T>;   // the base
@group(0) @binding(2) var<storage, read>       GB: array<T>;  // the gradient there
@group(0) @binding(3) var<storage, read>       XT: array<T>;  // the trial
@group(0) @binding(4) var<storage, read>       GT: array<T>;  // the gradient there
@group(0) @binding(5) var<storage, read>       B: array<T>;   // [2, bounds]: lowest, highest
@group(0) @binding(6) var<storage, read_write> P: array<f32>;
@group(0) @binding(7) var<uniform>             u: Uniforms;

override ROWS: u32 = 2u * M + 6u;

fn free_at(n: u32) -> bool {
  if (BOX == 0u) { return true; }
  let c = n / u.channel;
  return is_free(f32(XT[n]), f32(GT[n]), f32(B[c]), f32(B[u.bounds + c]));
}

fn row_at(r: u32, n: u32, free: bool) -> f32 {
  if (r < 2u * M + 3u && !free) { return 0.0; }
  if (r < 2u * M) { return f32(H[r * u.n + n]); }
  switch (r - 2u * M) {
    case 0u, 5u: { return f32(XT[n]) - f32(X[n]); }
    case 1u: { return f32(GT[n]) - f32(GB[n]); }
    case 2u, 3u: { return f32(GT[n]); }
    case 4u: { return f32(GB[n]); }
    default: { return 0.0; }
  }
}

fn rows4(r: u32, n: u32, end: u32) -> vec4f {
  if (n >= end) { return vec4f(); }
  let free = free_at(n);
  return vec4f(row_at(r, n, free), row_at(r + 1u, n, free), row_at(r + 2u, n, free), row_at(r + 3u, n, free));
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
  P[(i * ROWS + j) * u.parts + part] = v;
  P[(j * ROWS + i) * u.parts + part] = v;
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
      tile_a[spot(k, c)] = rows4(i0 + c * 4u, n0 + k, end);
      tile_b[spot(k, c)] = rows4(j0 + c * 4u, n0 + k, end);
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
