// lbfgs_trial: Y[n] = box(X[n] + (sum over k of e_k H[k, n]) + e_2M G[n]) where the element is free to move, else X[n]
//   e = C[HEAD ..]; with PHASE = 0 all e count as 0: the base itself is to be looked at
//
// One thread per element, which goes down the rows of the history.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup
override BOX: u32 = 0;  // 1: there are bounds

struct Uniforms { n: u32, rows: u32, first: u32, channel: u32, bounds: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       G: array<T>;
@group(0) @binding(2) var<storage, read>       H: array<T>;
@group(0) @binding(3) var<storage, read>       C: array<T>;
@group(0) @binding(4) var<storage, read>       PHASE: array<T>;
@group(0) @binding(5) var<storage, read>       B: array<T>;  // [2, bounds]: lowest, highest
@group(0) @binding(6) var<storage, read_write> Y: array<T>;
@group(0) @binding(7) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let n = global_index(group, groups, local, WG);
  if (n >= u.n) { return; }
  let x = f32(X[n]);
  var lo = 0.0;
  var hi = 0.0;
  if (BOX == 1u) {
    let c = n / u.channel;
    lo = f32(B[c]);
    hi = f32(B[u.bounds + c]);
  }
  var v = x;
  if (f32(PHASE[0]) != 0.0) {
    let g = f32(G[n]);
    if (BOX == 0u || is_free(x, g, lo, hi)) {
      var d = f32(C[u.first + u.rows]) * g;
      for (var k = 0u; k < u.rows; k++) {
        // Rows that take no part are left alone: what they hold may be anything.
        let e = f32(C[u.first + k]);
        if (e != 0.0) { d += e * f32(H[k * u.n + n]); }
      }
      v = x + d;
    }
  }
  if (BOX == 1u) { v = into_box(v, lo, hi); }
  Y[n] = T(v);
}
