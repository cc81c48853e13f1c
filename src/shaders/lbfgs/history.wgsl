// lbfgs_history: Y = H but for the rows of slot C[SLOT]: S takes XT - X, Y takes GT - GB. With C[SLOT] < 0, Y = H.
//
// One thread per element of X, which goes down the rows of H [2, M, n].

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
  let n = global_index(group, groups, local, WG);
  if (n >= u.n) { return; }
  let slot = i32(f32(C[u.slot]));
  for (var k = 0u; k < u.pairs; k++) {
    let s = k * u.n + n;
    let y = (u.pairs + k) * u.n + n;
    if (i32(k) == slot) {
      Y[s] = T(f32(XT[n]) - f32(X[n]));
      Y[y] = T(f32(GT[n]) - f32(GB[n]));
    } else {
      Y[s] = H[s];
      Y[y] = H[y];
    }
  }
}
