// reduce_axes_grad, of the largest or smallest: DX[o, k, i] = DY[o, i] where k is the first with X[o, k, i] = Y[o, i]
// of products (FN = 1): DX[o, k, i] = DY[o, i] * product over l != k of X[o, l, i]
//
// One thread per element of DY, which writes its whole row of DX: a product in two passes, of what lies before and of
// what lies behind, so that zeros do no harm.

alias T = f32;
override FN: u32 = 0;   // as in reduce_axes
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, K: u32, inner: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       Y: array<T>;
@group(0) @binding(2) var<storage, read>       DY: array<T>;
@group(0) @binding(3) var<storage, read_write> DX: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let e = global_index(group, groups, local, WG);
  if (e >= u.n) { return; }
  let first = e / u.inner * u.K * u.inner + e % u.inner;
  if (FN == 1u) {
    var v = f32(DY[e]);
    for (var k = 0u; k < u.K; k++) {
      let at = first + k * u.inner;
      DX[at] = T(v);
      v *= f32(X[at]);
    }
    v = 1.0;
    for (var k = u.K; k > 0u; k--) {
      let at = first + (k - 1u) * u.inner;
      DX[at] = T(f32(DX[at]) * v);
      v *= f32(X[at]);
    }
    return;
  }
  var given = false;
  for (var k = 0u; k < u.K; k++) {
    let at = first + k * u.inner;
    let here = !given && X[at] == Y[e];
    DX[at] = select(T(0.0), DY[e], here);
    given = given || here;
  }
}
