// How far apart two pixels are: twice the differences of red, green and blue and once that of the outlines, 1785 at most.
fn distance_of(a: u32, b: u32) -> u32 {
  let d = abs(vec4i(unpack4xU8(a)) - vec4i(unpack4xU8(b)));
  return u32(2 * (d.x + d.y + d.z) + d.w);
}

// 256 x `apart` over `beside`, rounded down, 65535 at most: how much a difference is seen beside edges. Exact for numbers
// below 2^13, wherever f32 divisions are right to a few units of the last place.
fn seen_beside(apart: u32, beside: u32) -> u32 {
  let n = 256u * apart;
  let q = u32(f32(n) / f32(beside));
  let low = select(q, q - 1u, q * beside > n);
  return min(0xffffu, select(low, low + 1u, (low + 1u) * beside <= n));
}
