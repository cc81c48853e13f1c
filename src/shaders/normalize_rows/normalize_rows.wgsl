// normalize_rows: Y[p, k] = X[p, k] / |X[p, :]|     a row of zeros stays zero
//
// One workgroup per row; every thread takes every WG-th element.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { P: u32, K: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let row = global_index(group, groups, 0u, 1u);
  if (row >= u.P) { return; }
  let x0 = row * u.K;
  var sum = 0.0;
  for (var k = t; k < u.K; k += WG) {
    let x = f32(X[x0 + k]);
    sum += x * x;
  }
  let norm = sqrt(tree_sum(sum, t));
  let scale = select(0.0, 1.0 / norm, norm > 0.0);
  for (var k = t; k < u.K; k += WG) { Y[x0 + k] = T(f32(X[x0 + k]) * scale); }
}
