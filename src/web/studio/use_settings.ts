import { useEffect, useRef, useState } from 'preact/hooks';
import type { RecipeText } from '../../recipes/recipe';
import { keepOwnOfTab, ownOfTab } from './keep';
import type { Event, WorkerClient } from './protocol';
import { fromAddress, recipeOf, type Settings, toAddress, usual } from './settings';
import type { Action, State } from './state';

export interface ChosenSettings {
  readonly settings: Settings;
  /** A recipe that came in a file, if one did. */
  readonly own: RecipeText | null;
  /** In place of the preset's; the settings are as it says. */
  takeRecipe(recipe: RecipeText): void;
  restore(settings: Settings, own: RecipeText | null): void;
  /** Sets some of them, and where they can change under way, changes the run. */
  choose(changes: Partial<Settings>): void;
}

/** Settings, kept in the page's address. */
export function useSettings(
  worker: WorkerClient,
  state: State,
  dispatch: (action: Action | Event) => void,
): ChosenSettings {
  const [settings, setSettings] = useState<Settings>(() => fromAddress(location.hash));
  // Two changes may come before the page is drawn again: the second is one of what the first has made.
  const latest = useRef(settings);
  const [own, setOwn] = useState<RecipeText | null>(ownOfTab);
  useEffect(() => keepOwnOfTab(own), [own]);
  useEffect(() => {
    const address = toAddress(settings);
    history.replaceState(null, '', address ? `#${address}` : location.pathname + location.search);
  }, [settings]);

  const restore = (its: Settings, recipe: RecipeText | null): void => {
    setOwn(recipe);
    latest.current = its;
    setSettings(its);
  };
  const choose = (changes: Partial<Settings>): void => {
    const other = changes.preset !== undefined;
    // Another preset comes with its own tiling, steps and weights; a size and a seed that were chosen stay.
    const rest = other ? { tile: null, factors: {}, steps: null, variety: null } : {};
    const [before, next] = [latest.current, { ...latest.current, ...changes, ...rest }];
    if (other) restore(next, null);
    latest.current = next;
    setSettings(next);
    const { made, run, starting } = state;
    const live = next.factors !== before.factors || next.steps !== before.steps;
    if (other || !live || !made || starting || (run !== 'running' && run !== 'paused')) return;
    if (made.own !== own || made.settings.preset !== next.preset) return;
    // Whatever else was changed is for the next run.
    const changed = { ...made.settings, steps: next.steps, factors: next.factors };
    dispatch({ type: 'changed', settings: changed });
    worker.send({ type: 'change', recipe: recipeOf(changed, made.own) });
  };
  const takeRecipe = (recipe: RecipeText): void =>
    restore(
      {
        ...usual,
        preset: latest.current.preset,
        seed: recipe.seed ?? 1,
        material: recipe.material ? (recipe.material.preset ?? 'any') : null,
      },
      recipe,
    );
  return { settings, own, takeRecipe, restore, choose };
}
