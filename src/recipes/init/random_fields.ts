import { pcg4d, Rng } from '../../base/rng';
import { initName } from './names';
import { plasma } from './plasma';
import { spectrumNoise } from './spectrum_noise';
import type { InitNode } from './tree';

type Generator = Extract<InitNode, { kind: 'generator' }>;

/**
 * The seed of one occurrence of a name: the run's own for the first, so that `plasma` is what `toroid plasma` draws with
 * that seed, and adding a second one leaves the first as it was.
 */
export function occurrenceSeed(seed: number, occurrence: number): number {
  return occurrence === 0 ? seed : pcg4d(seed, occurrence, 0, 0)[0];
}

/** What a generator paints: [3, H, W] on the scale of 0..255, seamless on both axes. The same seed, the same bytes. */
export function randomField(
  node: Generator,
  size: readonly [width: number, height: number],
  run: number,
): Float32Array {
  const n = size[0] * size[1];
  const seed = occurrenceSeed(run, node.occurrence);
  const option = (name: string): number =>
    node.options.get(name) ?? initName(node.name)?.options.find((o) => o.name === name)?.value ?? 0;
  const bands = option('bands');
  if (node.name === 'plasma') {
    const stretch = option('stretch') === 1;
    const power = node.options.get('power');
    const { data } = plasma({
      size,
      seed,
      stretch,
      amplitude: option('amplitude'),
      ...(power !== undefined && { power }),
    });
    if (bands === 1) for (const c of [1, 2]) data.copyWithin(c * n, 0, n);
    return data.map((v) => 255 * v);
  }
  const out = new Float32Array(3 * n);
  for (let c = 0; c < 3; c++) {
    if (c >= bands) out.copyWithin(c * n, 0, n);
    else out.set(band(node.name, size, seed, c, option), c * n);
  }
  return out;
}

function band(
  name: Exclude<Generator['name'], 'plasma'>,
  size: readonly [width: number, height: number],
  seed: number,
  c: number,
  option: (name: string) => number,
): Float32Array {
  const n = size[0] * size[1];
  const mean = option('mean');
  const deviation = option('deviation');
  if (name === 'spectrum') {
    const field = spectrumNoise(size, { seed: pcg4d(seed, c, 1, 0)[0], power: option('power') });
    return field.map((v) => mean + deviation * v);
  }
  const rng = new Rng(seed, (name === 'noise' ? 300 : 310) + c);
  const next = name === 'noise' ? () => 255 * rng.uniform() : () => mean + deviation * rng.normal();
  return Float32Array.from({ length: n }, next);
}
