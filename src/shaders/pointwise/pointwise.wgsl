// pointwise: Y[i] = f(A[i], B[i])
//
// One thread per element. FN picks f when the pipeline is built, so the switch folds away.
// Functions of one argument are given A twice.

alias T = f32;
override FN: u32 = 0;   // numbered as in index.ts
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, s: f32, t: f32 }

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = flat_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  Y[i] = T(f(f32(A[i]), f32(B[i])));
}
