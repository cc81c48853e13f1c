// What is known of the block that is being laid, as words of B; see shaders/block_words.ts.
const NUMBER = 0u;      // which block it is
const LEFT = 1u;        // its corner on the canvas
const TOP = 2u;
const PER_USUAL = 3u;   // f32: 1 over how often a pixel of the exemplar stands in the canvas on average, once at least
const CHANCE = 4u;      // the most that chance counts
const BESIDE = 5u;      // blocks in its list of neighbours
const FEW = 6u;         // pixels in the list that is compared everywhere
const MANY = 7u;        // pixels in the list that is compared at the better places
const BANDS = 8u;       // bit k: something lies below edge k of left, right, top, bottom
const MUST = 9u;        // 1: it is laid whatever is seen of its cuts
const LISTS = 10u;      // here the lists begin: neighbours of two words each, then pixels x | y << 16
const NONE = 0xffffffffu;  // no pixel, no block
const JOINS = 8u;       // blocks so near to going on where others end, in pixels, are one piece: they are moved together later

// How far a copy at a place is from going on where the k-th of its neighbours ends, which was copied from `there`, x | y << 16.
fn lag_between(place: vec2u, there: u32, k: u32) -> vec2i {
  let away = B[LISTS + 2u * k + 1u];
  return vec2i(place) - vec2i(vec2u(there & 0xffffu, there >> 16u)) - vec2i(vec2u(away & 0xffffu, away >> 16u)) + 32768;
}

// Where a pixel (x, y) of the block is on a canvas of W x H.
fn below(x: u32, y: u32, W: u32, H: u32) -> u32 {
  let cx = B[LEFT] + x;
  let cy = B[TOP] + y;
  return select(cy, cy - H, cy >= H) * W + select(cx, cx - W, cx >= W);
}
