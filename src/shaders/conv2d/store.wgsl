// Stores channel o at the PIXELS pixels of a run, as many of them as the row has: for kernels with B, Y, u, PIXELS, BIAS
// and RELU.
fn store(o: u32, y: u32, x: u32, a: vec4f, b: vec4f) {
  if (o >= u.o) { return; }
  var p = a;
  var q = b;
  if (BIAS) {
    p += f32(B[o]);
    q += f32(B[o]);
  }
  if (RELU) {
    p = max(p, vec4f());
    q = max(q, vec4f());
  }
  let i = (o * u.h + y) * u.w + 4 * x;
  let left = u.w - 4 * x;
  Y[i] = T(p.x);
  if (left > 1) { Y[i + 1] = T(p.y); }
  if (left > 2) { Y[i + 2] = T(p.z); }
  if (left > 3) { Y[i + 3] = T(p.w); }
  if (PIXELS == 4) { return; }
  if (left > 4) { Y[i + 4] = T(q.x); }
  if (left > 5) { Y[i + 5] = T(q.y); }
  if (left > 6) { Y[i + 6] = T(q.z); }
  if (left > 7) { Y[i + 7] = T(q.w); }
}
