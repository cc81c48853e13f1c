// swap: Y[b, j, i] = X[b, i, j]: the last two axes exchanged
//
// A workgroup of S x S threads moves a square through workgroup memory, so that reads and writes are both
// contiguous. Rows of the square are S + 1 apart: without the gap a column would sit in one memory bank.

alias T = f32;
override S: u32 = 16; // threads, and elements, along each side

struct Uniforms { I: u32, J: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> square: array<T, S * (S + 1)>;

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let batch = group.z * u.I * u.J;
  let i0 = group.y * S;
  let j0 = group.x * S;
  if (i0 + local.y < u.I && j0 + local.x < u.J) {
    square[local.y * (S + 1u) + local.x] = X[batch + (i0 + local.y) * u.J + j0 + local.x];
  }
  workgroupBarrier();
  if (j0 + local.y < u.J && i0 + local.x < u.I) {
    Y[batch + (j0 + local.y) * u.I + i0 + local.x] = square[local.x * (S + 1u) + local.y];
  }
}
