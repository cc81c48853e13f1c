// f(a, b). FN picks it when the pipeline is built, so the switch folds away.
override FN: u32 = 0;  // numbered as in index.ts

fn f(a: f32, b: f32) -> f32 {
  switch FN {
    case 0: { return a + b; }
    case 1: { return a - b; }
    case 2: { return a * b; }
    case 3: { return a / b; }
    case 4: { return accurate_pow(a, b); }
    case 5: { return max(a, b); }
    case 6: { return min(a, b); }
    case 7: { return select(a * b, a, a >= 0.0); }          // prelu
    case 8: { return a; }                                   // expand
    case 9: { return b * accurate_pow(a, b - 1.0); }        // d pow / d a
    case 10: {                                              // d pow / d b
      if (a <= 0.0) { return 0.0; }
      return accurate_pow(a, b) * accurate_log(a);
    }
    case 11: { return select(0.0, 1.0, a >= b); }
    case 12: { return select(0.0, 1.0, a < b); }
    case 13: { return select(0.0, 1.0, a <= b); }
    case 14: { return select(0.0, 1.0, a > b); }
    case 15: { return select(b, 1.0, a >= 0.0); }           // d prelu / d a
    case 16: { return min(a, 0.0); }                        // d prelu / d b
    default: { return a; }
  }
}
