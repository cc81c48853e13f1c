// f(a, b), for kernels with uniforms s and t. FN picks it when the pipeline is built, so the switch folds away.
override FN: u32 = 0;  // numbered as in index.ts

fn f(a: f32, b: f32) -> f32 {
  switch FN {
    case 0: { return a + b; }
    case 1: { return a - b; }
    case 2: { return a * b; }
    case 3: { return a / b; }
    case 4: { return a * u.s + b * u.t; }
    case 5: { return select(0.0, b, a > 0.0); }
    case 6: { return select(0.0, b, a >= u.s && a <= u.t); }
    case 10: { return a * u.s + u.t; }
    case 11: { return abs(a); }
    case 12: { return sign(a); }
    case 13: { return a * a; }
    case 14: { return sqrt(a); }
    case 15: { return exp(a); }
    case 16: { return log(a); }
    case 17: { return max(a, 0.0); }
    case 18: { return clamp(a, u.s, u.t); }
    default: { return a; }
  }
}
