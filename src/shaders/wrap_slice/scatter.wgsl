// scatter: Y[c, y, x] = X[c, (y - oy) mod H, (x - ox) mod W] where that is inside X and not skipped, else 0
//
// The adjoint of wrap_slice. One thread per element of Y.

alias T = f32;
override WG: u32 = 64;          // threads per workgroup
override AT: u32 = 0;           // column of TABLE that holds oy
override SHIFTED: bool = false; // whether SHIFT counts
override SKIP: bool = false;    // whether sy and sx count

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
  var least = vec2i(0);
  if (SKIP) { least = table_pair(row + 4) / u.stride; }
  let x = i32(index % u32(u.W));
  let line = index / u32(u.W);
  let y = i32(line % u32(u.H));
  let c = line / u32(u.H);
  let i = wrap_index(y - origin.x, u.H);
  let j = wrap_index(x - origin.y, u.W);
  var v = T(0.0);
  if (i >= least.x && i < u.h && j >= least.y && j < u.w) {
    v = X[(c * u32(u.h) + u32(i)) * u32(u.w) + u32(j)];
  }
  Y[index] = v;
}
