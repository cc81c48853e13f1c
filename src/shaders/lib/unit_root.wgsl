// exp(2 pi i num / den) for num < den < 2^29. WGSL promises sin and cos to no better than 2^-11 (3e-4): so the angle is
// brought into an eighth of the circle in whole numbers, exactly, and Taylor's series do the rest, to 1e-7.
fn unit_root(num: u32, den: u32) -> vec2f {
  let eighth = 8u * num / den;
  let rest = 8u * num - eighth * den;
  let part = select(rest, den - rest, (eighth & 1u) == 1u); // odd eighths run backwards
  let x = 0.785398163397448 * f32(part) / f32(den);
  let q = x * x;
  let s = x * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))));
  let c = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * (1.0 - q / 90.0))));
  let v = select(vec2f(c, s), vec2f(s, c), ((eighth + 1u) & 2u) != 0u);
  return select(v, -v, vec2<bool>(((eighth + 2u) & 4u) != 0u, eighth >= 4u));
}
