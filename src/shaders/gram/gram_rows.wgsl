// gram_rows: Y[c, n] = X[c, n] - mu[c], in rows of whole vec4s
//
// For maps whose pixels do not come in fours. What fills up a row is zero, which adds nothing to a Gram matrix.
// One thread per vec4.

alias T = f32;
alias Sum = f32;
override CENTRED: bool = false; // subtract mu; otherwise mu is not read
override WG: u32 = 64;          // threads per workgroup

struct Uniforms { n: u32, N: u32, row: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       mu: array<Sum>;
@group(0) @binding(2) var<storage, read_write> Y: array<vec4<T>>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let c = i / u.row;
  let n = i % u.row * 4;
  let at = c * u.N + n;
  let left = u.N - n;
  var m = 0.0;
  if (CENTRED) { m = f32(mu[c]); }
  var v = vec4f(f32(X[at]) - m, 0.0, 0.0, 0.0);
  if (left > 1) { v.y = f32(X[at + 1]) - m; }
  if (left > 2) { v.z = f32(X[at + 2]) - m; }
  if (left > 3) { v.w = f32(X[at + 3]) - m; }
  Y[i] = vec4<T>(v);
}
