import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { Rng } from '../base/rng';
import type { Device } from '../gpu/device';
import { type Allowed, type Atlas, atlasOf, MOST_SOURCES } from './atlas';
import { autocorrelation } from './autocorrelation';
import { type Blocks, placeBlocks } from './blocks';
import type { Size } from './field';
import { guided } from './guide';
import { betterMatch, type Match } from './match_level';
import { type Guided, levelSizes, shrunkBy } from './pyramid';
import { type Rendering, renderMatch } from './render';
import { type Owners, type Places, placesOfBlocks, refinedPlaces, sample } from './start';

/** A picture to copy from. */
export interface CopySource {
  readonly picture: Raster;
  /** Where it may be copied from, of any size: more than a half. Default: all of it. */
  readonly from?: Allowed | undefined;
  /** How much of it each pixel of the canvas wants, of any size, 0..1. Default: as much as is left by the others. */
  readonly mask?: Allowed | undefined;
  /** Its share among those without a mask. Default 1. */
  readonly weight?: number;
}

export interface CopyOptions {
  /** Of the canvas, a torus, pixels. */
  readonly size: Size;
  readonly seed: number;
  /** 0..1: what it costs that neighbouring pieces go on as in the picture. */
  readonly variety: number;
  /** How much it matters that all parts are used equally often; 1 is usual. */
  readonly evenness: number;
  readonly resume?: CopyPoint | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A level is done. The match may be kept, to go on from. */
  onLevel?(point: CopyPoint, share: number): Promise<void>;
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

/** From this peak of its autocorrelation on an exemplar is regular: larger blocks, placed by its lattice. */
const REGULAR = 0.3;
/** A patch's places are 16 bits each way. */
const LONGEST = 65536;

/** Copying a texture: set up once, run level by level, and made a picture of at any time. */
export class Copying {
  readonly #sizes: readonly Size[];
  readonly #guided: readonly Guided[];
  readonly #blocks: readonly Blocks[];
  readonly #owners: Owners | null;

  /**
   * Lays out the blocks that the match begins with: the host's part of the work.
   * @throws EngineError `PictureError` for too many pictures, or too large ones
   */
  constructor(
    private readonly device: Device,
    private readonly sources: readonly CopySource[],
    private readonly options: CopyOptions,
  ) {
    const { size, seed, variety } = options;
    checkSources(sources);
    this.#guided = sources.map((s) => guided(s.picture));
    const found = sources.map((s) => autocorrelation(s.picture));
    const sides = sources.map(({ picture: p }) => Math.min(p.width, p.height));
    const least = sources.map((_, k) => {
      const side = sides[k] as number;
      return Math.max(40, Math.min(160, 0.6 * side, (4.5 / (found[k]?.feature ?? side)) * side));
    });
    const smallest = sides.indexOf(Math.min(...sides));
    this.#sizes = levelSizes(size, sides[smallest] as number, least[smallest] as number);
    this.#owners = ownersOf(sources, size, seed);
    this.#blocks = this.#guided.map((picture, k) => {
      const correlation = found[k];
      if (!correlation) throw invariant('a picture that was not analysed');
      const side = sides[k] as number;
      const at =
        this.#sizes.find((s) => (side * s[0]) / size[0] >= Math.max(96, least[k] as number) && Math.min(...s) >= 64) ??
        size;
      const regular = correlation.peak >= REGULAR;
      return placeBlocks(shrunkBy(picture, this.#steps(at)), at, picture, size, correlation, {
        seed: seed + k,
        share: regular ? 0.5 : 0.3,
        variety,
        regular,
      });
    });
  }

  get levels(): number {
    return this.#sizes.length;
  }

  /** Betters the match level by level, as far as the signal lets it. */
  async run(): Promise<Match> {
    const { resume, signal, evenness, onLevel } = this.options;
    const pixels = this.#sizes.map(([w, h], k) => w * h * roundsOf(k, this.levels));
    const all = pixels.reduce((a, b) => a + b, 0);
    let match = resume?.match;
    let atlas: Atlas | null = null;
    for (let k = resume?.levels ?? 0; k < this.levels; k++) {
      const before = atlas ?? (match ? this.#atlas(match.size) : null);
      const size = this.#sizes[k] as Size;
      atlas = this.#atlas(size);
      const start = this.#start(size, atlas, match && before ? { places: match, atlas: before } : null);
      if (signal?.aborted && match) {
        match = { ...start, weights: new Uint8Array(size[0] * size[1]).fill(255) };
        continue;
      }
      match = await betterMatch(this.device, start, atlas, {
        rounds: roundsOf(k, this.levels),
        evenness: 0.1 * evenness,
        labels: labelsOf(this.sources, size),
      });
      const share = pixels.slice(0, k + 1).reduce((a, b) => a + b, 0) / all;
      await onLevel?.({ levels: k + 1, match }, share);
    }
    if (!match) throw invariant('copying without levels');
    return match;
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
    const { width, height, data } = stacked(this.sources.map((s) => s.picture));
    const rendering = renderMatch(now.places, { width, height });
    const [W, H] = this.options.size;
    return { ...rendering, raster: { width: W, height: H, data: rendering.render(data) } };
  }

  #steps([w, h]: Size): readonly [number, number] {
    const [W, H] = this.options.size;
    return [W / w, H / h];
  }

  #atlas(size: Size): Atlas {
    return atlasOf(
      this.#guided.map((p) => shrunkBy(p, this.#steps(size))),
      this.sources.map((s) => s.from),
    );
  }

  #start(size: Size, { regions }: Atlas, before: { places: Places; atlas: Atlas } | null): Places {
    const exact = placesOfBlocks(this.#blocks, this.#owners, size, regions, this.options.size);
    return before ? refinedPlaces(before.places, before.atlas.regions, exact, regions) : exact;
  }
}

const roundsOf = (level: number, levels: number): number =>
  level === 0 ? 10 : level === levels - 1 ? 3 : Math.max(3, Math.round(6 * 0.85 ** level));

function checkSources(sources: readonly CopySource[]): void {
  const height = sources.reduce((sum, s) => sum + s.picture.height, 0);
  if (sources.length <= MOST_SOURCES && height < LONGEST) return;
  throw new EngineError(
    'PictureError',
    `copying takes up to ${MOST_SOURCES} pictures, of ${LONGEST} rows together: there are ${sources.length}, of ${height}`,
    'Leave some out, or shrink them.',
  );
}

/** How much each picture is wanted at a pixel, given as shares of the sides. */
function wantedAt(sources: readonly CopySource[], x: number, y: number): number[] {
  let left = 1;
  const wanted = sources.map(({ mask }) => {
    if (!mask) return 0;
    const column = Math.min(mask.width - 1, Math.floor(x * mask.width));
    const v = mask.data[Math.min(mask.height - 1, Math.floor(y * mask.height)) * mask.width + column] as number;
    left -= v;
    return v;
  });
  return wanted.map((v, k) => (sources[k]?.mask ? v : Math.max(0, left)));
}

/** Which pictures a pixel may take its patch from. */
function labelsOf(sources: readonly CopySource[], [W, H]: Size): Uint32Array {
  const labels = new Uint32Array(W * H).fill((1 << sources.length) - 1);
  if (sources.every((s) => !s.mask)) return labels;
  for (let i = 0; i < W * H; i++) {
    const wanted = wantedAt(sources, ((i % W) + 0.5) / W, (Math.floor(i / W) + 0.5) / H);
    const most = Math.max(...wanted);
    labels[i] = wanted.reduce((bits, v, k) => (v >= 0.5 * most ? bits | (1 << k) : bits), 0);
  }
  return labels;
}

/** Cells of pictures without a mask that take turns, along the shorter side of the canvas. */
const CELLS = 6;

/** Which picture each pixel begins with: the one wanted most, or, without masks, another from cell to cell; null where there is one only. */
function ownersOf(sources: readonly CopySource[], size: Size, seed: number): Owners | null {
  if (sources.length === 1) return null;
  const [W, H] = size;
  const masked = sources.some((s) => s.mask);
  const cell = Math.min(W, H) / CELLS;
  const cells: Size = [Math.max(1, Math.round(W / cell)), Math.max(1, Math.round(H / cell))];
  const rng = new Rng(seed, 900);
  const weights = sources.map((s) => s.weight ?? 1);
  const turns = Array.from({ length: cells[0] * cells[1] }, () => drawn(weights, rng.uniform()));
  const data = new Uint8Array(W * H);
  for (let i = 0; i < W * H; i++) {
    const [x, y] = [i % W, Math.floor(i / W)];
    if (masked) {
      const wanted = wantedAt(sources, (x + 0.5) / W, (y + 0.5) / H);
      data[i] = wanted.indexOf(Math.max(...wanted));
    } else data[i] = turns[sample(x, y, size, cells)] as number;
  }
  return { size, data };
}

/** An index by chance `u`, 0..1, in proportion to the weights. */
function drawn(weights: readonly number[], u: number): number {
  let left = u * weights.reduce((a, b) => a + b, 0);
  const k = weights.findIndex((w) => {
    left -= w;
    return left < 0;
  });
  return k < 0 ? weights.length - 1 : k;
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
