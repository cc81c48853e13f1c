import { EngineError } from '../../base/errors';
import { download } from '../download';
import { checkPicture } from './dropped';
import type { Kept } from './keep';
import type { FiledResult } from './session_file';
import type { Made } from './settings';

interface Options {
  readonly now: Made;
  readonly results: readonly Kept[];
  /** @returns how many there are more now */
  add(results: readonly FiledResult[]): Promise<number>;
  /** Chooses what a session had chosen. */
  take(made: Made): void;
  say(text: string): void;
}

export interface SessionTools {
  /** Null: there is nothing to hand out. */
  readonly save: (() => Promise<void>) | null;
  readonly saveSheet: (() => Promise<void>) | null;
  open(file: File): Promise<void>;
}

/** All of a session as a file, and such a file as a session; its results side by side. */
export function useSession({ now, results, add, take, say }: Options): SessionTools {
  const hand = (file: Blob, name: string): void => {
    download(file, name);
    say(`${name} is saved`);
  };
  return {
    save:
      results.length + Object.keys(now.inputs).length === 0
        ? null
        : async () => {
            const { writeSession } = await import('./session_file');
            hand(await writeSession({ made: now, results }), 'toroid-session.zip');
          },
    saveSheet:
      results.length === 0
        ? null
        : async () => {
            const { contactSheet } = await import('./sheet');
            hand(await contactSheet(results), 'toroid-sheet.png');
          },
    open: async (file) => {
      const { readSession } = await import('./session_file');
      const session = await readSession(file);
      for (const { file: picture, name } of Object.values(session.made.inputs)) await checkPicture(picture, name);
      const more = await add(session.results).catch(() => {
        throw new EngineError('PictureError', `${file.name} has results that are damaged`, 'Export it there again.');
      });
      take(session.made);
      say(
        `The session ${file.name} is open: its settings, its pictures, and ${more === 1 ? '1 result' : `${more} results`} more`,
      );
    },
  };
}
