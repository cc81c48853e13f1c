// Whether a number is neither infinite nor NaN. By its bits: compilers may take it that there are no such numbers, and
// then comparisons and min, max, clamp answer as they like.
fn is_finite(v: f32) -> bool { return (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u; }

// v within [lo, hi]; what is not finite stays as it is, to be seen.
fn into_box(v: f32, lo: f32, hi: f32) -> f32 {
  if (!is_finite(v)) { return v; }
  return clamp(v, lo, hi);
}
