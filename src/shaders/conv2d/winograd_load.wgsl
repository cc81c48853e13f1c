// Weights for winograd_multiply, read by each thread for itself. See broadcast_load_subgroup.wgsl.

fn may_exit(done: bool) -> bool { return done; }

fn lane(w: u32) -> u32 { return 0; }

fn broadcast_load(w: u32, lane: u32) -> Eight { return own(w); }
