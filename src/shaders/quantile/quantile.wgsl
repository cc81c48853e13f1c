// quantile: Y[p, i] = X[p, t], t = (i + 0.5) M / n - 0.5, linear between elements, the end elements beyond the ends
//
// One thread per element of Y.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { size: u32, M: i32, n: i32 }  // size elements of Y, n to a row; rows of M elements in X

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.size) { return; }
  let row = i32(i) / u.n * u.M;
  let at = stretch(i32(i) % u.n, u.n, u.M);
  let a = f32(X[row + clamp(at.base, 0, u.M - 1)]);
  let b = f32(X[row + clamp(at.base + 1, 0, u.M - 1)]);
  // Equal neighbours, infinities among them, stay what they are.
  Y[i] = T(select(a + (b - a) * (f32(at.rest) / f32(2 * u.n)), a, a == b || at.rest == 0));
}
