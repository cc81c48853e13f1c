/**
 * A part of the program that only some runs need. In Node it is there; in a page it is fetched, by `load`, before what
 * needs it. The page's version of a file `x.ts` is `x.browser.ts` beside it, which page builds take in its place.
 */
export interface Part<T> {
  /** @throws NotLoaded in a page that has not fetched it yet. */
  (): T;
  load(): Promise<void>;
}

export class NotLoaded extends Error {}

/** A part that is there. Takes a function because modules may import each other in a circle. */
export const here = <T>(get: () => T): Part<T> => Object.assign(() => get(), { load: () => Promise.resolve() });

/** A part to be fetched, once. */
export function fetched<T>(get: () => Promise<T>): Part<T> {
  let found: T | undefined;
  const part = (): T => {
    if (found === undefined) throw new NotLoaded('a part of toroid that is not loaded yet');
    return found;
  };
  const load = async (): Promise<void> => {
    found ??= await get();
  };
  return Object.assign(part, { load });
}

/** Tries, and where that takes a part that is not loaded yet, loads it and tries again. */
export async function loading<T>(part: Part<unknown>, attempt: () => T): Promise<T> {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error;
  }
  await part.load();
  return attempt();
}
