// argsort_scan: O[p, k] = sum of H[p, j] over j < k: where the keys of each digit and block of row p begin
//
// One workgroup per row; every thread sums a stretch, the sums are scanned, every thread writes its stretch.

alias T = f32;
override WG: u32 = 256;  // threads per workgroup

struct Uniforms { n: u32 }

@group(0) @binding(0) var<storage, read>       H: array<u32>;
@group(0) @binding(1) var<storage, read_write> O: array<u32>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

var<workgroup> sums: array<u32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let stretch = (u.n + WG - 1u) / WG;
  let first = group.x * u.n + min(t * stretch, u.n);
  let last = group.x * u.n + min((t + 1u) * stretch, u.n);
  var sum = 0u;
  for (var k = first; k < last; k++) { sum += H[k]; }
  sums[t] = sum;
  workgroupBarrier();
  for (var step = 1u; step < WG; step <<= 1u) {
    var before = 0u;
    if (t >= step) { before = sums[t - step]; }
    workgroupBarrier();
    sums[t] += before;
    workgroupBarrier();
  }
  var at = sums[t] - sum;
  for (var k = first; k < last; k++) {
    O[k] = at;
    at += H[k];
  }
}
