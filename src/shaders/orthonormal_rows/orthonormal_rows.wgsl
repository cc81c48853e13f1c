// orthonormal_rows: Y[i, :] = R / |R|, R = X[i, :] less its projections on Y[0, :] .. Y[i - 1, :]     Gram and Schmidt
//
// One workgroup does all rows, one after another: each needs those before it. Threads share the rows before (for the
// projections), then the columns (for what is left). Projections are taken off twice, which in floating point is what
// makes rows orthogonal to rounding (Giraud, Langou and Rozloznik 2005). A row that is none of its own, with less than
// 1e-5 of its length left, becomes zero, as a zero row does.

alias T = f32;
override WG: u32 = 64;  // threads, a power of two

struct Uniforms { P: u32, K: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

const MOST = 256u;
var<workgroup> along: array<f32, MOST>;

fn length_of(row: u32, t: u32) -> f32 {
  var sum = 0.0;
  for (var k = t; k < u.K; k += WG) {
    let y = f32(Y[row + k]);
    sum += y * y;
  }
  return sqrt(tree_sum(sum, t));
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) t: u32) {
  for (var i = 0u; i < u.P; i++) {
    let row = i * u.K;
    for (var k = t; k < u.K; k += WG) { Y[row + k] = X[row + k]; }
    storageBarrier();
    let before = length_of(row, t);
    for (var turn = 0u; turn < 2u; turn++) {
      for (var j = t; j < i; j += WG) {
        var sum = 0.0;
        for (var k = 0u; k < u.K; k++) { sum += f32(Y[row + k]) * f32(Y[j * u.K + k]); }
        along[j] = sum;
      }
      workgroupBarrier();
      storageBarrier();
      for (var k = t; k < u.K; k += WG) {
        var y = f32(Y[row + k]);
        for (var j = 0u; j < i; j++) { y -= along[j] * f32(Y[j * u.K + k]); }
        Y[row + k] = T(y);
      }
      storageBarrier();
      workgroupBarrier();
    }
    let after = length_of(row, t);
    let scale = select(0.0, 1.0 / after, after > 1e-5 * before);
    for (var k = t; k < u.K; k += WG) { Y[row + k] = T(f32(Y[row + k]) * scale); }
    storageBarrier();
    workgroupBarrier();
  }
}
