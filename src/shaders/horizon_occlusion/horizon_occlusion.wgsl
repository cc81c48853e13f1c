// horizon_occlusion: Y[y, x] = sum over 16 directions d of w_d cos^2 h_d, with tan h_d = the steepest rise along d, at least 0
//
// One thread per pixel. Directions are whole steps (1,0), (2,1), (1,1) ..., so that all places are pixels and every adapter
// reads the same ones; w_d is the share of the circle that is nearer to d than to the others. Along each, distances grow
// by half. All indices wrap; `reach` is no longer than a side, so once is enough.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, H: i32, W: i32, reach: f32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

fn wrapped(k: i32, side: i32) -> i32 {
  return select(select(k, k - side, k >= side), k + side, k < 0);
}

// cos^2 of the horizon's height along (dx, dy).
fn open_sky(x: i32, y: i32, plane: i32, here: f32, dx: i32, dy: i32) -> f32 {
  let length = sqrt(f32(dx * dx + dy * dy));
  var rise = 0.0;
  for (var t = 1; f32(t) * length <= u.reach; t += max(1, t / 2)) {
    let there = plane + wrapped(y + t * dy, u.H) * u.W + wrapped(x + t * dx, u.W);
    rise = max(rise, (f32(X[there]) - here) / f32(t));
  }
  let tangent = u.scale * rise / length;
  return 1.0 / (1.0 + tangent * tangent);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let k = i32(i);
  let x = k % u.W;
  let y = k / u.W % u.H;
  let plane = k - y * u.W - x;
  let here = f32(X[i]);
  var straight = 0.0;
  var diagonal = 0.0;
  var between = 0.0;
  for (var s = -1; s <= 1; s += 2) {
    straight += open_sky(x, y, plane, here, s, 0) + open_sky(x, y, plane, here, 0, s);
    for (var r = -1; r <= 1; r += 2) {
      diagonal += open_sky(x, y, plane, here, s, r);
      between += open_sky(x, y, plane, here, 2 * s, r) + open_sky(x, y, plane, here, s, 2 * r);
    }
  }
  // Angles between bisectors, over 2 pi: atan(1/2), pi / 8, (atan 2 - atan 1/2) / 2 ... see spec.ts.
  Y[i] = T(0.0737918088 * straight + 0.0625 * between + 0.0512081912 * diagonal);
}
