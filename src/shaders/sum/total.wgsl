// total: Y[r] = scale * sum over p of P[r, p]: the second stage of a reduction
//
// One workgroup per row; threads add every WG-th part, then a tree. P is f32 whatever T is.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { parts: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       P: array<f32>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x * u.parts;
  var s = 0.0;
  for (var p = local; p < u.parts; p += WG) { s += P[row + p]; }
  let sum = tree_sum(s, local);
  if (local == 0u) { Y[group.x] = T(u.scale * sum); }
}
