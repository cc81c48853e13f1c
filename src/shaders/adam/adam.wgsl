// adam: Y[i] = clamp(X[i] - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), LO[c], HI[c])
//   m = S[0, i], v = S[1, i], t = STEP + 1, c the channel of i
//
// One thread per element. X is in lib/operand.wgsl, or is what Y holds.
// 1 - b^t loses all its digits in the first steps if computed that way: it is -expm1(t log b), by a series near 0.

alias T = f32;
override WG: u32 = 64;    // threads per workgroup
override BOX: u32 = 0;    // 1: limit Y to the bounds

struct Uniforms { n: u32, channel: u32, bounds: u32, log_b1: f32, log_b2: f32, rate: f32, eps: f32 }

@group(0) @binding(1) var<storage, read>       S: array<T>;
@group(0) @binding(2) var<storage, read>       STEP: array<T>;
@group(0) @binding(3) var<storage, read>       B: array<T>;  // [2, bounds]: lowest, highest
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

// 1 - e^z for z <= 0
fn one_minus_exp(z: f32) -> f32 {
  if (z < -0.5) { return 1.0 - exp(z); }
  let tail = 1.0 + z / 4.0 * (1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0 * (1.0 + z / 8.0))));
  return -z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * tail));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let t = f32(STEP[0]) + 1.0;
  let m = f32(S[i]) / one_minus_exp(t * u.log_b1);
  let v = f32(S[u.n + i]) / one_minus_exp(t * u.log_b2);
  var y = operand(i) - u.rate * m / (sqrt(v) + u.eps);
  if (BOX == 1u) {
    let c = i / u.channel;
    y = clamp(y, f32(B[c]), f32(B[u.bounds + c]));
  }
  Y[i] = T(y);
}
