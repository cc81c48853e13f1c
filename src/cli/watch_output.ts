import type { Output } from '../app/output';
import { startWatch, type Watcher } from './watch_server';

export interface WatchOutputOptions {
  /** Somebody pressed Stop on the page. */
  onStop(): void;
  /** The page is up. */
  onUrl(url: string): void;
}

/** The growing picture in a browser on this machine. */
export function watchOutput(port: number | true, { onStop, onUrl }: WatchOutputOptions): Output {
  let watcher: Watcher | undefined;
  return {
    begin: async ({ recipe }) => {
      watcher = await startWatch({ ...(port !== true && { port }), title: recipe.name, tile: recipe.tile, onStop });
      onUrl(watcher.url);
    },
    onProgress: (p, left) => watcher?.events.onProgress(p, left),
    wantsPicture: () => watcher?.events.wantsPicture() ?? false,
    onPicture: (p) => watcher?.events.onPicture(p),
    onStage: (s) => watcher?.events.onStage(s),
    onFrame: (f) => watcher?.events.onFrame(f),
    onWarning: (text) => watcher?.events.onWarning(text),
    finish: async ({ raster, seconds, stopped, written }) => {
      await watcher?.finish({ raster, file: String(written.get('file')), seconds, stopped });
    },
    fail: (error) => watcher?.finish({ error: (error as Error).message }),
    close: () => watcher?.close(),
  };
}
