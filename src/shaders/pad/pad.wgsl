// pad: Y[c, p, q] = X[c, source(p), source(q)], or `value` where the axis has no source
//
// A workgroup fills WG columns of ROWS rows of one channel, a thread one column of them, so the source of the column
// is found once, and that of a row by all threads together. BV and BH say what lies beyond the edge, each axis on
// its own. No division on the way: software adapters make it lane by lane.
// The convolutions use this kernel too: their halo may begin inside the map (negative top), run past the padding
// (its rows are rounded up), carry s - 1 zeros between the elements (SPREAD: the gradient of a stride), and take the
// derivative of a relu on the way (MASK: only where M > 0).

alias T = f32;
override WG: u32 = 64;    // threads per workgroup
override ROWS: i32 = 16;  // rows per thread
override BV: u32 = 0;     // vertical border: 0 zeros, 1 replicate, 2 reflect, 3 wrap
override BH: u32 = 0;     // horizontal border
override MASK: bool = false;    // take X only where M > 0
override SPREAD: bool = false;  // the elements of X are sy and sx apart

struct Uniforms { h: i32, w: i32, ph: i32, pw: i32, top: i32, left: i32, sy: i32, sx: i32, value: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       M: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let q = i32(group.x * WG + local);
  if (q >= u.pw) { return; }
  let x = source_of(q - u.left, u.w, u.sx, BH);
  let c = i32(group.z);
  let first = i32(group.y) * ROWS;
  let last = min(first + ROWS, u.ph);
  for (var p = first; p < last; p++) {
    let y = source_of(p - u.top, u.h, u.sy, BV);
    var v = u.value;
    if (y >= 0 && x >= 0) {
      let at = (c * u.h + y) * u.w + x;
      v = f32(X[at]);
      if (MASK) { v = select(0.0, v, f32(M[at]) > 0.0); }
    }
    Y[(c * u.ph + p) * u.pw + q] = T(v);
  }
}

// Which of `n` elements, `s` apart, lies at position `p`; -1 for none.
fn source_of(p: i32, n: i32, s: i32, border: u32) -> i32 {
  var v = p;
  switch border {
    case 1: { v = clamp(v, 0, n - 1); }
    case 2: { v = clamp(n - 1 - abs(n - 1 - abs(v)), 0, n - 1); }
    case 3: {
      let period = select(n, n * s, SPREAD);
      while (v < 0) { v += period; }
      while (v >= period) { v -= period; }
    }
    default: {}
  }
  if (!SPREAD) { return select(-1, v, v >= 0 && v < n); }
  let k = v / s;
  return select(-1, k, v >= 0 && k * s == v && k < n);
}
