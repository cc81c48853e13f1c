import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { maskInputs, wantedInputs } from '../../app/inputs';
import { builtinRecipe } from '../../recipes/builtin';
import { fillRecipe } from '../../recipes/recipe';
import { download } from '../download';
import { BitmapView } from './bitmap_view';
import type { Kept } from './keep';
import { anySeed } from './parts/controls';
import { ExportDialog } from './parts/export_dialog';
import { Header, ShortcutSheet } from './parts/header';
import { Middle } from './parts/middle';
import { Panel } from './parts/panel';
import { deedsOf } from './parts/run_controls';
import { inputWords } from './presets';
import type { SnapshotSeen, WorkerClient } from './protocol';
import { recipeOf } from './settings';
import { useShortcuts } from './shortcuts';
import { redoOf, type State, shareOf, undoOf } from './state';
import { useDragging } from './use_dragging';
import { useKeptFocus } from './use_focus';
import { usePictures } from './use_pictures';
import { useRuns } from './use_runs';
import { useSession } from './use_session';
import { useSettings } from './use_settings';
import { useSurface } from './use_surface';
import { useResults, useThumbs, useWorkerState } from './use_worker';

/** The whole page. What a person chose is in `settings` and `inputs`; what the worker reported is in `state`. */
export function App({ worker }: { worker: WorkerClient }): JSX.Element {
  const view = useMemo(() => new BitmapView(), []);
  const [state, dispatch] = useWorkerState(worker, view);
  const { settings, own, takeRecipe, restore, choose } = useSettings(worker, state, dispatch);
  const base = useMemo(() => own ?? builtinRecipe(settings.preset), [settings.preset, own]);
  const chosen = useMemo(() => recipeOf(settings, own), [settings, own]);
  const filled = useMemo(() => fillRecipe(chosen), [chosen]);
  const masks = maskInputs(filled);
  const needs = [...wantedInputs(filled).filter((name) => !masks.includes(name)), ...masks]; // painted over what is there
  const word = (name: string): string => inputWords(filled, name).title;
  const pictures = usePictures({
    ...{ worker, needs, masks, word, dispatch },
    onRecipe: takeRecipe,
    onSession: (file) => session.open(file),
  });
  const { inputs, take } = pictures;
  const thumbs = useThumbs(state, view);
  const kept = useResults(state);
  const { results, shown, show, add } = kept;
  const say = (text: string): void => dispatch({ type: 'say', text });
  const now = { settings, own, inputs };
  const session = useSession({
    ...{ now, results, add, say },
    take: (its) => {
      restore(its.settings, its.own);
      pictures.setInputs(its.inputs);
    },
  });
  const [help, askHelp] = useState(false);
  const [exporting, askExport] = useState(false);

  const runs = useRuns({
    ...{ worker, state, shown, dispatch, settings, own, chosen, filled, needs, inputs, word, choose },
    onStart: () => show(null),
  });
  const surface = useSurface({ settings, shown, state, worker, dispatch, choose });
  const canSave = shown !== null || (state.size !== null && state.run !== null);
  const save = (): void => {
    if (shown) {
      download(shown.file, shown.name);
      say(`${shown.name} is saved`);
    } else if (canSave) worker.send({ type: 'save' });
  };
  const goTo = (moment: SnapshotSeen | undefined): void => {
    if (!moment) return;
    show(null);
    worker.send({ type: 'back', id: moment.id });
  };
  const showResult = async (result: Kept): Promise<void> => {
    if (state.run === 'running') worker.send({ type: 'pause' }); // its next picture would take the view
    const bitmap = await createImageBitmap(result.file);
    view.show(bitmap);
    dispatch({ type: 'picture', bitmap, width: result.width, height: result.height });
    show(result);
    restore(result.settings, result.own);
    pictures.setInputs((old) => ({ ...old, ...result.inputs }));
  };
  const { over, ...drops } = useDragging(take, say);
  useTab(state);
  useKeptFocus();
  const { main } = deedsOf({ state, worker, missing: runs.missing, onStart: () => runs.vary(0) });
  useShortcuts({
    ' ': () => main.deed?.(),
    r: () => runs.vary(0),
    v: () => runs.vary(3),
    s: save,
    e: () => askExport(true),
    d: () => choose({ seed: anySeed() }),
    'ctrl-z': () => goTo(undoOf(state)),
    'ctrl-y': () => goTo(redoOf(state)),
    'ctrl-shift-z': () => goTo(redoOf(state)),
    '?': () => askHelp(true),
  });

  return (
    <div class={over ? 'studio dropping' : 'studio'} {...drops}>
      <Header adapter={state.adapter} noGpu={state.noGpu} onHelp={() => askHelp(true)} />
      <main>
        <Panel
          {...{ state, worker, dispatch, settings, own, base, choose, pictures, needs, masks, filled, runs, surface }}
          {...{ shown, canSave }}
          onSave={save}
          onExport={() => askExport(true)}
        />
        <Middle
          {...{ state, dispatch, view, filled, masks, pictures, runs, surface, kept, thumbs }}
          onShow={(result) => void showResult(result)}
          onGo={goTo}
        />
      </main>
      {over && <p class="drop-here">Drop it: a picture, a recipe, a session or a network</p>}
      {exporting && (
        <ExportDialog
          recipe={runs.recipe}
          {...{ state, shown, view, worker, surface, session, dispatch }}
          results={results.length}
          onSave={canSave ? save : null}
          onClose={() => askExport(false)}
        />
      )}
      {help && <ShortcutSheet onClose={() => askHelp(false)} />}
    </div>
  );
}

/** The tab's title says how far the run is, and closing it asks first where a run can still go on. */
function useTab(state: State): void {
  const running = state.run === 'running';
  const open = running || state.run === 'paused' || state.run === 'failed';
  useEffect(() => {
    const percent = running ? `${Math.floor(100 * shareOf(state))} % - ` : '';
    document.title = `${percent}toroid studio`;
  }, [state]);
  useEffect(() => {
    if (!open) return;
    const ask = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [open]);
}
