// Maps of results, and the files that they go into: what the worker loads when somebody asks for a material.
import { type MadeMaterial, materialOn } from '../../app/material';
import type { Platform } from '../../app/platform';
import { interleave } from '../../base/pixels';
import { type NamedBytes, zip } from '../../base/zip';
import { exportMaterial } from '../../material/export/export';
import { type Packed, packed } from '../../material/export/packed';
import type { TargetName, TextureFile } from '../../material/export/targets';
import type { Material } from '../../material/maps';
import type { PictureSource } from '../api/read';
import { type Surface, type SurfaceMaps, surfaceKey } from './surface';

interface Made {
  readonly key: string;
  readonly made: MadeMaterial;
  readonly warnings: readonly string[];
}

export interface Handed {
  readonly file: Blob;
  readonly name: string;
  readonly notes: readonly string[];
}

/** The last surface is kept: it is looked at first, and exported then. */
export class Surfaces {
  #last: Made | undefined;

  constructor(private readonly platform: Platform<PictureSource>) {}

  /** @throws EngineError */
  async material(surface: Surface): Promise<Material> {
    return { ...(await this.#made(surface)).made.material, name: surface.name };
  }

  /** @throws EngineError */
  async maps(surface: Surface): Promise<SurfaceMaps> {
    const material = await this.material(surface);
    const { width, height, relief } = material;
    const rgba = (from: TextureFile['from']): Uint8ClampedArray<ArrayBuffer> => {
      const { raster } = packed(material, { file: '', from, bits: 8 }) as Packed;
      return new Uint8ClampedArray((interleave(raster, 8, 4) as Uint8Array<ArrayBuffer>).buffer);
    };
    const maps = {
      color: rgba('color'),
      normal: rgba('normal-gl'),
      orm: rgba(['occlusion', 'roughness', 'metalness']),
      height: rgba('height'),
    };
    return { key: surfaceKey(surface), width, height, relief, maps };
  }

  /** @throws EngineError */
  async files(surface: Surface, target: TargetName | 'glb'): Promise<Handed> {
    const { made, warnings } = await this.#made(surface);
    const material = await this.material(surface);
    const { files, notices } = await exportMaterial(material, [target === 'glb' ? 'gltf' : target], {
      text: made.text,
    });
    const { preset: _, ...assumed } = material.assumed;
    const notes = Object.entries(assumed).map(([what, how]) => `${what}: ${how}`);
    if (!surface.tiles) notes.unshift(made.tiling);
    const { name, bytes }: NamedBytes =
      target === 'glb' && files[0] ? files[0] : { name: `${surface.name}-${target}.zip`, bytes: zip(files) };
    const type = target === 'glb' ? 'model/gltf-binary' : 'application/zip';
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>], { type });
    return { file, name, notes: [...notes, ...warnings, ...notices] };
  }

  /** Of the file, as `toroid material` would make it of the same file. */
  async #made(surface: Surface): Promise<Made> {
    const { result, tiles, settings } = surface;
    const key = surfaceKey(surface);
    if (this.#last?.key === key) return this.#last;
    const warnings: string[] = [];
    const made = await materialOn(this.platform, new File([result.file], result.name), {
      ...settings,
      method: tiles ? 'none' : 'auto',
      onWarning: (text) => void warnings.push(text),
    });
    this.#last = { key, made, warnings };
    return this.#last;
  }
}
