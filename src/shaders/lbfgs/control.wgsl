// lbfgs_control: what a run of L-BFGS (or QQN) decides, from products of vectors only. See index.ts for the places of Y.
//   accept when f(T) <= f + ARMIJO q.b; direction d = sum of c_k rows (S, Y, g) by the two-loop recursion, in terms of
//   its coefficients (Chen, Wang and Zhou 2014); the next trial is base + sum of e_k rows, with e = t c, or, with QQN,
//   e = t^2 c - t (1 - t) gamma g.
//
// One workgroup. Scalars that decide are computed by every thread alike, from the same numbers; the coefficients are in
// workgroup memory, their products with rows of P are sums over threads. Infinite and NaN are recognised by their bits.

alias T = f32;
override WG: u32 = 32;   // threads, a power of two
override M: u32 = 1;     // pairs of the history
override QUADRATIC: u32 = 0;  // 1: QQN

struct Uniforms { pairs: u32, rate: f32, longest: f32, armijo: f32, noise: f32, patience: f32, hold: f32 }

@group(0) @binding(0) var<storage, read>       C: array<T>;      // Y of the run before
@group(0) @binding(1) var<storage, read>       PHASE: array<T>;
@group(0) @binding(2) var<storage, read>       F: array<T>;      // the loss at the trial
@group(0) @binding(3) var<storage, read>       P: array<T>;      // [2 M + 6, 2 M + 6], from products.wgsl
@group(0) @binding(4) var<storage, read_write> Y: array<T>;
@group(0) @binding(5) var<uniform>             u: Uniforms;

override G: u32 = 2u * M; // rows of the basis: S, Y, then g
override ROWS: u32 = 2u * M + 6u;
// Loops end at u.pairs, which is M: were their ends known, drivers would unroll them, and take seconds to compile.
const E = 16u; // where the coefficients e begin, and behind them c
override COEFFICIENTS: u32 = E + 2u * M + 1u;
// A pair counts as curvature when y.s is this large, relative to |s| |y|: of the order of what f32 sums get wrong.
const CURVED = 1e-6;
const DESCENT = 1e-5;

var<workgroup> c: array<f32, G + 1u>;
var<workgroup> alpha: array<f32, M>;

// The row of P in which row k of the basis stands: the new pair is not in the history yet.
fn place(k: u32, slot: i32) -> u32 {
  if (k == G) { return G + 2u; }
  if (i32(k % M) != slot) { return k; }
  return select(G + 1u, G, k < M);
}

fn p(i: u32, j: u32) -> f32 { return f32(P[i * ROWS + j]); }

// Product of what c stands for with a row of P. Called by all threads.
fn along(row: u32, slot: i32, local: u32) -> f32 {
  var sum = 0.0;
  for (var k = local; k <= 2u * u.pairs; k += WG) {
    if (c[k] != 0.0) { sum += c[k] * p(place(k, slot), row); }
  }
  return tree_sum(sum, local);
}

fn add_to(k: u32, v: f32, local: u32) {
  if (local == 0u) { c[k] += v; }
  workgroupBarrier();
}

// s.y, or 0 where the pair does not count.
fn curvature(s: u32, y: u32) -> f32 {
  let sy = p(s, y);
  let least = CURVED * sqrt(p(s, s)) * sqrt(p(y, y));
  if (!is_finite(sy) || !is_finite(least) || !(sy > least)) { return 0.0; }
  return sy;
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32) {
  let searching = f32(PHASE[0]) == 1.0;
  let f = f32(F[0]);
  var loss = f32(C[3]);
  var t = f32(C[4]);
  var tries = f32(C[5]);
  var count = u32(f32(C[6]));
  var head = u32(f32(C[7]));
  var radius = f32(C[8]);
  var gamma = f32(C[9]);
  var since = f32(C[10]) + 1.0;
  var steps = f32(C[12]);
  if (radius == 0.0 || f32(C[13]) == 0.0) { radius = u.rate; }
  var slot = -1;
  var accept = false;
  var afresh = false;  // a new direction is wanted
  var again = false;   // the base is to be looked at again
  var draw = false;

  let qq = p(G + 5u, G + 5u);
  let here = is_finite(f) && is_finite(p(G + 3u, G + 3u)) && is_finite(qq);
  if (!searching) {
    if (here) {
      accept = true;
      loss = f;
      tries = 0.0;
      if (count == 0u) { radius = u.rate; }
    } else {
      // Other random numbers may do better. Without any left to try, the loss says what is wrong.
      tries += 1.0;
      again = true;
      draw = u.hold > 0.0;
      if (!draw || !is_finite(loss) || steps == 0.0 || tries > u.patience) {
        loss = f;
        if (is_finite(f)) { loss = select(p(G + 3u, G + 3u), qq, is_finite(p(G + 3u, G + 3u))); }
      }
    }
  } else {
    let drop = p(G + 5u, G + 4u);   // q.b: by how much the loss would fall if it were linear
    let rise = p(G + 5u, G + 3u);   // q.z: the same from the gradient at the trial
    let enough = f <= loss + u.armijo * min(drop, 0.0);
    // Hager and Zhang 2005: where the loss is flat to its own rounding, slopes decide.
    let flat = f <= loss + u.noise * abs(loss) && rise <= (2.0 * u.armijo - 1.0) * drop;
    if (here && qq > 0.0 && is_finite(p(G + 1u, G + 1u)) && (enough || flat)) {
      accept = true;
      loss = f;
      tries = 0.0;
      steps += 1.0;
      if (curvature(G, G + 1u) > 0.0) {
        slot = i32(head);
        head = (head + 1u) % M;
        count = min(count + 1u, M);
      } else if (count == 0u) {
        radius = min(2.0 * radius, u.longest);
      }
    } else {
      tries += 1.0;
      if (tries > u.patience || (here && qq == 0.0)) {
        // Nothing on this line: forget the history, look at the base again, go on from there by a small step.
        let length = sqrt(qq);
        radius = select(u.rate, 0.5 * length, is_finite(length) && length > 0.0);
        count = 0u;
        again = true;
        tries = 0.0;
        draw = u.hold > 0.0;
      } else {
        var shrink = 0.1;
        if (here) { shrink = -drop / (2.0 * (f - loss - drop)); }
        if (!is_finite(shrink) || !(shrink > 0.1)) { shrink = 0.1; }
        shrink = min(shrink, 0.5);
        // A parabola goes its way along d with the square of t.
        t *= select(shrink, sqrt(shrink), QUADRATIC == 1u);
      }
    }
  }
  // Random numbers stand still while a line is searched, and for some runs more: pairs need both ends of a step under
  // the same ones.
  if (accept && u.hold > 0.0 && since >= u.hold) {
    draw = true;
    again = true;
  }
  if (draw) { since = 0.0; }

  // All branches on numbers that every thread has read alike; uniform() tells the compiler nothing, so loops run in
  // full and masks do the choosing.
  for (var k = local; k <= 2u * u.pairs; k += WG) { c[k] = select(0.0, -1.0, k == G); }
  workgroupBarrier();
  let g = place(G, slot);
  let gg = p(g, g);
  var first = 0.0;
  for (var a = 0u; a < u.pairs; a++) {
    let k = (head + 2u * M - 1u - a) % M;
    var sy = 0.0;
    if (a < count) { sy = curvature(place(k, slot), place(M + k, slot)); }
    var v = along(place(k, slot), slot, local);
    v = select(0.0, v / sy, sy > 0.0);
    if (local == 0u) { alpha[k] = v; }
    add_to(M + k, -v, local);
    if (first == 0.0 && sy > 0.0) { first = sy / p(place(M + k, slot), place(M + k, slot)); }
  }
  if (local == 0u) {
    for (var k = 0u; k <= 2u * u.pairs; k++) { c[k] *= first; }
  }
  workgroupBarrier();
  for (var a = 0u; a < u.pairs; a++) {
    let k = (head + M + M - count + a) % M;
    var sy = 0.0;
    if (a < count) { sy = curvature(place(k, slot), place(M + k, slot)); }
    let v = along(place(M + k, slot), slot, local);
    add_to(k, select(0.0, alpha[k] - v / sy, sy > 0.0), local);
  }
  let slope = along(g, slot, local);
  var square = 0.0;
  for (var k = local; k <= 2u * u.pairs; k += WG) {
    for (var j = 0u; j <= 2u * u.pairs; j++) { square += c[k] * c[j] * p(place(k, slot), place(j, slot)); }
  }
  square = tree_sum(square, local);

  if (accept) {
    afresh = true;
    let good = first > 0.0 && is_finite(square) && is_finite(slope) && square > 0.0 &&
      slope < -DESCENT * sqrt(square) * sqrt(gg);
    if (!good) { count = 0u; }
  }
  // From here on only one thread: it writes.
  workgroupBarrier();
  if (local != 0u) { return; }
  if (afresh) {
    let size = sqrt(gg);
    var length = sqrt(square);
    if (count == 0u) {
      for (var k = 0u; k <= 2u * u.pairs; k++) { c[k] = 0.0; }
      length = radius;
      c[G] = -radius / size;
    }
    t = min(1.0, u.longest / length);
    gamma = select(first, radius / size, count == 0u);
    // On a flat place there is nowhere to go; look again, the next random numbers may know.
    if (gg == 0.0 || !is_finite(gamma) || !is_finite(c[G]) || !is_finite(t)) {
      again = true;
      gamma = 0.0;
      t = 0.0;
    }
  }
  Y[0] = T(select(1.0, 0.0, again));
  Y[1] = T(select(0.0, 1.0, accept));
  Y[2] = T(f32(slot));
  Y[3] = T(loss);
  Y[4] = T(t);
  Y[5] = T(tries);
  Y[6] = T(f32(count));
  Y[7] = T(f32(head));
  Y[8] = T(radius);
  Y[9] = T(gamma);
  Y[10] = T(since);
  Y[11] = T(select(0.0, 1.0, draw));
  Y[12] = T(steps);
  Y[13] = T(1.0);
  Y[14] = T(0.0);
  Y[15] = T(0.0);
  for (var k = 0u; k <= 2u * u.pairs; k++) {
    let to = select(f32(C[COEFFICIENTS + k]), c[k], afresh);
    var e = t * to;
    if (QUADRATIC == 1u) {
      e = t * t * to;
      if (k == G) { e -= t * (1.0 - t) * gamma; }
    }
    if (again) { e = 0.0; }
    Y[E + k] = T(e);
    Y[COEFFICIENTS + k] = T(select(to, 0.0, again));
  }
}
