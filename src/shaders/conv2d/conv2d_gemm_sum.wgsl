// conv2d_gemm_sum: Y[o, i] = B[o] + sum over parts p of P[p, o, i], i over pixels
//
// What conv2d_gemm made of shares of the input channels, always in the same order. One thread per element of Y.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

struct Uniforms { n: u32, parts: u32, plane: u32 }

@group(0) @binding(0) var<storage, read>       P: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var sum = 0.0;
  for (var p = 0u; p < u.parts; p++) { sum += f32(P[p * u.n + i]); }
  if (BIAS) { sum += f32(B[i / u.plane]); }
  if (RELU) { sum = max(sum, 0.0); }
  Y[i] = T(sum);
}
