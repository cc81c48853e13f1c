// A material from a finished set of maps: laid anew, and completed.

import { EngineError } from '../base/errors';
import { checkOptions } from '../base/known_options';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { completed } from '../material/complete';
import { checkDerive } from '../material/derive';
import { joinedNormals } from '../material/join_normals';
import type { Material } from '../material/maps';
import {
  inputOf,
  MATERIAL_OPTIONS,
  MadeMaterial,
  type MaterialOptions,
  onDevice,
  recordOf,
  scoresOf,
} from './material';
import { type MaterialFile, readMaterial, type TakenMap } from './material_files';
import type { Platform } from './platform';
import { type RelayOptions, relaidMaterial } from './relaid_material';

/** What a set is, its files, and what was taken for what. */
export interface MaterialSetOptions extends MaterialOptions {
  /** Of the material, where its files have none in common. */
  readonly name: string;
  /** Told what each file was taken for, before it is laid. */
  onTaken?(taken: readonly TakenMap[]): void;
}

/**
 * A tile of the pixels of a set of maps, all laid alike; and the maps that the set lacks, made of the others.
 * @param options `method`: `none` leaves the maps where they are; others than `copy` and `auto` are for photographs
 * @throws EngineError; an `AbortError` where the platform opened no device
 */
export async function materialSetOn<Source>(
  platform: Platform<Source | Raster | Uint8Array<ArrayBuffer>>,
  files: readonly MaterialFile[],
  { name, onTaken, ...options }: MaterialSetOptions,
): Promise<MadeMaterial> {
  checkOptions<MaterialOptions>('material', options, MATERIAL_OPTIONS);
  const { device: given, signal, onWarning, ...settings } = options;
  const { method = 'auto', size, seed } = settings;
  checkDerive(settings);
  if (method !== 'auto' && method !== 'copy' && method !== 'none') {
    throw new EngineError(
      'SettingsError',
      `a set of maps is not made a tile by ${method}`,
      'Take copy, which lays all of its maps anew, or none, which leaves them where they are.',
    );
  }
  if (settings.rectify) {
    throw new EngineError(
      'SettingsError',
      'rectify is for one photograph, and this is a set of maps',
      'Leave it out, or give the photograph.',
    );
  }
  const warn = (text: string): void => onWarning?.(text);
  // Said when there is a device: a process that starts again with a driver says it then.
  const notes: string[] = [];
  const { material: read, taken } = await readMaterial(platform, files, {
    name,
    signal,
    onWarning: (text) => void notes.push(text),
  });
  const source = { ...read, widthCm: settings.widthCm };
  if (method === 'none' && size !== undefined)
    throw new EngineError(
      'SettingsError',
      'a size is for maps that are laid anew',
      'Leave out size, or take method copy.',
    );
  return onDevice(platform, given, async (device) => {
    for (const note of notes) warn(note);
    onTaken?.(taken);
    const laid =
      method === 'none' ? source : await laidAnew(platform, source, { size, seed, device, signal, onWarning: warn });
    signal?.throwIfAborted();
    const derived = await completed(device, laid, settings);
    signal?.throwIfAborted();
    const before = laid.maps.get('color')?.data ?? new Float32Array(3 * laid.width * laid.height).fill(0.5);
    const tiling =
      method === 'none'
        ? 'maps are left where they are'
        : `all maps are laid anew, from ${source.width}x${source.height} to ${laid.width}x${laid.height}`;
    const inputs = Object.fromEntries(taken.map((t) => [t.as, inputOf({ path: t.file, sha256: t.sha256 })]));
    return new MadeMaterial(
      derived.material,
      await scoresOf(device, derived, before),
      tiling,
      recordOf(settings, inputs, derived.material),
    );
  });
}

/** Laid by `relaidMaterial`, with its normals joined where pieces meet. */
async function laidAnew<Source>(
  platform: Platform<Source | Raster>,
  source: Material,
  options: RelayOptions & { readonly device: Device },
): Promise<Material> {
  const { material, field } = await relaidMaterial(platform, source, options);
  const [given, laid] = [source, material].map((m) => m.maps.get('normal'));
  if (!given || !laid) return material;
  const { applyField } = await import('../copy/apply_field');
  const { width, height } = source;
  const data = await joinedNormals(
    options.device,
    { data: given.data, size: [width, height] },
    { data: laid.data, size: [material.width, material.height] },
    (planes) => applyField(field, { width, height, data: planes }).data,
  );
  return {
    ...material,
    maps: new Map([...material.maps, ['normal', { ...laid, data }]]),
    assumed: { ...material.assumed, normal: 'as given, turned where pieces meet: those of one surface' },
  };
}
