// matmul: Y[m, n] = sum over k of A[m, k] B[k, n]; A is stored [K, M] when TA, B is stored [N, K] when TB
//
// A workgroup of S x S threads owns a square of 4 S R x 4 S R outputs (lib/register_tile.wgsl); it walks along K
// in steps of DEPTH, and all threads bring the next piece of A and B into workgroup memory together.
// Columns, of which there may be millions, wrap from y of the grid into z.
// Consecutive threads follow whichever index is contiguous in memory, so the stored order decides who loads what.

alias T = f32;
override TA: u32 = 0; // 1: A is transposed
override TB: u32 = 0; // 1: B is transposed
override S: u32 = 16; // threads along each side
override R: u32 = 1;  // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

fn a_at(m: u32, k: u32) -> f32 {
  if (m >= u.M || k >= u.K) { return 0.0; }
  return f32(A[select(m * u.K + k, k * u.M + m, TA == 1u)]);
}

fn b_at(k: u32, n: u32) -> f32 {
  if (k >= u.K || n >= u.N) { return 0.0; }
  return f32(B[select(k * u.N + n, n * u.K + k, TB == 1u)]);
}

fn store(m: u32, n: u32, rows: mat4x4f) {
  store_row(m, n, rows[0]);
  store_row(m + 1u, n, rows[1]);
  store_row(m + 2u, n, rows[2]);
  store_row(m + 3u, n, rows[3]);
}

fn store_row(m: u32, n: u32, v: vec4f) {
  if (m >= u.M) { return; }
  let at = m * u.N + n;
  if (n < u.N) { Y[at] = T(v.x); }
  if (n + 1u < u.N) { Y[at + 1u] = T(v.y); }
  if (n + 2u < u.N) { Y[at + 2u] = T(v.z); }
  if (n + 3u < u.N) { Y[at + 3u] = T(v.w); }
}

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let m0 = group.x * SIDE * 4u;
  let n0 = (group.z * groups.y + group.y) * SIDE * 4u;
  let row = local / S;
  let col = local % S;
  var o: Outputs;
  for (var k0 = 0u; k0 < u.K; k0 += DEPTH) {
    for (var f = 0u; f < FILL; f++) {
      let at = f * S * S + local;
      let ka = select(at % DEPTH, at / SIDE, TA == 1u);
      let ia = select(at / DEPTH, at % SIDE, TA == 1u);
      let m = m0 + ia * 4u;
      let a = k0 + ka;
      tile_a[spot(ka, ia)] = vec4f(a_at(m, a), a_at(m + 1u, a), a_at(m + 2u, a), a_at(m + 3u, a));
      let kb = select(at / SIDE, at % DEPTH, TB == 1u);
      let ib = select(at % SIDE, at / DEPTH, TB == 1u);
      let n = n0 + ib * 4u;
      let b = k0 + kb;
      tile_b[spot(kb, ib)] = vec4f(b_at(b, n), b_at(b, n + 1u), b_at(b, n + 2u), b_at(b, n + 3u));
    }
    workgroupBarrier();
    add_tiles(&o, row, col);
    workgroupBarrier();
  }
  let m = m0 + row * 4u;
  let n = n0 + col * 4u;
  store(m, n, o.m00);
  if (R == 2u) {
    store(m, n + S * 4u, o.m01);
    store(m + S * 4u, n, o.m10);
    store(m + S * 4u, n + S * 4u, o.m11);
  }
}
