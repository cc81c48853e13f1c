import type { OpSpec, Value } from '../op';
import { type ShadeOptions, shadeOp } from './index';

type Vec = readonly [number, number, number];
const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (v: Vec): Vec => v.map((x) => x / Math.hypot(...v)) as unknown as Vec;
const linear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** Smith's function of Trowbridge and Reitz's distribution: G = 1 / (1 + lambda(v) + lambda(s)). */
const lambda = (cos: number, a: number): number => (Math.sqrt(1 + a * a * (1 / cos ** 2 - 1)) - 1) / 2;

/** Light of one channel, from angles as textbooks have it. */
function seen(c: number, n: Vec, [o, r, m]: Vec, s: Vec): number {
  const a = Math.min(1, Math.max(0.05, r)) ** 2;
  const f = 0.04 * (1 - m) + c * m;
  const matte = (1 - m) * c;
  const h = unit([s[0], s[1], s[2] + 1]);
  const nv = Math.max(n[2], 0.001);
  const ns = dot(n, s);
  let sun = 0;
  if (ns > 0) {
    const D = a ** 2 / (Math.PI * (dot(n, h) ** 2 * (a ** 2 - 1) + 1) ** 2);
    const G = 1 / (1 + lambda(nv, a) + lambda(ns, a));
    const F = f + (1 - f) * (1 - dot(s, h)) ** 5;
    sun = ((1 - F) * matte + (Math.PI * D * G * F) / (4 * ns * nv)) * ns * (0.75 / s[2]);
  }
  const smooth = 1 - r;
  const grazing = Math.min(smooth ** 2, 2 ** (-9.28 * nv)) * smooth + 0.0425 - 0.0275 * r;
  const [A, B] = [1.04 - 0.572 * r - 1.04 * grazing, 0.022 * r - 0.04 + 1.04 * grazing];
  const sky = matte * (1 + (2 / 3) * n[2]) + (f * A + B) * Math.max(0, 1 + (1 - a / 3) * (2 * nv * n[2] - 1));
  return sun + o * 0.15 * sky;
}

function reference([color, normal, surface]: readonly Value[], { sun }: ShadeOptions): Float64Array {
  const n = (color?.data.length ?? 0) / 3;
  const at = (x: Value | undefined, i: number): Vec => [0, 1, 2].map((k) => x?.data[k * n + i] ?? 0) as unknown as Vec;
  return Float64Array.from({ length: 3 * n }, (_, k) => {
    const direction = unit(at(normal, k % n).map((v) => 2 * v - 1) as unknown as Vec);
    return seen(linear(color?.data[k] ?? 0), direction, at(surface, k % n), sun);
  });
}

/** Colours and surfaces 0.1 to 1; normals that lean up to about 70 degrees. */
const values =
  (pixels: number) =>
  (k: number, i: number, u: number): number => {
    if (k === 1) return i < 2 * pixels ? 0.5 + 0.45 * u : 0.75 + 0.1 * u;
    return 0.55 + 0.45 * u;
  };
const maps = (H: number, W: number): readonly [Shape3, Shape3, Shape3] => [
  [3, H, W],
  [3, H, W],
  [3, H, W],
];
type Shape3 = readonly [3, number, number];

const spec: OpSpec<3, ShadeOptions> = {
  op: shadeOp,
  reference: (x, attrs) => reference(x, attrs),
  cases: [
    { name: 'one pixel', shapes: maps(1, 1), attrs: { sun: [0, 0, 1] }, values: values(1) },
    { name: 'exactly one workgroup', shapes: maps(8, 8), attrs: { sun: [-0.48, 0.6, 0.64] }, values: values(64) },
    {
      name: 'ragged, a low sun, some of it in shade',
      shapes: maps(13, 31),
      attrs: { sun: [0.96, 0, 0.28] },
      values: values(13 * 31),
    },
  ],
  rejects: [
    {
      name: 'sizes that differ',
      shapes: [
        [3, 4, 4],
        [3, 4, 4],
        [1, 4, 4],
      ],
      attrs: { sun: [0, 0, 1] },
      message: /all alike, got .*1/,
    },
    { name: 'a sun below', shapes: maps(4, 4), attrs: { sun: [0, 0.6, -0.8] }, message: /above the surface/ },
  ],
  differentiable: [],
  rtol: 3e-5,
  torus: () => ({ rollIn: [2, 3], rollOut: [2, 3], inputs: [0, 1, 2] }),
};

export const specs: OpSpec[] = [spec];
