// scatter_add: Y[c, (oy + i) mod H, (ox + j) mod W] += X[c, i, j]
//
// scatter, added to what is there. One thread per element of X; a window is no larger than the map, so no two of them
// meet.

alias T = f32;
override WG: u32 = 64;          // threads per workgroup
override AT: u32 = 0;           // column of TABLE that holds oy
override SHIFTED: bool = false; // whether SHIFT counts

struct Uniforms { n: u32, H: i32, W: i32, h: i32, w: i32, columns: u32, stride: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       TABLE: array<T>;
@group(0) @binding(2) var<storage, read>       CURSOR: array<T>;
@group(0) @binding(3) var<storage, read>       SHIFT: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let index = global_index(group, groups, local, WG);
  if (index >= u.n) { return; }
  let row = u.columns * u32(round(f32(CURSOR[0])));
  var origin = table_pair(row + AT) / u.stride;
  if (SHIFTED) { origin -= vec2i(round(vec2f(f32(SHIFT[0]), f32(SHIFT[1])))); }
  let j = i32(index % u32(u.w));
  let line = index / u32(u.w);
  let i = i32(line % u32(u.h));
  let c = line / u32(u.h);
  let y = wrap_index(origin.x + i, u.H);
  let x = wrap_index(origin.y + j, u.W);
  let at = (c * u32(u.H) + u32(y)) * u32(u.W) + u32(x);
  Y[at] = T(f32(Y[at]) + f32(X[index]));
}
