// As operands_inplace.wgsl, where both operands are what Y held. The numbers begin at 2.

fn first(i: u32, at: u32) -> f32 { return f32(Y[i]); }
fn second(i: u32, at: u32) -> f32 { return f32(Y[i]); }
