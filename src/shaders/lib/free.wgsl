// Whether an element may move: not when it lies on a bound and the descent direction, -grad, points out of the box.
fn is_free(x: f32, grad: f32, lo: f32, hi: f32) -> bool {
  return !((x <= lo && grad > 0.0) || (x >= hi && grad < 0.0));
}
