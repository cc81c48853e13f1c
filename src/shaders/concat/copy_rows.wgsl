// copy_rows: Y[r, to + j] = X[r, start + j] for j < L, and 0 where start + j lies outside the row of X
//
// One thread per element that is written. Joining along an axis copies each part to its place in every row; cutting it
// copies from the middle of rows, and the adjoint of cutting has a negative `start`.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, L: i32, start: i32, x: i32, to: u32, y: u32 }  // rows of x elements in X, of y in Y

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let row = i / u32(u.L);
  let j = i32(i % u32(u.L));
  let k = j + u.start;
  var v = T(0.0);
  if (k >= 0 && k < u.x) { v = X[row * u32(u.x) + u32(k)]; }
  Y[row * u.y + u.to + u32(j)] = v;
}
