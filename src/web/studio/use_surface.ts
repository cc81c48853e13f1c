import { useState } from 'preact/hooks';
import type { MaterialPreset } from '../../material/choices';
import { TARGET_NAMES, type TargetName } from '../../material/export/targets';
import type { RecipeText } from '../../recipes/recipe';
import type { Kept } from './keep';
import type { Event, WorkerClient } from './protocol';
import { materialOf, recipeOf, type Settings } from './settings';
import type { Action, State } from './state';
import { type Surface, type SurfaceMaps, surfaceKey } from './surface';

interface Options {
  readonly settings: Settings;
  /** The result in the view. */
  readonly shown: Kept | null;
  readonly state: State;
  readonly worker: WorkerClient;
  dispatch(action: Action | Event): void;
  choose(changes: Partial<Settings>): void;
}

export interface SurfaceTools {
  readonly kind: MaterialPreset;
  readonly target: TargetName;
  onKind(kind: MaterialPreset): void;
  onTarget(target: TargetName): void;
  /** The result as a surface; null: there is none. */
  readonly surface: Surface | null;
  /** Its maps to look at, once they are made. */
  readonly maps: SurfaceMaps | null;
  /** Has them made; null: they are there, or cannot be made now. */
  readonly look: (() => void) | null;
  /** Hands out files of it; null: not now. */
  readonly make: ((target: TargetName | 'glb') => void) | null;
}

const KEY = 'toroid-target';

/** What the target was the last time: people work in one program. */
function keptTarget(): TargetName {
  try {
    const kept = localStorage.getItem(KEY);
    return TARGET_NAMES.find((name) => name === kept) ?? 'blender';
  } catch {
    return 'blender';
  }
}

/** The picture as a surface. */
export function useSurface({ settings, shown, state, worker, dispatch, choose }: Options): SurfaceTools {
  // Of somebody who makes a picture, and looks at it as a surface all the same.
  const [besides, setKind] = useState<MaterialPreset>('any');
  const [target, setTarget] = useState(keptTarget);
  const kind = settings.material ?? besides;
  const surface = shown && surfaceOf(shown, kind);
  // Looked at as it is, whether it tiles or not.
  const seen = surface && { ...surface, tiles: true };
  const maps = seen && state.maps?.key === surfaceKey(seen) ? state.maps : null;
  const free = !state.making && state.run !== 'running';
  const make = (wanted: TargetName | 'glb'): void => {
    if (!surface) return;
    dispatch({ type: 'make' });
    worker.send({ type: 'material', surface, target: wanted });
  };
  const look = (): void => {
    if (!seen) return;
    dispatch({ type: 'make' });
    worker.send({ type: 'maps', surface: seen });
  };
  return {
    kind,
    target,
    surface,
    maps,
    look: seen && !maps && free ? look : null,
    onKind: (to) => (settings.material === null ? setKind(to) : choose({ material: to })),
    onTarget: (to) => {
      setTarget(to);
      try {
        localStorage.setItem(KEY, to);
      } catch {} // asked again the next time
    },
    make: surface && free ? make : null,
  };
}

function surfaceOf({ id, file, name, settings, own, inputs }: Kept, kind: MaterialPreset): Surface {
  const recipe: RecipeText = recipeOf({ ...settings, material: null }, own);
  const given = inputs[recipe.content ?? recipe.styles?.[0]?.input ?? ''];
  const from = given?.of?.given.name ?? given?.name ?? recipe.name ?? 'material';
  return {
    result: { id, file, name },
    name: from.replace(/\.\w+$/, ''),
    tiles: (recipe.tile ?? 'both') === 'both',
    settings: materialOf(recipe, kind),
  };
}
