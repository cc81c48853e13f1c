// sparse_remap: Y[c, i] = sum over k in start[i] .. start[i + 1] - 1 of weight[k] X[c, index[k]]
//
// LANES threads per element of Y, which add its row of the sparse matrix, each every LANES-th entry, in the order of the
// list; the first then adds what they found. No atomics, and the same bits each time. Elements with equal rows get
// equal bits, which is what makes folded pictures exact. Several lanes are for the gradient of a fold: what is read a
// thousand times there is a row of a thousand here, and few rows have any.

alias T = f32;
override WG: u32 = 64;    // threads per workgroup, a multiple of LANES
override LANES: u32 = 1;  // threads per element

struct Uniforms { n: u32, N: u32, M: u32 }  // n elements of Y, N to a channel; channels of M elements in X

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       start: array<u32>;
@group(0) @binding(2) var<storage, read>       index: array<u32>;
@group(0) @binding(3) var<storage, read>       weight: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

var<workgroup> found: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let thread = global_index(group, groups, local, WG);
  let e = thread / LANES;
  var sum = 0.0;
  if (e < u.n) {
    let row = e % u.N;
    let channel = e / u.N * u.M;
    let end = start[row + 1u];
    for (var k = start[row] + thread % LANES; k < end; k += LANES) {
      sum += f32(weight[k]) * f32(X[channel + min(index[k], u.M - 1u)]);
    }
  }
  if (LANES > 1u) {
    found[local] = sum;
    workgroupBarrier();
    if (thread % LANES == 0u) {
      for (var l = 1u; l < LANES; l++) { sum += found[local + l]; }
    }
  }
  if (e < u.n && thread % LANES == 0u) { Y[e] = T(sum); }
}
