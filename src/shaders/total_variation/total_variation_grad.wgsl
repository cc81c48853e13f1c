// total_variation_grad: DX[i] = 2 scale DY[0] * sum over the neighbours k of i, left, right, above, below, of X[i] - X[k]
//
// One thread per element.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup
override WRAP_Y: u32 = 0;    // 1: below the last row comes the first
override WRAP_X: u32 = 0;    // 1: right of the last column comes the first

struct Uniforms { n: u32, H: u32, W: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       DY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let x = i % u.W;
  let y = i / u.W % u.H;
  let plane = u.W * u.H;
  // A neighbour beyond a border that does not wrap is the element itself: no difference.
  let left = select(i - 1u, select(i, i + u.W - 1u, WRAP_X == 1u), x == 0u);
  let right = select(i + 1u, select(i, i + 1u - u.W, WRAP_X == 1u), x + 1u == u.W);
  let above = select(i - u.W, select(i, i + plane - u.W, WRAP_Y == 1u), y == 0u);
  let below = select(i + u.W, select(i, i + u.W - plane, WRAP_Y == 1u), y + 1u == u.H);
  let here = f32(X[i]);
  let sum = (here - f32(X[left])) + (here - f32(X[right])) + (here - f32(X[above])) + (here - f32(X[below]));
  DX[i] = T(2.0 * u.scale * f32(DY[0]) * sum);
}
