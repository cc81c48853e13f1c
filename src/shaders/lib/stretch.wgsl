// Where element i of a row of n falls in a row of m stretched to the same length: t = (i + 0.5) m / n - 0.5, as its
// floor and the rest times 2 n. Exact for m, n up to 2^22, where (2 i + 1) m no longer fits 32 bits: the guess by f32
// is off by a few at most, so the remainder of the true division is small, and arithmetic modulo 2^32 gives it.
struct Position { base: i32, rest: i32 }

fn stretch(i: i32, n: i32, m: i32) -> Position {
  let guess = i32((f32(i) + 0.5) * (f32(m) / f32(n)) - 0.5);
  let numerator = (2u * bitcast<u32>(i) + 1u) * bitcast<u32>(m) - bitcast<u32>(n);
  let error = bitcast<i32>(numerator - bitcast<u32>(guess) * (2u * bitcast<u32>(n)));
  // Division of integers rounds towards zero; this one goes down.
  var more = error / (2 * n);
  if (error - more * 2 * n < 0) { more -= 1; }
  return Position(guess + more, error - more * 2 * n);
}
