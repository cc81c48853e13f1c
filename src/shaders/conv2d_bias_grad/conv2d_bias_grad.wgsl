// conv2d_bias_grad: Y[c] = sum over pixels of X[c, i]
//
// One workgroup per channel: each thread sums every WG-th pixel, then a tree adds the threads. Fixed order.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { n: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> part: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var i = local; i < u.n; i += WG) { sum += f32(X[group.x * u.n + i]); }
  part[local] = sum;
  for (var width = WG / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if (local < width) { part[local] += part[local + width]; }
  }
  if (local == 0) { Y[group.x] = T(part[0]); }
}
