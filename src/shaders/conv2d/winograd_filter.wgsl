// winograd_filter: U[k, o, c] = (G w G')[r, s], k = (TILE + 2) r + s, for each 3x3 filter w = X(o, c)
//
// Filters as Winograd's convolutions multiply by them (conv2d_winograd). U is stored
// [(TILE + 2)^2, ceil(A / 8), ceil(B / 4), 8, 4]: a thread that makes 8 output channels reads what it needs in order, 4
// input channels to a vector. Channels beyond A and B are zeros. One thread per element of U.
// Rows of G are [1, p, p^2] / N(p) at points p, the last one [0, 0, 1]; see conv2d_winograd/index.ts.

alias T = f32;
override WG: u32 = 64;        // threads per workgroup
override TILE: u32 = 2;       // outputs of a tile each way, 2 or 4
override FLIP: bool = false;  // exchange the two channel axes and turn the filters by 180 degrees

struct Uniforms { n: u32, a: u32, b: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

const H = 0.7071067811865476;  // sqrt(1 / 2)
const Q = 1.4142135623730951;  // sqrt(2)

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let quads = (u.b + 3) / 4;
  let blocks = (u.a + 7) / 8;
  var rest = i / 32;
  let c = rest % quads * 4 + i % 4;
  rest /= quads;
  let o = rest % blocks * 8 + i / 4 % 8;
  let k = rest / blocks;
  var v = 0.0;
  if (o < u.a && c < u.b) {
    let right = g_row(k % (TILE + 2));
    v = dot(g_row(k / (TILE + 2)), vec3f(dot(w_row(o, c, 0), right), dot(w_row(o, c, 1), right), dot(w_row(o, c, 2), right)));
  }
  Y[i] = T(v);
}

fn w_row(o: u32, c: u32, r: u32) -> vec3f {
  if (FLIP) {
    let at = (c * u.a + o) * 9 + 6 - 3 * r;
    return vec3f(f32(X[at + 2]), f32(X[at + 1]), f32(X[at]));
  }
  let at = (o * u.b + c) * 9 + 3 * r;
  return vec3f(f32(X[at]), f32(X[at + 1]), f32(X[at + 2]));
}

fn g_row(r: u32) -> vec3f {
  if (r == TILE + 1) { return vec3f(0, 0, 1); }
  if (r == 0) { return vec3f(1, 0, 0); }
  if (TILE == 2) { return vec3f(0.5, select(-0.5, 0.5, r == 1), 0.5); }
  let sign = select(-1.0, 1.0, r % 2 == 1);
  return select(vec3f(1, sign * Q, 2) / 6, vec3f(1, sign * H, 0.5) / -1.5, r < 3);
}
