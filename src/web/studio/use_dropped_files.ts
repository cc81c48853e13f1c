import { useEffect, useState } from 'preact/hooks';
import type { RecipeText } from '../../recipes/recipe';
import { filesOf, kindOf } from './files';
import type { Given } from './protocol';
import { recipeInside } from './record';
import type { Settings } from './settings';
import type { Action } from './state';
import type { WorkerClient } from './worker_client';

interface Options {
  readonly worker: WorkerClient;
  /** Names of the inputs that the recipe asks for. */
  readonly needs: readonly string[];
  dispatch(action: Action | { readonly type: 'error'; readonly code: string; readonly text: string }): void;
  /** A picture made by toroid was dropped: its recipe and settings. */
  onRecipe(recipe: RecipeText, settings: Settings): void;
}

export interface DroppedFiles {
  /** Pictures by the names of inputs. */
  readonly inputs: Readonly<Record<string, Given>>;
  /** What became of the last file, in words. */
  readonly said: string;
  /** Takes files: pictures go to the input named, else to the first one that lacks a picture. */
  take(files: readonly File[], name?: string): Promise<void>;
}

/** Everything that is dropped on the page, pasted into it or chosen by a button. */
export function useDroppedFiles({ worker, needs, dispatch, onRecipe }: Options): DroppedFiles {
  const [inputs, setInputs] = useState<Readonly<Record<string, Given>>>({});
  const [said, say] = useState('');

  const takePicture = async (file: File, name: string | undefined): Promise<void> => {
    const inside = name === undefined ? await recipeInside(file) : null;
    if (inside) {
      onRecipe(inside.recipe, inside.settings);
      setInputs((old) => ({ ...old, canvas: { name: file.name, file } }));
      say(`Going on from ${file.name}: it starts as the canvas, and its recipe is loaded`);
      return;
    }
    setInputs((old) => {
      const at = name ?? needs.find((n) => !old[n]) ?? needs[0] ?? 'style';
      say(`${file.name || 'The picture'} is the ${at} now`);
      return { ...old, [at]: { name: file.name || 'pasted picture', file } };
    });
  };

  const take = async (files: readonly File[], name?: string): Promise<void> => {
    for (const file of files) {
      const kind = await kindOf(file);
      if (kind === 'picture') await takePicture(file, name);
      else if (kind === 'net') {
        worker.send({ type: 'addNet', file, name: file.name });
        say(`Adding the network ${file.name}`);
      } else {
        dispatch({
          type: 'error',
          code: 'PictureError',
          text: `${file.name || 'What you dropped'} is not a picture that this browser can read.\nDrop a PNG, JPEG, WebP, GIF or AVIF picture, or an ONNX network.`,
        });
      }
    }
  };

  useEffect(() => {
    const paste = (e: ClipboardEvent): void => {
      const files = filesOf(e.clipboardData);
      if (files.length > 0) void take(files);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  });

  return { inputs, said, take };
}
