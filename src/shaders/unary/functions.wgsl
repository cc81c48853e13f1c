// f(a, b), for kernels with uniforms s and t: the function that FN picks when the pipeline is built, of a; with GRAD b times
// its derivative. A NaN stays one: no compiler has to keep it through comparisons, so it is recognised by its bits.
override FN: u32 = 0;    // numbered as in index.ts
override GRAD: u32 = 0;  // 1: the derivative, times b

fn f(a: f32, b: f32) -> f32 {
  if ((bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u) { return a; }
  if (GRAD == 1u) { return b * derivative(a); }
  return value(a);
}

const OF_GELU = 0.797884561; // sqrt(2 / pi)

fn value(x: f32) -> f32 {
  switch FN {
    case 0: { return select(u.s * x, x, x >= 0.0); }                                    // leaky relu
    case 1: { return accurate_sigmoid(x); }
    case 2: { return accurate_tanh(x); }
    case 3: { return clamp(u.s * x + u.t, 0.0, 1.0); }                                  // hard sigmoid
    case 4: { return x * clamp(x / 6.0 + 0.5, 0.0, 1.0); }                              // hard swish
    case 5: { return x * normal_below(x); }                                             // gelu
    case 6: { return x * accurate_sigmoid(2.0 * OF_GELU * x * (1.0 + 0.044715 * x * x)); } // gelu by tanh
    case 7: { return select(u.s * accurate_expm1(x), x, x >= 0.0); }                    // elu
    case 8: { return u.t * select(u.s * accurate_expm1(x), x, x >= 0.0); }              // selu
    case 9: { return select(u.s * accurate_expm1(x / u.s), x, x >= 0.0); }              // celu
    case 10: { return softplus(x); }
    case 11: { return x / (1.0 + abs(x)); }                                             // softsign
    case 12: { return accurate_erf(x); }
    case 13: { return accurate_exp(x); }
    case 14: { return accurate_log(x); }
    case 15: { return 1.0 / x; }
    case 16: { return accurate_pow(x, u.s); }
    case 17: { return floor(x); }
    case 18: { return ceil(x); }
    case 19: { return round(x); }                                                       // halves to even
    case 20: { return sin_cos(x).x; }
    case 21: { return sin_cos(x).y; }
    case 22: { return x * accurate_sigmoid(u.s * x); }                                  // swish
    case 23: { return x * accurate_tanh(softplus(x)); }                                 // mish
    case 24: { return select(0.0, x, x > u.s); }                                        // thresholded relu
    default: { return x; }
  }
}

fn derivative(x: f32) -> f32 {
  switch FN {
    case 0: { return select(u.s, 1.0, x >= 0.0); }
    case 1: { return accurate_sigmoid(x) * accurate_sigmoid(-x); }
    case 2: { return 4.0 * accurate_sigmoid(2.0 * x) * accurate_sigmoid(-2.0 * x); }
    case 3: { let v = u.s * x + u.t; return select(0.0, u.s, v > 0.0 && v < 1.0); }
    case 4: { return select(select(0.0, 1.0, x > 0.0), x / 3.0 + 0.5, abs(x) < 3.0); }
    case 5: { return normal_below(x) + 0.398942280 * x * bell(x, 0.5); }
    case 6: {
      let v = 2.0 * OF_GELU * x * (1.0 + 0.044715 * x * x);
      let slope = 2.0 * OF_GELU * (1.0 + 0.134145 * x * x);
      return accurate_sigmoid(v) * (1.0 + x * slope * accurate_sigmoid(-v));
    }
    case 7: { return select(u.s * accurate_exp(x), 1.0, x >= 0.0); }
    case 8: { return u.t * select(u.s * accurate_exp(x), 1.0, x >= 0.0); }
    case 9: { return select(accurate_exp(x / u.s), 1.0, x >= 0.0); }
    case 10: { return accurate_sigmoid(x); }
    case 11: { let v = 1.0 / (1.0 + abs(x)); return v * v; }
    case 12: { return 1.12837917 * bell(x, 1.0); }
    case 13: { return accurate_exp(x); }
    case 14: { return 1.0 / x; }
    case 15: { return -1.0 / (x * x); }
    case 16: { return u.s * accurate_pow(x, u.s - 1.0); }
    case 20: { return sin_cos(x).y; }
    case 21: { return -sin_cos(x).x; }
    case 22: { return accurate_sigmoid(u.s * x) * (1.0 + u.s * x * accurate_sigmoid(-u.s * x)); }
    case 23: {
      let v = softplus(x);
      return accurate_tanh(v) + 4.0 * x * accurate_sigmoid(2.0 * v) * accurate_sigmoid(-2.0 * v) * accurate_sigmoid(x);
    }
    case 24: { return select(0.0, 1.0, x > u.s); }
    default: { return 0.0; }
  }
}
