// standardize_rows_grad: DX[r, k] = s (DY[r, k] - mean of DY - y mean of DY y), with y = (X[r, k] - m) s as in the forward
// pass, and means over row r
//
// A workgroup owns a row; its threads take every WG-th element.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { rows: u32, K: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       DY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let row = min(group.y * groups.x + group.x, u.rows - 1u); // those that fill the grid repeat the last row
  let first = row * u.K;
  let count = f32(u.K);
  var sum = 0.0;
  var slopes = 0.0;
  for (var k = local; k < u.K; k += WG) {
    sum += f32(X[first + k]);
    slopes += f32(DY[first + k]);
  }
  let mean = tree_sum(sum, local) / count;
  let slope = tree_sum(slopes, local) / count;
  var squares = 0.0;
  var products = 0.0;
  for (var k = local; k < u.K; k += WG) {
    let d = f32(X[first + k]) - mean;
    squares += d * d;
    products += d * f32(DY[first + k]);
  }
  let s = 1.0 / sqrt(tree_sum(squares, local) / count + u.epsilon);
  let product = tree_sum(products, local) / count * s;
  for (var k = local; k < u.K; k += WG) {
    let y = (f32(X[first + k]) - mean) * s;
    DX[first + k] = T(s * (f32(DY[first + k]) - slope - y * product));
  }
}
