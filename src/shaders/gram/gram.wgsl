// gram: G[i, j] = scale * sum over pixels n of (X[i, n] - mu[i]) (X[j, n] - mu[j])
//
// A workgroup of S x S threads owns a square of 4 S R x 4 S R of G (lib/register_tile.wgsl) and one part of the pixels
// (z of the grid): a Gram matrix is small and its sum is long, so the sum is what gets divided. Squares below the
// diagonal return at once. With a single part (WHOLE) G is written here, both halves; otherwise parts go to P, in
// f32 whatever T is, and gram_total.wgsl adds them in a fixed order.

alias T = f32;
override CENTRED: u32 = 0; // 1: subtract mu; otherwise mu is not read
override WHOLE: u32 = 0;   // 1: one part, write G and not P
override S: u32 = 16;      // threads along each side
override R: u32 = 1;       // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { C: u32, N: u32, part: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       mu: array<T>;
@group(0) @binding(2) var<storage, read_write> P: array<f32>;
@group(0) @binding(3) var<storage, read_write> G: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

fn x_at(c: u32, n: u32, end: u32) -> f32 {
  if (c >= u.C || n >= end) { return 0.0; }
  let v = f32(X[c * u.N + n]);
  if (CENTRED == 1u) { return v - f32(mu[c]); }
  return v;
}

fn x4(c: u32, n: u32, end: u32) -> vec4f {
  return vec4f(x_at(c, n, end), x_at(c + 1u, n, end), x_at(c + 2u, n, end), x_at(c + 3u, n, end));
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

// Only i <= j: the other half is a copy, so that G is symmetric to the bit.
fn store_one(part: u32, i: u32, j: u32, v: f32) {
  if (i > j || j >= u.C) { return; }
  if (WHOLE == 1u) {
    G[i * u.C + j] = T(u.scale * v);
    G[j * u.C + i] = T(u.scale * v);
  } else {
    P[(part * u.C + i) * u.C + j] = v;
  }
}

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (group.x < group.y) { return; }
  let i0 = group.y * SIDE * 4u;
  let j0 = group.x * SIDE * 4u;
  let row = local / S;
  let col = local % S;
  let first = group.z * u.part;
  let end = min(first + u.part, u.N);
  var o: Outputs;
  for (var n0 = first; n0 < end; n0 += DEPTH) {
    for (var f = 0u; f < FILL; f++) {
      let at = f * S * S + local;
      let k = at % DEPTH;
      let c = at / DEPTH;
      tile_a[spot(k, c)] = x4(i0 + c * 4u, n0 + k, end);
      tile_b[spot(k, c)] = x4(j0 + c * 4u, n0 + k, end);
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
