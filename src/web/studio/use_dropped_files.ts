import { useEffect, useState } from 'preact/hooks';
import { isPng, readText } from '../../base/png';
import { findRecord } from '../../recipes/picture_record';
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import type { Given, WorkerClient } from './protocol';
import { methodsOf, type Settings, SIZES, usual } from './settings';
import type { Action } from './state';

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
      if (!inside.goesOn) {
        say(`The recipe of ${file.name} is loaded: give it the picture that it copies`);
        return;
      }
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

export function filesOf(from: DataTransfer | null): File[] {
  return from ? [...from.files] : [];
}

/** By the first bytes: names and types that come along are not to be trusted. */
export async function kindOf(file: Blob): Promise<'picture' | 'net' | 'other'> {
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const text = new TextDecoder('latin1').decode(head);
  const picture =
    isPng(head) ||
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('GIF8') ||
    text.startsWith('BM') ||
    (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') ||
    /^ftyp(avif|avis|mif1|heic)/.test(text.slice(4, 12)) ||
    /^\s*(<\?xml[^>]*>\s*)?<svg/.test(text);
  if (picture) return 'picture';
  // An ONNX file begins with its version, field 1 as a varint; the reader decides.
  return (head[0] === 0x08 && file instanceof File && file.name.toLowerCase().endsWith('.onnx')) ||
    (file instanceof File && file.name.toLowerCase().endsWith('.onnx'))
    ? 'net'
    : 'other';
}

export interface Inside {
  readonly recipe: RecipeText;
  readonly settings: Settings;
  /** The recipe starts from the picture; one that copies cannot, it begins anew. */
  readonly goesOn: boolean;
}

/** Text chunks come before the pixels; more than this is no recipe. */
const HEAD = 1 << 20;

/**
 * The recipe inside a picture, changed to start from that picture, given as the input `canvas`, at its full size, unless it
 * copies. Null for pictures without one, or with one that this toroid cannot read: those are pictures like any other.
 */
export async function recipeInside(file: Blob): Promise<Inside | null> {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  if (!isPng(bytes)) return null;
  const found = findRecord(readText(bytes));
  if (!found) return null;
  try {
    const { zoom: _, inputs: __, ...recipe } = fillRecipe(found.recipe);
    const longer = typeof recipe.size === 'number' ? recipe.size : Math.max(...recipe.size);
    const { scales } = recipe;
    const goesOn = !methodsOf(recipe).copies;
    const start = { canvas: 'picture(canvas)', inputs: { canvas: 'canvas' }, scales: { ...scales, count: 1 } };
    return {
      recipe: { ...recipe, ...(goesOn && start) },
      goesOn,
      settings: {
        ...usual,
        preset: usual.preset,
        size: Math.min(SIZES.most, Math.max(SIZES.least, longer)),
        seed: recipe.seed,
        tile: recipe.tile,
      },
    };
  } catch {
    return null;
  }
}
