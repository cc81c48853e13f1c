// Complex numbers as vec2f: real part, imaginary part.
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn times_conj(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x + a.y * b.y, a.y * b.x - a.x * b.y); }

// a / |a|; 1 for 0. Divided by its larger part first: the squares of small numbers would vanish.
fn phase(a: vec2f) -> vec2f {
  let most = max(abs(a.x), abs(a.y));
  if (most == 0.0) { return vec2f(1.0, 0.0); }
  let b = a / most;
  return b / length(b);
}
