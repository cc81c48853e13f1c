// lbfgs_basis: N = [m s, m y, m g, z, b, q, m], with s = q = XT - X, g = z = GT, b = GB, y = z - b and
//   m = 1 where the trial XT is free to move (lib/free.wgsl), else 0
//
// One thread per element. N is f32 whatever T is. A masked row is 0 where m is, even if the value there is not finite.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup
override BOX: u32 = 0;  // 1: there are bounds

struct Uniforms { n: u32, channel: u32, bounds: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;   // the base
@group(0) @binding(1) var<storage, read>       GB: array<T>;  // the gradient there
@group(0) @binding(2) var<storage, read>       XT: array<T>;  // the trial
@group(0) @binding(3) var<storage, read>       GT: array<T>;  // the gradient there
@group(0) @binding(4) var<storage, read>       B: array<T>;   // [2, bounds]: lowest, highest
@group(0) @binding(5) var<storage, read_write> N: array<f32>;
@group(0) @binding(6) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let xt = f32(XT[i]);
  let z = f32(GT[i]);
  let b = f32(GB[i]);
  let q = xt - f32(X[i]);
  var free = true;
  if (BOX == 1u) {
    let c = i / u.channel;
    free = is_free(xt, z, f32(B[c]), f32(B[u.bounds + c]));
  }
  N[i] = select(0.0, q, free);
  N[u.n + i] = select(0.0, z - b, free);
  N[2u * u.n + i] = select(0.0, z, free);
  N[3u * u.n + i] = z;
  N[4u * u.n + i] = b;
  N[5u * u.n + i] = q;
  N[6u * u.n + i] = select(0.0, 1.0, free);
}
