// lbfgs_history: Y = H but for the rows of slot C[SLOT]: S takes XT - X, Y takes GT - GB. With C[SLOT] < 0, Y = H.
//
// One thread per element of H [2, M, n].

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, pairs: u32, slot: u32 }

@group(0) @binding(0) var<storage, read>       H: array<T>;
@group(0) @binding(1) var<storage, read>       C: array<T>;
@group(0) @binding(2) var<storage, read>       X: array<T>;
@group(0) @binding(3) var<storage, read>       GB: array<T>;
@group(0) @binding(4) var<storage, read>       XT: array<T>;
@group(0) @binding(5) var<storage, read>       GT: array<T>;
@group(0) @binding(6) var<storage, read_write> Y: array<T>;
@group(0) @binding(7) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = flat_index(group, groups, local, WG);
  if (i >= 2u * u.pairs * u.n) { return; }
  let row = i / u.n;
  let n = i % u.n;
  var v = f32(H[i]);
  if (i32(row % u.pairs) == i32(f32(C[u.slot]))) {
    if (row < u.pairs) { v = f32(XT[n]) - f32(X[n]); } else { v = f32(GT[n]) - f32(GB[n]); }
  }
  Y[i] = T(v);
}
