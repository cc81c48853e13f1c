// Wool cloth in a two-and-two twill: dark warp, pale weft, every yarn twisted, slubby and dyed a little differently.
import { Rng } from '../../src/base/rng';
import { type Rgb, ramp, scale, vary } from './colour';
import { fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { curve, ribbon } from './ribbon';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 41;
/** Distance between yarns, pixels. */
const PITCH = 6.4;
const warpDye = ramp('#1f3b4d', '#2d5566', '#3f7078', '#5b8a86');
const weftDye = ramp('#a98f63', '#bfa77f', '#cfbd9a', '#d8cbb2');

const wander = fractal(gradientNoise(SEED, 1), 3);
const fuzz = fractal(gradientNoise(SEED, 2), 4, 0.62);
const slub = fractal(gradientNoise(SEED, 3), 3);

/** 1 where the warp yarn lies on top. */
const over = (i: number, j: number): number => ((((i + j) % 4) + 4) % 4 < 2 ? 1 : -1);

interface Yarn {
  height: number;
  /** Place across the yarn, -1 .. 1, and how deep in the twist's furrow, 0 .. 1. */
  furrow: number;
  shade: number;
}

/** One yarn where it is `across` from its axis and `along` its way. */
function yarn(stream: number, k: number, across: number, along: number, level: number): Yarn {
  const thick = 3.25 + 0.75 * slub(along / 24, k * 3.7 + stream * 9);
  const u = across / thick;
  const round = Math.sqrt(Math.max(0, 1 - u * u));
  // plies wind round the yarn: the phase leans with the angle at the surface
  const angle = Math.asin(Math.max(-1, Math.min(1, u)));
  const wind = along * 1.15 + angle * 1.25 + 0.9 * fuzz(along / 9, k * 5.1 + stream);
  const ply = Math.sin(wind);
  const hair = fuzz(along / 3.4 + across * 0.45, across / 0.75 + 13 * k + 40 * stream);
  return {
    height: u * u < 1 ? level + 2.3 * round + 0.34 * ply * round + 0.3 * hair : -9,
    furrow: smooth(0.2, -0.95, ply),
    shade: 0.1 * hair + 0.05 * fuzz(along / 1.6, across / 0.45 + 7 * k) + 0.035 * slub(along / 8, k * 2.3 - stream * 7),
  };
}

const dye = (of: (t: number) => Rgb, stream: number, k: number): Rgb => {
  const [a, b, c] = hash(SEED, 10 + stream, k);
  return vary(of(0.15 + 0.7 * a), 0.05 * (b - 0.5), 0.85 + 0.3 * c, 0.2 * (b - 0.5));
};

export function weave(): Uint8Array {
  const surface = new Surface();
  surface.shine.fill(0.015);
  surface.each((x, y, i) => {
    const wx = (x + 1.3 * wander(x / 50, y / 34)) / PITCH;
    const wy = (y + 1.3 * wander(x / 34 + 20, y / 50)) / PITCH;
    const ci = Math.floor(wx);
    const cj = Math.floor(wy);
    // which way a yarn goes between one crossing and the next
    const fx = wx - 0.5 - Math.floor(wx - 0.5);
    const fy = wy - 0.5 - Math.floor(wy - 0.5);
    const i0 = Math.floor(wx - 0.5);
    const j0 = Math.floor(wy - 0.5);
    const warpLevel = 1.35 * lerp(over(ci, j0), over(ci, j0 + 1), smooth(0.1, 0.9, fy));
    const weftLevel = -1.35 * lerp(over(i0, cj), over(i0 + 1, cj), smooth(0.1, 0.9, fx));
    const warp = yarn(0, ci, (wx - ci - 0.5) * PITCH, y, warpLevel);
    const weft = yarn(1, cj, (wy - cj - 0.5) * PITCH, x, weftLevel);
    const isWarp = warp.height > weft.height;
    const top = isWarp ? warp : weft;
    const base = isWarp ? dye(warpDye, 0, ci) : dye(weftDye, 1, cj);
    surface.height[i] = Math.max(top.height, -2);
    surface.paint(i, scale(vary(base, top.shade, 1 + 0.4 * top.furrow), 1 - 0.3 * top.furrow));
    surface.rough[i] = 0.75;
  });
  // loose hairs
  const rng = new Rng(SEED, 5);
  const wide = SIZE + 2 * MARGIN;
  for (let n = 0; n < 900; n++) {
    const x = rng.uniform() * wide - MARGIN;
    const y = rng.uniform() * wide - MARGIN;
    const start = surface.at(x, y);
    const colour = vary(surface.colourAt(start), 0.06 + 0.03 * rng.normal(), 0.8);
    const level = (surface.height[start] ?? 0) + 0.2;
    const way = curve(x, y, 2 * Math.PI * rng.uniform(), 3 + 6 * rng.uniform(), rng.normal() * 0.6);
    ribbon(
      surface,
      way,
      () => 0.11,
      (t, _, i) => {
        const h = level + 1 * t * (1 - t);
        if (h <= (surface.height[i] ?? 0)) return;
        surface.height[i] = h;
        surface.paint(i, colour);
      },
    );
  }
  return shade(surface, { azimuth: 2.25, elevation: 0.72, softness: 0.2, exposure: 1.02, reach: 9 });
}
