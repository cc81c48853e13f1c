// conv2d_gemm: Y[o, y, x] = B[o] + sum over c, ky, kx of W(o, c, ky, kx) X[c, y + ky - top, x + kx - left], for 3x3
//
// The product of the weights, O x 9 C, and the pixels under each tap, 9 C x H W, which are never written down: a
// workgroup makes TEAMS * RM channels of ROWS rows of COLS * RN pixels, a thread RM channels of RN neighbours of a row.
// DEPTH input channels at a time, a stage, are in workgroup memory: their weights as they lie in tiles (conv2d_layout),
// and a window of pixels with its border, which serves all nine taps. Stages take turns in two buffers: the next one
// is on its way from memory, in registers, while sums are made of this one, so there is one barrier per stage.
// Where few tiles would leave a large GPU idle, PARTS shares of the input channels are summed apart and stored one
// behind the other, for conv2d_gemm_sum.
// Which pixels a thread fetches is found once: from stage to stage only the channel moves on. All sums are in the same
// order at every pixel, so rolls of a torus are exact.

alias T = f32;
override RM: u32 = 8;         // channels per thread, 4 or 8
override RN: u32 = 8;         // pixels per thread, 4 or 8
override TEAMS: u32 = 8;      // threads for other channels of the same pixels; even where RM is 4
override COLS: u32 = 1;       // threads side by side along a row
override ROWS: u32 = 8;       // rows of pixels
override DEPTH: u32 = 2;      // input channels per stage
override BV: u32 = 0;         // vertical border: 0 zeros, 1 replicate, 2 reflect, 3 wrap
override BH: u32 = 0;         // horizontal border
override MASK: bool = false;  // take X only where M > 0
override BIAS: bool = false;  // add B
override RELU: bool = false;  // max(Y, 0)

override WG: u32 = TEAMS * COLS * ROWS;
override WIDE: u32 = COLS * RN + 2;               // a row of the window
override WINDOW: u32 = (ROWS + 2) * WIDE;         // the window in one channel
override PIXELS: u32 = DEPTH * WINDOW;            // a stage's
override BLOCK: u32 = DEPTH * 18;                 // vec4s of weights of 8 channels in a stage
override WEIGHTS: u32 = TEAMS * RM / 8 * BLOCK;   // a stage's
// One more than a block has, or threads of 4 teams would read the same banks of workgroup memory.
override APART: u32 = BLOCK + 1;
override BANK: u32 = TEAMS * RM / 8 * APART;

struct Uniforms {
  c: u32, o: u32, oh: u32, ow: u32, h: i32, w: i32, top: i32, left: i32,
  share: u32, parts: u32,
}

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       M: array<T>;
@group(0) @binding(2) var<storage, read>       W: array<vec4<T>>;
@group(0) @binding(3) var<storage, read>       B: array<T>;
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;  // share: channels of a part, a multiple of DEPTH

var<workgroup> weights: array<vec4f, 2 * BANK>;
var<workgroup> pixels: array<f32, 2 * PIXELS>;

// A column per channel: channels 0-3 at pixels 0-3 (a) and 4-7 (b), channels 4-7 likewise (c, d).
struct Sums { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tx = local % COLS;
  let ty = local / COLS % ROWS;
  let team = local / (COLS * ROWS);
  let part = group.z % u.parts;
  let corner = vec2i(vec2u(group.x * COLS * RN, group.y * ROWS));
  let block = group.z / u.parts * (TEAMS * RM / 8);

  // What this thread fetches of every stage: up to 5 vectors of weights and 4 pixels.
  let i0 = place(local, corner);
  let i1 = place(local + WG, corner);
  let i2 = place(local + 2 * WG, corner);
  let i3 = place(local + 3 * WG, corner);
  var w0 = vec4f();
  var w1 = vec4f();
  var w2 = vec4f();
  var w3 = vec4f();
  var w4 = vec4f();
  var p0 = 0.0;
  var p1 = 0.0;
  var p2 = 0.0;
  var p3 = 0.0;

  let first = part * u.share;
  let last = min(first + u.share, u.c);
  var s = Sums();
  var turn = 1u;
  // A step ahead of the sums: the first turn only fetches, the last one only sums.
  for (var c = first; c < last + DEPTH; c += DEPTH) {
    if (c < last) {
      w0 = weight(local, block, c);
      if (WEIGHTS > WG) { w1 = weight(local + WG, block, c); }
      if (WEIGHTS > 2 * WG) { w2 = weight(local + 2 * WG, block, c); }
      if (WEIGHTS > 3 * WG) { w3 = weight(local + 3 * WG, block, c); }
      if (WEIGHTS > 4 * WG) { w4 = weight(local + 4 * WG, block, c); }
      p0 = fetch(local, i0, c);
      if (PIXELS > WG) { p1 = fetch(local + WG, i1, c); }
      if (PIXELS > 2 * WG) { p2 = fetch(local + 2 * WG, i2, c); }
      if (PIXELS > 3 * WG) { p3 = fetch(local + 3 * WG, i3, c); }
    }
    if (c > first) {
      // half a block where a thread makes 4 channels
      s = summed(s, turn * BANK + team * RM / 8 * APART + team * RM / 4 % 2, turn * PIXELS + ty * WIDE + tx * RN);
    }
    turn = 1 - turn;
    if (c < last) {
      keep(turn, local, w0);
      if (WEIGHTS > WG) { keep(turn, local + WG, w1); }
      if (WEIGHTS > 2 * WG) { keep(turn, local + 2 * WG, w2); }
      if (WEIGHTS > 3 * WG) { keep(turn, local + 3 * WG, w3); }
      if (WEIGHTS > 4 * WG) { keep(turn, local + 4 * WG, w4); }
      if (local < PIXELS) { pixels[turn * PIXELS + local] = p0; }
      if (local + WG < PIXELS) { pixels[turn * PIXELS + local + WG] = p1; }
      if (local + 2 * WG < PIXELS) { pixels[turn * PIXELS + local + 2 * WG] = p2; }
      if (local + 3 * WG < PIXELS) { pixels[turn * PIXELS + local + 3 * WG] = p3; }
    }
    workgroupBarrier();
  }

  let x = group.x * COLS * RN + tx * RN;
  let y = group.y * ROWS + ty;
  if (y >= u.oh) { return; }
  let o = block * 8 + team * RM;
  store(o, part, y, x, s.a[0], s.b[0]);
  store(o + 1, part, y, x, s.a[1], s.b[1]);
  store(o + 2, part, y, x, s.a[2], s.b[2]);
  store(o + 3, part, y, x, s.a[3], s.b[3]);
  if (RM > 4) {
    store(o + 4, part, y, x, s.c[0], s.d[0]);
    store(o + 5, part, y, x, s.c[1], s.d[1]);
    store(o + 6, part, y, x, s.c[2], s.d[2]);
    store(o + 7, part, y, x, s.c[3], s.d[3]);
  }
}

// vector e of the weights of a stage that begins at channel c; zeros beyond the last channel of either kind
fn weight(e: u32, block: u32, c: u32) -> vec4f {
  let b = block + e / BLOCK;
  let k = c * 18 + e % BLOCK;
  if (e >= WEIGHTS || b * 8 >= u.o || k >= u.c * 18) { return vec4f(); }
  return vec4f(W[b * u.c * 18 + k]);
}

fn keep(turn: u32, e: u32, w: vec4f) {
  if (e < WEIGHTS) { weights[turn * BANK + e / BLOCK * APART + e % BLOCK] = w; }
}

// Where pixel e of a window lies in channel 0 of X; -1 where it is nothing.
fn place(e: u32, corner: vec2i) -> i32 {
  let at = e % WINDOW;
  let y = source_of(corner.y + i32(at / WIDE), u.top, u.h, BV);
  let x = source_of(corner.x + i32(at % WIDE), u.left, u.w, BH);
  return select(-1, y * u.w + x, y >= 0 && x >= 0);
}

fn fetch(e: u32, place: i32, c: u32) -> f32 {
  let channel = c + e / WINDOW;
  return pixel(select(-1, i32(channel) * u.h * u.w + place, place >= 0 && channel < u.c), 0);
}

// sums + a stage's products: weights from k on, pixels from i on
fn summed(sums: Sums, k: u32, i: u32) -> Sums {
  var s = sums;
  for (var n = 0u; n < DEPTH * 3; n++) { s = row(s, k + n * 6, i + (n / 3 * (ROWS + 2) + n % 3) * WIDE); }
  return s;
}

// A row of three taps. Each sum takes them in one go, see conv2d.wgsl.
fn row(sums: Sums, k: u32, i: u32) -> Sums {
  var s = sums;
  let p = vec4f(pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]);
  var q = vec4f(pixels[i + 4], pixels[i + 5], 0.0, 0.0);
  var r = vec2f();
  if (RN > 4) {
    q = vec4f(q.xy, pixels[i + 6], pixels[i + 7]);
    r = vec2f(pixels[i + 8], pixels[i + 9]);
  }
  let left = mat3x4f(p, vec4f(p.yzw, q.x), vec4f(p.zw, q.xy));
  let right = mat3x4f(q, vec4f(q.yzw, r.x), vec4f(q.zw, r.xy));
  let w = mat3x4f(weights[k], weights[k + 2], weights[k + 4]);
  s.a = four(s.a, w, left);
  if (RN > 4) { s.b = four(s.b, w, right); }
  if (RM > 4) {
    let v = mat3x4f(weights[k + 1], weights[k + 3], weights[k + 5]);
    s.c = four(s.c, v, left);
    if (RN > 4) { s.d = four(s.d, v, right); }
  }
  return s;
}

fn four(s: mat4x4f, w: mat3x4f, p: mat3x4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(w[2].x), p[2], fma(vec4f(w[1].x), p[1], fma(vec4f(w[0].x), p[0], s[0]))),
    fma(vec4f(w[2].y), p[2], fma(vec4f(w[1].y), p[1], fma(vec4f(w[0].y), p[0], s[1]))),
    fma(vec4f(w[2].z), p[2], fma(vec4f(w[1].z), p[1], fma(vec4f(w[0].z), p[0], s[2]))),
    fma(vec4f(w[2].w), p[2], fma(vec4f(w[1].w), p[1], fma(vec4f(w[0].w), p[0], s[3]))),
  );
}

// Stores channel o of a part at the pixels of a thread, as many of them as the row has.
fn store(o: u32, part: u32, y: u32, x: u32, a: vec4f, b: vec4f) {
  if (o >= u.o || x >= u.ow) { return; }
  var p = a;
  var q = b;
  if (BIAS) {
    p += f32(B[o]);
    q += f32(B[o]);
  }
  if (RELU) {
    p = max(p, vec4f());
    q = max(q, vec4f());
  }
  let i = ((part * u.o + o) * u.oh + y) * u.ow + x;
  let left = u.ow - x;
  Y[i] = T(p.x);
  if (left > 1) { Y[i + 1] = T(p.y); }
  if (left > 2) { Y[i + 2] = T(p.z); }
  if (left > 3) { Y[i + 3] = T(p.w); }
  if (RN > 4) {
    if (left > 4) { Y[i + 4] = T(q.x); }
    if (left > 5) { Y[i + 5] = T(q.y); }
    if (left > 6) { Y[i + 6] = T(q.z); }
    if (left > 7) { Y[i + 7] = T(q.w); }
  }
}
