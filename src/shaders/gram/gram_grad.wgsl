// gram_grad: Y[c, n] = scale * sum over channels k of (D[c, k] + D[k, c]) (X[k, n] - mu[k])
//
// The gradient of gram, from that of the matrix (D) and the map (X). A matmul whose left factor is made symmetric and
// whose right factor is centred while they are brought in. A workgroup of S x S threads owns 4 S R channels (x of
// the grid) x 4 S R pixels (y, wrapped into z).

alias T = f32;
override CENTRED: u32 = 0; // 1: subtract mu; otherwise mu is not read
override S: u32 = 16;      // threads along each side
override R: u32 = 1;       // runs of 4 outputs a thread has in each direction, 1 or 2

struct Uniforms { C: u32, N: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read>       D: array<T>;
@group(0) @binding(2) var<storage, read>       mu: array<T>;
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

fn d_at(c: u32, k: u32) -> f32 {
  if (c >= u.C || k >= u.C) { return 0.0; }
  return f32(D[c * u.C + k]) + f32(D[k * u.C + c]);
}

fn x_at(k: u32, n: u32) -> f32 {
  if (k >= u.C || n >= u.N) { return 0.0; }
  let v = f32(X[k * u.N + n]);
  if (CENTRED == 1u) { return v - f32(mu[k]); }
  return v;
}

fn store(c: u32, n: u32, m: mat4x4f) {
  store_row(c, n, m[0]);
  store_row(c + 1u, n, m[1]);
  store_row(c + 2u, n, m[2]);
  store_row(c + 3u, n, m[3]);
}

fn store_row(c: u32, n: u32, row: vec4f) {
  if (c >= u.C) { return; }
  let at = c * u.N + n;
  let v = u.scale * row;
  if (n < u.N) { Y[at] = T(v.x); }
  if (n + 1u < u.N) { Y[at + 1u] = T(v.y); }
  if (n + 2u < u.N) { Y[at + 2u] = T(v.z); }
  if (n + 3u < u.N) { Y[at + 3u] = T(v.w); }
}

@compute @workgroup_size(S, S)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let c0 = group.x * SIDE * 4u;
  let n0 = (group.z * groups.y + group.y) * SIDE * 4u;
  let row = local / S;
  let col = local % S;
  var o: Outputs;
  for (var k0 = 0u; k0 < u.C; k0 += DEPTH) {
    for (var f = 0u; f < FILL; f++) {
      let at = f * S * S + local;
      let kd = at % DEPTH;
      let c = c0 + at / DEPTH * 4u;
      let d = k0 + kd;
      tile_a[spot(kd, at / DEPTH)] = vec4f(d_at(c, d), d_at(c + 1u, d), d_at(c + 2u, d), d_at(c + 3u, d));
      let k = k0 + at / SIDE;
      let n = n0 + at % SIDE * 4u;
      tile_b[spot(at / SIDE, at % SIDE)] = vec4f(x_at(k, n), x_at(k, n + 1u), x_at(k, n + 2u), x_at(k, n + 3u));
    }
    workgroupBarrier();
    add_tiles(&o, row, col);
    workgroupBarrier();
  }
  let c = c0 + row * 4u;
  let n = n0 + col * 4u;
  store(c, n, o.m00);
  if (R == 2u) {
    store(c, n + S * 4u, o.m01);
    store(c + S * 4u, n, o.m10);
    store(c + S * 4u, n + S * 4u, o.m11);
  }
}
