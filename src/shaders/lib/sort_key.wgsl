// Bits whose unsigned order is that of the numbers: -inf .. -0 = +0 .. inf, then every NaN, all equal.
fn sort_key(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let key = select(magnitude | 0x80000000u, ~bits, bits > 0x80000000u);
  return select(key, 0xffffffffu, magnitude > 0x7f800000u);
}
