// reduce_axes: Y[o, i] = scale * sum (or product, largest, smallest) over k of X[o, k, i]
//
// LANES threads per element of Y, each of which takes every LANES-th k; the first then puts together what they found.
// No atomics, and the same bits each time.

alias T = f32;
override FN: u32 = 0;     // 0: sum, 1: product, 2: largest, 3: smallest
override LANES: u32 = 1;  // threads per element
override WG: u32 = 64;    // threads per workgroup, a multiple of LANES

struct Uniforms { n: u32, K: u32, inner: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> found: array<f32, WG>;

fn together(a: f32, b: f32) -> f32 {
  switch FN {
    case 1: { return a * b; }
    case 2: { return max(a, b); }
    case 3: { return min(a, b); }
    default: { return a + b; }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let thread = global_index(group, groups, local, WG);
  let e = thread / LANES;
  let lane = thread % LANES;
  let first = e / u.inner * u.K * u.inner + e % u.inner;
  var v = 0.0;
  if (e < u.n && lane < u.K) {
    v = f32(X[first + lane * u.inner]);
    for (var k = lane + LANES; k < u.K; k += LANES) { v = together(v, f32(X[first + k * u.inner])); }
  }
  if (LANES > 1u) {
    found[local] = v;
    workgroupBarrier();
    if (lane == 0u) {
      for (var l = 1u; l < min(LANES, u.K); l++) { v = together(v, found[local + l]); }
    }
  }
  if (e < u.n && lane == 0u) { Y[e] = T(u.scale * v); }
}
