// shade: Y[., y, x] = ((1 - F) (1 - m) c + pi D V F) S max(0, n.s) + o ((1 - m) c E(n) + (f A + B) L(q))
//
// One thread per pixel, seen from straight above, v = (0, 0, 1): c its colour in linear light, o, r, m its occlusion,
// roughness and metalness, n its normal, s where the sun is. With a = r^2, h = (s + v) / |s + v| and f = c of metals, 0.04 of others:
// D = a^2 / (pi (a^2 (n.h)^2 + |n x h|^2)^2), Trowbridge and Reitz; V = Smith's masking and shadowing together, over 4 n.s n.v;
// F = f + (1 - f) (1 - s.h)^5, Schlick. The sky, L(d) = SKY (1 + d.z), is brightest at the zenith; E is its cosine-weighted
// mean, A and B what of it a rough surface reflects of where q, the mirrored v, points, blurred as it is rough (Karis 2014,
// "Physically based shading on mobile").

alias T = f32;
override WG: u32 = 64;  // threads per workgroup

struct Uniforms { n: u32, sx: f32, sy: f32, sz: f32 }

@group(0) @binding(0) var<storage, read>       C: array<T>;  // sRGB-encoded
@group(0) @binding(1) var<storage, read>       N: array<T>;  // (n + 1) / 2
@group(0) @binding(2) var<storage, read>       O: array<T>;  // occlusion, roughness, metalness
@group(0) @binding(3) var<storage, read_write> Y: array<T>;
@group(0) @binding(4) var<uniform>             u: Uniforms;

// What a flat white surface gets of each: 1 together. SKY (1 + 2/3) is the rest.
const SUN = 0.75;
const SKY = 0.15;
// Highlights of smoother ones would be smaller than a pixel.
const SMOOTHEST = 0.05;

fn linear(c: vec3f) -> vec3f {
  return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32) {
  let i = global_index(group, groups, local, WG);
  if (i >= u.n) { return; }
  let g = i + u.n;
  let b = g + u.n;
  let c = linear(vec3f(f32(C[i]), f32(C[g]), f32(C[b])));
  let n = normalize(vec3f(f32(N[i]), f32(N[g]), f32(N[b])) * 2.0 - 1.0);
  let rough = clamp(f32(O[g]), SMOOTHEST, 1.0);
  let metal = f32(O[b]);
  let a = rough * rough;
  let f = mix(vec3f(0.04), c, metal);
  let matte = (1.0 - metal) * c;

  let s = vec3f(u.sx, u.sy, u.sz);
  let h = normalize(s + vec3f(0.0, 0.0, 1.0));
  let ns = max(dot(n, s), 0.0);
  let nv = max(n.z, 0.001);
  let nh = dot(n, h);
  let off = cross(n, h);
  let spread = a * a * nh * nh + dot(off, off);
  let shiny = a * a / (spread * spread)  // pi D V
    * 0.5 / (ns * sqrt(nv * nv * (1.0 - a * a) + a * a) + nv * sqrt(ns * ns * (1.0 - a * a) + a * a));
  let fresnel = f + (1.0 - f) * pow(1.0 - h.z, 5.0);
  let sun = ((1.0 - fresnel) * matte + shiny * fresnel) * ns * SUN / u.sz;

  let k = rough * vec4f(-1.0, -0.0275, -0.572, 0.022) + vec4f(1.0, 0.0425, 1.04, -0.04);
  let grazing = min(k.x * k.x, exp2(-9.28 * nv)) * k.x + k.y;
  let reflected = f * (k.z - 1.04 * grazing) + k.w + 1.04 * grazing;
  let up = 2.0 * nv * n.z - 1.0;
  let sky = matte * (1.0 + 2.0 / 3.0 * n.z) + reflected * max(1.0 + (1.0 - a / 3.0) * up, 0.0);
  let light = sun + f32(O[i]) * SKY * sky;
  Y[i] = T(light.r);
  Y[g] = T(light.g);
  Y[b] = T(light.b);
}
