// patch_propagate: for each pixel of the canvas, the best of the places in the exemplar that would continue a neighbour's
//
// One thread per pixel. Reads one match and writes another, so that the order of threads does not matter; all sums are
// of integers, so that every adapter gives the same bits.

override WG: u32 = 64;     // threads per workgroup
override RECOST: u32 = 0;  // 1: the costs in M are of another canvas, and counted anew; 0 where all around is copied
override WEIGH: u32 = 0;   // 1: writes votes' weights, 1..255, in place of costs

// H x W canvas, h x w exemplar, vh x vw places of a patch in it; a place that continues a neighbour at distance `step`
// costs favour/256 less; a patch of cost `scale` votes with a weight of a quarter.
struct Uniforms { H: u32, W: u32, w: u32, vh: u32, vw: u32, step: u32, favour: u32, scale: u32 }

@group(0) @binding(0) var<storage, read>       C: array<u32>;  // canvas, RGBA8
@group(0) @binding(1) var<storage, read>       E: array<u32>;  // exemplar, RGBA8
@group(0) @binding(2) var<storage, read>       P: array<u32>;  // penalty of each place, and in the top byte its labels
@group(0) @binding(3) var<storage, read>       L: array<u32>;  // labels that each pixel of the canvas takes
@group(0) @binding(4) var<storage, read>       M: array<u32>;  // places, x | y << 16; behind them their costs
@group(0) @binding(5) var<storage, read_write> Y: array<u32>;
@group(0) @binding(6) var<uniform>             u: Uniforms;

// Whether the patches in reach of that at (x, y), as far as five each way tell, go on as it does: what they have made of the
// canvas is then a copy, and the patch has no error.
fn copied(x: u32, y: u32, word: u32) -> bool {
  for (var t = 0u; t < 25u; t++) {
    let j = (t / 5u) * 7u / 2u;  // 0, 3, 7, 10, 14
    let i = (t % 5u) * 7u / 2u;
    let cy = (y + u.H + j - 7u) % u.H;
    let cx = (x + u.W + i - 7u) % u.W;
    if (M[cy * u.W + cx] + 7u + (7u << 16u) != word + i + (j << 16u)) { return false; }
  }
  return true;
}

// Neighbour k of 0..7, at distance 1.
fn offset(k: u32) -> vec2i {
  let n = i32(select(k, k + 1u, k > 3u));
  return vec2i(n % 3 - 1, n / 3 - 1);
}

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
  var cost = M[n + i];
  if (RECOST == 1u) {
    let place = vec2u(best & 0xffffu, best >> 16u);
    let penalty = P[place.y * u.vw + place.x];
    if (((penalty >> 24u) & labels) != 0u && copied(x, y, best)) {
      cost = penalty & 0xffffffu;
    } else {
      cost = cost_of(x, y, place, labels, FAR);
    }
  }
  var tried: array<u32, 9>;
  tried[0] = best;
  var count = 1u;
  for (var k = 0u; k < 8u; k++) {
    let by = offset(k) * i32(u.step);
    let nx = u32((i32(x + u.W) + by.x)) % u.W;
    let ny = u32((i32(y + u.H) + by.y)) % u.H;
    let near = M[ny * u.W + nx];
    let place = vec2i(i32(near & 0xffffu), i32(near >> 16u)) - by;
    if (any(place < vec2i(0)) || place.x >= i32(u.vw) || place.y >= i32(u.vh)) { continue; }
    let word = u32(place.x) | (u32(place.y) << 16u);
    var known = false;
    for (var t = 0u; t < count; t++) { known = known || tried[t] == word; }
    if (known) { continue; }
    tried[count] = word;
    count++;
  }
  for (var t = 1u; t < count; t++) {
    // cost' - cost' favour / 256 < cost, for whole numbers
    let most = min(FAR, cost + cost / (256u - u.favour) * u.favour + u.favour + 1u);
    var c = cost_of(x, y, vec2u(tried[t] & 0xffffu, tried[t] >> 16u), labels, most);
    c -= c / 256u * u.favour;
    if (c < cost) {
      cost = c;
      best = tried[t];
    }
  }
  if (WEIGH == 1u) {
    let part = u.scale * 255u / (u.scale + min(cost, FAR));
    cost = max(1u, part * part / 255u);
  }
  Y[i] = best;
  Y[n + i] = cost;
}
