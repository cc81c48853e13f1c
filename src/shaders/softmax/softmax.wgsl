// softmax: Y[o, k, i] = e^(X[o, k, i] - m) / s, with m the largest and s the sum of e^(X - m) over k
// (LOG = 1: X[o, k, i] - m - ln s)
//
// A workgroup owns a row, [o, .., i]; its threads take every WG-th element.

alias T = f32;
override LOG: u32 = 0;  // 1: the logarithm
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { rows: u32, K: u32, inner: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> largest: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let row = min(group.y * groups.x + group.x, u.rows - 1u); // those that fill the grid repeat the last row
  let first = row / u.inner * u.K * u.inner + row % u.inner;
  var m = f32(X[first]);
  for (var k = local; k < u.K; k += WG) { m = max(m, f32(X[first + k * u.inner])); }
  largest[local] = m;
  for (var apart = WG / 2u; apart > 0u; apart >>= 1u) {
    workgroupBarrier();
    if (local < apart) { largest[local] = max(largest[local], largest[local + apart]); }
  }
  workgroupBarrier();
  m = largest[0];
  var sum = 0.0;
  for (var k = local; k < u.K; k += WG) { sum += accurate_exp(f32(X[first + k * u.inner]) - m); }
  sum = tree_sum(sum, local);
  for (var k = local; k < u.K; k += WG) {
    let at = first + k * u.inner;
    let v = f32(X[at]) - m;
    if (LOG == 1u) { Y[at] = T(v - accurate_log(sum)); } else { Y[at] = T(accurate_exp(v) / sum); }
  }
}
