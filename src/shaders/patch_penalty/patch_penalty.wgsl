// patch_penalty: what each place in the exemplar costs for being taken too often already
//
// One thread per place of a patch; PASS 1 adds up the counts over BOX places across, PASS 2 down, and makes costs of them.

override WG: u32 = 64;    // threads per workgroup
override PASS: u32 = 1;   // 1: across, 2: down
const REACH = 4u;         // the box is 2 REACH + 1 wide

struct Uniforms { vh: u32, vw: u32, price: f32, most: u32 }

@group(0) @binding(0) var<storage, read>       N: array<u32>;  // counts, [vh, vw]
@group(0) @binding(1) var<storage, read>       P: array<u32>;  // penalties until now, with labels in the top byte
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.vh * u.vw) { return; }
  let x = i % u.vw;
  let y = i / u.vw;
  let x0 = max(x, REACH) - REACH;
  let x1 = min(x + REACH + 1u, u.vw);
  var sum = 0u;
  if (PASS == 1u) {
    for (var k = x0; k < x1; k++) { sum += N[y * u.vw + k]; }
    Y[i] = sum;
    return;
  }
  let y0 = max(y, REACH) - REACH;
  let y1 = min(y + REACH + 1u, u.vh);
  for (var k = y0; k < y1; k++) { sum += N[k * u.vw + x]; }
  let area = (x1 - x0) * (y1 - y0);
  // One multiplication of whole numbers below 2^24 by a given f32: correctly rounded, so the same everywhere.
  let price = u32(min(f32(min(sum, 0xffffffu)) * u.price, f32(u.most * area))) / area;
  let old = P[i];
  Y[i] = (old & 0xff000000u) | (((old & 0xffffffu) + price + 1u) / 2u);
}
