// total_variation: P[g] = sum, over the elements of workgroup g, of squared differences to the right and lower neighbour
// Every thread adds a fixed set of elements in a fixed order, then the threads' sums are added as a tree.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup, a power of two
override WRAP_Y: u32 = 0;    // 1: below the last row comes the first
override WRAP_X: u32 = 0;    // 1: right of the last column comes the first

struct Uniforms { n: u32, H: u32, W: u32, groups: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> P: array<f32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = group.x * WG + t; i < u.n; i += u.groups * WG) {
    let x = i % u.W;
    let y = i / u.W % u.H;
    let here = f32(X[i]);
    if (x + 1u < u.W || WRAP_X == 1u) {
      let d = f32(X[select(i + 1u, i + 1u - u.W, x + 1u == u.W)]) - here;
      sum += d * d;
    }
    if (y + 1u < u.H || WRAP_Y == 1u) {
      let d = f32(X[select(i + u.W, i + u.W - u.W * u.H, y + 1u == u.H)]) - here;
      sum += d * d;
    }
  }
  let total = tree_sum(sum, t);
  if (t == 0u) { P[group.x] = total; }
}
