// Elementary functions to a few units in the last place, where WGSL promises less: its exp may be off by 3 + 2 |x| ulp,
// its sin and cos by 2^-11, and its tanh may overflow. Polynomials are Taylor's, or fitted here for least relative error.

fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); } // n in -126 .. 127

// e^x. The argument is reduced by multiples of ln 2, held in two parts of which the first is short.
fn accurate_exp(x: f32) -> f32 {
  let v = clamp(x, -104.0, 89.0);
  let n = round(v * 1.44269504);
  let r = (v - n * 0.693359375) + n * 2.12194440e-4;
  var p = 1.98412698e-4;
  p = p * r + 1.38888889e-3;
  p = p * r + 8.33333333e-3;
  p = p * r + 4.16666667e-2;
  p = p * r + 1.66666667e-1;
  p = p * r + 0.5;
  p = 1.0 + (r + p * r * r);
  let half = i32(n) / 2; // in two steps: 2^n itself may be no normal number
  return p * power_of_two(half) * power_of_two(i32(n) - half);
}

// e^x - 1, without cancellation near 0.
fn accurate_expm1(x: f32) -> f32 {
  if (abs(x) > 1.0) { return accurate_exp(x) - 1.0; }
  var p = 2.50521084e-8;
  p = p * x + 2.75573192e-7;
  p = p * x + 2.75573192e-6;
  p = p * x + 2.48015873e-5;
  p = p * x + 1.98412698e-4;
  p = p * x + 1.38888889e-3;
  p = p * x + 8.33333333e-3;
  p = p * x + 4.16666667e-2;
  p = p * x + 1.66666667e-1;
  p = p * x + 0.5;
  return x + p * x * x;
}

// 2 atanh(s) = ln((1 + s) / (1 - s)), for |s| <= 1/3.
fn twice_atanh(s: f32) -> f32 {
  let z = s * s;
  var p = 0.0666666667;
  p = p * z + 0.0769230769;
  p = p * z + 0.0909090909;
  p = p * z + 0.111111111;
  p = p * z + 0.142857143;
  p = p * z + 0.2;
  p = p * z + 0.333333333;
  return 2.0 * (s + s * z * p);
}

// ln x. Below the normal numbers, as WGSL has it.
fn accurate_log(x: f32) -> f32 {
  if (!(x >= 1.17549435e-38 && x <= 3.40282346e38)) { return log(x); }
  let bits = bitcast<u32>(x);
  var n = f32(bits >> 23u) - 127.0;
  var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (m > 1.41421356) { m *= 0.5; n += 1.0; }
  return n * 0.693359375 + (twice_atanh((m - 1.0) / (m + 1.0)) - n * 2.12194440e-4);
}

// ln(1 + x) for x in 0 .. 1.
fn accurate_log1p(x: f32) -> f32 { return twice_atanh(x / (2.0 + x)); }

// a^b: integer powers by squaring, which keeps signs and exact powers exact.
fn accurate_pow(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  let whole = abs(b) <= 1024.0 && b == round(b);
  if (whole) {
    var n = u32(abs(b));
    var square = a;
    var y = 1.0;
    for (; n > 0u; n >>= 1u) {
      if ((n & 1u) == 1u) { y *= square; }
      if (n > 1u) { square *= square; }
    }
    if (b < 0.0) { return 1.0 / y; }
    return y;
  }
  if (a < 1.17549435e-38) { return pow(a, b); } // 0, or not a number
  if (b == 0.5) { return sqrt(a); }
  return accurate_exp(b * accurate_log(a));
}

fn accurate_sigmoid(x: f32) -> f32 {
  let e = accurate_exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}

fn accurate_tanh(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5) {
    let t = accurate_expm1(2.0 * x);
    return t / (t + 2.0);
  }
  return sign(x) * (1.0 - 2.0 / (accurate_exp(2.0 * a) + 1.0));
}

fn softplus(x: f32) -> f32 { return max(x, 0.0) + accurate_log1p(accurate_exp(-abs(x))); }

// e^(-k x^2), k a power of two. The square's rounding would cost x^2 ulp: take the part that squares exactly by itself.
fn bell(x: f32, k: f32) -> f32 {
  let a = min(abs(x), 20.0);
  let short = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  return accurate_exp(-k * short * short) * accurate_exp(-k * (a - short) * (a + short));
}

// erf x for |x| <= 1.
fn small_erf(x: f32) -> f32 {
  let z = x * x;
  var p = 7.853861e-05;
  p = p * z - 0.000801019352;
  p = p * z + 0.00518832767;
  p = p * z - 0.0268538119;
  p = p * z + 0.112835851;
  p = p * z - 0.376126258;
  return x * (p * z + 1.12837917);
}

// erfc(x) e^(x^2) for x >= 0.5: a polynomial in t = 1 / (1 + x / 2).
fn scaled_erfc(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * x);
  var p = -0.0126288963;
  p = p * t + 0.00340268523;
  p = p * t + 0.152912993;
  p = p * t - 0.33295263;
  p = p * t + 0.168158385;
  p = p * t + 0.0223387509;
  p = p * t + 0.189197077;
  p = p * t + 0.245289032;
  p = p * t + 0.282190016;
  p = p * t + 0.282092501;
  return t * p;
}

fn accurate_erf(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return small_erf(x); }
  return sign(x) * (1.0 - bell(x, 1.0) * scaled_erfc(abs(x)));
}

// The normal distribution: the chance of being below x.
fn normal_below(x: f32) -> f32 {
  let z = -0.70710678 * x;
  if (abs(z) < 0.5) { return 0.5 - 0.5 * small_erf(z); }
  let tail = 0.5 * bell(x, 0.5) * scaled_erfc(abs(z));
  return select(1.0 - tail, tail, z > 0.0);
}

// [sin x, cos x] for |x| up to some 10^4. The argument is reduced by multiples of pi / 2, held in three parts.
fn sin_cos(x: f32) -> vec2f {
  let n = round(x * 0.636619772);
  let r = ((x - n * 1.5703125) - n * 4.83751297e-4) - n * 7.54978995e-8;
  let z = r * r;
  var s = 2.75573192e-6;
  s = s * z - 1.98412698e-4;
  s = s * z + 8.33333333e-3;
  s = s * z - 1.66666667e-1;
  s = r + r * z * s;
  var c = -2.75573192e-7;
  c = c * z + 2.48015873e-5;
  c = c * z - 1.38888889e-3;
  c = c * z + 4.16666667e-2;
  c = c * z - 0.5;
  c = 1.0 + z * c;
  switch i32(n) & 3 {
    case 0: { return vec2f(s, c); }
    case 1: { return vec2f(c, -s); }
    case 2: { return vec2f(-s, -c); }
    default: { return vec2f(-c, s); }
  }
}
