// conv_nd: Y[n, o, p] = sum over c, k of W[o, c, k] X[n, g C/groups + c, p S + k E - P], with g the group of o
//
// One thread per element of Y; taps outside X count as 0. Plain, for any stride, dilation and groups: `conv2d` is the
// fast way for what it can do.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms {
  n: u32, C: u32, O: u32, groups: u32,
  XD: i32, XH: i32, XW: i32, // sides of X
  YD: i32, YH: i32, YW: i32, // sides of Y
  KD: i32, KH: i32, KW: i32, // sides of the kernel
  SD: i32, SH: i32, SW: i32, // from one output to the next
  ED: i32, EH: i32, EW: i32, // from one tap to the next
  PD: i32, PH: i32, PW: i32, // padding in front
}

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       W: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let plane = u32(u.XD * u.XH * u.XW);
  let taps = u32(u.KD * u.KH * u.KW);
  let p = i32(i % u32(u.YD * u.YH * u.YW));
  let map = i / u32(u.YD * u.YH * u.YW);
  let o = map % u.O;
  let own = u.C / u.groups; // channels that a filter reads
  let first = (map / u.O * u.C + o / (u.O / u.groups) * own) * plane;
  let z = p / (u.YH * u.YW) * u.SD - u.PD;
  let y = p / u.YW % u.YH * u.SH - u.PH;
  let x = p % u.YW * u.SW - u.PW;
  var sum = 0.0;
  for (var a = 0; a < u.KD; a++) {
    let d = z + a * u.ED;
    if (d < 0 || d >= u.XD) { continue; }
    for (var b = 0; b < u.KH; b++) {
      let h = y + b * u.EH;
      if (h < 0 || h >= u.XH) { continue; }
      for (var c = 0; c < u.KW; c++) {
        let w = x + c * u.EW;
        if (w < 0 || w >= u.XW) { continue; }
        var place = first + u32((d * u.XH + h) * u.XW + w);
        var tap = o * own * taps + u32((a * u.KH + b) * u.KW + c);
        for (var k = 0u; k < own; k++) {
          sum += f32(W[tap]) * f32(X[place]);
          place += plane;
          tap += taps;
        }
      }
    }
  }
  Y[i] = T(sum);
}
