import type { Ref } from '../../shaders/op';
import { sparseRemap } from '../../shaders/sparse_remap';
import { mapOf } from './common';
import { fold, type Motion } from './fold';
import type { ViewContext } from './view';

const ROOT3 = Math.sqrt(3);

interface Choice {
  readonly lattice: 'brick' | 'half_drop' | 'hex' | 'sheared';
  readonly rows: number;
  readonly shear: number;
  readonly cells: readonly [number, number];
  readonly blend: number;
}

/** Copies in a repeat, and by what part of it (of as many as there are copies) each is moved on beside the last. */
function copiesOf({ lattice, rows, shear }: Choice): { readonly copies: number; readonly by: number } {
  if (lattice === 'half_drop' || lattice === 'hex') return { copies: 2, by: 1 };
  return { copies: rows, by: lattice === 'brick' ? 1 : shear };
}

export function latticeMultiple(settings: Choice): readonly [number, number] {
  const [nx, ny] = settings.cells;
  const { copies } = copiesOf(settings);
  return [copies * ny, copies * nx];
}

/** The view of lattice.ts. */
export function lattice(c: ViewContext, canvas: Ref, settings: Choice): Ref {
  const [, H = 1, W = 1] = canvas.shape;
  const [nx, ny] = settings.cells;
  const aspect = (W * ny) / (H * nx);
  const rounded = Math.min(Math.abs(H - (W * ny * ROOT3) / nx), Math.abs(W - (H * nx * ROOT3) / ny));
  if (settings.lattice === 'hex' && Math.abs(Math.abs(Math.log(aspect)) - Math.log(ROOT3)) > 0.01 && rounded > 1.5) {
    c.warn(
      `lattice hex: a true honeycomb has repeats of 1 to 1.732, these are 1 to ${(1 / aspect).toPrecision(3)}; ` +
        `a canvas of 1 to ${Number(((ny * ROOT3) / nx).toPrecision(4))} would be one`,
    );
  }
  const { copies, by } = copiesOf(settings);
  const motions = Array.from({ length: copies }, (_, k): Motion => {
    return { m: [1, 0, 0, 1], t: [(k * by) / copies, k / copies] };
  });
  const map = mapOf(W, H, settings, () => {
    const { rows, of } = fold(W, H, { motions, cells: [nx, ny], blend: settings.blend });
    return rows.map(of);
  });
  return sparseRemap(c.g, canvas, map);
}
