// argsort_rows: Y[p, :] = the indices that sort X[p, :] ascending, stable, NaNs last. Rows of at most 65536.
//
// Radix sort, BITS at a time from the least significant: every thread counts the digits of its own stretch of a row,
// the counts are scanned digit by digit and thread by thread, and every thread moves its stretch to where the scan
// says. Stretches are in order and so are threads, hence stable without any atomics. A workgroup sorts min(ROWS,
// u.rows) rows, each with an equal part of its threads: one thread a row has the fewest counts to scan, which is what
// matters where threads are SIMD lanes of a CPU; GPUs want all threads on one row.
// The surprise: only one word per element moves. The low half of the key is read from X through the index; once it
// is sorted, the words hold the high half of the key above a 16-bit index.

alias T = f32;
override WG: u32 = 8;    // threads per workgroup
override ROWS: u32 = 1;  // rows per workgroup, a divisor of WG
override BITS: u32 = 8;  // of the key, sorted in one pass; 2^BITS WG + WG words of workgroup memory

const LOW = 0xffffu;

struct Uniforms { P: u32, N: u32, rows: u32, low: u32 }  // rows: a divisor of WG; low: bits of the key to leave out

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> S: array<u32>;  // two halves: words before and after a pass
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> places: array<u32, WG << BITS>;  // [digit][thread]: counts, then where the next one goes
var<workgroup> sums: array<u32, WG>;

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
  workgroupBarrier();
  for (var step = 1u; step < team; step <<= 1u) {
    var before = 0u;
    if (k >= step) { before = sums[t - step]; }
    workgroupBarrier();
    sums[t] += before;
    workgroupBarrier();
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
  workgroupBarrier();
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let rows = min(ROWS, u.rows);
  let team = WG / rows;
  let k = t % team;
  let row = flat_index(group, groups, t / team, rows);
  let x0 = row * u.N;
  let stretch = (u.N + team - 1u) / team;
  // Threads without a row have nothing to do, but must meet the others at the barriers.
  let length = select(0u, u.N, row < u.P);
  let first = min(k * stretch, length);
  let last = min(first + stretch, length);
  let mask = (1u << BITS) - 1u;
  var src = x0;
  var dst = x0 + u.P * u.N;
  // The branches are around the loops, not in them: a software adapter runs both sides of a branch.
  for (var shift = u.low; shift < 32u; shift += BITS) {
    for (var d = 0u; d <= mask; d++) { places[d * WG + t] = 0u; }
    if (shift == u.low) {
      for (var i = first; i < last; i++) { places[((sort_key(f32(X[x0 + i])) >> shift) & mask) * WG + t] += 1u; }
    } else if (shift < 16u) {
      for (var i = first; i < last; i++) {
        places[((sort_key(f32(X[x0 + S[src + i]])) >> shift) & mask) * WG + t] += 1u;
      }
    } else {
      for (var i = first; i < last; i++) { places[((S[src + i] >> shift) & mask) * WG + t] += 1u; }
    }
    workgroupBarrier();
    scan(t, k, team);
    // What goes on to the next pass besides the index.
    let carry = select(0u, ~LOW, shift + BITS >= 16u);
    if (shift == u.low) {
      for (var i = first; i < last; i++) {
        let key = sort_key(f32(X[x0 + i]));
        let place = ((key >> shift) & mask) * WG + t;
        let at = places[place];
        places[place] = at + 1u;
        S[dst + at] = (key & carry) | i;
      }
    } else if (shift < 16u) {
      for (var i = first; i < last; i++) {
        let index = S[src + i];
        let key = sort_key(f32(X[x0 + index]));
        let place = ((key >> shift) & mask) * WG + t;
        let at = places[place];
        places[place] = at + 1u;
        S[dst + at] = (key & carry) | index;
      }
    } else if (shift + BITS < 32u) {
      for (var i = first; i < last; i++) {
        let word = S[src + i];
        let place = ((word >> shift) & mask) * WG + t;
        let at = places[place];
        places[place] = at + 1u;
        S[dst + at] = word;
      }
    } else {
      for (var i = first; i < last; i++) {
        let word = S[src + i];
        let place = (word >> shift) * WG + t;
        let at = places[place];
        places[place] = at + 1u;
        Y[x0 + at] = word & LOW;
      }
    }
    storageBarrier();
    workgroupBarrier();
    let other = src;
    src = dst;
    dst = other;
  }
}
