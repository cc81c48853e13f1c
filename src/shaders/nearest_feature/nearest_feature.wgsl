// nearest_feature: Y[c, n] = B[c, m*],  m* = argmax over m of sum over c of A[c, n] B[c, m]     the first of equals
//
// A workgroup of S x S threads owns 4 S columns n of A, and goes through the columns m of B in steps of 4 S; each square of
// products is a tile of a matrix product (lib/register_tile.wgsl, rows are n). A thread keeps the best of the m it has
// seen, for each of its four n; in the end the threads of a row compare. The N x M products are never stored.

alias T = f32;
override S: u32 = 16;  // threads along each side, 8 or 16
const R = 1u;

struct Uniforms { C: u32, N: u32, M: u32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

override THREADS: u32 = S * S;
override WIDTH: u32 = 4u * S;
var<workgroup> places: array<vec4u, THREADS>; // the best m a thread has seen, for each of its four n
var<workgroup> chosen: array<u32, WIDTH>;

fn a_at(c: u32, n: u32) -> f32 {
  if (c >= u.C || n >= u.N) { return 0.0; }
  return f32(A[c * u.N + n]);
}

fn b_at(c: u32, m: u32) -> f32 {
  if (c >= u.C || m >= u.M) { return 0.0; }
  return f32(B[c * u.M + m]);
}

struct Best { value: f32, place: u32 }

// The better of what was known and four more, of m to m + 3. Columns beyond the last must not win with their 0.
fn better(known: Best, v: vec4f, m: u32) -> Best {
  var b = known;
  if (v.x > b.value && m < u.M) { b = Best(v.x, m); }
  if (v.y > b.value && m + 1u < u.M) { b = Best(v.y, m + 1u); }
  if (v.z > b.value && m + 2u < u.M) { b = Best(v.z, m + 2u); }
  if (v.w > b.value && m + 3u < u.M) { b = Best(v.w, m + 3u); }
  return b;
}

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let n0 = (group.y * groups.x + group.x) * WIDTH;
  let row = local / S;
  let col = local % S;
  let none = Best(bitcast<f32>(0xff7fffffu), 0u); // the least number there is
  var b0 = none;
  var b1 = none;
  var b2 = none;
  var b3 = none;
  for (var m0 = 0u; m0 < u.M; m0 += WIDTH) {
    var o = Outputs();
    for (var c0 = 0u; c0 < u.C; c0 += DEPTH) {
      for (var f = 0u; f < FILL; f++) {
        let at = f * S * S + local;
        let k = at / SIDE;
        let i = at % SIDE;
        let c = c0 + k;
        let n = n0 + i * 4u;
        tile_a[spot(k, i)] = vec4f(a_at(c, n), a_at(c, n + 1u), a_at(c, n + 2u), a_at(c, n + 3u));
        let m = m0 + i * 4u;
        tile_b[spot(k, i)] = vec4f(b_at(c, m), b_at(c, m + 1u), b_at(c, m + 2u), b_at(c, m + 3u));
      }
      workgroupBarrier();
      add_tiles(&o, row, col);
      workgroupBarrier();
    }
    let m = m0 + col * 4u;
    b0 = better(b0, o.m00[0], m);
    b1 = better(b1, o.m00[1], m);
    b2 = better(b2, o.m00[2], m);
    b3 = better(b3, o.m00[3], m);
  }
  // No tile is needed any more: the first holds what the best m have.
  tile_a[local] = vec4f(b0.value, b1.value, b2.value, b3.value);
  places[local] = vec4u(b0.place, b1.place, b2.place, b3.place);
  workgroupBarrier();
  if (local < WIDTH) {
    // One thread for each n: its row of threads, and its place among the four.
    let four = local / 4u * S;
    let k = local % 4u;
    var best = Best(tile_a[four][k], places[four][k]);
    for (var j = 1u; j < S; j++) {
      let v = tile_a[four + j][k];
      let p = places[four + j][k];
      if (v > best.value || (v == best.value && p < best.place)) { best = Best(v, p); }
    }
    chosen[local] = best.place;
  }
  workgroupBarrier();
  for (var e = local; e < u.C * WIDTH; e += THREADS) {
    let c = e / WIDTH;
    let i = e % WIDTH;
    if (n0 + i < u.N) { Y[c * u.N + n0 + i] = B[c * u.M + chosen[i]]; }
  }
}
