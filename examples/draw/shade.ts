// Light on a height field seen from straight above: a sun of some width with cast shadows, a sky dimmed by what stands
// around (horizons), light bounced inside hollows, and GGX highlights. Each of the SAMPLES x SAMPLES samples of a pixel
// looks in other directions than its neighbours, so that few directions each make many for the pixel.
import type { Rgb } from './colour';
import { develop, RIM, WIDTH } from './develop';
import { MARGIN, SAMPLES, type Surface } from './surface';

export interface Light {
  /** Radians; 0 lights from the right, a quarter turn from the top. */
  azimuth?: number;
  /** Height of the sun over the horizon, radians. */
  elevation?: number;
  /** Half-width of the sun, radians: how soft shadows are. */
  softness?: number;
  sun?: Rgb;
  sky?: Rgb;
  exposure?: number;
  /** How far occlusion reaches, pixels; at most MARGIN - 4. */
  reach?: number;
}

const DIRECTIONS = 4;
const STEPS = 9;
const PHASES = SAMPLES * SAMPLES;

interface Ray {
  cos: number;
  sin: number;
  /** Where to look along the way: offsets into the height field, and one over their distance in pixels. */
  offsets: Int32Array;
  inverse: Float32Array;
}

function ray(angle: number, reach: number, steps: number, side: number, power: number): Ray {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const offsets = new Int32Array(steps);
  const inverse = new Float32Array(steps);
  for (let k = 0; k < steps; k++) {
    const far = Math.max(reach * ((k + 1) / steps) ** power * SAMPLES, 1.01);
    const dx = Math.round(far * cos);
    const dy = Math.round(-far * sin);
    offsets[k] = dy * side + dx;
    inverse[k] = SAMPLES / Math.hypot(dx, dy);
  }
  return { cos, sin, offsets, inverse };
}

/** Steepest rise along a ray, as a slope; 0 where nothing stands higher. */
function horizon(height: Float32Array, i: number, r: Ray): number {
  const here = height[i] ?? 0;
  let slope = 0;
  for (let k = 0; k < r.offsets.length; k++) {
    const rise = ((height[i + (r.offsets[k] ?? 0)] ?? 0) - here) * (r.inverse[k] ?? 0);
    if (rise > slope) slope = rise;
  }
  return slope;
}

/** Occlusion with the light bounced between walls of this colour (after Jimenez et al., "Practical Realtime Strategies for Accurate Indirect Occlusion", 2016). */
function bounced(visible: number, albedo: number): number {
  const a = 2.0404 * albedo - 0.3324;
  const b = 4.7951 * albedo - 0.6417;
  const c = 2.7552 * albedo + 0.6903;
  return Math.max(visible, ((visible * a - b) * visible + c) * visible);
}

function ggx(nh: number, nv: number, nl: number, vh: number, rough: number, shine: number): number {
  const a2 = rough ** 4;
  const d = nh * nh * (a2 - 1) + 1;
  const k = (rough + 1) ** 2 / 8;
  const g = 1 / ((nv * (1 - k) + k) * (nl * (1 - k) + k) * 4);
  return (a2 / (Math.PI * d * d)) * g * (shine + (1 - shine) * (1 - vh) ** 5);
}

/** Lights a surface. Returns 8-bit sRGB, SIZE x SIZE x 3. */
export function shade(surface: Surface, light: Light = {}): Uint8Array {
  const { azimuth = 2.2, elevation = 0.75, softness = 0.12, exposure = 1, reach = 14 } = light;
  const sun = light.sun ?? [1.75, 1.58, 1.34];
  const sky = light.sky ?? [0.36, 0.43, 0.55];
  const { side, height, albedo, rough, shine } = surface;
  const skyRays: Ray[][] = [];
  const suns: { ray: Ray; x: number; y: number; z: number; slope: number }[] = [];
  for (let p = 0; p < PHASES; p++) {
    // 4 is prime to 9: neighbouring samples get directions far apart
    const q = (p * 4) % PHASES;
    skyRays.push(
      Array.from({ length: DIRECTIONS }, (_, d) =>
        ray((2 * Math.PI * (d + (q + 0.5) / PHASES)) / DIRECTIONS, reach, STEPS, side, 1.7),
      ),
    );
    const round = 2 * Math.PI * ((p * 0.618034) % 1);
    const out = softness * Math.sqrt((q + 0.5) / PHASES);
    const az = azimuth + (out * Math.cos(round)) / Math.cos(elevation);
    const el = elevation + out * Math.sin(round);
    suns.push({
      ray: ray(az, Math.min(MARGIN - 4, 20), 24, side, 1.3),
      x: Math.cos(az) * Math.cos(el),
      y: Math.sin(az) * Math.cos(el),
      z: Math.sin(el),
      slope: Math.tan(el),
    });
  }
  const lit = new Float32Array(3 * WIDTH * WIDTH);
  const first = (MARGIN - RIM) * SAMPLES;
  const sunX = Math.cos(azimuth);
  const sunY = Math.sin(azimuth);
  for (let row = 0; row < WIDTH; row++) {
    for (let col = 0; col < WIDTH; col++) {
      const i = (row + first) * side + col + first;
      const phase = (row % SAMPLES) * SAMPLES + (col % SAMPLES);
      let nx = (((height[i - 1] ?? 0) - (height[i + 1] ?? 0)) * SAMPLES) / 2;
      let ny = (((height[i + side] ?? 0) - (height[i - side] ?? 0)) * SAMPLES) / 2;
      const nz = 1 / Math.sqrt(nx * nx + ny * ny + 1);
      nx *= nz;
      ny *= nz;
      // the sky: in each direction what is left of it between horizon and zenith
      let ambient = 0;
      let open = 0;
      for (const r of skyRays[phase] ?? []) {
        const slope = horizon(height, i, r);
        const sin2 = (slope * slope) / (1 + slope * slope);
        const middle = 0.5 * (Math.sqrt(sin2) + 1);
        const flat = Math.sqrt(1 - middle * middle);
        const facing = nx * r.cos * flat + ny * r.sin * flat + nz * middle;
        const brighter = 1 + 0.35 * (r.cos * sunX + r.sin * sunY);
        open += (1 - sin2) / DIRECTIONS;
        if (facing > 0) ambient += ((1 - sin2) * (facing / middle) * brighter) / DIRECTIONS;
      }
      const s = suns[phase];
      if (!s) continue;
      const nl = nx * s.x + ny * s.y + nz * s.z;
      let direct = 0;
      let gleam = 0;
      const gloss = shine[i] ?? 0;
      const roughness = rough[i] ?? 1;
      if (nl > 0) {
        const over = s.slope - horizon(height, i, s.ray);
        direct = nl * Math.min(1, Math.max(0, over / 0.12 + 0.5));
        if (gloss > 0 && direct > 0) {
          const hz = s.z + 1;
          const hl = Math.sqrt(s.x * s.x + s.y * s.y + hz * hz);
          const nh = (nx * s.x + ny * s.y + nz * hz) / hl;
          gleam = direct * ggx(nh, nz, nl, hz / hl, roughness, gloss);
        }
      }
      // the sky mirrored in the surface; brightest low on the side of the sun
      const rx = 2 * nz * nx;
      const ry = 2 * nz * ny;
      const mirror =
        gloss > 0
          ? (gloss + (1 - gloss) * (1 - nz) ** 5) *
            (1 - 0.75 * roughness) *
            open *
            (0.9 + 0.7 * (rx * sunX + ry * sunY))
          : 0;
      const o = 3 * (row * WIDTH + col);
      for (let c = 0; c < 3; c++) {
        const base = albedo[3 * i + c] ?? 0;
        const sunC = sun[c] ?? 0;
        const skyC = sky[c] ?? 0;
        const soft = (0.45 * bounced(open, Math.min(0.9, base)) + 0.55 * open) / Math.sqrt(Math.max(open, 1e-3));
        const value = base * (sunC * direct + skyC * ambient * soft) + sunC * gleam + skyC * mirror;
        lit[o + c] = value * exposure;
      }
    }
  }
  return develop(lit);
}
