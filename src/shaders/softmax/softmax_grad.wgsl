// softmax_grad: DX[o, k, i] = Y (DY - sum over k of DY Y)     (LOG = 1: DY - e^Y sum over k of DY)
//
// A workgroup owns a row, [o, .., i]; its threads take every WG-th element.

alias T = f32;
override LOG: u32 = 0;  // 1: of the logarithm
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { rows: u32, K: u32, inner: u32 }

@group(0) @binding(0) var<storage, read>       Y: array<T>;
@group(0) @binding(1) var<storage, read>       DY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let row = min(group.y * groups.x + group.x, u.rows - 1u); // those that fill the grid repeat the last row
  let first = row / u.inner * u.K * u.inner + row % u.inner;
  var sum = 0.0;
  for (var k = local; k < u.K; k += WG) {
    let at = first + k * u.inner;
    sum += f32(DY[at]) * select(f32(Y[at]), 1.0, LOG == 1u);
  }
  sum = tree_sum(sum, local);
  for (var k = local; k < u.K; k += WG) {
    let at = first + k * u.inner;
    let y = f32(Y[at]);
    let dy = f32(DY[at]);
    if (LOG == 1u) { DX[at] = T(dy - accurate_exp(y) * sum); } else { DX[at] = T(y * (dy - sum)); }
  }
}
