// block_sums: Y[p] = sum of X over `length` pixels of the exemplar from p on, across (DOWN 0) or down
//
// One thread per SPAN sums, of which each is the one before it, one pixel on.

override WG: u32 = 64;   // threads per workgroup
override DOWN: u32 = 0;
const SPAN = 16u;

struct Uniforms { h: u32, w: u32, length: u32 }

@group(0) @binding(0) var<storage, read>       X: array<u32>;  // [h, w]
@group(0) @binding(1) var<storage, read_write> Y: array<u32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let along = select(u.w, u.h, DOWN == 1u);
  let lines = select(u.h, u.w, DOWN == 1u);
  let step = select(1u, u.w, DOWN == 1u);
  let i = global_index(group, groups, local, WG);
  let first = i / lines * SPAN;
  if (first + u.length > along) { return; }
  var at = i % lines * select(u.w, 1u, DOWN == 1u) + first * step;
  var sum = 0u;
  for (var k = 0u; k < u.length; k++) { sum += X[at + k * step]; }
  Y[at] = sum;
  let last = min(first + SPAN, along - u.length + 1u);
  for (var k = first + 1u; k < last; k++) {
    sum = sum - X[at] + X[at + u.length * step];
    at += step;
    Y[at] = sum;
  }
}
