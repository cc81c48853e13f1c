// The pictures that sealing is measured on: thirty, none of which tiles.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Raster } from '../src/base/raster';
import { resized } from '../src/base/resample';
import { Rng } from '../src/base/rng';
import { readPicture } from '../src/node/picture';

export interface Subject {
  readonly name: string;
  readonly picture: Raster;
}

const COUNT = 30;

function cropped({ width, height, data }: Raster, x0: number, y0: number, w: number, h: number): Raster {
  const out = new Float32Array(3 * w * h);
  for (let row = 0; row < 3 * h; row++) {
    const from = (Math.floor(row / h) * height + y0 + (row % h)) * width + x0;
    out.set(data.subarray(from, from + w), row * w);
  }
  return { width: w, height: h, data: out };
}

/** A picture as a camera would have it: each value times the light there, u and v from 0 to 1. */
function lit(picture: Raster, light: (u: number, v: number) => number): Raster {
  const { width, height } = picture;
  const data = picture.data.map((value, i) => {
    const at = i % (width * height);
    const u = ((at % width) + 0.5) / width;
    const v = (Math.floor(at / width) + 0.5) / height;
    return Math.min(1, value * light(u, v));
  });
  return { width, height, data };
}

const vignette =
  (cx: number, cy: number, strength: number) =>
  (u: number, v: number): number =>
    1 / (1 + strength * ((u - cx) ** 2 + (v - cy) ** 2)) ** 2;

/** Strokes of the brush along curved lines, over a ground that goes from one colour to another. */
function painted(seed: number, side: number): Raster {
  const n = side * side;
  const data = new Float32Array(3 * n);
  const rng = new Rng(seed);
  const draw = (): number => rng.uniform();
  const palette = Array.from({ length: 7 }, () => [draw(), draw(), draw()]);
  const swirl = Array.from({ length: 4 }, () => [draw(), draw(), draw() * 6 - 3]);
  for (let i = 0; i < n; i++) {
    const v = Math.floor(i / side) / side;
    for (let c = 0; c < 3; c++)
      data[c * n + i] = 0.3 + 0.4 * ((palette[0]?.[c] ?? 0) * (1 - v) + (palette[1]?.[c] ?? 0) * v);
  }
  for (let s = 0; s < side * 6; s++) {
    let x = draw() * side;
    let y = draw() * side;
    const tone = palette[Math.floor(draw() * 7)] ?? [0, 0, 0];
    const shade = 0.7 + 0.6 * draw();
    const radius = 1.5 + 3.5 * draw();
    for (let t = 0; t < 30; t++) {
      let angle = 0.4;
      for (const [cx = 0, cy = 0, turn = 0] of swirl) {
        const dx = x / side - cx;
        const dy = y / side - cy;
        angle += turn * Math.exp(-8 * (dx * dx + dy * dy)) + 0.3 * Math.atan2(dy, dx);
      }
      x += 1.5 * Math.cos(angle);
      y += 1.5 * Math.sin(angle);
      for (let py = Math.max(0, Math.ceil(y - radius)); py <= Math.min(side - 1, y + radius); py++) {
        for (let px = Math.max(0, Math.ceil(x - radius)); px <= Math.min(side - 1, x + radius); px++) {
          const d = Math.hypot(px - x, py - y) / radius;
          if (d > 1) continue;
          const bristle = 0.9 + 0.2 * Math.sin(3 * (px * Math.sin(angle) - py * Math.cos(angle)));
          for (let c = 0; c < 3; c++) {
            const at = c * side * side + py * side + px;
            const v = Math.min(1, (tone[c] ?? 0) * shade * bristle);
            data[at] = (data[at] ?? 0) * 0.35 + 0.65 * v;
          }
        }
      }
    }
  }
  return { width: side, height: side, data };
}

/** As an 8-bit file has it. */
const inLevels = (picture: Raster): Raster => ({
  ...picture,
  data: picture.data.map((v) => Math.round(v * 255) / 255),
});

export async function subjects(): Promise<Subject[]> {
  const found: Subject[] = [];
  const examples = readdirSync('examples')
    .filter((f) => f.endsWith('.png'))
    .sort();
  const drawn = new Map<string, Raster>();
  for (const file of examples) drawn.set(basename(file, '.png'), await readPicture(join('examples', file)));
  for (const [name, picture] of drawn) found.push({ name, picture: cropped(picture, 7, 5, 237, 229) });
  const shared = join('..', 'shared', 'exemplars');
  const folder = [shared, process.env.TOROID_EXEMPLARS ?? ''].find((f) => f !== '' && existsSync(f));
  for (const file of folder ? readdirSync(folder).sort() : []) {
    if (/\.(png|jpg)$/.test(file))
      found.push({ name: file.replace(/\.\w+$/, ''), picture: await readPicture(join(folder ?? '', file)) });
  }
  const lights: [string, (u: number, v: number) => number][] = [
    ['linear', (u) => 0.65 + 0.35 * u],
    ['diagonal', (u, v) => 1 - 0.25 * u - 0.2 * v],
    ['vignette', vignette(0.5, 0.5, 0.5)],
    ['lamp', vignette(0.2, 0.35, 0.4)],
  ];
  const names = ['pebbles', 'grass', 'leaves', 'brick', 'sand', 'wood', 'lichen', 'terrazzo', 'scales'];
  found.push({ name: 'painting 1', picture: inLevels(painted(1, 384)) });
  for (let k = 0; found.length < COUNT; k++) {
    const name = names[k % names.length] ?? '';
    const [kind, light] = lights[k % lights.length] ?? ['', () => 1];
    const base = drawn.get(name);
    if (!base) continue;
    const large = k % 2 === 0 ? base : resized(base, [400, 320]);
    found.push({
      name: `${name}, ${kind}`,
      picture: inLevels(lit(cropped(large, 3, 4, large.width - 20, large.height - 14), light)),
    });
  }
  return found;
}
