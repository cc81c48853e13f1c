// Patches: squares of PATCH pixels, named by their top left one. Pixels are four bytes in a word.
const PATCH = 8u;

// Sum of the squared differences of the four bytes of two pixels.
fn square_difference(a: u32, b: u32) -> u32 {
  const EVEN = 0x00ff00ffu;
  const BIAS = 0x01000100u;  // keeps the two halves of a word from borrowing of one another
  let p = (a & EVEN) + BIAS - (b & EVEN);
  let q = ((a >> 8u) & EVEN) + BIAS - ((b >> 8u) & EVEN);
  let d = vec4i(vec4u(p & 0xffffu, p >> 16u, q & 0xffffu, q >> 16u)) - 256;
  return u32(dot(d, d));
}
