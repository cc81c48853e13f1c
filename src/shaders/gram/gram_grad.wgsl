// gram_grad: Y[c, n] = B[c] + A[c, n] + sum over channels k of W(c, k) (X[k, n] - mu[k])
//
// The gradient of gram, from the symmetric factor W that gram_factor.wgsl makes of the matrix's gradient, and the map.
// S = 1: each thread makes 8 or 16 channels x 8 pixels for itself (lib/block.wgsl), as suits processors. Otherwise a
// workgroup of S x S threads owns 4 S R channels x 4 S R pixels (lib/register_tile.wgsl), as suits GPUs.
// Channels are x of the grid, pixels y, wrapped into z. Rows of X are whole vec4s. W has whole fours of k
// and whole sixteens of c, padded with zeros.

alias T = f32;
alias Sum = f32;
override CENTRED: bool = false; // subtract mu; otherwise mu is not read
override BIAS: bool = false;    // add B
override WG: u32 = 64;          // threads per workgroup: S * S, where S is not 1
override S: u32 = 1;            // threads along each side of a square; 1: no squares
override R: u32 = 1;            // runs of 4 outputs a thread has in each direction, 1 or 2
override BROADCAST: u32 = 0;    // 1: threads of a subgroup share what they read of W (lib/broadcast_load_subgroup.wgsl)
override BLOCKS: u32 = 1;       // blocks of 8 channels a thread makes for itself, 1 or 2

struct Uniforms { C: u32, N: u32, depth: u32, row: u32, bias: f32, add: u32 }

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read>       W: array<vec4f>;
@group(0) @binding(2) var<storage, read>       mu: array<Sum>;
@group(0) @binding(3) var<storage, read>       B: array<Sum>;
@group(0) @binding(4) var<storage, read>       A: array<T>;
@group(0) @binding(5) var<storage, read_write> Y: array<T>;
@group(0) @binding(6) var<uniform>             u: Uniforms;  // depth: C in whole fours; row: vec4s in a row of X; add: 1: add A

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let along = group.z * groups.y + group.y;
  if (S == 1) { alone(group.x * 8 * BLOCKS, (along * WG + local) * 2); } else { together(group.x * SIDE, along * SIDE, local); }
}

fn load_at(i: u32) -> vec4f { return W[i]; }

// Channels c to c + 7 or c + 15 at vec4s n and n + 1 of each row.
fn alone(c: u32, n: u32) {
  if (may_exit(n >= u.row)) { return; }
  let left = min(n, u.row - 1);
  let right = min(n + 1, u.row - 1);
  let lane = lane();
  var s = Block();
  var t = Block();
  var w = c / 4 * u.depth;
  for (var k = 0u; k < u.depth; k += 4) {
    // Channels beyond the last one meet zeros in W.
    let i = vec4u(k, min(k + 1, u.C - 1), min(k + 2, u.C - 1), min(k + 3, u.C - 1));
    let at = i * u.row;
    var p = mat4x4f(vec4f(X[at.x + left]), vec4f(X[at.y + left]), vec4f(X[at.z + left]), vec4f(X[at.w + left]));
    var q = mat4x4f(vec4f(X[at.x + right]), vec4f(X[at.y + right]), vec4f(X[at.z + right]), vec4f(X[at.w + right]));
    if (CENTRED) {
      let m = vec4f(vec4(mu[i.x], mu[i.y], mu[i.z], mu[i.w]));
      let off = mat4x4f(vec4f(m.x), vec4f(m.y), vec4f(m.z), vec4f(m.w));
      p -= off;
      q -= off;
    }
    s = add_four(s, factors(w, lane), factors(w + u.depth, lane), p, q);
    if (BLOCKS == 2) { t = add_four(t, factors(w + 2 * u.depth, lane), factors(w + 3 * u.depth, lane), p, q); }
    w += 4;
  }
  store_block(c, n * 4, s);
  if (BLOCKS == 2) { store_block(c + 8, n * 4, t); }
}

// A column per channel, of four.
fn factors(w: u32, lane: u32) -> mat4x4f { return transpose(broadcast_load(w, lane)); }

// The square of SIDE runs of 4 channels from run c on, and of SIDE vec4s of pixels from n on.
fn together(c: u32, n: u32, local: u32) {
  let row = local / S;
  let col = local % S;
  var o: Outputs;
  for (var k0 = 0u; k0 < u.depth; k0 += DEPTH) {
    for (var f = 0u; f < FILL; f++) {
      let at = f * S * S + local;
      tile_a[spot(at % DEPTH, at / DEPTH)] = factor(c + at / DEPTH, k0 + at % DEPTH);
      tile_b[spot(at / SIDE, at % SIDE)] = pixels(k0 + at / SIDE, n + at % SIDE);
    }
    workgroupBarrier();
    add_tiles(&o, row, col);
    workgroupBarrier();
  }
  let i = (c + row) * 4;
  let j = (n + col) * 4;
  store(i, j, o.m00);
  if (R == 2) {
    store(i, j + S * 4, o.m01);
    store(i + S * 4, j, o.m10);
    store(i + S * 4, j + S * 4, o.m11);
  }
}

fn factor(c: u32, k: u32) -> vec4f {
  if (c * 4 >= u.C || k >= u.C) { return vec4f(); }
  return W[c * u.depth + k];
}

fn pixels(k: u32, n: u32) -> vec4f {
  if (k >= u.C || n >= u.row) { return vec4f(); }
  let v = vec4f(X[k * u.row + n]);
  if (CENTRED) { return v - f32(mu[k]); }
  return v;
}

fn store_block(c: u32, n: u32, s: Block) {
  if (c >= u.C) { return; }
  var all = halves(s);
  for (var i = c; i < min(c + 8, u.C); i++) {
    store_row(i, n, all[2 * (i - c)]);
    store_row(i, n + 4, all[2 * (i - c) + 1]);
  }
}

fn store(c: u32, n: u32, m: mat4x4f) {
  store_row(c, n, m[0]);
  store_row(c + 1, n, m[1]);
  store_row(c + 2, n, m[2]);
  store_row(c + 3, n, m[3]);
}

fn store_row(c: u32, n: u32, row: vec4f) {
  if (c >= u.C || n >= u.N) { return; }
  let at = c * u.N + n;
  let left = u.N - n;
  var v = row;
  if (BIAS) { v += u.bias * f32(B[c]); }
  for (var i = at; i < at + min(4, left); i++) { put(i, v[i - at]); }
}

fn put(at: u32, v: f32) {
  Y[at] = T(v + select(0.0, f32(A[at]), u.add == 1));
}
