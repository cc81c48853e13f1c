// normalized_sgd: Y[i] = box(X[i] - rate G[i] / (SIZE + eps), LO[c], HI[c]), c the channel of i
//
// One thread per element. What is not finite is left so (lib/finite.wgsl).

alias T = f32;
override WG: u32 = 64;   // threads per workgroup
override BOX: u32 = 0;   // 1: limit Y to the bounds

struct Uniforms { n: u32, channel: u32, bounds: u32, rate: f32, eps: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       G: array<T>;
@group(0) @binding(2) var<storage, read>       SIZE: array<T>;
@group(0) @binding(3) var<storage, read>       B: array<T>;  // [2, bounds]: lowest, highest
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var y = f32(X[i]) - u.rate * f32(G[i]) / (f32(SIZE[0]) + u.eps);
  if (BOX == 1u) {
    let c = i / u.channel;
    y = into_box(y, f32(B[c]), f32(B[u.bounds + c]));
  }
  Y[i] = T(y);
}
