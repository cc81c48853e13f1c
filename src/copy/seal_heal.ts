// Laying a piece of the picture over the stretches of a seal that still show.
import type { Raster } from '../base/raster';
import { cutBands } from './block_cut';
import type { Field, Size } from './field';
import { evened } from './light';
import { membrane, type Steps } from './membrane';
import { endsOf } from './overlap';
import { countOf, type Planes, transposed } from './seal_planes';

/** A rough stretch longer than this is covered by several pieces, pixels. */
const LONGEST = 48;
/** Room about a stretch in which a piece may be cut to what is there, pixels. */
const ROOM = 16;
/** Of the pixels in that room every so manyth says how well a piece fits; places are tried so many pixels apart, then next to the best. */
const SPARSE = 23;
const APART = 2;
const BEST = 128;
/** A piece is kept where its cuts together cost at most this share of what those that it covers did. */
const LESS = 0.75;

/** A picture laid out as a tile, cuts and all. */
export interface Laid {
  readonly raster: Raster;
  readonly maps: readonly Raster[];
  /** Where every pixel is from, whether or not a blend changed it. */
  readonly field: Field;
  /** [H, W], 1 where a blend reached: all else is as it was, to the bit, where no light was evened. */
  readonly band: Uint8Array;
  /** [H, W], 1 where a cut still shows: there the two sides are too unlike. */
  readonly rough: Uint8Array;
  /** How much brighter the picture was at its right, and at its lower end, where that was evened: 1.2 is by a fifth. 1: it was not. */
  readonly light: readonly [x: number, y: number];
}

/** A rectangle of the tile, on the torus, and a place of the picture. */
interface Piece {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly cost: number;
}

/** The picture that pieces are from, and the tile under way. */
interface Work {
  readonly source: Planes;
  readonly slope: Float64Array;
  readonly typical: number;
  readonly size: Size;
  readonly raster: Planes;
  readonly places: Uint32Array;
}

/**
 * A tile whose rough stretches are covered by pieces of the picture that it is of, cut all around where that shows least, as far as
 * that is clearly less rough. All other pixels stay as they are.
 * @param picture that was laid out, and its maps
 * @param closed the axes along which the tile joins itself
 * @param blend whether pieces are brought to the tones around them
 */
export function healed(
  sealed: Laid,
  [picture, ...maps]: readonly [Raster, ...Raster[]],
  closed: { readonly x: boolean; readonly y: boolean },
  blend: boolean,
): Laid {
  if (!sealed.rough.includes(1)) return sealed;
  const source = litAs(picture, sealed.light);
  const [{ slope, typical } = { slope: new Float64Array(), typical: 0 }] = endsOf([source]).pictures;
  const { width, height } = sealed.raster;
  const size: Size = [width, height];
  const field = { ...sealed.field, data: sealed.field.data.slice() };
  const raster = { ...sealed.raster, data: sealed.raster.data.slice() };
  const work: Work = { source, slope, typical, size, raster, places: field.data };
  const own = maps.map((map, k) => [map, copyOf(sealed.maps[k] ?? map)] as const);
  const opaque = raster.alpha && { width, height, data: raster.alpha.slice() };
  const rough = sealed.rough.slice();
  const band = sealed.band.slice();
  for (const piece of piecesOf(sealed.rough, field.data, size, closed)) {
    const found = bestPlace(work, piece);
    if (!found) continue;
    const { keep, place } = found;
    const kept = new Uint8Array(width * height);
    for (const [k, v] of keep.entries()) {
      if (!v) continue;
      const [x, y] = [k % piece.width, Math.floor(k / piece.width)];
      const i = pixelOf(piece, x, y, size);
      kept[i] = 1;
      rough[i] = 0;
      band[i] = 1;
      field.data[i] = (place.x + x) | ((place.y + y) << 16);
    }
    take(raster, source, field.data, kept, blend);
    for (const [map, made] of own) {
      take(made, map, field.data, kept, blend);
      if (map.alpha && made.alpha)
        take({ ...made, data: made.alpha }, { ...map, data: map.alpha }, field.data, kept, blend);
    }
    if (opaque && picture.alpha) take(opaque, { ...picture, data: picture.alpha }, field.data, kept, blend);
  }
  return {
    ...sealed,
    raster: { ...raster, ...(opaque && { alpha: opaque.data }) },
    maps: own.map(([, made]) => made),
    field,
    band,
    rough,
  };
}

const copyOf = (raster: Raster): Raster => ({
  ...raster,
  data: raster.data.slice(),
  ...(raster.alpha && { alpha: raster.alpha.slice() }),
});

/** The picture with its light evened as it was for sealing. */
function litAs(picture: Raster, [x, y]: Laid['light']): Planes {
  const { width, height, data } = picture;
  if (x === 1 && y === 1) return { width, height, data };
  const across = evened({ width, height, data }, Math.log(x), 1);
  return transposed(evened(transposed(across), Math.log(y), 1));
}

const pixelOf = ({ left, top }: Piece, x: number, y: number, [W, H]: Size): number =>
  ((top + y + H) % H) * W + ((left + x + W) % W);

/** Whether neighbours, one step apart, are none in the picture. */
const parted = (places: Uint32Array, i: number, j: number, step: number): boolean =>
  places[j] !== (places[i] as number) + step;

/** Rectangles over the cuts of rough stretches, with room about them. */
function piecesOf(
  rough: Uint8Array,
  places: Uint32Array,
  [W, H]: Size,
  closed: { readonly x: boolean; readonly y: boolean },
): Piece[] {
  const left = rough.slice();
  const pieces: Piece[] = [];
  const most = LONGEST / 2;
  for (let first = 0; first < left.length; first++) {
    if (!left[first]) continue;
    const [x0, y0] = [first % W, Math.floor(first / W)];
    const box = { left: W, right: -W, top: H, bottom: -H };
    const open: [number, number][] = [[0, 0]];
    left[first] = 0;
    for (let at = open.pop(); at; at = open.pop()) {
      const [dx, dy] = at;
      const here = (x: number, y: number): number => ((y0 + dy + y + H) % H) * W + ((x0 + dx + x + W) % W);
      const i = here(0, 0);
      if (parted(places, i, here(1, 0), 1) || parted(places, i, here(0, 1), 65536)) {
        box.left = Math.min(box.left, dx);
        box.right = Math.max(box.right, dx + 1);
        box.top = Math.min(box.top, dy);
        box.bottom = Math.max(box.bottom, dy + 1);
      }
      for (const [sx, sy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        const [nx, ny] = [dx + sx, dy + sy];
        const j = here(sx, sy);
        if (!left[j] || Math.abs(nx) > most || ny < 0 || ny > LONGEST) continue;
        left[j] = 0;
        open.push([nx, ny]);
      }
    }
    if (box.right < box.left) continue;
    const piece = {
      left: x0 + box.left - ROOM,
      top: y0 + box.top - ROOM,
      width: box.right - box.left + 1 + 2 * ROOM,
      height: box.bottom - box.top + 1 + 2 * ROOM,
    };
    const inside =
      (closed.x || (piece.left >= 0 && piece.left + piece.width <= W)) &&
      (closed.y || (piece.top >= 0 && piece.top + piece.height <= H));
    if (inside && piece.width <= W / 2 && piece.height <= H / 2) pieces.push(piece);
  }
  return pieces;
}

/** The pixels of the tile under a piece: their colours, [C, h, w], and how steep the picture is where they are from. */
interface Under {
  readonly colours: Float32Array;
  readonly slopes: Float64Array;
}

function underOf({ source, slope, size, raster, places }: Work, piece: Piece): Under {
  const [n, area, count] = [size[0] * size[1], piece.width * piece.height, countOf(source)];
  const colours = new Float32Array(count * area);
  const slopes = new Float64Array(area);
  for (let k = 0; k < area; k++) {
    const i = pixelOf(piece, k % piece.width, Math.floor(k / piece.width), size);
    const place = places[i] as number;
    for (let c = 0; c < count; c++) colours[c * area + k] = raster.data[c * n + i] as number;
    slopes[k] = slope[(place >>> 16) * source.width + (place & 0xffff)] as number;
  }
  return { colours, slopes };
}

/** Where in the picture the piece is that is seen least there, and which of its pixels are laid down; null: none is clearly better. */
function bestPlace(work: Work, piece: Piece): { place: Place; keep: Uint8Array } | null {
  const { source, size, places } = work;
  const { width, height } = piece;
  const under = underOf(work, piece);
  const rim: number[] = [];
  for (let k = 0, n = 0; k < width * height; k++) {
    const [x, y] = [k % width, Math.floor(k / width)];
    const depth = Math.min(x, y, width - 1 - x, height - 1 - y);
    if (depth >= ROOM - 2 || n++ % SPARSE !== 0) continue;
    rim.push(k);
  }
  const offsets = rim.map((k) => Math.floor(k / width) * source.width + (k % width));
  const costAt = (x: number, y: number, most: number): number => {
    const corner = y * source.width + x;
    let sum = 0;
    for (let j = 0; j < rim.length; j++) {
      sum += change(work, under, rim[j] as number, corner + (offsets[j] as number));
      if (sum > most) return sum;
    }
    return sum;
  };
  const best: Place[] = [];
  const consider = (x: number, y: number): void => {
    if (x < 0 || y < 0 || x + width > source.width || y + height > source.height) return;
    const most = best.length < BEST ? Number.POSITIVE_INFINITY : (best.at(-1)?.cost ?? 0);
    const cost = costAt(x, y, most);
    if (cost >= most || best.some((b) => b.x === x && b.y === y)) return;
    best.push({ x, y, cost });
    best.sort((a, b) => a.cost - b.cost);
    if (best.length > BEST) best.pop();
  };
  for (let y = 0; y + height <= source.height; y += APART) {
    for (let x = 0; x + width <= source.width; x += APART) consider(x, y);
  }
  for (const { x, y } of [...best]) for (let k = 0; k < 9; k++) consider(x - 1 + (k % 3), y - 1 + Math.floor(k / 3));
  let least = LESS * seen(work, piece);
  let found: { place: Place; keep: Uint8Array } | null = null;
  const pixels = Int32Array.from({ length: width * height }, (_, k) =>
    pixelOf(piece, k % width, Math.floor(k / width), size),
  );
  const before = Uint32Array.from(pixels, (i) => places[i] as number);
  for (const place of best) {
    const keep = cutOf(work, piece, under, place);
    for (let k = 0; k < keep.length; k++) {
      if (keep[k]) places[pixels[k] as number] = (place.x + (k % width)) | ((place.y + Math.floor(k / width)) << 16);
    }
    const cost = seen(work, piece);
    for (let k = 0; k < keep.length; k++) places[pixels[k] as number] = before[k] as number;
    if (cost >= least) continue;
    least = cost;
    found = { place, keep };
  }
  return found;
}

/** What it costs to change over, at pixel `k` under a piece, to pixel `at` of the picture; as `changeCosts` counts it. */
function change({ source, slope, typical }: Work, { colours, slopes }: Under, k: number, at: number): number {
  const { data, width, height } = source;
  let d2 = 0;
  for (let c = k, p = at; c < colours.length; c += slopes.length, p += width * height)
    d2 += ((colours[c] as number) - (data[p] as number)) ** 2;
  return d2 / (typical * ((slope[at] as number) + (slopes[k] as number) + 0.5 * typical));
}

function cutOf(work: Work, { width, height }: Piece, under: Under, place: Place): Uint8Array {
  const costs = new Float32Array(width * height);
  for (let k = 0; k < costs.length; k++) {
    const at = (place.y + Math.floor(k / width)) * work.source.width + place.x + (k % width);
    costs[k] = change(work, under, k, at);
  }
  const filled = new Uint8Array(width * height).fill(1);
  const across = costs.map((v, k) => (v + (costs[k + 1] ?? v)) / 2);
  const down = costs.map((v, k) => (v + (costs[k + width] ?? v)) / 2);
  return cutBands({ width, height, band: [ROOM, ROOM], filled, across, down }).keep;
}

/** What all cuts in a piece of the tile cost together, as the costs of a seal are counted. */
function seen({ source, slope, typical, size, places }: Work, piece: Piece): number {
  const { width: w, height: h, data } = source;
  const cost = (ax: number, ay: number, bx: number, by: number): number => {
    if (Math.min(ax, ay, bx, by) < 0 || Math.max(ax, bx) >= w || Math.max(ay, by) >= h) return 0;
    const [a, b] = [ay * w + ax, by * w + bx];
    let d2 = 0;
    for (let c = 0; c < data.length; c += w * h) d2 += ((data[c + a] as number) - (data[c + b] as number)) ** 2;
    return d2 / (typical * ((slope[a] as number) + (slope[b] as number) + 0.5 * typical)) / 2;
  };
  let sum = 0;
  for (let k = 0; k < piece.width * piece.height; k++) {
    const [x, y] = [k % piece.width, Math.floor(k / piece.width)];
    const p = places[pixelOf(piece, x, y, size)] as number;
    for (let dy = 0; dy < 2; dy++) {
      const dx = 1 - dy;
      const q = places[pixelOf(piece, x + dx, y + dy, size)] as number;
      if (q === p + dx + 65536 * dy) continue;
      const [px, py, qx, qy] = [p & 0xffff, p >>> 16, q & 0xffff, q >>> 16];
      sum += cost(px, py, qx - dx, qy - dy) + cost(px + dx, py + dy, qx, qy);
    }
  }
  return sum;
}

/** Lays the pixels that were kept of a piece, brought to the tones around it by the smoothest correction. In place. */
function take(made: Planes, source: Planes, places: Uint32Array, kept: Uint8Array, blend: boolean): void {
  const { width: W, height: H } = made;
  const n = W * H;
  const [w, m] = [source.width, source.width * source.height];
  const at = (place: number): number => (place >>> 16) * w + (place & 0xffff);
  const p: number[] = [];
  const q: number[] = [];
  /** The pixel of the tile beside the piece, that of the picture in its place, and which of the two comes first. */
  const rim: (readonly [outside: number, inside: number, sign: number])[] = [];
  for (let i = 0; blend && i < n; i++) {
    const right = (i + 1) % W === 0 ? i + 1 - W : i + 1;
    for (const [j, step] of [
      [right, 1],
      [(i + W) % n, w],
    ] as const) {
      if (kept[i] === kept[j]) continue;
      const inside = kept[i] ? at(places[i] as number) + step : at(places[j] as number) - step;
      if (inside < 0 || inside >= m) continue;
      p.push(i);
      q.push(j);
      rim.push(kept[i] ? [j, inside, 1] : [i, inside, -1]);
    }
  }
  const excess = Array.from({ length: countOf(made) }, (_, c) =>
    Float64Array.from(
      rim,
      ([outside, inside, sign]) =>
        sign * ((made.data[c * n + outside] as number) - (source.data[c * m + inside] as number)),
    ),
  );
  const steps: Steps = { p: Int32Array.from(p), q: Int32Array.from(q), excess };
  const corrections = membrane(kept, [W, H], true, steps);
  for (const [c, correction] of corrections.entries()) {
    for (let i = 0; i < n; i++) {
      if (!kept[i]) continue;
      const v = (source.data[c * m + at(places[i] as number)] as number) + (blend ? (correction[i] as number) : 0);
      made.data[c * n + i] = blend ? Math.min(1, Math.max(0, v)) : v;
    }
  }
}
