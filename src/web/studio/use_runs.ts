import { useEffect, useRef, useState } from 'preact/hooks';
import type { Recipe, RecipeText } from '../../recipes/recipe';
import { isSpare } from '../../recipes/resolve';
import type { Given } from './given';
import type { Kept } from './keep';
import { anySeed } from './parts/controls';
import type { WorkerClient } from './protocol';
import { changedSince, changing, type Settings, withColours } from './settings';
import type { Action, State } from './state';

interface Options {
  readonly worker: WorkerClient;
  readonly state: State;
  /** The result in the view; null: the run itself. */
  readonly shown: Kept | null;
  dispatch(action: Action): void;
  /** What was chosen: the settings, the recipe that they make, and that with its defaults. */
  readonly settings: Settings;
  readonly own: RecipeText | null;
  readonly chosen: RecipeText;
  readonly filled: Recipe;
  /** Names of the pictures that it wants, and those that were given. */
  readonly needs: readonly string[];
  readonly inputs: Readonly<Record<string, Given>>;
  word(name: string): string;
  choose(change: Partial<Settings>): void;
  /** A run begins: what was shown of an earlier one goes. */
  onStart(): void;
}

export interface Runs {
  /** As the worker takes it. */
  readonly recipe: RecipeText;
  readonly given: Readonly<Record<string, Given>>;
  /** Names of the pictures that lack. */
  readonly lacking: readonly string[];
  /** All that lacks, in words. */
  readonly missing: readonly string[];
  /** What was changed since what is shown was begun: it is for the next run. */
  readonly next: readonly string[];
  /** Variations to come after this run. */
  readonly more: number;
  /** Runs it, and as many more with other seeds. */
  vary(more: number): void;
  /** Runs it as soon as it can be. */
  tryOut(): void;
}

/** Runs of what was chosen: what they lack, and their start. */
export function useRuns(options: Options): Runs {
  const { worker, state, shown, settings, own, chosen, filled, needs, inputs, word } = options;
  const lacking = needs.filter((name) => !inputs[name] && !isSpare(filled, name));
  const missing = lacking.map(word);
  if (chosen.net !== undefined && state.nets.length === 0) missing.push('network');
  const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => needs.includes(name)));
  const recipe = changing(chosen, given);
  const made = { settings, own, inputs: given };
  const start = (): void => {
    if (missing.length > 0) return;
    options.onStart();
    options.dispatch({ type: 'start', made });
    worker.send({ type: 'start', recipe, inputs: withColours(given) });
  };
  const tryOut = useStartSoon(missing.length === 0 && state.adapter !== null, start);
  const { more, setMore } = useVariations(state, () => {
    options.choose({ seed: anySeed() });
    tryOut();
  });
  const vary = (further: number): void => {
    setMore(further);
    start();
  };
  const before = shown ?? state.made;
  const next = before ? changedSince(before, made) : [];
  return { recipe, given, lacking, missing, next, more, vary, tryOut };
}

/** Starts as soon as it can: what was asked for may be in the next rendering only. */
function useStartSoon(can: boolean, start: () => void): () => void {
  const [wanted, want] = useState(false);
  const latest = useRef(start);
  latest.current = start;
  useEffect(() => {
    if (!wanted || !can) return;
    want(false);
    latest.current();
  }, [wanted, can]);
  return () => want(true);
}

/** Further runs of other seeds, one after another. */
function useVariations(
  { result, run }: State,
  another: () => void,
): { readonly more: number; setMore(more: number): void } {
  const [more, setMore] = useState(0);
  useEffect(() => {
    if (!result || run !== 'done' || more === 0) return;
    setMore(more - 1);
    another();
  }, [result]);
  return { more, setMore };
}
