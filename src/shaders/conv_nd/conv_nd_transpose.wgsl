// conv_nd_transpose: X[n, g C/groups + c, q] = sum over o in group g and k of W[o, c, k] Y[n, o, (q + P - k E) / S]
//
// The adjoint of conv_nd: a transposed convolution, or the gradient by X. One thread per element of X, which gathers from
// the elements of Y that read it; where the quotient is no whole number, none does.

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

@group(0) @binding(0) var<storage, read>       Y: array<T>;
@group(0) @binding(1) var<storage, read>       W: array<T>;
@group(0) @binding(2) var<storage, read_write> X: array<T>;
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
  let plane = u32(u.YD * u.YH * u.YW);
  let taps = u32(u.KD * u.KH * u.KW);
  let q = i32(i % u32(u.XD * u.XH * u.XW));
  let map = i / u32(u.XD * u.XH * u.XW);
  let own = u.C / u.groups;      // channels of X in a group
  let filters = u.O / u.groups;  // filters in a group
  let channel = map % u.C;
  let o = channel / own * filters;
  let first = (map / u.C * u.O + o) * plane;
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
        var place = first + u32((d * u.YH + h) * u.YW + w);
        var tap = (o * own + channel % own) * taps + u32((a * u.KH + b) * u.KW + c);
        for (var k = 0u; k < filters; k++) {
          sum += f32(W[tap]) * f32(Y[place]);
          place += plane;
          tap += own * taps;
        }
      }
    }
  }
  X[i] = T(sum);
}
