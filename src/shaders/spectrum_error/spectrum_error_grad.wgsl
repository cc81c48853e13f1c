// spectrum_error_grad: DX[c, i] = 2 DE[i] (X[c, i] - r Y[c, i]), r as in spectrum_error.wgsl
//
// r makes the error least, so that its own change adds nothing. One thread per frequency i.

alias T = f32;
override EACH: u32 = 0; // 1: channels for themselves
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { C: u32, N: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       Y: array<T>;
@group(0) @binding(2) var<storage, read>       DE: array<T>;
@group(0) @binding(3) var<storage, read_write> DX: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

fn x_at(c: u32, i: u32) -> vec2f { return vec2f(f32(X[c * u.N + i]), f32(X[(u.C + c) * u.N + i])); }
fn y_at(c: u32, i: u32) -> vec2f { return vec2f(f32(Y[c * u.N + i]), f32(Y[(u.C + c) * u.N + i])); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = flat_index(group, groups, local, WG);
  if (i >= u.N) { return; }
  var r = vec2f();
  if (EACH == 0u) {
    for (var c = 0u; c < u.C; c++) { r += times_conj(x_at(c, i), y_at(c, i)); }
    r = phase(r);
  }
  let weight = select(2.0 * f32(DE[i]), 0.0, i == 0u);
  for (var c = 0u; c < u.C; c++) {
    let x = x_at(c, i);
    let y = y_at(c, i);
    if (EACH == 1u) { r = phase(times_conj(x, y)); }
    let d = weight * (x - times(r, y));
    DX[c * u.N + i] = T(d.x);
    DX[(u.C + c) * u.N + i] = T(d.y);
  }
}
