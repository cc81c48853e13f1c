// total_variation_sum: Y[0] = scale * sum of P
//
// One workgroup; every thread adds every WG-th value, then the threads' sums are added as a tree.

alias T = f32;
override WG: u32 = 64;  // threads in the workgroup, a power of two

struct Uniforms { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       P: array<f32>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> sums: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = t; i < u.n; i += WG) { sum += P[i]; }
  sums[t] = sum;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (t < half) { sums[t] += sums[t + half]; }
    workgroupBarrier();
  }
  if (t == 0u) { Y[0] = T(sums[0] * u.scale); }
}
