// mse_loss_grad: Y[i] = scale * S[0] * d(A[i] - B[i]), where d(t) is t or sign(t)
//
// One thread per element: the gradient of the mean squared and of the mean absolute difference, in one pass.

alias T = f32;
alias Sum = f32;
override SIGN: u32 = 0; // 1: absolute error
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read>       S: array<Sum>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let t = f32(A[i]) - f32(B[i]);
  Y[i] = T(u.scale * f32(S[0]) * select(t, sign(t), SIGN == 1u));
}
