// conv2d_matrix_filter: U[p, q, tap, o, c] = w(p SIDE + o, q SIDE + c, tap), o, c < SIDE, for each 3x3 filter w
//
// Filters as conv2d_matrix multiplies by them: a matrix of SIDE output and SIDE input channels per tap, in the order it
// reads them. Channels beyond A and B are zeros. One thread per element of U.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override SIDE: u32 = 8;       // of the matrices
override FLIP: bool = false;  // exchange the two channel axes and turn the filters by 180 degrees

struct Uniforms { n: u32, a: u32, b: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let within = i % (SIDE * SIDE);
  var rest = i / (SIDE * SIDE);
  let tap = rest % 9;
  rest /= 9;
  let deep = (u.b + SIDE - 1) / SIDE;
  let o = rest / deep * SIDE + within / SIDE;
  let c = rest % deep * SIDE + within % SIDE;
  var v = 0.0;
  if (o < u.a && c < u.b) {
    v = f32(X[select((o * u.b + c) * 9 + tap, (c * u.a + o) * 9 + 8 - tap, FLIP)]);
  }
  Y[i] = T(v);
}
