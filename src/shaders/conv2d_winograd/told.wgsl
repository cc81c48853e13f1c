// Weights for winograd_multiply, read by each thread for itself. See told_subgroup.wgsl.

fn leaves(done: bool) -> bool { return done; }

fn teller(w: u32) -> u32 { return 0; }

fn told(w: u32, teller: u32) -> Eight { return own(w); }
