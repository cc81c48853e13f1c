import { checkOptions } from '../base/known_options';
import { type Bits, type Pixels, toPixels } from '../base/pixels';
import type { Raster } from '../base/raster';
import type { Field } from '../copy/field';
import type { StageResult } from '../recipes/events';
import { type PictureRecord, recordText } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';

/** How a picture came about. */
export interface Making {
  /** What it is replayed from; it goes into the PNG. */
  readonly record: PictureRecord;
  readonly stages: readonly StageResult[];
  /** `stop` was raised before the last step. */
  readonly stopped: boolean;
  /** By how much the finished tile was rolled, to lay its border along an ordinary line, pixels. */
  readonly moved: readonly [dx: number, dy: number];
  /** Where each pixel came from, if it was copied. */
  readonly field?: Field | undefined;
}

/** A picture and the text that its file carries. Plain memory of the host: it outlives the device it was made on. */
export class StoredPicture {
  constructor(
    readonly raster: Raster,
    readonly text: Readonly<Record<string, string>>,
  ) {}

  get width(): number {
    return this.raster.width;
  }

  get height(): number {
    return this.raster.height;
  }

  /** sRGB, four bytes a pixel: what `ImageData` is made of. */
  toPixels(): Pixels {
    return toPixels(this.raster);
  }

  /** A PNG file with the text inside. */
  async toPng(options: { readonly bits?: Bits } = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkOptions('toPng', options, { bits: [8, 16] });
    const { encodePng } = await import('../base/png');
    return encodePng(this.raster, { ...options, text: this.text });
  }

  /** `toPng` as a Blob, to be downloaded or shown. */
  async toBlob(options: { readonly bits?: Bits } = {}): Promise<Blob> {
    checkOptions('toBlob', options, { bits: [8, 16] });
    return new Blob([await this.toPng(options)], { type: 'image/png' });
  }
}

/**
 * A picture that a recipe made, and how. Its PNG has the recipe inside, as `toroid run <picture>` and
 * `run(await readRecord(file), ...)` want it.
 */
export class Picture extends StoredPicture {
  constructor(
    raster: Raster,
    readonly making: Making,
  ) {
    super(raster, recordText(making.record));
  }

  /** The recipe as run, with every value filled in. */
  get recipe(): Recipe {
    return this.making.record.recipe;
  }

  get stopped(): boolean {
    return this.making.stopped;
  }

  /** Where each pixel came from, if it was copied; `applyField` takes maps of the exemplar there. */
  get field(): Field | undefined {
    return this.making.field;
  }
}
