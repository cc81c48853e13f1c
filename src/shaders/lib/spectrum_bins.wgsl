// Frequency k of K stands for the bin from (k - 1/2) / K to (k + 1/2) / K cycles a pixel. In whole numbers, as halves of
// 1 / (n K): exact for sides up to 2^14.

// The first bin of K that reaches into bin i of n; may be -1.
fn first_bin(i: i32, n: i32, K: i32) -> i32 {
  let lo = (2 * i - 1) * K;
  return (lo + n + 4 * n * K) / (2 * n) - 2 * K; // floor((lo + n) / (2 n)), and no division of negative numbers
}

// How much of bin k of K lies in bin i of n, 0 .. 1, without going round the circle.
fn share(k: i32, K: i32, i: i32, n: i32) -> f32 {
  let lo = max((2 * i - 1) * K, (2 * k - 1) * n);
  let hi = min((2 * i + 1) * K, (2 * k + 1) * n);
  return f32(max(hi - lo, 0)) / f32(2 * n);
}
