import { EngineError } from './errors';

/**
 * A part of the program that only some runs need. In Node it is there; in a page it is fetched, by `load`, before what
 * needs it. The page's version of a file `x.ts` is `x.browser.ts` beside it, which page builds take in its place.
 */
export interface Part<T> {
  /** @throws NotLoaded in a page that has not fetched it yet. */
  (): T;
  /** @throws EngineError `LoadError` when it cannot be fetched. */
  load(): Promise<void>;
}

class NotLoaded extends Error {
  constructor(readonly part: Part<unknown>) {
    super('a part of toroid that is not loaded yet');
  }
}

/** A part that is there. Takes a function because modules may import each other in a circle. */
export const here = <T>(get: () => T): Part<T> => Object.assign(() => get(), { load: () => Promise.resolve() });

/** A part to be fetched, once. */
export function fetched<T>(get: () => Promise<T>): Part<T> {
  let found: T | undefined;
  const read = (): T => {
    if (found === undefined) throw new NotLoaded(part);
    return found;
  };
  const load = async (): Promise<void> => {
    try {
      found ??= await get();
    } catch (cause) {
      throw new EngineError(
        'LoadError',
        `cannot fetch a part of toroid: ${(cause as Error).message}`,
        'Check that all files of the package are served, and load the page again.',
      );
    }
  };
  const part: Part<T> = Object.assign(read, { load });
  return part;
}

/** Tries, and where that takes a part that is not loaded yet, loads it and tries again. */
export async function loading<T>(attempt: () => T): Promise<T> {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      await error.part.load();
    }
  }
}
