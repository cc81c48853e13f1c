import { type Raster, rolledPlanes } from '../base/raster';
import { setting } from '../base/wording';
import { rolledField } from './field';
import { evened, lightTrend } from './light';
import { IDENTITY } from './linear_map';
import { type AxisSeal, sealAxis } from './seal_axis';
import { laid, takeAlong } from './seal_blend';
import { healed, type Laid } from './seal_heal';
import { type Repeats, repeatsOf } from './seal_lattice';
import { type Planes, transposed } from './seal_planes';

export interface SealOptions {
  /** Axes that are to be sealed. Default: both. */
  readonly x?: boolean;
  readonly y?: boolean;
  /** Whether the picture already tiles along an axis that is not to be sealed: it still does afterwards. Default: no. */
  readonly tiles?: { readonly x: boolean; readonly y: boolean };
  /** Keep the size: a strip of the picture is laid over each join. Default: the tile is taken out of the picture. */
  readonly keepSize?: boolean;
  /** 0 .. 1, how far the blend reaches: 0 leaves bare cuts, 0.5 (the default) is right for most, 1 twice as far. */
  readonly strength?: number;
  /** Pictures of the same size, of the same thing (normals, heights), cut along the same lines. */
  readonly maps?: readonly Raster[];
}

export interface Sealed extends Laid {
  /** Share of the length of the cuts that is rough. */
  readonly roughShare: number;
  /** Share that was, and is covered by pieces of the picture now. */
  readonly covered: number;
}

/** A cut whose mean cost over some steps is above this is seen. */
const ROUGH = 1.5;
/** Pixels on either side of a rough stretch that are marked. */
const ROUGH_REACH = 8;

/**
 * Makes a picture tile, out of its own pixels: along x, then along y, ends that agree are laid over one another, cut where the cut
 * costs least, and what is left of a step is blended away in a band about it; where the cut still shows, a piece of the picture is
 * laid over it if that shows less. Away from the cuts the pixels stay as they are, to
 * the bit, except where light falls off clearly along an axis: that is evened over the whole of it first.
 * @param picture at least 16 pixels a side
 */
export function sealPicture(picture: Raster, options: SealOptions = {}): Sealed {
  const { x = true, y = true, tiles = { x: false, y: false }, keepSize = false, strength = 0.5, maps = [] } = options;
  const { width, height } = picture;
  let state: State = {
    pictures: [picture, ...maps].flatMap(planesOf),
    columns: { width, height, data: Float32Array.from({ length: width * height }, (_, i) => i % width) },
    rows: { width, height, data: Float32Array.from({ length: width * height }, (_, i) => Math.floor(i / width)) },
    band: { width, height, data: new Float32Array(width * height) },
    rough: { width, height, data: new Float32Array(width * height) },
  };
  const shares: number[] = [];
  let lightX = 1;
  let lightY = 1;
  const settings = { keepSize, strength };
  const repeats = x || y ? repeatsOf(picture) : null;
  if (x) {
    const done = sealColumns(state, { ...settings, closed: tiles.y, repeats: repeats?.x ?? null });
    state = done.state;
    lightX = done.light;
    shares.push(done.roughShare);
  }
  if (y) {
    const done = sealColumns(onItsSide(state), { ...settings, closed: x || tiles.x, repeats: repeats?.y ?? null });
    state = onItsSide(done.state);
    lightY = done.light;
    shares.push(done.roughShare);
  }
  const { pictures, columns, rows, band, rough } = state;
  const made = [...pictures];
  const taken = [picture, ...maps].map((raster): Raster => {
    const colours = made.shift() ?? columns;
    const alpha = raster.alpha && made.shift()?.data;
    return { ...colours, ...(alpha && { alpha }) };
  });
  const [raster = picture, ...others] = taken;
  const cut: Laid = {
    raster,
    maps: others,
    field: {
      width: raster.width,
      height: raster.height,
      source: { width, height, pictures: [{ width, height, fitted: [width, height], map: IDENTITY, top: 0 }] },
      data: Uint32Array.from(columns.data, (sx, i) => (sx | ((rows.data[i] ?? 0) << 16)) >>> 0),
    },
    band: Uint8Array.from(band.data),
    rough: Uint8Array.from(rough.data),
    light: [lightX, lightY],
  };
  const whole = healed(cut, [picture, ...maps], { x: x || tiles.x, y: y || tiles.y }, strength > 0);
  const count = (plane: Uint8Array): number => plane.reduce((a, b) => a + b, 0);
  const share = shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length);
  const covered = share === 0 ? 0 : share * (1 - count(whole.rough) / count(cut.rough));
  return { ...whole, roughShare: share - covered, covered };
}

const planesOf = ({ width, height, data, alpha }: Raster): Planes[] => [
  { width, height, data },
  ...(alpha ? [{ width, height, data: alpha }] : []),
];

/** A picture under way. */
interface State {
  /** Colours first. */
  readonly pictures: readonly Planes[];
  /** Where pixels are from; floats hold these whole numbers. */
  readonly columns: Planes;
  readonly rows: Planes;
  readonly band: Planes;
  readonly rough: Planes;
}

const onItsSide = ({ pictures, columns, rows, band, rough }: State): State => ({
  pictures: pictures.map(transposed),
  columns: transposed(columns),
  rows: transposed(rows),
  band: transposed(band),
  rough: transposed(rough),
});

interface AxisSettings {
  readonly keepSize: boolean;
  readonly strength: number;
  readonly closed: boolean;
  readonly repeats: Repeats | null;
}

function sealColumns(
  state: State,
  { keepSize, strength, closed, repeats }: AxisSettings,
): { state: State; light: number; roughShare: number } {
  const [colours, ...others] = state.pictures;
  const trend = colours && strength > 0 ? lightTrend(colours) : 0;
  const even = Math.min(1, 2 * strength);
  const pictures = colours && trend !== 0 ? [evened(colours, trend, even), ...others] : state.pictures;
  const seal = sealAxis(pictures, { keepSize, closed, repeats });
  const marked = laid(state.rough, seal);
  const band = laid(state.band, seal);
  const taken = pictures.map((p) => takeAlong(p, seal, closed, strength));
  for (const { band: reached } of taken) for (const [i, v] of reached.entries()) if (v) band.data[i] = 1;
  return {
    state: {
      pictures: taken.map(({ planes }) => planes),
      columns: laid(state.columns, seal),
      rows: laid(state.rows, seal),
      band,
      rough: marked,
    },
    light: Math.exp(even * trend),
    roughShare: markRough(marked, seal),
  };
}

/** Marks the stretches of cuts that still show; returns their share of the length. */
function markRough({ data }: Planes, { size, rows, cuts, costs }: AxisSeal): number {
  let found = 0;
  for (const [k, cut] of cuts.entries()) {
    for (let y = 0; y < rows; y++) {
      if ((costs[k]?.[y] ?? 0) <= ROUGH) continue;
      found++;
      for (let d = -ROUGH_REACH; d < ROUGH_REACH; d++) data[y * size + (((cut[y] ?? 0) + d + size) % size)] = 1;
    }
  }
  return found / (rows * Math.max(1, cuts.length));
}

/** The sealed picture, rolled on the torus: out[y, x] = in[y - dy, x - dx], with 0 <= dx < W and 0 <= dy < H. */
export function rolled(sealed: Sealed, dx: number, dy: number): Sealed {
  if (dx === 0 && dy === 0) return sealed;
  const { width, height } = sealed.field;
  const moved = <P extends Float32Array | Uint8Array>(planes: P): P => rolledPlanes(planes, [width, height], [dx, dy]);
  const raster = ({ data, alpha }: Raster): Raster => ({
    width,
    height,
    data: moved(data),
    ...(alpha && { alpha: moved(alpha) }),
  });
  return {
    ...sealed,
    raster: raster(sealed.raster),
    maps: sealed.maps.map(raster),
    field: rolledField(sealed.field, [dx, dy]),
    band: moved(sealed.band),
    rough: moved(sealed.rough),
  };
}

/** Share of the pixels that are those of the picture, to the bit at `bits` a channel. */
export function unchangedShare(
  picture: Raster,
  { raster, field }: Pick<Sealed, 'raster' | 'field'>,
  bits: 8 | 16,
): number {
  const most = 2 ** bits - 1;
  const level = (v: number): number => Math.round(Math.min(1, Math.max(0, v)) * most);
  const planes = [
    [picture.data, raster.data, 3],
    [picture.alpha ?? new Float32Array(), raster.alpha ?? new Float32Array(), picture.alpha ? 1 : 0],
  ] as const;
  let same = 0;
  for (const [i, packed] of field.data.entries()) {
    const source = (packed >>> 16) * picture.width + (packed & 0xffff);
    same += planes.every(([was, is, count]) => {
      for (let c = 0; c < count; c++) {
        const before = was[c * picture.width * picture.height + source] ?? 0;
        if (level(before) !== level(is[c * field.data.length + i] ?? 0)) return false;
      }
      return true;
    })
      ? 1
      : 0;
  }
  return same / field.data.length;
}

/** A share of rough cuts that is worth a word. */
const WORTH = 0.03;

/** What should be known of a seal that is not all well. */
export function sealWarnings({
  rough,
  light,
  sealed,
}: Pick<Sealed, 'light'> & { readonly rough: number; readonly sealed: readonly ('x' | 'y')[] }): string[] {
  const said: string[] = [];
  for (const axis of sealed) {
    const factor = light[axis === 'x' ? 0 : 1];
    if (factor === 1) continue;
    const [brighter, ends] = factor > 1 ? [factor, ['right', 'bottom']] : [1 / factor, ['left', 'top']];
    said.push(
      `the light was evened: it was ${Math.round(100 * (brighter - 1))} % brighter at the ${ends[axis === 'x' ? 0 : 1]}, so nearly all pixels changed (${setting('strength', 0)} leaves it)`,
    );
  }
  if (rough > WORTH) {
    said.push(
      `the two sides are too unlike on ${Math.round(100 * rough)} % of the cuts, which may show there: straighten the picture, or crop it to a part that repeats`,
    );
  }
  return said;
}
