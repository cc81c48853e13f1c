// conv_nd_weight_grad: DW[o, c, k] = sum over n, p of DY[n, o, p] X[n, g C/groups + c, p S + k E - P]
//
// One thread per weight, which walks all pixels, row by row: always in the same order.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms {
  n: u32, N: u32, C: u32, O: u32, groups: u32,
  XD: i32, XH: i32, XW: i32, // sides of X
  YD: i32, YH: i32, YW: i32, // sides of Y
  KD: i32, KH: i32, KW: i32, // sides of the kernel
  SD: i32, SH: i32, SW: i32, // from one output to the next
  ED: i32, EH: i32, EW: i32, // from one tap to the next
  PD: i32, PH: i32, PW: i32, // padding in front
}

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       DY: array<T>;
@group(0) @binding(2) var<storage, read_write> DW: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let own = u.C / u.groups;
  let taps = u32(u.KD * u.KH * u.KW);
  let o = i / taps / own;
  let channel = o / (u.O / u.groups) * own + i / taps % own;
  let tap = i32(i % taps);
  let z = tap / (u.KH * u.KW) * u.ED - u.PD;
  let y = tap / u.KW % u.KH * u.EH - u.PH;
  let x = tap % u.KW * u.EW - u.PW;
  var sum = 0.0;
  for (var n = 0u; n < u.N; n++) {
    for (var a = 0; a < u.YD; a++) {
      let d = a * u.SD + z;
      if (d < 0 || d >= u.XD) { continue; }
      for (var b = 0; b < u.YH; b++) {
        let h = b * u.SH + y;
        if (h < 0 || h >= u.XH) { continue; }
        let place = (i32(n * u.O + o) * u.YD + a) * u.YH + b;
        let to = (i32(n * u.C + channel) * u.XD + d) * u.XH + h;
        var row = 0.0;
        for (var c = 0; c < u.YW; c++) {
          let w = c * u.SW + x;
          if (w >= 0 && w < u.XW) { row += f32(DY[place * u.YW + c]) * f32(X[to * u.XW + w]); }
        }
        sum += row;
      }
    }
  }
  DW[i] = T(sum);
}
