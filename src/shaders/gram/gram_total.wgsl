// gram_total: G[i, j] = G[j, i] = scale * sum over parts p of P[p, i, j], i <= j
//
// One thread per element of G; those below the diagonal have nothing to do. Four interleaved sums, in fixed order.

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { C: u32, parts: u32, scale: f32 }

@group(0) @binding(0) var<storage, read>       P: array<f32>;
@group(0) @binding(1) var<storage, read_write> G: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let at = global_index(group, groups, local, WG);
  let n = u.C * u.C;
  let i = at / u.C;
  let j = at % u.C;
  if (at >= n || i > j) { return; }
  var s = vec4f();
  var p = 0u;
  for (; p + 3u < u.parts; p += 4u) {
    let k = p * n + at;
    s += vec4f(P[k], P[k + n], P[k + 2u * n], P[k + 3u * n]);
  }
  for (; p < u.parts; p++) { s.x += P[p * n + at]; }
  let v = T(u.scale * ((s.x + s.y) + (s.z + s.w)));
  G[at] = v;
  G[j * u.C + i] = v;
}
