// Filters and positions of resize.wgsl and resize_adjoint.wgsl, whose overrides CUBIC and WRAP they read.
struct Centre { base: i32, fraction: f32 }

// (o + 0.5) N / M - 0.5, for any o, as its floor and its fraction. Exact for N (2 M + 1) below 2^31.
fn centre(o: i32, M: i32, N: i32) -> Centre {
  let numerator = (2 * o + 1) * N - M;
  let rest = wrapped(numerator, 2 * M);
  return Centre((numerator - rest) / (2 * M), f32(rest) / f32(2 * M));
}

// i mod n, never negative.
fn wrapped(i: i32, n: i32) -> i32 {
  let r = i % n;
  return select(r, r + n, r < 0);
}

fn inside(t: i32, n: i32) -> i32 {
  if (WRAP == 1u) { return wrapped(t, n); }
  return clamp(t, 0, n - 1);
}

fn kernel(at: f32) -> f32 {
  let x = abs(at);
  if (CUBIC == 0u) { return max(0.0, 1.0 - x); }
  if (CUBIC == 2u) {
    if (x < 1.0) { return (0.5 * x - 1.0) * x * x + 2.0 / 3.0; }
    if (x < 2.0) { return (2.0 - x) * (2.0 - x) * (2.0 - x) / 6.0; }
    return 0.0;
  }
  if (x < 1.0) { return (1.5 * x - 2.5) * x * x + 1.0; }
  if (x < 2.0) { return ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0; }
  return 0.0;
}
