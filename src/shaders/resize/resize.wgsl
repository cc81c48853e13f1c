// resize: Y[.., o, ..] = sum over t of k((t - c) / s) X[.., t, ..] / sum over t of k((t - c) / s), along one axis
//   c = (o + 0.5) N / M - 0.5, s = max(1, N / M); k the Catmull-Rom cubic (a = -0.5), the cubic B-spline or the triangle
//
// One thread per element of Y.
// The sum is taken over differences from one of the elements, X at floor(c): a constant picture stays what it is to
// the last bit. The fraction of c is exact, so a rolled torus gives the same bits, rolled.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup
override CUBIC: u32 = 1;     // 1: Catmull-Rom, 2: B-spline, 0: triangle
override WRAP: u32 = 0;      // 1: the axis is a circle, 0: its end elements go on for ever

struct Uniforms { n: u32, N: i32, M: i32, inner: u32, reach: i32, s: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let inner = i % u.inner;
  let line = i / u.inner;
  let o = i32(line % u32(u.M));
  let x0 = line / u32(u.M) * u32(u.N) * u.inner + inner;
  let c = centre(o, u.M, u.N);
  let near = f32(X[x0 + u32(inside(c.base, u.N)) * u.inner]);
  var sum = 0.0;
  var weights = 0.0;
  for (var j = 1 - u.reach; j <= u.reach; j++) {
    let weight = kernel((f32(j) - c.fraction) / u.s);
    weights += weight;
    sum += weight * (f32(X[x0 + u32(inside(c.base + j, u.N)) * u.inner]) - near);
  }
  Y[i] = T(near + sum / weights);
}
