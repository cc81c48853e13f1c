// As operand.wgsl, where Y is written over it. The numbers of bindings begin at 1.

fn operand(i: u32) -> f32 { return f32(Y[i]); }
