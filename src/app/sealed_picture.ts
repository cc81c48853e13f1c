// What sealing gives, apart from the work, which pages fetch late.
import type { Measures } from '../base/measures';
import type { Bits } from '../base/pixels';
import type { Raster } from '../base/raster';
import type { Field } from '../copy/field';
import { StoredPicture } from './picture';

/** What sealing did. */
export interface SealReport {
  /** Of the picture that was sealed. */
  readonly from: readonly [width: number, height: number];
  readonly size: readonly [width: number, height: number];
  /** Axes that were sealed; none: the picture tiles as it is. */
  readonly sealed: readonly ('x' | 'y')[];
  /** Share of the pixels that are those of the picture to the bit. */
  readonly unchanged: number;
  /** How many deviations the join is from the lines inside, for the axes that tile: see `seamScore`. */
  readonly z: { readonly x?: number; readonly y?: number };
  /** Of those axes the ones whose join still is a seam, as `toroid check` judges. */
  readonly seams: readonly ('x' | 'y')[];
  /** Share of the cuts where the two sides are too unlike, so that the cut shows. */
  readonly rough: number;
  /** Share of the cuts that showed, and are covered by pieces of the picture now. */
  readonly covered: number;
  /** How many times brighter one end was than the other, where light fell off and was evened; else 1. */
  readonly light: readonly [x: number, y: number];
}

/** How a file that was sealed keeps its numbers. */
export interface SealedForm {
  readonly bits: Bits;
  /** Where they are no 8 or 16 bits of brightness. */
  readonly measures?: Measures | undefined;
}

/** A sealed picture, its maps, and where every pixel came from. */
export class SealedPicture extends StoredPicture {
  constructor(
    raster: Raster,
    text: Readonly<Record<string, string>>,
    readonly report: SealReport,
    readonly field: Field,
    /** [H, W], 1 where a cut shows. */
    readonly rough: Uint8Array,
    readonly maps: ReadonlyMap<string, StoredPicture>,
    /** Of the file that was sealed, and of those of the maps. */
    readonly forms: { readonly picture: SealedForm; readonly maps: ReadonlyMap<string, SealedForm> },
  ) {
    super(raster, text);
  }
}
