// argsort_rows: 8 bits of a radix sort of every row: stable, NaNs last. Rows of at most 65536; the last of the launches
//   leaves in Y[p, :] the indices that sort X[p, :] ascending.
//
// BITS at a time from the least significant: every thread counts the digits of its own stretch of a row,
// the counts are scanned digit by digit and thread by thread, and every thread moves its stretch to where the scan
// says. Stretches are in order and so are threads, hence stable without any atomics. A workgroup sorts min(ROWS, MOST)
// rows, each with an equal part of its threads: one thread a row has the fewest counts to scan and needs no barrier,
// which is what matters where threads are SIMD lanes of a CPU; GPUs want all threads on one row.
// The surprise: once the low half of the key is sorted it is dropped, and one word per element moves on: the high half
// of the key above a 16-bit index. Until then (key, index) moves, which is cheaper than reading X through the index.

alias T = f32;
override WG: u32 = 8;    // threads per workgroup
override ROWS: u32 = 1;  // rows per workgroup, a divisor of WG
override BITS: u32 = 8;  // 8 or 4: sorted in one pass; 2^BITS WG + WG words of workgroup memory
override MOST: u32 = 1;  // no more rows per workgroup than this, so that there are workgroups enough
override SHIFT: u32 = 0; // the bits this launch sorts by begin here
override FIRST: u32 = 0; // 1: this is the first launch, keys come from X

const LOW = 0xffffu;

struct Uniforms { P: u32, N: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> S: array<u32>;  // two halves: (key, index) before and after a pass
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> places: array<u32, WG << BITS>;  // [digit][thread]: counts, then where the next one goes
var<workgroup> sums: array<u32, WG>;

// Barrier for the threads of a row, where there are several.
fn meet() {
  if (WG / min(ROWS, MOST) > 1u) { workgroupBarrier(); }
}

// Exclusive scan of the places of one row, by its `team` threads. `k` of the row's threads is this one, `t` of all.
fn scan(t: u32, k: u32, team: u32) {
  // In the order of the scan each thread takes as many entries as there are digits; `team` lie together in memory.
  let part = k << BITS;
  let start = part / team * WG + t - k + part % team;
  var at = start;
  var column = part % team;
  var sum = 0u;
  for (var e = 0u; e < 1u << BITS; e++) {
    sum += places[at];
    at += 1u;
    column += 1u;
    if (column == team) {
      at += WG - team;
      column = 0u;
    }
  }
  sums[t] = sum;
  meet();
  for (var step = 1u; step < team; step <<= 1u) {
    var before = 0u;
    if (k >= step) { before = sums[t - step]; }
    meet();
    sums[t] += before;
    meet();
  }
  var total = sums[t] - sum;
  at = start;
  column = part % team;
  for (var e = 0u; e < 1u << BITS; e++) {
    let count = places[at];
    places[at] = total;
    total += count;
    at += 1u;
    column += 1u;
    if (column == team) {
      at += WG - team;
      column = 0u;
    }
  }
  meet();
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let rows = min(ROWS, MOST);
  let team = WG / rows;
  let k = t % team;
  let row = global_index(group, groups, t / team, rows);
  let x0 = row * u.N;
  let stretch = (u.N + team - 1u) / team;
  // Threads without a row have nothing to do, but must meet the others at the barriers.
  let length = select(0u, u.N, row < u.P);
  let first = min(k * stretch, length);
  let last = min(first + stretch, length);
  let mask = (1u << BITS) - 1u;
  // Loops of their own for every case, and cases known when the pipeline is built: a software adapter runs both sides
  // of a branch, and keeps what lives across barriers out of registers.
  for (var part = 0u; part < 8u / BITS; part++) {
    let shift = SHIFT + part * BITS;
    let odd = (shift / BITS) & 1u;
    let dst = 2u * (x0 + select(0u, u.P * u.N, odd == 1u));
    let src = 2u * (x0 + select(0u, u.P * u.N, odd == 0u));
    for (var d = 0u; d <= mask; d++) { places[d * WG + t] = 0u; }
    if (FIRST == 1u && part == 0u) {
      for (var i = first; i < last; i++) { places[((sort_key(f32(X[x0 + i])) >> shift) & mask) * WG + t] += 1u; }
    } else if (SHIFT < 16u) {
      for (var i = first; i < last; i++) { places[((S[src + 2u * i] >> shift) & mask) * WG + t] += 1u; }
    } else {
      for (var i = first; i < last; i++) { places[((S[src + i] >> shift) & mask) * WG + t] += 1u; }
    }
    meet();
    scan(t, k, team);
    if (FIRST == 1u && part == 0u) {
      for (var i = first; i < last; i++) { put(dst, x0, shift, t, sort_key(f32(X[x0 + i])), i); }
    } else if (SHIFT < 16u) {
      for (var i = first; i < last; i++) { put(dst, x0, shift, t, S[src + 2u * i], S[src + 2u * i + 1u]); }
    } else {
      for (var i = first; i < last; i++) {
        let word = S[src + i];
        put(dst, x0, shift, t, word, word & LOW);
      }
    }
    // Of constants only, so that no barrier is left in the pipeline of a team of one.
    if (BITS < 8u && WG / min(ROWS, MOST) > 1u) {
      storageBarrier();
      workgroupBarrier();
    }
  }
}

// Moves one element to its place.
fn put(dst: u32, x0: u32, shift: u32, t: u32, key: u32, index: u32) {
  let place = ((key >> shift) & ((1u << BITS) - 1u)) * WG + t;
  let at = places[place];
  places[place] = at + 1u;
  if (shift + BITS >= 32u) {
    Y[x0 + at] = index;
  } else if (shift + BITS >= 16u) {
    S[dst + at] = (key & ~LOW) | index;
  } else {
    S[dst + 2u * at] = key;
    S[dst + 2u * at + 1u] = index;
  }
}
