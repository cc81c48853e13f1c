// Small runs with losses on the picture itself, for the tests of what recipes make.
import * as assert from 'uvu/assert';
import { blur } from '../../src/base/blur';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { plasma } from '../../src/recipes/init/plasma';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { type RunOptions, type RunResult, run } from '../../src/recipes/run';
import { device } from './device';

type Stage = RecipeText['stages'][number];
export type Loss = NonNullable<Stage['losses']>[number];
/** A picture of 32 x 32. */
export const look = plasma({ size: [32, 32], seed: 3 });
export const inputs = new Map([['style', look]]);
export const input = { layers: ['input'] };
export const gram: Loss = { kind: 'gram', ...input };
/** Has no gradient: what comes out is what went in. */
export const nothing: Loss = { kind: 'tv', weight: 0 };
export const recipe = (losses: readonly Loss[], more: Partial<RecipeText> = {}, stage: Partial<Stage> = {}): Recipe =>
  fillRecipe({ size: 16, scales: { count: 1 }, stages: [{ steps: 5, losses: [...losses], ...stage }], ...more });
export const styled = { styles: [{ input: 'style' }] };
export const flat = (
  red: number,
  green: number,
  blue: number,
  [width, height]: readonly [number, number] = [32, 32],
): Raster => {
  const n = width * height;
  return {
    width,
    height,
    data: Float32Array.from({ length: 3 * n }, (_, i) => [red, green, blue][Math.floor(i / n)]!),
  };
};
/** One number for each pixel, in all three planes. */
export const grey = (width: number, height: number, value: (x: number, y: number) => number): Raster => {
  const plane = Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data: Float32Array.from([...plane, ...plane, ...plane]) };
};
export const pixel = ({ width, height, data }: Raster, x: number, y: number): number[] =>
  [0, 1, 2].map((c) => data[c * width * height + y * width + x]!);
export const apart = (a: Raster, b: Raster): number => {
  assert.equal([a.width, a.height], [b.width, b.height]);
  return a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0);
};
export const go = async (
  wanted: Recipe,
  given: ReadonlyMap<string, Raster> = inputs,
  o: RunOptions = {},
): Promise<RunResult> => run(await device(), wanted, given, o);

/** Noise of a grain of two pixels: the same texture at any size. */
export function grain(side: number, seed: number): Raster {
  const rng = new Rng(seed, 5);
  const noise = Float32Array.from({ length: 3 * side * side }, () => rng.uniform() - 0.5);
  const soft = blur(noise, [side, side], 1, [true, true]);
  const data = soft.map((v, i) => Math.min(1, Math.max(0, 0.5 + (i < side * side ? 1.2 : 0.6) * v)));
  return { width: side, height: side, data };
}
