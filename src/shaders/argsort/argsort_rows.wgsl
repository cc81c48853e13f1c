// argsort_rows: Y[p, :] = the indices that sort X[p, :] ascending, stable, NaNs last. Rows of at most 65536.
//
// One workgroup sorts one row by radix, BITS at a time from the least significant: every thread counts the digits of
// its own stretch of the row, the counts are scanned digit by digit and thread by thread, and every thread moves its
// stretch to where the scan says. Stretches are in order and so are threads, hence stable without any atomics.
// The surprise: only one word per element moves. The low half of the key is read from X through the index; once it
// is sorted, the words hold the high half of the key above a 16-bit index.

alias T = f32;
override WG: u32 = 16;   // threads per workgroup
override BITS: u32 = 8;  // of the key, sorted in one pass; 2^BITS WG + WG words of workgroup memory

const LOW = 0xffffu;

struct Uniforms { P: u32, N: u32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> S: array<u32>;  // two halves: words before and after a pass
@group(0) @binding(2) var<storage, read_write> Y: array<u32>;
@group(0) @binding(3) var<uniform>             u: Uniforms;

var<workgroup> places: array<u32, WG << BITS>;  // [digit][thread]: counts, then where the next one goes
var<workgroup> sums: array<u32, WG>;

// Exclusive scan of `places`, by all threads.
fn scan(t: u32) {
  let stretch = 1u << BITS;
  var sum = 0u;
  for (var k = 0u; k < stretch; k++) { sum += places[t * stretch + k]; }
  sums[t] = sum;
  workgroupBarrier();
  for (var step = 1u; step < WG; step <<= 1u) {
    var before = 0u;
    if (t >= step) { before = sums[t - step]; }
    workgroupBarrier();
    sums[t] += before;
    workgroupBarrier();
  }
  var at = sums[t] - sum;
  for (var k = 0u; k < stretch; k++) {
    let count = places[t * stretch + k];
    places[t * stretch + k] = at;
    at += count;
  }
  workgroupBarrier();
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) t: u32) {
  let row = flat_index(group, groups, 0u, 1u);
  if (row >= u.P) { return; }
  let x0 = row * u.N;
  let stretch = (u.N + WG - 1u) / WG;
  let first = min(t * stretch, u.N);
  let last = min(first + stretch, u.N);
  let mask = (1u << BITS) - 1u;
  var src = x0;
  var dst = x0 + u.P * u.N;
  // The branches are around the loops, not in them: a software adapter runs both sides of a branch.
  for (var shift = 0u; shift < 32u; shift += BITS) {
    for (var d = 0u; d <= mask; d++) { places[d * WG + t] = 0u; }
    if (shift == 0u) {
      for (var i = first; i < last; i++) { places[(sort_key(f32(X[x0 + i])) & mask) * WG + t] += 1u; }
    } else if (shift < 16u) {
      for (var i = first; i < last; i++) {
        places[((sort_key(f32(X[x0 + S[src + i]])) >> shift) & mask) * WG + t] += 1u;
      }
    } else {
      for (var i = first; i < last; i++) { places[((S[src + i] >> shift) & mask) * WG + t] += 1u; }
    }
    workgroupBarrier();
    scan(t);
    // What goes on to the next pass besides the index.
    let carry = select(0u, ~LOW, shift + BITS >= 16u);
    if (shift == 0u) {
      for (var i = first; i < last; i++) {
        let key = sort_key(f32(X[x0 + i]));
        let place = (key & mask) * WG + t;
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
