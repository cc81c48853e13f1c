// conv2d_layout: Y(a, b, ky, kx) = X(a, b, ky, kx), or X(b, a, KY - 1 - ky, KX - 1 - kx) where FLIP
//
// Weights in another order of memory. Plain: [A, B, KY, KX], as ONNX has them. In tiles of V channels:
// [ceil(A / V), B, KY, KX, V], so that a thread that makes V output channels reads them as vectors, one after
// another; channels beyond A are zeros. One thread per element of Y.

alias T = f32;
override WG: u32 = 64;         // threads per workgroup
override FLIP: bool = false;   // exchange the two channel axes and turn the kernel by 180 degrees

struct Uniforms { n: u32, a: u32, b: u32, ky: u32, kx: u32, vx: u32, vy: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  // vy is 1 for a plain Y: tiles of one channel are the plain order. The same holds for vx.
  let lane = i % u.vy;
  var rest = i / u.vy;
  let kx = rest % u.kx;
  rest /= u.kx;
  let ky = rest % u.ky;
  rest /= u.ky;
  let b = rest % u.b;
  let a = rest / u.b * u.vy + lane;
  var v = T(0);
  if (a < u.a) {
    if (FLIP) {
      v = X[place(b, a, u.a, u.ky - 1 - ky, u.kx - 1 - kx)];
    } else {
      v = X[place(a, b, u.b, ky, kx)];
    }
  }
  Y[i] = v;
}

// Index in X of (a, b, ky, kx), where its second axis has `count` channels.
fn place(a: u32, b: u32, count: u32, ky: u32, kx: u32) -> u32 {
  return (((a / u.vx * count + b) * u.ky + ky) * u.kx + kx) * u.vx + a % u.vx;
}
