// From a tile of a surface to its maps. All of it is on the torus: what is computed joins itself wherever the tile does.
import { EngineError } from '../base/errors';
import { luma } from '../base/pixels';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { EXTRA_MAPS, type ExtraMap, MATERIALS, type MaterialPreset } from './choices';
import { estimateHigh, estimateLight, type LightEstimate } from './estimate';
import { heightFromTone } from './height';
import type { MapKind, Material, MaterialMap } from './maps';
import { curvatureOf, edgesOf, greyness, metalnessOf, roughnessOf } from './masks';
import { ASSUMED } from './presets';
import { filtered, gaussian, type Size } from './spectral';
import { normalsOf, occlusionOf, slopesOf } from './surface';
import { centred, delit, logLuminance, logOf, shadeOf, slowPart } from './tone';

export interface DeriveSettings {
  /** What kind of surface it is taken for. Default: any. */
  readonly preset?: MaterialPreset | undefined;
  /** 0..1, how much of the light that is in the photograph is taken out of its colours. Default 0.5. */
  readonly delight?: number | undefined;
  /** Where the light comes from, degrees counter-clockwise from the right: 135 is the upper left. Default: estimated. */
  readonly light?: number | undefined;
  /** Which tones are high. Default: estimated. */
  readonly high?: 'light' | 'dark' | undefined;
  /** From the lowest to the highest, over the tile's width. Default: so that slopes are as steep as the preset says. */
  readonly relief?: number | undefined;
  /** Maps besides colour, height, normal, occlusion and roughness. */
  readonly maps?: readonly ExtraMap[] | undefined;
}

export interface Derived {
  readonly material: Material;
  /** Shares of the values of a map that had to be clipped. */
  readonly clipped: Readonly<Partial<Record<MapKind, number>>>;
}

/** @throws EngineError `SettingsError` */
export function checkDerive({ preset, delight = 0, light = 0, relief = 1, high, maps = [] }: DeriveSettings): void {
  const refuse = (what: string, remedy: string): never => {
    throw new EngineError('SettingsError', what, remedy);
  };
  if (preset !== undefined && !Object.hasOwn(ASSUMED, preset))
    refuse(`there is no preset ${preset}`, `There are: ${MATERIALS.join(', ')}.`);
  if (!(delight >= 0 && delight <= 1)) refuse(`delight is ${delight}`, 'It is 0 to 1.');
  if (!Number.isFinite(light)) refuse(`light is ${light}`, 'It is an angle in degrees, such as 135.');
  if (!(relief > 0 && relief <= 1)) refuse(`relief is ${relief}`, 'It is above 0, and 1 at most.');
  if (high !== undefined && high !== 'light' && high !== 'dark') refuse(`high is ${high}`, 'It is light or dark.');
  const unknown = maps.find((kind) => !EXTRA_MAPS.includes(kind));
  if (unknown !== undefined) refuse(`there is no map ${unknown}`, `There are: ${EXTRA_MAPS.join(', ')}.`);
}

/** Brightness is smoothed by this share of the shorter side before the light's direction is looked for. */
const SMOOTH = 1 / 600;
/** High and low are told apart at these sizes, in what is finer than the last. */
const PIECES = [1 / 400, 1 / 200, 1 / 100] as const;
const LARGE = 1 / 24;

interface Read {
  readonly tone: Float32Array;
  readonly light: LightEstimate;
  readonly high: 'light' | 'dark';
  readonly assumed: Record<string, string>;
}

/** What the tile's brightness says, and what is taken for granted besides. */
async function read(device: Device, tile: Raster, settings: DeriveSettings): Promise<Read> {
  const { width, height } = tile;
  const size: Size = [width, height];
  const side = Math.min(...size);
  const tone = centred(Float32Array.from({ length: width * height }, (_, i) => luma(tile, i)));
  const large = gaussian(LARGE * side);
  const scales = PIECES.map((share) => gaussian(share * side));
  const [soft = tone, ...bands] = await filtered(device, tone, size, [
    { re: gaussian(SMOOTH * side) },
    ...scales.map((scale) => ({ re: (u: number, v: number) => scale(u, v) - large(u, v) })),
  ]);
  const preset = settings.preset ?? 'any';
  const estimated = estimateLight(soft, size);
  const tones = estimateHigh(bands, size, ASSUMED[preset].high);
  const light = settings.light === undefined ? estimated : { degrees: settings.light, confidence: 1, given: true };
  const high = settings.high ?? tones.high;
  const share = (v: number): string => `${Math.round(100 * v)} %`;
  return {
    tone,
    light,
    high,
    assumed: {
      preset: preset === 'any' ? 'none: as most surfaces are' : preset,
      light:
        settings.light !== undefined
          ? `from ${Math.round(light.degrees)} degrees, as given`
          : light.confidence > 0
            ? `from ${light.degrees} degrees, estimated, ${share(light.confidence)} sure`
            : 'from nowhere in particular, estimated',
      high:
        settings.high !== undefined
          ? `${high} tones, as given`
          : `${high} tones, ${tones.confidence > 0 ? `estimated, ${share(tones.confidence)} sure` : 'assumed'}`,
      roughness: 'estimated from detail, cavities and highlights about what is assumed of the material',
    },
  };
}

/**
 * The maps of a surface from a tile that shows it.
 * @param tile joins itself along both axes
 * @throws EngineError `SettingsError`; `LimitError` where it is too large for the device
 */
export async function derive(
  device: Device,
  tile: Raster,
  settings: DeriveSettings = {},
  name = 'material',
): Promise<Derived> {
  checkDerive(settings);
  const { width, height: rows } = tile;
  const size: Size = [width, rows];
  const assumptions = ASSUMED[settings.preset ?? 'any'];
  const { tone, light, high, assumed } = await read(device, tile, settings);
  const { height, clipped } = await heightFromTone(device, tone, size, { ...assumptions, light, high });
  const unit = await slopesOf(device, height, size);
  const steepness = Math.sqrt(unit.reduce((sum, plane) => plane.reduce((a, v) => a + v * v, sum), 0) / height.length);
  const usual = steepness > 0 ? assumptions.slope / steepness / width : 0;
  const relief = settings.relief ?? Math.min(1, usual);
  const pixels = relief * width;
  const slopes = unit.map((plane) => plane.map((v) => v * pixels)) as [Float32Array, Float32Array];
  const occlusion = await occlusionOf(device, height, size, pixels);
  const log = logLuminance(tile);
  const slow = await slowPart(device, centred(log), size);
  const normal = normalsOf(slopes);
  const shades = [logOf(occlusion), shadeOf(normal, light)];
  const colour = delit(tile, { log, slow, shades, amount: settings.delight ?? 0.5 });
  const grey = greyness(tile);
  const maps: MaterialMap[] = [
    { kind: 'color', channels: 3, data: colour.data, bits: 8 },
    { kind: 'height', channels: 1, data: height, bits: 16 },
    { kind: 'normal', channels: 3, data: normal, bits: 16 },
    { kind: 'occlusion', channels: 1, data: occlusion, bits: 8 },
    {
      kind: 'roughness',
      channels: 1,
      data: await roughnessOf(device, tone, size, { ...assumptions, occlusion, grey }),
      bits: 8,
    },
  ];
  const wants = (kind: ExtraMap): boolean => settings.maps?.includes(kind) === true;
  if (tile.alpha) maps.splice(1, 0, { kind: 'opacity', channels: 1, data: tile.alpha, bits: 8 });
  if (wants('metalness') || assumptions.metal)
    maps.push({ kind: 'metalness', channels: 1, data: metalnessOf(grey, assumptions.metal), bits: 8 });
  if (wants('curvature') || wants('edge')) {
    const curvature = await curvatureOf(device, slopes, size);
    if (wants('curvature')) maps.push({ kind: 'curvature', channels: 1, data: curvature, bits: 8 });
    if (wants('edge')) maps.push({ kind: 'edge', channels: 1, data: edgesOf(curvature), bits: 8 });
  }
  return {
    material: {
      name,
      width,
      height: rows,
      maps: new Map(maps.map((map) => [map.kind, map])),
      tile: 'both',
      relief,
      assumed: { ...assumed, relief: `${relief.toPrecision(2)} of the width` },
    },
    clipped: { color: colour.clipped, height: clipped },
  };
}
