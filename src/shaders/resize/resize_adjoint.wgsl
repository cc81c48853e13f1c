// resize_adjoint: DX[.., t, ..] = sum over o of w(o, t) DY[.., o, ..], w the normalised weights of resize.wgsl
//
// One thread per element of DX. It goes through the outputs that can reach its place and works out the weights of
// each again; clamped ends take every tap that fell beyond them.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup
override CUBIC: u32 = 1;     // 1: Catmull-Rom, 2: B-spline, 0: triangle
override WRAP: u32 = 0;      // 1: the axis is a circle, 0: its end elements go on for ever

struct Uniforms { n: u32, N: i32, M: i32, inner: u32, reach: i32, s: f32 }

@group(0) @binding(0) var<storage, read>       DY: array<T>;
@group(0) @binding(1) var<storage, read_write> DX: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let inner = i % u.inner;
  let line = i / u.inner;
  let t = i32(line % u32(u.N));
  let y0 = line / u32(u.N) * u32(u.M) * u.inner + inner;
  // Outputs whose centre is within reach of t. On a circle they may lie before 0 or after M.
  var first = centre(t - u.reach, u.N, u.M).base;
  var last = centre(t + u.reach, u.N, u.M).base + 1;
  if (WRAP == 0u) {
    first = max(first, 0);
    last = min(last, u.M - 1);
  }
  var sum = 0.0;
  for (var o = first; o <= last; o++) {
    let c = centre(o, u.M, u.N);
    var mine = 0.0;
    var weights = 0.0;
    for (var j = 1 - u.reach; j <= u.reach; j++) {
      let weight = kernel((f32(j) - c.fraction) / u.s);
      weights += weight;
      let tap = c.base + j;
      if (select(inside(tap, u.N), tap, WRAP == 1u) == t) { mine += weight; }
    }
    sum += mine / weights * f32(DY[y0 + u32(wrapped(o, u.M)) * u.inner]);
  }
  DX[i] = T(sum);
}
