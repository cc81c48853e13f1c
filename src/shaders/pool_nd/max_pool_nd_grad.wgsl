// max_pool_nd_grad: DX[r, q] = sum of DY[r, p] over the windows p whose largest element is at place q
//
// One thread per element of DX, which asks each window that reads it, in the order of the taps.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms {
  n: u32,
  XD: i32, XH: i32, XW: i32, // sides of X
  YD: i32, YH: i32, YW: i32, // sides of Y
  KD: i32, KH: i32, KW: i32, // sides of the kernel
  SD: i32, SH: i32, SW: i32, // from one output to the next
  ED: i32, EH: i32, EW: i32, // from one tap to the next
  PD: i32, PH: i32, PW: i32, // padding in front
}

@group(0) @binding(0) var<storage, read>       DY: array<T>;
@group(0) @binding(1) var<storage, read>       places: array<u32>;
@group(0) @binding(2) var<storage, read_write> DX: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

// Which output reads place q by a tap, or -1.
fn reader(q: i32, tap: i32, pad: i32, apart: i32, stride: i32, outputs: i32) -> i32 {
  let at = q + pad - tap * apart;
  if (at < 0 || at % stride != 0 || at / stride >= outputs) { return -1; }
  return at / stride;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let first = i / u32(u.XD * u.XH * u.XW) * u32(u.YD * u.YH * u.YW);
  let q = i32(i % u32(u.XD * u.XH * u.XW));
  let z = q / (u.XH * u.XW);
  let y = q / u.XW % u.XH;
  let x = q % u.XW;
  var sum = 0.0;
  for (var a = 0; a < u.KD; a++) {
    let d = reader(z, a, u.PD, u.ED, u.SD, u.YD);
    if (d < 0) { continue; }
    for (var b = 0; b < u.KH; b++) {
      let h = reader(y, b, u.PH, u.EH, u.SH, u.YH);
      if (h < 0) { continue; }
      for (var c = 0; c < u.KW; c++) {
        let w = reader(x, c, u.PW, u.EW, u.SW, u.YW);
        if (w < 0) { continue; }
        let at = first + u32((d * u.YH + h) * u.YW + w);
        if (places[at] == u32(q)) { sum += f32(DY[at]); }
      }
    }
  }
  DX[i] = T(sum);
}
