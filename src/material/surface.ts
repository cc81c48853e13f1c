// What heights alone say: normals, occlusion, curvature.
import type { Device } from '../gpu/device';
import { computed } from '../graph/computed';
import { Graph } from '../graph/graph';
import { conv2d } from '../shaders/conv2d';
import { horizonOcclusion } from '../shaders/horizon_occlusion';
import { SCHARR } from './slopes';
import type { Size } from './spectral';

/** Gaps are taken for so many times as deep as they are drawn: of a real one, a photograph shows the beginning. */
const DEPTH = 2;
/** The occlusion looks as far as this share of the shorter side. */
const REACH = 1 / 4;

/** [H, W] each, along x and down, height per pixel. */
export type Slopes = readonly [p: Float32Array, q: Float32Array];

/**
 * Scharr's slopes of a plane on the torus, per pixel.
 * @returns [H, W] along x, and down
 */
export async function slopesOf(device: Device, plane: Float32Array, [W, H]: Size): Promise<Slopes> {
  const g = new Graph();
  const down = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((k) => SCHARR[k] ?? 0);
  const filters = g.constant(
    [2, 1, 3, 3],
    Float32Array.from([...SCHARR, ...down], (v) => v / 32),
  );
  const x = g.constant([1, H, W], plane);
  const options = { pad: [1, 1, 1, 1], border: ['wrap', 'wrap'], algorithm: 'direct' } as const;
  const [both] = await computed(device, g, [conv2d(g, x, filters, options)] as const);
  return [both.subarray(0, W * H), both.subarray(W * H)];
}

/**
 * The share of the sky that each point of a relief sees, on the torus.
 * @param pixels what a height of 1 stands for, pixels
 * @returns [H, W]
 */
export async function occlusionOf(
  device: Device,
  height: Float32Array,
  [W, H]: Size,
  pixels: number,
): Promise<Float32Array> {
  const g = new Graph();
  const reach = Math.max(1, REACH * Math.min(W, H));
  const open = horizonOcclusion(g, g.constant([1, H, W], height), { reach, scale: DEPTH * pixels });
  return (await computed(device, g, [open] as const))[0];
}

/** Slopes to the normals of a map, OpenGL's way up: [3, H, W], (n + 1) / 2. */
export function normalsOf([p, q]: Slopes): Float32Array {
  const n = p.length;
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [right = 0, down = 0] = [p[i], q[i]];
    const length = Math.hypot(right, down, 1);
    out[i] = 0.5 - (0.5 * right) / length;
    out[n + i] = 0.5 + (0.5 * down) / length; // rows go down, y up
    out[2 * n + i] = 0.5 + 0.5 / length;
  }
  return out;
}

/** Normals of a map to slopes along x and down. Those that lie flat are taken for very steep. */
export function slopesOfNormals(normals: Float32Array): Slopes {
  const n = normals.length / 3;
  const p = new Float32Array(n);
  const q = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const z = Math.max(0.01, 2 * (normals[2 * n + i] ?? 1) - 1);
    p[i] = (1 - 2 * (normals[i] ?? 0.5)) / z;
    q[i] = (2 * (normals[n + i] ?? 0.5) - 1) / z;
  }
  return [p, q];
}
