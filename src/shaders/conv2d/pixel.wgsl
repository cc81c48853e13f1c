// Reads of X as a padded map shows it, for kernels with X, M and MASK.

// Which of n elements a padded axis shows at p, `pad` of them before the first; -1 for none. Beyond the padding, where
// only the rest of a last tile looks, whose outputs nobody stores, it may be any element.
fn source_of(p: i32, pad: i32, n: i32, border: u32) -> i32 {
  let at = p - pad;
  let edge = clamp(at, 0, n - 1);
  let mirrored = n - 1 - abs(n - 1 - abs(at));
  let around = at + select(0, n, at < 0) - select(0, n, at >= n);
  // All of them, and no branches: with a border known only at run time those cost SwiftShader 11 % of winograd4_input.
  let v = select(select(select(at, edge, border == 1), mirrored, border == 2), around, border == 3);
  return select(-1, v, v >= 0 && v < n);
}

// X in column x of the row that begins at `row`; 0 where either is less than 0
fn pixel(row: i32, x: i32) -> f32 {
  if (row < 0 || x < 0) { return 0.0; }
  let v = f32(X[row + x]);
  if (MASK) { return select(0.0, v, f32(M[row + x]) > 0.0); }
  return v;
}
