// binary_over: Y[i] = f(Y[i], B[b(i)]), or f(B[b(i)], Y[i]) with FLIP, where b leaves out the axes along which B is one element wide
//
// As binary.wgsl, over the memory of the operand that is as large as Y. WebGPU forbids one buffer as read and read_write
// in a dispatch, so it takes a kernel of its own.

alias T = f32;
override FLIP: bool = false;  // Y held the second operand
override RANK: u32 = 6;       // axes left after merging
override WG: u32 = 64;        // threads per workgroup

struct Uniforms {
  n: u32,
  d0: u32, d1: u32, d2: u32, d3: u32, d4: u32, d5: u32, // sides of Y
  b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of B
}

@group(0) @binding(0) var<storage, read>       B: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var rest = i;
  var at = rest % u.d5 * u.b5;
  if (RANK > 1u) { rest /= u.d5; at += rest % u.d4 * u.b4; }
  if (RANK > 2u) { rest /= u.d4; at += rest % u.d3 * u.b3; }
  if (RANK > 3u) { rest /= u.d3; at += rest % u.d2 * u.b2; }
  if (RANK > 4u) { rest /= u.d2; at += rest % u.d1 * u.b1; }
  if (RANK > 5u) { rest /= u.d1; at += rest * u.b0; }
  let y = f32(Y[i]);
  let b = f32(B[at]);
  if (FLIP) { Y[i] = T(f(b, y)); } else { Y[i] = T(f(y, b)); }
}
