// Two numbers of the table that says where windows lie.
fn table_pair(at: u32) -> vec2i {
  return vec2i(round(vec2f(f32(TABLE[at]), f32(TABLE[at + 1]))));
}

// Index mod n, for any sign of it.
fn wrap_index(i: i32, n: i32) -> i32 {
  let r = i % n;
  return select(r, r + n, r < 0);
}
