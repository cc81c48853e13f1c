// pointwise_over: Y[i] = f(Y[i], B[i]), or f(B[i], Y[i]) with FLIP
//
// As pointwise.wgsl and unary.wgsl, over the memory of an operand that nobody needs any more. WebGPU forbids one
// buffer as read and read_write in a dispatch, so it takes a kernel of its own. f is in the op's functions.wgsl.

alias T = f32;
override FLIP: bool = false;  // Y held the second operand
override WG: u32 = 64;        // threads per workgroup

struct Uniforms { n: u32, s: f32, t: f32 }

@group(0) @binding(0) var<storage, read>       B: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let y = f32(Y[i]);
  let b = f32(B[i]);
  if (FLIP) { Y[i] = T(f(b, y)); } else { Y[i] = T(f(y, b)); }
}
