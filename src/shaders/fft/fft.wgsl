// fft: y[k] = scale * sum over j of x[j] exp(sign 2 pi i j k / n), along one axis of length n
//
// One pass of Stockham's algorithm (Govindaraju et al., "High Performance Discrete Fourier Transforms on Graphics
// Processors", 2008): transforms of f elements that lie n / f apart, where n = f * done * what later passes do. An
// axis of up to CAP elements takes a single pass with f = n. The f elements are transformed in workgroup memory by
// the same algorithm with factors 5, 4, 3, 2, to and fro between two halves of `s`.
//
// A workgroup owns `width` transforms that are neighbours in memory. Transform b reads base + r * step, and writes its
// r-th result `done * inner` apart: where each goes is what makes the result come out in order without bit reversal.

alias T = f32;
override REAL: u32 = 0;  // 1: X has no imaginary plane
override FROM: u32 = 1;  // 1: read X, 0: read P, what the last pass left
override TO: u32 = 1;    // 1: write Y, 0: write Q, for the next pass
override DROP: u32 = 0;  // 1: Y has no imaginary plane
override CAP: u32 = 1024; // elements of each half of s
override WG: u32 = 64;   // threads per workgroup

// count: transforms; step = inner n / f; inner: elements between neighbours along the axis; plane: elements before the
// imaginary plane; sign: 1 or -1
struct Uniforms { count: u32, f: u32, done: u32, inner: u32, step: u32, width: u32, plane: u32, sign: f32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       P: array<f32>;
@group(0) @binding(2) var<storage, read_write> Q: array<f32>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

var<workgroup> s: array<vec2f, 2 * CAP>;

fn fetch(at: u32) -> vec2f {
  if (FROM == 0u) { return vec2f(P[at], P[u.plane + at]); }
  if (REAL == 1u) { return vec2f(f32(X[at]), 0.0); }
  return vec2f(f32(X[at]), f32(X[u.plane + at]));
}

fn store(at: u32, v: vec2f) {
  if (TO == 0u) {
    Q[at] = v.x;
    Q[u.plane + at] = v.y;
  } else {
    Y[at] = T(v.x);
    if (DROP == 0u) { Y[u.plane + at] = T(v.y); }
  }
}

fn turn(a: vec2f) -> vec2f { return u.sign * vec2f(-a.y, a.x); } // times sign i

// Transform j of this stage: R elements, `gap` apart from `read` on, to `write` on, `apart` from each other.
fn butterfly(R: u32, read: u32, gap: u32, write: u32, apart: u32, root: vec2f) {
  let v0 = s[read];
  let v1 = times(s[read + gap], root);
  if (R == 2u) {
    s[write] = v0 + v1;
    s[write + apart] = v0 - v1;
    return;
  }
  let root2 = times(root, root);
  let v2 = times(s[read + 2u * gap], root2);
  if (R == 3u) {
    let a = v0 - 0.5 * (v1 + v2);
    let b = turn(0.866025403784439 * (v1 - v2));
    s[write] = v0 + v1 + v2;
    s[write + apart] = a + b;
    s[write + 2u * apart] = a - b;
    return;
  }
  let v3 = times(s[read + 3u * gap], times(root2, root));
  if (R == 4u) {
    let a = v0 + v2;
    let b = v0 - v2;
    let c = v1 + v3;
    let d = turn(v1 - v3);
    s[write] = a + c;
    s[write + apart] = b + d;
    s[write + 2u * apart] = a - c;
    s[write + 3u * apart] = b - d;
    return;
  }
  let v4 = times(s[read + 4u * gap], times(root2, root2));
  let a1 = v1 + v4;
  let a2 = v2 + v3;
  let d1 = v1 - v4;
  let d2 = v2 - v3;
  let p = v0 + 0.309016994374947 * a1 - 0.809016994374947 * a2;
  let q = v0 - 0.809016994374947 * a1 + 0.309016994374947 * a2;
  let e = turn(0.951056516295154 * d1 + 0.587785252292473 * d2);
  let h = turn(0.587785252292473 * d1 - 0.951056516295154 * d2);
  s[write] = v0 + a1 + a2;
  s[write + apart] = p + e;
  s[write + 2u * apart] = q + h;
  s[write + 3u * apart] = q - h;
  s[write + 4u * apart] = p - e;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let first = global_index(group, groups, 0u, 1u) * u.width;
  let all = u.width * u.f;
  for (var e = local; e < all; e += WG) {
    // Neighbouring threads take neighbours in memory: along the transform if it is contiguous, else across.
    let along = u.step == 1u;
    let lane = select(e % u.width, e / u.f, along);
    let r = select(e / u.width, e % u.f, along);
    let b = first + lane;
    var v = vec2f();
    if (b < u.count) {
      let in_block = b % u.step;
      v = fetch((b - in_block) * u.f + in_block + r * u.step);
      let k = in_block / u.inner % u.done;
      if (k * r > 0u) {
        let root = unit_root(k * r, u.done * u.f);
        v = times(v, vec2f(root.x, u.sign * root.y));
      }
    }
    s[r * u.width + lane] = v;
  }
  workgroupBarrier();

  var half = 0u;
  var done = 1u;
  while (done < u.f) {
    let rest = u.f / done;
    let R = select(select(select(2u, 4u, rest % 4u == 0u), 3u, rest % 3u == 0u), 5u, rest % 5u == 0u);
    let gap = all / R;
    for (var t = local; t < gap; t += WG) {
      let j = t / u.width;
      let k = j % done;
      let root = unit_root(k, done * R);
      let write = CAP - half + ((j - k) * R + k) * u.width + t % u.width;
      butterfly(R, half + t, gap, write, done * u.width, vec2f(root.x, u.sign * root.y));
    }
    workgroupBarrier();
    done *= R;
    half = CAP - half;
  }

  for (var e = local; e < all; e += WG) {
    let along = u.inner * u.done == 1u;
    let lane = select(e % u.width, e / u.f, along);
    let r = select(e / u.width, e % u.f, along);
    let b = first + lane;
    if (b < u.count) {
      let in_block = b % u.step;
      let j = in_block / u.inner;
      let k = j % u.done;
      let at = (b - in_block) * u.f + ((j - k) * u.f + k + r * u.done) * u.inner + in_block % u.inner;
      store(at, u.scale * s[half + r * u.width + lane]);
    }
  }
}
