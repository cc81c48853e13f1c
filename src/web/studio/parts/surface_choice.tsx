import type { JSX } from 'preact';
import type { MaterialPreset } from '../../../material/choices';
import { TARGET_NAMES, type TargetName } from '../../../material/export/targets';
import { SURFACES } from '../settings';

const SURFACE_WORDS: Readonly<Record<MaterialPreset, string>> = {
  any: 'Anything',
  stone: 'Stone',
  brick: 'Brick',
  wood: 'Wood',
  fabric: 'Fabric',
  metal: 'Metal',
  plaster: 'Plaster',
  ground: 'Ground',
  leather: 'Leather',
  tiles: 'Tiles',
};

export const TARGET_WORDS: Readonly<Record<TargetName, string>> = {
  blender: 'Blender',
  unity: 'Unity',
  unreal: 'Unreal',
  godot: 'Godot',
  three: 'three.js',
  gltf: 'glTF',
  materialx: 'MaterialX',
  ambientcg: 'ambientCG names',
  polyhaven: 'Poly Haven names',
  raw: 'Plain maps',
};

interface Props {
  readonly kind: MaterialPreset;
  readonly target: TargetName;
  onKind(kind: MaterialPreset): void;
  onTarget(target: TargetName): void;
}

/** What the picture is taken for as a surface, and what its files are to suit. */
export const SurfaceChoice = ({ kind, target, onKind, onTarget }: Props): JSX.Element => (
  <div class="row">
    <label class="grows">
      It shows
      <select value={kind} data-test="surface" onChange={(e) => onKind(e.currentTarget.value as MaterialPreset)}>
        {SURFACES.map((name) => (
          <option key={name} value={name}>
            {SURFACE_WORDS[name]}
          </option>
        ))}
      </select>
    </label>
    <label class="grows">
      Files for
      <select value={target} data-test="target" onChange={(e) => onTarget(e.currentTarget.value as TargetName)}>
        {TARGET_NAMES.map((name) => (
          <option key={name} value={name}>
            {TARGET_WORDS[name]}
          </option>
        ))}
      </select>
    </label>
  </div>
);
