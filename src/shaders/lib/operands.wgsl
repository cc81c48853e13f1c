// Two operands in memory of their own. Element i of Y is made of what lies at `at` of each.

@group(0) @binding(0) var<storage, read> A: array<T>;
@group(0) @binding(1) var<storage, read> B: array<T>;

fn first(i: u32, at: u32) -> f32 { return f32(A[at]); }
fn second(i: u32, at: u32) -> f32 { return f32(B[at]); }
