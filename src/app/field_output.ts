// Where the pixels of a copied tile came from, as a file; and further maps of its exemplar, laid out as the tile is.

import { EngineError } from '../base/errors';
import { checkValues, list, text } from '../base/known_options';
import type { Measures } from '../base/measures';
import type { Bits } from '../base/pixels';
import type { Raster } from '../base/raster';
import { VERSION } from '../base/version';
import { setting } from '../base/wording';
import type { Field } from '../copy/field';
import { recordText } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';
import { type JobInfo, type Output, writeSomewhere } from './output';

/** A map that is to be laid out, and where it goes. */
export interface MapFile {
  /** For messages; one with "normal" in it is a map of normals. */
  readonly name: string;
  /** Of several exemplars one each, as `applyField` takes them. */
  readonly raster: Raster | readonly Raster[];
  readonly path: string;
  readonly bits: Bits;
  /** Write its numbers, as they are, not brightness. */
  readonly measures?: Measures | undefined;
}

/** Files that coordinates are written as. */
const FORMATS = /\.(npy|png|exr)$/i;

/** @throws EngineError `PictureError` for a name that says no format which holds coordinates */
export function checkFieldPath(path: string): void {
  if (FORMATS.test(path)) return;
  throw new EngineError(
    'PictureError',
    `${path || '""'}: coordinates are not written as that`,
    'Known: .npy (16-bit whole numbers), .png (16 bits: red is the column, green the row), .exr (floats).',
  );
}

/** Inputs that a recipe copies, in the order of `Field.source.pictures`; none: it does not copy. */
export const copiedInputs = ({ stages, styles }: Recipe): readonly string[] =>
  stages.some((s) => s.method === 'copy') ? styles.filter((s) => s.weight > 0).map((s) => s.input) : [];

/**
 * Refuses a recipe whose pixels come from nowhere.
 * @param what was asked for
 * @throws EngineError `RecipeError`
 */
export function checkCopies(recipe: Recipe, what: string): void {
  if (copiedInputs(recipe).length > 0) return;
  throw new EngineError(
    'RecipeError',
    `${what}: the recipe has no stage that copies, so no pixel comes from a place in the exemplar`,
    `Use ${setting('method', 'copy')}, or a recipe with such a stage.`,
  );
}

/** Tells where it was not done. */
function fieldOf(field: Field | undefined, { warn }: JobInfo, what: string): Field | undefined {
  if (!field)
    warn(`${what} is not written: the picture was enlarged after it was copied, so its pixels have no single place`);
  return field;
}

/**
 * Column and row of each pixel in the exemplar as it was given, from its top left, 0 the first; of several exemplars which one, as a third
 * value. `.npy`: [H, W, 2] or [H, W, 3], uint16. `.png`: 16 bits, red, green and blue. `.exr`: floats X, Y and `picture`, with fractions
 * where the exemplar was fitted to the tile; the others are rounded.
 */
export function fieldOutput(path: string): Output {
  checkValues('fieldOutput', { path }, { path: text });
  return {
    kind: 'field',
    begin: ({ recipe }) => {
      checkFieldPath(path);
      checkCopies(recipe, path);
    },
    finish: async (result, job) => {
      const field = fieldOf(result.field, job, path);
      if (!field) return undefined;
      const { exemplarPlaces } = await import('../copy/apply_field');
      const { width, height } = field;
      const n = width * height;
      const planes = exemplarPlaces(field);
      const plane = (c: number): Float32Array => planes.subarray(c * n, (c + 1) * n);
      const several = field.source.pictures.length > 1;
      const about = aboutField(field, copiedInputs(result.recipe));
      if (/\.exr$/i.test(path)) {
        const { encodeExr } = await import('../base/exr');
        const channels = [
          ['X', plane(0)],
          ['Y', plane(1)],
          ...(several ? [['picture', plane(2)] as const] : []),
        ] as const;
        const bytes = await encodeExr(channels, [width, height], { comments: about });
        return writeSomewhere(path, job.files, (place) => job.files.keepFile(place, bytes));
      }
      const whole = rounded(planes, field);
      if (/\.npy$/i.test(path)) {
        const { encodeNpy } = await import('../base/npy');
        const count = several ? 3 : 2;
        const values = Uint16Array.from(
          { length: count * n },
          (_, i) => whole[(i % count) * n + Math.floor(i / count)] ?? 0,
        );
        const bytes = encodeNpy(values, [height, width, count]);
        return writeSomewhere(path, job.files, (place) => job.files.keepFile(place, bytes));
      }
      const raster = { width, height, data: Float32Array.from(whole, (v) => v / 65535) };
      const metadata = { Software: `toroid ${VERSION}`, Description: about };
      return writeSomewhere(path, job.files, (place) => job.files.writePicture(place, raster, { bits: 16, metadata }));
    },
  };
}

/** Whole pixels, inside of the pictures. */
function rounded(planes: Float32Array, { width, height, source }: Field): Float32Array {
  const n = width * height;
  return planes.map((v, i) => {
    if (i >= 2 * n) return v;
    const picture = source.pictures[planes[2 * n + (i % n)] as number];
    const most = (i < n ? picture?.width : picture?.height) ?? 0;
    return Math.min(most - 1, Math.max(0, Math.round(v)));
  });
}

/** For whoever opens the file. */
function aboutField({ source: { pictures } }: Field, names: readonly string[]): string {
  const own = pictures.map(({ width, height }, k) => `${k}: ${names[k]}, ${width}x${height} pixels`);
  return `Where each pixel came from. R or X: column, G or Y: row, from the top left of the picture; B or picture: which one (${own.join('; ')}).`;
}

/** Further maps of the exemplar, laid out as the tile is. */
export function mapsOutput(maps: readonly MapFile[]): Output {
  checkValues('mapsOutput', { maps }, { maps: list });
  return {
    kind: 'maps',
    begin: ({ recipe }) => checkCopies(recipe, maps.map((m) => m.name).join(', ')),
    finish: async (result, job) => {
      const field = fieldOf(result.field, job, maps.map((m) => m.path).join(', '));
      if (!field) return undefined;
      const { applyField } = await import('../copy/apply_field');
      const written: string[] = [];
      for (const { name, raster, path, bits, measures } of maps) {
        const colours = applyField(field, raster, { normals: /normal/i.test(name) });
        const grey = [raster].flat().every((r) => r.grey);
        const laid = grey ? { ...colours, grey: true as const } : colours;
        const write = (place: string): Promise<void> => {
          const metadata = recordText(job.record(place, result.recipe));
          return job.files.writePicture(place, laid, { bits, measures, metadata, onWarning: job.warn });
        };
        written.push(await writeSomewhere(path, job.files, write));
      }
      return written;
    },
  };
}
