// conv2d_weight_grad: Y(o, c, ky, kx) = sum over y, x of D[o, y, x] X[c, sy y + ky, sx x + kx]
//
// One thread per weight, in tiles of V channels (conv2d_layout). X has its halo already. Each row is summed on its
// own before it is added, which keeps the rounding of large maps small.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, c: u32, o: u32, ky: u32, kx: u32, v: u32, h: u32, w: u32, row: u32, plane: u32, sy: u32, sx: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       D: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let lane = i % u.v;
  var rest = i / u.v;
  let kx = rest % u.kx;
  rest /= u.kx;
  let ky = rest % u.ky;
  rest /= u.ky;
  let c = rest % u.c;
  let o = rest / u.c * u.v + lane;
  var sum = 0.0;
  if (o < u.o) {
    for (var y = 0u; y < u.h; y++) {
      let at = c * u.plane + (y * u.sy + ky) * u.row + kx;
      let base = (o * u.h + y) * u.w;
      var line = 0.0;
      for (var x = 0u; x < u.w; x++) {
        line = fma(f32(D[base + x]), f32(X[at + x * u.sx]), line);
      }
      sum += line;
    }
  }
  Y[i] = T(sum);
}
