// pool2d_grad: DX[c, y, x] = scale * sum over windows that hold (y, x) of dY of the window times
// 1 where X is the window's first maximum and 0 elsewhere (maximum), or 1 / count (mean)
//
// One thread per element of DX, which visits every window that reaches it (overlapping ones too): a gather, so the
// order of the sum is fixed. On a wrapped axis a window may reach an element more than once.
// Which element of each window is its first maximum is in `chosen` (pool2d_argmax.wgsl), counted along the window's
// rows; for the mean it is not read.

alias T = f32;
override KIND: u32 = 0;      // 0 maximum, 1 mean
override KH: i32 = 2;        // window
override KW: i32 = 2;
override SY: i32 = 2;        // stride
override SX: i32 = 2;
override WRAP_Y: u32 = 0;    // 1: rows wrap around
override WRAP_X: u32 = 0;    // 1: columns wrap around
override STEP_Y: i32 = 1;    // SY where starts of windows stay multiples of it all around the map, else 1
override STEP_X: i32 = 1;
override COUNT_PAD: u32 = 0; // 1: the mean counts padding
override WG: u32 = 64;       // threads per workgroup

struct Uniforms {
  n: u32, H: i32, W: i32, OH: i32, OW: i32, top: i32, left: i32, bottom: i32, right: i32, scale: f32,
}

@group(0) @binding(0) var<storage, read>       chosen: array<u32>;
@group(0) @binding(1) var<storage, read>       dY: array<T>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

const FAR = 1 << 30u;

// The first start of a window, in padded coordinates, whose element k lies at i.
fn first_start(i: i32, k: i32, before: i32, size: i32, wrap: u32) -> i32 {
  let s = i - k + before;
  if (wrap == 1u) { return place(s, size, 1u); }
  return s;
}

// The factor of dY[o], of the window that starts at (y0, x0), for its element k.
fn weight(o: u32, y0: i32, x0: i32, k: u32) -> f32 {
  if (KIND == 0u) { return select(0.0, 1.0, chosen[o] == k); }
  return 1.0 / (counted(y0, KH, u.H, u.bottom, WRAP_Y) * counted(x0, KW, u.W, u.right, WRAP_X));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let r = i / u32(u.W);
  let x = i32(i % u32(u.W));
  let y = i32(r % u32(u.H));
  let c = r / u32(u.H);
  let out = c * u32(u.OH * u.OW);
  let last_y = (u.OH - 1) * SY;
  let last_x = (u.OW - 1) * SX;
  // Without wrapping, element k of a window is reached once: the step leaves the loop.
  let turn_y = select(FAR, u.H, WRAP_Y == 1u);
  let turn_x = select(FAR, u.W, WRAP_X == 1u);
  var sum = 0.0;
  // Only every STEP-th element of a window can lie here: the others' windows would start between two starts.
  for (var ky = (y + u.top) % STEP_Y; ky < KH; ky += STEP_Y) {
    for (var sy = first_start(y, ky, u.top, u.H, WRAP_Y); sy <= last_y; sy += turn_y) {
      if (sy < 0 || sy % SY != 0) { continue; }
      for (var kx = (x + u.left) % STEP_X; kx < KW; kx += STEP_X) {
        for (var sx = first_start(x, kx, u.left, u.W, WRAP_X); sx <= last_x; sx += turn_x) {
          if (sx < 0 || sx % SX != 0) { continue; }
          let o = out + u32(sy / SY * u.OW + sx / SX);
          sum += f32(dY[o]) * weight(o, sy - u.top, sx - u.left, u32(ky * KW + kx));
        }
      }
    }
  }
  DX[i] = T(u.scale * sum);
}
