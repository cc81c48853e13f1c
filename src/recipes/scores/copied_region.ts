import type { Matches, Samples } from './nearest_patches';
import type { PatchDescriptors } from './patch_descriptors';

/** A copy may drift so many pixels from one sample to the next, as resampled ones do. */
const DRIFT = 1;

/**
 * Share of the tile, 0 to 1, in the largest region copied from one place of the exemplar: samples side by side whose
 * nearest patches lie side by side in the same way. Unlike a verbatim region it may have been stretched, blended or changed
 * in tone.
 */
export function largestCopied(samples: Samples, found: Matches, { picture, wraps }: PatchDescriptors): number {
  const { columns, x, y } = samples;
  const rows = x.length / columns;
  const region = Int32Array.from(x, (_, i) => i);
  const root = (i: number): number => {
    let r = i;
    while (region[r] !== r) r = region[r] ?? 0;
    return r;
  };
  const apart = (to: number, from: number, side: number, wrap: boolean): number =>
    to - from + (wrap && to - from < -side / 2 ? side : 0);
  const join = (i: number, j: number): void => {
    const dx = apart(x[j] ?? 0, x[i] ?? 0, picture.width, wraps.x);
    const dy = apart(y[j] ?? 0, y[i] ?? 0, picture.height, wraps.y);
    const offX = (found.x[j] ?? 0) - (found.x[i] ?? 0) - dx;
    const offY = (found.y[j] ?? 0) - (found.y[i] ?? 0) - dy;
    if (Math.max(Math.abs(offX), Math.abs(offY)) <= DRIFT) region[root(i)] = root(j);
  };
  for (let i = 0; i < x.length; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns);
    if (wraps.x || column + 1 < columns) join(i, row * columns + ((column + 1) % columns));
    if (wraps.y || row + 1 < rows) join(i, ((row + 1) % rows) * columns + column);
  }
  const sizes = new Uint32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const r = root(i);
    sizes[r] = (sizes[r] ?? 0) + 1;
  }
  return sizes.reduce((a, b) => Math.max(a, b), 0) / x.length;
}
