// block_scan: of each tile of places in the exemplar the one that costs least: S[p] + how far the few pixels of the block's list are
//   from what lies there
//
// One thread per tile of tx x ty places, even numbers: four places at once, so that each pixel of the list is read once for them. Of equal
// ones the first, square of four by square of four.

override WG: u32 = 64;  // threads per workgroup

// mul / 2^shift: what four times the mean square costs
struct Uniforms { H: u32, W: u32, w: u32, stride: u32, down: u32, across: u32, tx: u32, ty: u32, mul: u32, shift: u32 }

@group(0) @binding(0) var<storage, read>       S: array<u32>;  // [down, across]: costs of the places but for that
@group(0) @binding(1) var<storage, read>       P: array<u32>;  // pixels, RGBA8: the exemplar's, and what is known of the canvas
@group(0) @binding(2) var<storage, read>       L: array<u32>;  // [2, H, W]: which pixel stands here, and of which block
@group(0) @binding(3) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<u32>;  // of each tile the place in S
@group(0) @binding(5) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let few = B[FEW];
  load_sample(LISTS + 2u * B[BESIDE], few, local);
  let t = global_index(group, groups, local, WG);
  let tiles = (u.across + u.tx - 1u) / u.tx;
  let x0 = t % tiles * u.tx;
  let y0 = t / tiles * u.ty;
  if (y0 >= u.down) { return; }
  var least = 0xffffffffu;
  var best = 0u;
  let right = u.stride;
  let under = u.stride * u.w;
  for (var y = y0; y < min(y0 + u.ty, u.down); y += 2u) {
    for (var x = x0; x < min(x0 + u.tx, u.across); x += 2u) {
      var sums = vec4u(0u);
      for (var k = 0u; k < few; k++) {
        let word = words[k];
        let p = (y * u.w + x) * u.stride + at[k];
        sums += vec4u(square_difference(word, P[p]), square_difference(word, P[p + right]),
                      square_difference(word, P[p + under]), square_difference(word, P[p + under + right]));
      }
      for (var k = 0u; k < 4u; k++) {
        let px = x + (k & 1u);
        let py = y + (k >> 1u);
        if (px >= u.across || py >= u.down) { continue; }
        let cost = S[py * u.across + px] + squares_cost(sums[k], few);
        if (cost >= least) { continue; }
        least = cost;
        best = py * u.across + px;
      }
    }
  }
  Y[t] = best;
}
