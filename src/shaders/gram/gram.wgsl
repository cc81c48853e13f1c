// gram: G[i, j] = scale * sum over pixels n of (X[i, n] - mu[i]) (X[j, n] - mu[j])
//
// S = 1: each thread makes a block of 8 x 8 of G (lib/block.wgsl) from one part of the pixels, for itself, as suits
// processors; blocks of the half above the diagonal are counted through, then parts. Otherwise a workgroup of S x S
// threads owns a square of 4 S R x 4 S R of G (lib/register_tile.wgsl) and one part of the pixels (z of the grid), as
// suits GPUs: a Gram matrix is small and its sum is long, so the sum is what gets divided. Squares below the
// diagonal return at once. With a single part (u.parts == 1) G is written here, both halves; otherwise parts go to P, in
// f32 whatever T is, and gram_total.wgsl adds them in a fixed order. Rows of X are whole vec4s.

alias T = f32;
alias Sum = f32;
override CENTRED: bool = false; // subtract mu; otherwise mu is not read
override WG: u32 = 64;          // threads per workgroup: S * S, where S is not 1
override S: u32 = 1;            // threads along each side of a square; 1: no squares
override R: u32 = 1;            // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { C: u32, row: u32, part: u32, parts: u32, blocks: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       mu: array<Sum>;
@group(0) @binding(2) var<storage, read_write> P: array<f32>;
@group(0) @binding(3) var<storage, read_write> G: array<Sum>;
@group(0) @binding(4) var<uniform>             u: Uniforms;  // row and part: in vec4s

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  if (S == 1) { alone(global_index(group, groups, local, WG)); } else { together(group, local); }
}

fn alone(thread: u32) {
  let part = thread / u.blocks;
  if (part >= u.parts) { return; }
  // Block t is at (i, j) where t = j (j + 1) / 2 + i and i <= j. The root may be off by one.
  let t = thread - part * u.blocks;
  var j = u32((sqrt(8.0 * f32(t) + 1.0) - 1.0) / 2.0);
  if (j * (j + 1) / 2 > t) { j--; }
  if ((j + 1) * (j + 2) / 2 <= t) { j++; }
  let i = (t - j * (j + 1) / 2) * 8;
  j *= 8;
  // Rows beyond the last one give sums that nobody stores.
  let a = min(vec4u(i, i + 1, i + 2, i + 3), vec4u(u.C - 1));
  let b = min(vec4u(i + 4, i + 5, i + 6, i + 7), vec4u(u.C - 1));
  let c = min(vec4u(j, j + 1, j + 2, j + 3), vec4u(u.C - 1));
  let d = min(vec4u(j + 4, j + 5, j + 6, j + 7), vec4u(u.C - 1));
  let ma = centres(a);
  let mb = centres(b);
  let mc = centres(c);
  let md = centres(d);
  let end = min((part + 1) * u.part, u.row);
  var s = Block();
  for (var n = part * u.part; n < end; n++) {
    s = add_four(s, rows(a, n, ma), rows(b, n, mb), transpose(rows(c, n, mc)), transpose(rows(d, n, md)));
  }
  var all = halves(s);
  for (var r = i; r < min(i + 8, u.C); r++) {
    store_row(part, r, j, all[2 * (r - i)]);
    store_row(part, r, j + 4, all[2 * (r - i) + 1]);
  }
}

fn centres(c: vec4u) -> vec4f {
  if (CENTRED) { return vec4f(vec4(mu[c.x], mu[c.y], mu[c.z], mu[c.w])); }
  return vec4f();
}

// Four pixels of four channels: a column per channel.
fn rows(c: vec4u, n: u32, m: vec4f) -> mat4x4f {
  let at = c * u.row + n;
  let x = mat4x4f(vec4f(X[at.x]), vec4f(X[at.y]), vec4f(X[at.z]), vec4f(X[at.w]));
  if (CENTRED) { return x - mat4x4f(vec4f(m.x), vec4f(m.y), vec4f(m.z), vec4f(m.w)); }
  return x;
}

fn together(group: vec3u, local: u32) {
  if (group.x < group.y) { return; }
  let i0 = group.y * SIDE;
  let j0 = group.x * SIDE;
  let row = local / S;
  let col = local % S;
  let end = min((group.z + 1) * u.part, u.row);
  var o: Outputs;
  for (var n0 = group.z * u.part; n0 < end; n0 += DEPTH / 4) {
    // A thread brings in 4 channels x 4 pixels of either side at a time.
    for (var f = local; f < SIDE * DEPTH / 2; f += S * S) {
      let c = f / (DEPTH / 4) % SIDE;
      let k = f % (DEPTH / 4) * 4;
      let left = f < SIDE * DEPTH / 4;
      let x = transpose(square((select(j0, i0, left) + c) * 4, n0 + k / 4, end));
      for (var e = 0u; e < 4; e++) {
        if (left) { tile_a[spot(k + e, c)] = x[e]; } else { tile_b[spot(k + e, c)] = x[e]; }
      }
    }
    workgroupBarrier();
    add_tiles(&o, row, col);
    workgroupBarrier();
  }
  let i = (i0 + row) * 4;
  let j = (j0 + col) * 4;
  store(group.z, i, j, o.m00);
  if (R == 2) {
    store(group.z, i, j + S * 4, o.m01);
    store(group.z, i + S * 4, j, o.m10);
    store(group.z, i + S * 4, j + S * 4, o.m11);
  }
}

// As rows, with zeros beyond the part.
fn square(c: u32, n: u32, end: u32) -> mat4x4f {
  if (n >= end) { return mat4x4f(); }
  let i = min(vec4u(c, c + 1, c + 2, c + 3), vec4u(u.C - 1));
  return rows(i, n, centres(i));
}

fn store(part: u32, i: u32, j: u32, m: mat4x4f) {
  store_row(part, i, j, m[0]);
  store_row(part, i + 1, j, m[1]);
  store_row(part, i + 2, j, m[2]);
  store_row(part, i + 3, j, m[3]);
}

fn store_row(part: u32, i: u32, j: u32, v: vec4f) {
  for (var k = j; k < j + 4; k++) { store_one(part, i, k, v[k - j]); }
}

// Only i <= j: the other half is a copy, so that G is symmetric to the bit.
fn store_one(part: u32, i: u32, j: u32, v: f32) {
  if (i > j || j >= u.C) { return; }
  // No override: then a net would compile this kernel twice, for its larger maps and its smaller ones.
  if (u.parts == 1) {
    G[i * u.C + j] = Sum(u.scale * v);
    G[j * u.C + i] = Sum(u.scale * v);
  } else {
    P[(part * u.C + i) * u.C + j] = v;
  }
}
