// best_match: Y[c, n] = B[c, m*],  m* = argmax over m of sum over c of A[c, n] B[c, m]     the first of equals
//
// One thread per column n of A; it goes through the columns of B eight at a time, and keeps the best so far: the N x M
// products are never stored. The workgroup brings eight columns of B, DEPTH channels of them, into a tile that all its
// threads read.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { C: u32, N: u32, M: u32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

const DEPTH = 32u;
const SIDE = 8u;
var<workgroup> tile: array<f32, 256>; // DEPTH x SIDE

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let n = flat_index(group, groups, t, WG);
  let mine = min(n, u.N - 1u); // threads beyond the edge help to fill tiles
  var best = 0u;
  var most = bitcast<f32>(0xff7fffffu); // the least number there is
  for (var m0 = 0u; m0 < u.M; m0 += SIDE) {
    var low = vec4f();
    var high = vec4f();
    for (var c0 = 0u; c0 < u.C; c0 += DEPTH) {
      workgroupBarrier();
      for (var k = t; k < DEPTH * SIDE; k += WG) {
        let c = c0 + k / SIDE;
        let m = m0 + k % SIDE;
        tile[k] = 0.0;
        if (c < u.C && m < u.M) { tile[k] = f32(B[c * u.M + m]); }
      }
      workgroupBarrier();
      for (var k = 0u; k < min(DEPTH, u.C - c0); k++) {
        let a = f32(A[(c0 + k) * u.N + mine]);
        let s = k * SIDE;
        low += a * vec4f(tile[s], tile[s + 1u], tile[s + 2u], tile[s + 3u]);
        high += a * vec4f(tile[s + 4u], tile[s + 5u], tile[s + 6u], tile[s + 7u]);
      }
    }
    // Not a loop over the components: a variable index would put the vectors into memory.
    if (low.x > most) { most = low.x; best = m0; }
    if (low.y > most && m0 + 1u < u.M) { most = low.y; best = m0 + 1u; }
    if (low.z > most && m0 + 2u < u.M) { most = low.z; best = m0 + 2u; }
    if (low.w > most && m0 + 3u < u.M) { most = low.w; best = m0 + 3u; }
    if (high.x > most && m0 + 4u < u.M) { most = high.x; best = m0 + 4u; }
    if (high.y > most && m0 + 5u < u.M) { most = high.y; best = m0 + 5u; }
    if (high.z > most && m0 + 6u < u.M) { most = high.z; best = m0 + 6u; }
    if (high.w > most && m0 + 7u < u.M) { most = high.w; best = m0 + 7u; }
  }
  if (n >= u.N) { return; }
  for (var c = 0u; c < u.C; c++) { Y[c * u.N + n] = B[c * u.M + best]; }
}
