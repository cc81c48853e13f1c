// binary: Y[i] = f(A[a(i)], B[b(i)]), where a and b leave out the axes along which A and B are one element wide
//
// One thread per element of Y. Its place along each of up to 6 axes (5 the innermost) picks the operands: an axis that
// is spread has stride 0. Axes that both operands walk alike were merged beforehand. f is in functions.wgsl.

alias T = f32;
override RANK: u32 = 6;  // axes left after merging
override WG: u32 = 64;   // threads per workgroup

struct Uniforms {
  n: u32,
  d0: u32, d1: u32, d2: u32, d3: u32, d4: u32, d5: u32, // sides of Y
  a0: u32, a1: u32, a2: u32, a3: u32, a4: u32, a5: u32, // strides of A
  b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of B
}

@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var rest = i;
  var a = rest % u.d5 * u.a5;
  var b = rest % u.d5 * u.b5;
  if (RANK > 1u) { rest /= u.d5; a += rest % u.d4 * u.a4; b += rest % u.d4 * u.b4; }
  if (RANK > 2u) { rest /= u.d4; a += rest % u.d3 * u.a3; b += rest % u.d3 * u.b3; }
  if (RANK > 3u) { rest /= u.d3; a += rest % u.d2 * u.a2; b += rest % u.d2 * u.b2; }
  if (RANK > 4u) { rest /= u.d2; a += rest % u.d1 * u.a1; b += rest % u.d1 * u.b1; }
  if (RANK > 5u) { rest /= u.d1; a += rest * u.a0; b += rest * u.b0; }
  Y[i] = T(f(first(i, a), second(i, b)));
}
