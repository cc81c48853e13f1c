import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { download } from '../download';
import type { BitmapView } from './bitmap_view';
import { forgetResult, type Kept, keepResult, keptResults, thumbOf } from './keep';
import type { Event, WorkerClient } from './protocol';
import type { FiledResult } from './session_file';
import { type Action, initial, reduce, type State } from './state';

/** Listens to the worker: pictures go to the view, files to the downloads, everything into the state. */
export function useWorkerState(worker: WorkerClient, view: BitmapView): [State, (action: Action | Event) => void] {
  const [state, dispatch] = useReducer(reduce, initial);
  useEffect(() => {
    worker.listen((event) => {
      if (event.type === 'picture') view.show(event.bitmap);
      if (event.type === 'saved') download(event.file, event.name);
      dispatch(event);
    });
    worker.send({ type: 'open' });
    const visible = (): void => worker.send({ type: 'look', on: document.visibilityState === 'visible' });
    document.addEventListener('visibilitychange', visible);
    return () => document.removeEventListener('visibilitychange', visible);
  }, [worker, view]);
  return [state, dispatch];
}

/** What each snapshot looked like, about: the picture that was shown when it was taken. */
export function useThumbs({ snapshots, later }: State, view: BitmapView): ReadonlyMap<number, Blob> {
  const [thumbs, setThumbs] = useState<ReadonlyMap<number, Blob>>(new Map());
  useEffect(() => {
    const kept = new Map([...thumbs].filter(([id]) => [...snapshots, ...later].some((s) => s.id === id)));
    setThumbs(kept);
    const fresh = snapshots.at(-1);
    if (!fresh || kept.has(fresh.id) || !view.bitmap) return;
    void thumbOf(view.bitmap).then(
      (thumb) => setThumbs((old) => new Map([...old, [fresh.id, thumb]])),
      () => {}, // the bitmap was closed meanwhile: the next one is as good
    );
  }, [snapshots]);
  return thumbs;
}

export interface Results {
  readonly results: readonly Kept[];
  /** The one in the view; null: the run itself. */
  readonly shown: Kept | null;
  show(kept: Kept | null): void;
  forget(id: number): void;
  /** Results of a session elsewhere; those that are here already are not. @returns how many came */
  add(results: readonly FiledResult[]): Promise<number>;
}

/** Finished pictures: those of this session, and those kept from earlier ones. */
export function useResults({ result, made, run }: State): Results {
  const [results, setResults] = useState<readonly Kept[]>([]);
  const [shown, show] = useState<Kept | null>(null);
  const last = useRef(result);
  useEffect(() => {
    if (run === 'running') show(null); // its own pictures are in the view from now on
  }, [run]);
  useEffect(() => void keptResults().then((kept) => setResults((now) => [...now, ...kept])), []);
  useEffect(() => {
    if (!result || result === last.current || !made) return;
    last.current = result;
    void thumbOf(result.file).then((thumb) => {
      const kept: Kept = { ...result, ...made, thumb };
      setResults((now) => [kept, ...now]);
      show(kept);
      return keepResult(kept);
    });
  }, [result]);
  const forget = (id: number): void => {
    setResults((now) => now.filter((r) => r.id !== id));
    if (shown?.id === id) show(null);
    void forgetResult(id);
  };
  const add = async (filed: readonly FiledResult[]): Promise<number> => {
    const fresh: Kept[] = [];
    for (const r of filed) {
      if (results.some((known) => known.id === r.id)) continue;
      const bitmap = await createImageBitmap(r.file);
      const { width, height } = bitmap;
      bitmap.close();
      fresh.push({ ...r, width, height, thumb: await thumbOf(r.file) });
    }
    setResults((now) => [...now, ...fresh].sort((a, b) => b.id - a.id));
    for (const kept of fresh) await keepResult(kept);
    return fresh.length;
  };
  return { results, shown, show, forget, add };
}
