// The operand that an op in place would write over, in memory of its own.

@group(0) @binding(0) var<storage, read> X: array<T>;

fn operand(i: u32) -> f32 { return f32(X[i]); }
