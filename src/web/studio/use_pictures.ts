import { type Dispatch, type StateUpdater, useEffect, useRef, useState } from 'preact/hooks';
import { EngineError } from '../../base/errors';
import type { RecipeText } from '../../recipes/recipe';
import { checkPicture, type Inside, kindOf, recipeIn, recipeInside } from './dropped';
import type { Given } from './given';
import { inputsOfTab, keepInputsOfTab } from './keep';
import type { Event, WorkerClient } from './protocol';
import type { Action } from './state';

interface Options {
  readonly worker: WorkerClient;
  /** Names of the inputs that the recipe asks for. */
  readonly needs: readonly string[];
  readonly masks: readonly string[];
  /** What an input is called. */
  word(name: string): string;
  dispatch(action: Action | Event): void;
  onRecipe(recipe: RecipeText): void;
  onSession(file: File): Promise<void>;
}

/** A picture made by toroid, and what can be done with it. */
export interface MadePicture {
  readonly file: File;
  readonly inside: Inside;
}

export interface Pictures {
  /** Pictures by the names of inputs. */
  readonly inputs: Readonly<Record<string, Given>>;
  readonly setInputs: Dispatch<StateUpdater<Readonly<Record<string, Given>>>>;
  /** Takes a picture that was made ready here. */
  give(given: Given, name: string): void;
  /** The last one dropped that toroid made. */
  readonly made: MadePicture | null;
  /** The mask that is being painted. */
  readonly painting: string | null;
  paint(mask: string | null): void;
  /** Goes on from it, or takes it for a picture like any other. */
  use(how: 'go on' | 'picture'): void;
  /** Takes files: pictures go to the input named, else to the first one that lacks a picture; masks come last. */
  take(files: readonly File[], name?: string): Promise<void>;
  /** Fetches one of the page's own pictures. @returns whether it came */
  takeSample(name: string): Promise<boolean>;
}

/** Everything that is dropped on the page, pasted into it or chosen by a button; kept over a reload. */
export function usePictures({ worker, needs, masks, word, dispatch, onRecipe, onSession }: Options): Pictures {
  const [inputs, setInputs] = useKeptInputs();
  const [made, setMade] = useState<MadePicture | null>(null);
  const [painting, paint] = useState<string | null>(null);
  const say = (text: string): void => dispatch({ type: 'say', text });

  const give = (given: Given, name: string): void => {
    setInputs((old) => ({ ...old, [name]: given }));
    say(`${given.name} is the ${word(name)} now`);
  };
  const place = (file: File, name: string | undefined): void => {
    const given = { name: file.name || 'pasted picture', file };
    setInputs((old) => {
      const lacking = needs.filter((n) => !old[n]);
      const plain = needs.filter((n) => !masks.includes(n));
      const at = name ?? lacking.find((n) => !masks.includes(n)) ?? lacking[0] ?? plain[0] ?? 'style';
      say(`${given.name} is the ${word(at)} now`);
      return { ...old, [at]: given };
    });
  };

  const takePicture = async (file: File, name: string | undefined): Promise<void> => {
    await checkPicture(file, file.name || 'The picture');
    const inside = name === undefined ? await recipeInside(file) : null;
    if (!inside) return place(file, name);
    setMade({ file, inside });
    onRecipe(inside.recipe);
    const wanted = Object.values(inside.files).join(' and ');
    say(
      `The recipe of ${file.name} is loaded${wanted && `: it was made from ${wanted}`}` +
        `${inside.played ? '. It was changed or stopped on the way, so the recipe alone makes another picture' : ''}`,
    );
  };

  const takeOne = async (file: File, name: string | undefined): Promise<void> => {
    const kind = await kindOf(file);
    if (kind === 'picture') return takePicture(file, name);
    if (kind === 'net') return worker.send({ type: 'addNet', file, name: file.name });
    if (kind === 'session') return onSession(file);
    if (kind === 'recipe') {
      const { recipe, files } = await recipeIn(file);
      onRecipe(recipe);
      const wanted = Object.values(files).join(' and ');
      return say(`The recipe ${file.name} is loaded${wanted && `: it was run with ${wanted}`}`);
    }
    throw new EngineError(
      'PictureError',
      `${file.name || 'What you dropped'} is not a picture that this browser can read`,
      'Drop a picture (PNG, JPEG, WebP, GIF, AVIF, TIFF, OpenEXR, HDR, PFM, .npy), a recipe (JSON, YAML), a session, or an ONNX network.',
    );
  };
  const take = async (files: readonly File[], name?: string): Promise<void> => {
    for (const file of files) {
      try {
        await takeOne(file, name);
      } catch (error) {
        const { code, message } = error as EngineError;
        dispatch({ type: 'error', code: code ?? 'Error', text: message });
      }
    }
  };

  useEffect(() => {
    const paste = (e: ClipboardEvent): void => {
      const files = [...(e.clipboardData?.files ?? [])];
      if (files.length > 0) void take(files);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  });

  const use = (how: 'go on' | 'picture'): void => {
    if (!made) return;
    setMade(null);
    const { file, inside } = made;
    if (how === 'picture') place(file, undefined);
    if (how === 'picture' || !inside.goesOn) return;
    onRecipe(inside.goesOn);
    setInputs((old) => ({ ...old, canvas: { name: file.name, file } }));
    say(`Going on from ${file.name}: it starts as the canvas`);
  };
  const takeSample = async (name: string): Promise<boolean> => {
    const answer = await fetch(new URL(`samples/${name}.png`, location.href)).catch(() => null);
    if (!answer?.ok) {
      dispatch({ type: 'error', code: 'PictureError', text: `${name}.png could not be fetched.` });
      return false;
    }
    await take([new File([await answer.blob()], `${name}.png`, { type: 'image/png' })]);
    return true;
  };
  return { inputs, setInputs, give, made, painting, paint, use, take, takeSample };
}

type Inputs = Readonly<Record<string, Given>>;

/** The pictures of this tab, which a reload does not lose. */
function useKeptInputs(): [Inputs, Dispatch<StateUpdater<Inputs>>] {
  const [inputs, setInputs] = useState<Inputs>({});
  const restored = useRef(false);
  useEffect(() => {
    void inputsOfTab().then((kept) => {
      restored.current = true;
      // Those that came before this are yet to be kept.
      setInputs((now) => (kept || Object.keys(now).length > 0 ? { ...kept, ...now } : now));
    });
  }, []);
  useEffect(() => {
    if (restored.current) void keepInputsOfTab(inputs);
  }, [inputs]);
  return [inputs, setInputs];
}
