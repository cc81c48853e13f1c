// roll: Y[p, y, x] = X[p, (y - dy) mod H, (x - dx) mod W]
//
// One thread per element of Y.
// The shift is a uniform, or, where ON_GPU is set, two numbers in a buffer which the host need not know.

alias T = f32;
override WG: u32 = 64;       // threads per workgroup
override ON_GPU: u32 = 0;    // 1: the shift is SIGN * round(SHIFT), 0: it is [dy, dx]
override SIGN: i32 = 1;      // -1 rolls back

struct Uniforms { n: u32, H: i32, W: i32, dy: i32, dx: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       SHIFT: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

// Index mod n, for any sign of it.
fn wrap(i: i32, n: i32) -> i32 {
  let r = i % n;
  return select(r, r + n, r < 0);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  var by = vec2i(u.dy, u.dx);
  if (ON_GPU == 1u) { by = SIGN * vec2i(round(vec2f(f32(SHIFT[0]), f32(SHIFT[1])))); }
  let x = i32(i % u32(u.W));
  let line = i / u32(u.W);
  let y = i32(line % u32(u.H));
  let plane = line / u32(u.H);
  // Reduced first: y - by could overflow for a wild shift.
  let from_y = wrap(y - wrap(by.x, u.H), u.H);
  let from_x = wrap(x - wrap(by.y, u.W), u.W);
  Y[i] = X[(plane * u32(u.H) + u32(from_y)) * u32(u.W) + u32(from_x)];
}
