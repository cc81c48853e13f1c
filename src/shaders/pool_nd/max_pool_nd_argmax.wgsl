// max_pool_nd_argmax: Y[r, p] = the place in plane r of the largest X[r, p S + k E - P] over taps k
//
// One thread per element of Y. Taps outside X do not count. Of equal elements the first counts, in the order of X; a
// window that lies outside altogether gives 0xffffffff, which is nowhere.

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

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<u32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let first = i / u32(u.YD * u.YH * u.YW) * u32(u.XD * u.XH * u.XW);
  let p = i32(i % u32(u.YD * u.YH * u.YW));
  let z = p / (u.YH * u.YW) * u.SD - u.PD;
  let y = p / u.YW % u.YH * u.SH - u.PH;
  let x = p % u.YW * u.SW - u.PW;
  var place = 0xffffffffu;
  var best = T(0.0);
  for (var a = 0; a < u.KD; a++) {
    let d = z + a * u.ED;
    if (d < 0 || d >= u.XD) { continue; }
    for (var b = 0; b < u.KH; b++) {
      let h = y + b * u.EH;
      if (h < 0 || h >= u.XH) { continue; }
      for (var c = 0; c < u.KW; c++) {
        let w = x + c * u.EW;
        if (w < 0 || w >= u.XW) { continue; }
        let at = u32((d * u.XH + h) * u.XW + w);
        let v = X[first + at];
        if (place == 0xffffffffu || v > best) { best = v; place = at; }
      }
    }
  }
  Y[i] = place;
}
