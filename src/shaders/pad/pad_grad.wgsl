// pad_grad: Y[c, y, x] = sum of X[c, p, q] over every padded position (p, q) that shows (y, x)
//
// The adjoint of pad. One thread per element of Y gathers from the few places that pad copied it to, so there
// are no atomics and the order of the sum is fixed. Only the corners of a replicate border are shown often.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup
override BV: u32 = 0;   // vertical border: 0 zeros, 1 replicate, 2 reflect, 3 wrap
override BH: u32 = 0;   // horizontal border

struct Uniforms { n: u32, h: i32, w: i32, top: i32, left: i32, bottom: i32, right: i32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let e = i32(i);
  let row = e / u.w;
  let c = row / u.h;
  let y = row - c * u.h;
  let x = e - row * u.w;
  let ph = u.h + u.top + u.bottom;
  let pw = u.w + u.left + u.right;
  let ny = places(y, u.h, u.top, u.bottom, BV);
  let nx = places(x, u.w, u.left, u.right, BH);
  var sum = 0.0;
  for (var a = 0; a < ny; a++) {
    let p = place(a, y, u.h, u.top, u.bottom, BV);
    if (p < 0 || p >= ph) { continue; }
    for (var b = 0; b < nx; b++) {
      let q = place(b, x, u.w, u.left, u.right, BH);
      if (q >= 0 && q < pw) { sum += f32(X[(c * ph + p) * pw + q]); }
    }
  }
  Y[i] = T(sum);
}

// How many places may show element `i` of `n`.
fn places(i: i32, n: i32, before: i32, after: i32, border: u32) -> i32 {
  switch border {
    case 1: { return 1 + select(0, before, i == 0) + select(0, after, i == n - 1); }
    case 2, 3: { return 3; }
    default: { return 1; }
  }
}

// The k-th of these places; out of range where there is none.
fn place(k: i32, i: i32, n: i32, before: i32, after: i32, border: u32) -> i32 {
  if (k == 0) { return before + i; }
  switch border {
    case 1: {
      let left = select(0, before, i == 0);
      return select(before + n + k - left - 1, k - 1, k <= left);
    }
    case 2: {
      if (k == 1) { return select(-1, before - i, i > 0); }
      return select(-1, before + 2 * (n - 1) - i, i < n - 1);
    }
    default: { return before + i + select(n, -n, k == 1); }
  }
}
