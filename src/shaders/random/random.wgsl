// random: Y[i] = uniform or normal number made from pcg4d(seed, stream, counter, i)
//   uniform (bits.x >> 8) 2^-24, in [0, 1), the same bits as src/base/rng.ts
//   normal  sqrt(-2 log(1 - a)) cos(2 pi b), a and b the uniforms of bits.x and bits.y (Box and Muller, 1958)
//
// One thread per element. The counter is read from a buffer, so that every run of a plan can draw anew.

alias T = f32;
override WG: u32 = 64;      // threads per workgroup
override NORMAL: u32 = 0;   // 1: normal, 0: uniform

struct Uniforms { n: u32, seed: u32, stream: u32 }

@group(0) @binding(0) var<storage, read>       COUNTER: array<T>;
@group(0) @binding(1) var<storage, read_write> Y: array<T>;
@group(0) @binding(2) var<uniform>             u: Uniforms;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let bits = pcg4d(vec4u(u.seed, u.stream, u32(f32(COUNTER[0])), i)) >> vec4u(8u);
  let a = f32(bits.x) * 0x1p-24f;
  if (NORMAL == 0u) {
    Y[i] = T(a);
    return;
  }
  // WGSL promises cos only on [-pi, pi]: half a turn less, and the sign changed.
  let turn = f32(bits.y) * 0x1p-24f - 0.5;
  Y[i] = T(-sqrt(-2.0 * log(1.0 - a)) * cos(6.283185307179586 * turn));
}
