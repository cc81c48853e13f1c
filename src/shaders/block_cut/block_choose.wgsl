// block_choose: the place of a block that costs least with its cuts, and these cuts: [place x | y << 16, of each edge how far in it is cut
//   at each step, 0: not]
//
// One workgroup: a thread per place, then one per edge, which walks back along the path. Of equal places the first.

override WG: u32 = 64;  // threads per workgroup
const MOST = 256u;      // places, at most

struct Uniforms { bh: u32, bw: u32, n: u32, deepest: u32 }

@group(0) @binding(0) var<storage, read>       C: array<u32>;  // [2, n]: places x | y << 16, what they cost without cuts
@group(0) @binding(1) var<storage, read>       D: array<u32>;  // [2 + length deepest, 4, n]: cuts, as of block_paths
@group(0) @binding(2) var<storage, read>       B: array<u32>;  // the block, see block_words.wgsl
@group(0) @binding(3) var<storage, read_write> Y: array<u32>;  // [1 + 4 length]
@group(0) @binding(4) var<uniform>             u: Uniforms;

var<workgroup> costs: array<u32, MOST>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32) {
  let edges = countOneBits(B[BANDS]);
  for (var c = local; c < u.n; c += WG) {
    var seen = 0u;
    for (var edge = 0u; edge < 4u; edge++) { seen += 64u * D[edge * u.n + c] / select(u.bw, u.bh, edge < 2u); }
    // What is seen of a cut, 256ths, counts twice what a difference as large as the variance does: 65536.
    costs[c] = C[u.n + c] + seen / max(1u, edges) * 8u;
  }
  workgroupBarrier();
  var best = 0u;
  for (var c = 1u; c < u.n; c++) { best = select(best, c, costs[c] < costs[best]); }
  if (local == 0u) { Y[0] = C[best]; }
  let longest = max(u.bh, u.bw);
  for (var edge = local; edge < 4u; edge += WG) {
    let length = select(u.bw, u.bh, edge < 2u);
    let any = ((B[BANDS] >> edge) & 1u) == 1u;
    let at = edge * u.n + best;
    var d = D[4u * u.n + at];
    for (var t = length; t > 0u; t--) {
      Y[1u + edge * longest + t - 1u] = select(0u, d, any);
      if (any) { d = D[(2u + (t - 1u) * u.deepest + d) * 4u * u.n + at]; }
    }
  }
}
