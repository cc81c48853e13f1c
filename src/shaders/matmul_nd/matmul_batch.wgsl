// matmul_batch: Y[b, m, n] = sum over k of A[b, m, k] B[b, k, n], where TA and TB say that a factor is given transposed
//
// A workgroup owns a square of S x S elements of one product; a thread one of them. Squares of both factors are brought
// into workgroup memory by turns. Plain: `matmul` is the fast way for a single product.

alias T = f32;
override S: u32 = 8;   // side of a square
override TA: u32 = 0;  // 1: A is [b, k, m]
override TB: u32 = 0;  // 1: B is [b, n, k]

struct Uniforms { batches: u32, M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> a: array<f32, S * S>;
var<workgroup> b: array<f32, S * S>;

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  // Squares lie row by row, product by product, along a grid made by flatGrid.
  let square = group.y * groups.x + group.x;
  let across = (u.N + S - 1u) / S;
  let down = (u.M + S - 1u) / S;
  let batch = square / (across * down);
  let m = square / across % down * S + local.y;
  let n = square % across * S + local.x;
  // Beyond the last square there may be some to fill the grid: their threads load and store nothing.
  let real = batch < u.batches;
  var sum = 0.0;
  for (var k = 0u; k < u.K; k += S) {
    var va = 0.0;
    var vb = 0.0;
    let ka = k + local.x;
    let kb = k + local.y;
    if (real && m < u.M && ka < u.K) { va = f32(A[batch * u.M * u.K + select(m * u.K + ka, ka * u.M + m, TA == 1u)]); }
    if (real && n < u.N && kb < u.K) { vb = f32(B[batch * u.K * u.N + select(kb * u.N + n, n * u.K + kb, TB == 1u)]); }
    a[local.y * S + local.x] = va;
    b[local.y * S + local.x] = vb;
    workgroupBarrier();
    for (var j = 0u; j < S; j++) { sum += a[local.y * S + j] * b[j * S + local.x]; }
    workgroupBarrier();
  }
  if (real && m < u.M && n < u.N) { Y[(batch * u.M + m) * u.N + n] = T(sum); }
}
