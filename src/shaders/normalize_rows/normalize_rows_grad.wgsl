// normalize_rows_grad: DX[p, k] = (DY[p, k] - y[k] sum_j y[j] DY[p, j]) / |X[p, :]|, y = X[p, :] / |X[p, :]|
//
// One workgroup per row; every thread takes every WG-th element. A row of zeros gets no gradient.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { P: u32, K: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       DY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> sums: array<vec2f, WG>;  // x . x and x . dy

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let row = global_index(group, groups, 0u, 1u);
  if (row >= u.P) { return; }
  let x0 = row * u.K;
  var sum = vec2f();
  for (var k = t; k < u.K; k += WG) {
    let x = f32(X[x0 + k]);
    sum += x * vec2f(x, f32(DY[x0 + k]));
  }
  sums[t] = sum;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (t < half) { sums[t] += sums[t + half]; }
    workgroupBarrier();
  }
  let norm = sqrt(sums[0].x);
  let scale = select(0.0, 1.0 / norm, norm > 0.0);
  let along = sums[0].y * scale * scale;
  for (var k = t; k < u.K; k += WG) { DX[x0 + k] = T((f32(DY[x0 + k]) - f32(X[x0 + k]) * along) * scale); }
}
