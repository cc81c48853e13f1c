// standardize_rows: Y[r, k] = (X[r, k] - m) s, with m the mean of row r and s = 1 / sqrt(variance + epsilon)
//
// A workgroup owns a row; its threads take every WG-th element. The variance comes from a second pass, of differences to
// the mean: nothing cancels.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup, a power of two

struct Uniforms { rows: u32, K: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let row = min(group.y * groups.x + group.x, u.rows - 1u); // those that fill the grid repeat the last row
  let first = row * u.K;
  var sum = 0.0;
  for (var k = local; k < u.K; k += WG) { sum += f32(X[first + k]); }
  let mean = tree_sum(sum, local) / f32(u.K);
  var squares = 0.0;
  for (var k = local; k < u.K; k += WG) {
    let d = f32(X[first + k]) - mean;
    squares += d * d;
  }
  let s = 1.0 / sqrt(tree_sum(squares, local) / f32(u.K) + u.epsilon);
  for (var k = local; k < u.K; k += WG) { Y[first + k] = T((f32(X[first + k]) - mean) * s); }
}
