// reduce: P[r, p] = sum of f(A[r, i], B[r, i]) over part p of row r; f is a, a b, (a - b)^2 or |a - b|
//
// One workgroup per row (y of the grid) and part (x): each thread adds up every WG-th element of the part, in
// four interleaved sums, then the workgroup adds its threads as a tree. The order never depends on timing.
// When a row is a single part the scaled sum goes straight to Y; otherwise total.wgsl adds the parts.
//
// P is f32 even where T is f16: parts of a sum of squares do not fit into an f16.

alias T = f32;
alias Sum = f32;
override TWO: bool = false;  // f looks at B
override WG: u32 = 256;      // threads per workgroup, a power of two

struct Uniforms { n: u32, part: u32, scale: f32, term: u32 }  // term: f, numbered as in index.ts

@group(0) @binding(0) var<storage, read>       A: array<T>;
@group(0) @binding(1) var<storage, read>       B: array<T>;
@group(0) @binding(2) var<storage, read_write> P: array<f32>;
@group(0) @binding(3) var<storage, read_write> Y: array<Sum>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

fn f(i: u32) -> f32 {
  let a = f32(A[i]);
  if (!TWO) { return a; }
  let b = f32(B[i]);
  let d = a - b;
  return select(select(a * b, d * d, u.term == 2), abs(d), u.term == 3);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let row = group.y * u.n;
  let first = group.x * u.part;
  let end = row + min(first + u.part, u.n);
  var s = vec4f();
  var i = row + first + local;
  for (; i + 3u * WG < end; i += 4u * WG) {
    s += vec4f(f(i), f(i + WG), f(i + 2u * WG), f(i + 3u * WG));
  }
  if (i < end) { s.x += f(i); }
  if (i + WG < end) { s.y += f(i + WG); }
  if (i + 2u * WG < end) { s.z += f(i + 2u * WG); }
  let sum = tree_sum((s.x + s.y) + (s.z + s.w), local);
  if (local == 0u) {
    if (groups.x == 1u) {
      Y[group.y] = Sum(u.scale * sum);
    } else {
      P[group.y * groups.x + group.x] = sum;
    }
  }
}
