// patch_search: for some pixels of the canvas, the best of all places in the exemplar, or of those about its own
//
// One thread per pixel; the sum for a place ends where it is no longer the least. Sums of integers, the first of equal places:
// the same bits everywhere.

override WG: u32 = 64;  // threads per workgroup

// As in patch_propagate.wgsl; a place has to cost favour/256 less than the one there is, and is at most `reach` from it.
struct Uniforms { H: u32, W: u32, w: u32, vh: u32, vw: u32, favour: u32, reach: u32 }

@group(0) @binding(0) var<storage, read>       C: array<u32>;  // canvas, RGBA8
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // exemplar, RGBA8
@group(0) @binding(2) var<storage, read>       P: array<u32>;  // penalty of each place, and in the top byte its labels
@group(0) @binding(3) var<storage, read>       L: array<u32>;  // labels that each pixel of the canvas takes
@group(0) @binding(4) var<storage, read>       M: array<u32>;  // places, x | y << 16; what is behind them does not matter
@group(0) @binding(5) var<storage, read>       S: array<u32>;  // not 0 for the pixels that search
@group(0) @binding(6) var<storage, read_write> Y: array<u32>;
@group(0) @binding(7) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let n = u.H * u.W;
  let i = global_index(group, groups, local, WG);
  if (i >= n) { return; }
  let x = i % u.W;
  let y = i / u.W;
  let labels = L[i];
  var best = M[i];
  var cost = cost_of(x, y, vec2u(best & 0xffffu, best >> 16u), labels, FAR);
  if (S[i] != 0u) {
    // a place that may not be taken gives way to any that may
    var least = select(cost - cost / 256u * u.favour, FAR, cost == FAR);
    let own = vec2u(best & 0xffffu, best >> 16u);
    let first = max(own, vec2u(u.reach)) - u.reach;
    let end = min(own + u.reach + 1u, vec2u(u.vw, u.vh));
    for (var py = first.y; py < end.y; py++) {
      for (var px = first.x; px < end.x; px++) {
        let c = cost_of(x, y, vec2u(px, py), labels, least);
        if (c < least) {
          least = c;
          cost = c;
          best = px | (py << 16u);
        }
      }
    }
  }
  Y[i] = best;
  Y[n + i] = cost;
}
