// As operands.wgsl, where Y is written over one of the two: WebGPU forbids one buffer as read and read_write in a dispatch,
// so that one is not bound, and the numbers begin at 1.

override FLIP: bool = false;  // Y held the second operand, and B is the first

@group(0) @binding(1) var<storage, read> B: array<T>;

fn first(i: u32, at: u32) -> f32 {
  if (FLIP) { return f32(B[at]); }
  return f32(Y[i]);
}
fn second(i: u32, at: u32) -> f32 {
  if (FLIP) { return f32(Y[i]); }
  return f32(B[at]);
}
