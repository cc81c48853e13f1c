import type { Aborted } from '../base/aborted';
import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { type Allowed, type Atlas, allowedPixels, atlasOf, MOST_SOURCES, type Region } from './atlas';
import { betterMatchInBands } from './bands';
import { MOST as MOST_OF_ONE } from './block_plan';
import { blockShape, roomFor } from './block_share';
import { type Blocks, placeBlocks } from './blocks';
import type { FieldPicture, Size } from './field';
import type { FitMode, Joins } from './fit';
import type { Match } from './match_level';
import { labelsOf, ownersOf, type Wanted } from './owners';
import { type Pin, type Pinned, pinnedAt, pinnedCanvas } from './pin';
import { type Prepared, prepared } from './prepare';
import { levelSizes, shrunkBy } from './pyramid';
import { type Rendering, renderMatch } from './render';
import { type Owners, type Places, placesOfBlocks, refinedPlaces } from './start';
import { lessOften, MOST_VARIETY, saidOf, saidOfMore, USUAL_VARIETY } from './striking';

/** A picture to copy from. */
export interface CopySource extends Wanted {
  readonly picture: Raster;
  /** Where it may be copied from, of any size: more than a half. Default: all of it. */
  readonly from?: Allowed | undefined;
  /** It is the picture that is pinned. */
  readonly pinned?: boolean;
}

export interface CopyOptions {
  /** Of the tile, pixels. */
  readonly size: Size;
  /** The axes along which it joins itself. Default both. */
  readonly tile?: Joins | undefined;
  /** What of the tile is there already, and stays; only the rest is made. */
  readonly pin?: Pin | undefined;
  /** What gives way where the pictures are regular. Default `scale`. */
  readonly fit?: FitMode | undefined;
  /** Whether light that changes over a picture is evened out. Default: where it would show as patches. */
  readonly flatten?: boolean | 'auto' | undefined;
  readonly seed: number;
  /**
   * 0..1: what it costs that neighbouring pieces go on as in the picture. `auto`: .1, and where what stands out most in the
   * picture is met again all is laid anew with 1; what meets it less often is kept.
   */
  readonly variety: number | 'auto';
  /** How much it matters that all parts are used equally often; 1 is usual. */
  readonly evenness: number;
  readonly resume?: CopyPoint | undefined;
  /** What is done when it is aborted is made a tile of, in haste. */
  readonly signal?: Aborted | undefined;
  /** A level is done. The match may be kept, to go on from. */
  onLevel?(point: CopyPoint, share: number): Promise<void>;
  /** Some of the work is done: blocks, or some of a large level. */
  onBand?(share: number): void;
  /** Pixels of the canvas that are worked on at once, at most. Default: 4 million. */
  readonly most?: number | undefined;
  /** Something a user should know. */
  warn?(text: string): void;
}

/** What is known when a level is done. */
export interface CopyPoint {
  /** Levels done. */
  readonly levels: number;
  readonly match: Match;
}

export interface Copied extends Rendering {
  readonly raster: Raster;
}

/** From this peak of its autocorrelation on an exemplar without a lattice is regular too: larger blocks, as links and stitches go on in them. */
const REGULAR = 0.22;
/** What continues a neighbour costs so many 256ths less where blocks have to be brought together. */
const FAVOUR = 13;
/** What is cut off along an axis that does not join, over the shorter side of the smallest picture. */
const MARGIN = 0.25;
/** The shorter side of the smallest picture at the coarsest level that a hole is filled from: there all places are searched. */
const COARSEST = 48;
/** A patch's places are 16 bits each way. */
const LONGEST = 65536;

/** The share of the work that laying the blocks is. */
const LAYING = 0.5;

/** Copying a texture: set up once, run level by level, and made a picture of at any time. */
export class Copying {
  /** The tile, and what is cut off at the end along axes that do not join: there the torus may have a fault. */
  readonly #canvas: Size;
  readonly #allSizes: readonly Size[];
  /** Those of which the match is bettered. */
  readonly #sizes: readonly Size[];
  readonly #prepared: readonly Prepared[];
  #blocks: readonly Blocks[] = [];
  /** The atlas that was made last, and the width of its level: each has another. */
  #latest: { readonly width: number; readonly atlas: Atlas } | undefined;
  readonly #owners: Owners | null;
  readonly #pinned: Pinned | undefined;
  /** Blocks come from one picture, all of it, and fit. */
  readonly #fitting: boolean;

  /**
   * Looks at the pictures and lays the blocks that the match begins with. The event loop turns
   * between blocks; once the signal comes, the rest is laid in haste.
   * @throws EngineError `PictureError` for too many pictures, or too large ones
   */
  static async open(device: Device, sources: readonly CopySource[], options: CopyOptions): Promise<Copying> {
    checkSources(sources);
    const copying = new Copying(device, sources, options);
    await copying.#lay();
    return copying;
  }

  private constructor(
    private readonly device: Device,
    private readonly sources: readonly CopySource[],
    private readonly options: CopyOptions,
  ) {
    const { size, seed, tile = 'both', pin } = options;
    this.#prepared = sources.map((s) => prepared(s.picture, s.from, options));
    const smallest = this.#prepared.reduce((a, b) => (b.side < a.side ? b : a));
    const margin = (joins: boolean): number => (joins ? 0 : Math.max(32, Math.round(smallest.side * MARGIN)));
    this.#canvas = [
      size[0] + margin(tile === 'both' || tile === 'x'),
      size[1] + margin(tile === 'both' || tile === 'y'),
    ];
    const canvas = this.#canvas;
    this.#pinned = pin && pinnedCanvas(pin, canvas);
    const least = pin ? Math.min(COARSEST, smallest.least) : smallest.least;
    this.#allSizes = levelSizes(canvas, smallest.side, least);
    this.#owners = ownersOf(sources, canvas, size, seed);
    this.#fitting = sources.length === 1 && !sources[0]?.from && !pin;
    // Blocks that are cut along edges are not bettered at coarse levels, where edges are not seen: cuts would wander across things.
    this.#sizes = this.#fitting ? this.#allSizes.slice(-1) : this.#allSizes;
  }

  async #lay(): Promise<void> {
    const { variety, signal, warn } = this.options;
    const blocks: Blocks[] = [];
    for (const k of this.#prepared.keys()) {
      const first = variety === 'auto' ? USUAL_VARIETY : variety;
      let laid = await this.#placed(k, first, (share) => (LAYING * (k + share)) / this.#prepared.length);
      const { again } = laid;
      let said = again && saidOf(again, first);
      if (again && variety === 'auto' && this.#fitting && !signal?.aborted) {
        const mixed = await this.#placed(k, MOST_VARIETY, (share) => LAYING + (share * (1 - LAYING)) / 2);
        if (!signal?.aborted) {
          said = saidOfMore(again, mixed.again);
          if (lessOften(mixed.again, again)) laid = mixed;
        }
      }
      blocks.push(laid);
      if (!this.#fitting || signal?.aborted) continue;
      if (said) warn?.(said);
      if (laid.largest > MOST_OF_ONE) {
        const percent = Math.round(100 * laid.largest);
        const what = `one piece of the exemplar covers some ${percent} % of the tile, as its parts are large or few`;
        warn?.(`${what}: a larger tile, a larger exemplar or more variety has smaller ones`);
      }
    }
    this.#blocks = blocks;
  }

  /** The blocks of the k-th picture. `shareOf`: of all the work what is done, from the share of the blocks. */
  #placed(k: number, variety: number, shareOf: (share: number) => number): Promise<Blocks> {
    const { seed, evenness, signal, onBand } = this.options;
    const { guided: picture, correlation, parts, lattice, closes, side, least } = this.#prepared[k] as Prepared;
    const source = this.sources[k];
    const at = this.#levelOfBlocks(side, least);
    const regular = lattice !== null || correlation.peak >= REGULAR;
    const level = shrunkBy(picture, this.#steps(at));
    const from = source?.from;
    const allowed = allowedPixels(from, level.width, level.height);
    // In a hole long blocks would have to agree with all that is around it.
    const { share, overlap, lines } = blockShape(parts, regular, this.#pinned ? null : lattice, [
      picture.width,
      picture.height,
    ]);
    return placeBlocks(this.device, level, at, picture, this.#canvas, {
      seed: seed + k,
      share: from ? roomFor(allowed, level.width, level.height, share) : share,
      overlap,
      lines,
      allowed,
      pinned: this.#pinned && { level: pinnedAt(this.#pinned, this.#steps(at)), full: this.#pinned },
      stands: source?.pinned && isOfSize(source.picture, this.options.size),
      variety,
      evenness,
      regular,
      correlation,
      lattice,
      closes,
      signal,
      onBlock: (share) => onBand?.(shareOf(share)),
    });
  }

  /** The coarsest level that shows an exemplar's features, as far as the device can bind what is laid at that size. */
  #levelOfBlocks(side: number, least: number): Size {
    const fine = (s: Size): boolean => (side * s[0]) / this.#canvas[0] >= Math.max(96, least) && Math.min(...s) >= 64;
    const binds = (s: Size): boolean => 8 * s[0] * s[1] <= this.device.gpu.limits.maxStorageBufferBindingSize;
    const at = this.#allSizes.find(fine) ?? this.#canvas;
    return binds(at) ? at : (this.#allSizes.filter(binds).at(-1) ?? at);
  }

  get levels(): number {
    return this.#sizes.length;
  }

  /** Betters the match level by level, as far as the signal lets it. */
  async run(): Promise<Match> {
    const { resume, signal, evenness, onLevel, onBand } = this.options;
    const pixels = this.#sizes.map(([w, h], k) => w * h * roundsOf(k, this.levels, this.#fitting));
    const all = pixels.reduce((a, b) => a + b, 0);
    const shareAt = (done: number): number => LAYING + ((1 - LAYING) * done) / all;
    let match = resume?.match;
    let atlas: Atlas | null = null;
    for (let k = resume?.levels ?? 0; k < this.levels; k++) {
      const before: Atlas | null = atlas ?? (match ? this.#atlas(match.size) : null);
      const size = this.#sizes[k] as Size;
      atlas = this.#atlas(size);
      const start = this.#start(size, atlas, match && before ? { places: match, atlas: before } : null);
      if (signal?.aborted) {
        match = { ...start, weights: new Uint8Array(size[0] * size[1]).fill(255) };
        continue;
      }
      const done = pixels.slice(0, k).reduce((a, b) => a + b, 0);
      match = await betterMatchInBands(this.device, start, atlas, {
        rounds: roundsOf(k, this.levels, this.#fitting),
        favour: this.#fitting ? 0 : FAVOUR,
        evenness: 0.1 * evenness,
        labels: labelsOf(this.sources, size, this.#steps(size), this.options.size),
        most: this.options.most,
        signal,
        onBand: (share) => onBand?.(shareAt(done + share * (pixels[k] ?? 0))),
        pinned: this.#pinned && pinnedAt(this.#pinned, this.#steps(size)),
      });
      if (signal?.aborted) continue;
      await onLevel?.({ levels: k + 1, match }, shareAt(done + (pixels[k] ?? 0)));
    }
    if (!match) throw invariant('copying without levels');
    return match;
  }

  /** What there is before the first level: the blocks as they are laid. */
  laid(): Match {
    const size = this.#sizes[0] as Size;
    const places = this.#start(size, this.#atlas(size), null);
    return { ...places, weights: new Uint8Array(size[0] * size[1]).fill(255) };
  }

  /** What a match makes, at full size and detail, whatever level it is of. */
  render(match: Match): Copied {
    let now: { places: Match; atlas: Atlas } = { places: match, atlas: this.#atlas(match.size) };
    for (const size of this.#sizes) {
      if (size[0] <= now.places.size[0]) continue;
      const atlas = this.#atlas(size);
      const places = { ...this.#start(size, atlas, now), weights: new Uint8Array(size[0] * size[1]).fill(255) };
      now = { places, atlas };
    }
    const { width, height, data } = stacked(this.#prepared.map((p) => p.picture));
    const source = { width, height, pictures: this.#fieldPictures() };
    const { pin, size } = this.options;
    const own = source.pictures[this.sources.findIndex((s) => s.pinned && isOfSize(s.picture, size))];
    const kept = pin && own && { known: pin.known, top: own.top };
    const { render, field } = renderMatch(now.places, source, size, kept);
    const raster = { width: field.width, height: field.height, data: render(data) };
    if (!pin) return { render, field, raster };
    const n = field.width * field.height;
    return {
      render,
      field,
      raster: { ...raster, data: raster.data.map((v, i) => (pin.known[i % n] ? (pin.picture.data[i] as number) : v)) },
    };
  }

  #fieldPictures(): FieldPicture[] {
    let top = 0;
    return this.#prepared.map(({ picture, map }, k) => {
      const { width, height } = (this.sources[k] as CopySource).picture;
      const own = { width, height, map, fitted: [picture.width, picture.height] as const, top };
      top += picture.height;
      return own;
    });
  }

  /** Pixels of the canvas that one of a level has, along each axis. */
  #steps([w, h]: Size): readonly [x: number, y: number] {
    return [this.#canvas[0] / w, this.#canvas[1] / h];
  }

  #atlas(size: Size): Atlas {
    if (this.#latest?.width !== size[0]) {
      const levels = this.#prepared.map((p) => shrunkBy(p.guided, this.#steps(size)));
      const from = this.sources.map((s) => s.from);
      this.#latest = { width: size[0], atlas: atlasOf(levels, from) };
    }
    return this.#latest.atlas;
  }

  #start(size: Size, { regions }: Atlas, before: { places: Places; atlas: Atlas } | null): Places {
    const exact = this.#places(size, regions);
    if (!before) return exact;
    const { places, atlas } = before;
    return refinedPlaces(
      { places, blocks: this.#places(places.size, atlas.regions), regions: atlas.regions },
      exact,
      regions,
    );
  }

  #places(size: Size, regions: readonly Region[]): Places {
    return placesOfBlocks(this.#blocks, this.#owners, size, regions, this.#canvas);
  }
}

const isOfSize = ({ width, height }: Raster, size: Size): boolean => width === size[0] && height === size[1];

/** Rounds at each level where blocks have to be brought together, and at each where they fit already. */
const roundsOf = (level: number, levels: number, together: boolean): number =>
  together ? 1 : level === 0 ? 10 : level === levels - 1 ? 3 : Math.max(3, Math.round(6 * 0.85 ** level));

function checkSources(sources: readonly CopySource[]): void {
  const height = sources.reduce((sum, s) => sum + s.picture.height, 0);
  if (sources.length <= MOST_SOURCES && height < LONGEST) return;
  throw new EngineError(
    'PictureError',
    `copying takes up to ${MOST_SOURCES} pictures, of ${LONGEST} rows together: there are ${sources.length}, of ${height}`,
    'Leave some out, or shrink them.',
  );
}

/** Pictures one below another, as the last atlas has them: planes [3, H, W]. */
function stacked(pictures: readonly Raster[]): Raster {
  const [only] = pictures;
  if (only && pictures.length === 1) return only;
  const width = Math.max(...pictures.map((p) => p.width));
  const height = pictures.reduce((sum, p) => sum + p.height, 0);
  const data = new Float32Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    let top = c * height;
    for (const p of pictures) {
      for (let y = 0; y < p.height; y++) {
        const row = (c * p.height + y) * p.width;
        data.set(p.data.subarray(row, row + p.width), (top + y) * width);
      }
      top += p.height;
    }
  }
  return { width, height, data };
}
