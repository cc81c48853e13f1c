import type { JSX } from 'preact';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { maskInputs, wantedInputs } from '../../app/inputs';
import { builtinRecipe } from '../../recipes/builtin';
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import { isSpare } from '../../recipes/resolve';
import { download } from '../download';
import { BitmapView } from './bitmap_view';
import { Controls } from './parts/controls';
import { Fault, Header } from './parts/header';
import { History } from './parts/history';
import { Inputs } from './parts/inputs';
import { Losses } from './parts/losses';
import { Nets } from './parts/nets';
import { Profile } from './parts/profile';
import { RunControls } from './parts/run_controls';
import { Stage } from './parts/stage';
import { Weights } from './parts/weights';
import type { SnapshotSeen, WorkerClient } from './protocol';
import { fromAddress, methodsOf, recipeOf, type Settings, toAddress } from './settings';
import { type Action, bordersOf, initial, reduce, type State } from './state';
import { filesOf, useDroppedFiles } from './use_dropped_files';

/** The whole page. What a person chose is in `settings` and `inputs`; what the worker reported is in `state`. */
export function App({ worker }: { worker: WorkerClient }): JSX.Element {
  const view = useMemo(() => new BitmapView(), []);
  const [state, dispatch] = useWorkerState(worker, view);
  const { settings, own, takeRecipe, leaveRecipe, choose } = useSettings(worker, state);
  const recipe = useMemo(() => recipeOf(settings, own), [settings, own]);
  const filled = useMemo(() => fillRecipe(recipe), [recipe]);
  const needs = wantedInputs(filled);
  const { inputs, said, take } = useDroppedFiles({ worker, needs, dispatch, onRecipe: takeRecipe });
  const preset = own ?? builtinRecipe(settings.preset);
  const running = state.run === 'running';

  const start = (): void => {
    dispatch({ type: 'start' });
    const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => needs.includes(name)));
    worker.send({ type: 'start', recipe, inputs: given });
  };
  const goBack = (snapshot: SnapshotSeen): void => {
    worker.send({ type: 'back', id: snapshot.id });
    dispatch({ type: 'back', snapshot });
  };
  const drop = (e: DragEvent): void => {
    e.preventDefault();
    void take(filesOf(e.dataTransfer));
  };
  const change = (changes: Partial<Settings>): void => {
    const other = changes.preset !== undefined;
    if (other) leaveRecipe();
    choose(other ? { ...changes, factors: {}, steps: null, variety: null } : changes);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the whole page takes drops; every other way in is a control
    <div class="studio" onDragOver={(e) => e.preventDefault()} onDrop={drop}>
      <Header adapter={state.adapter} />
      <Fault error={state.error} onDismiss={() => dispatch({ type: 'dismiss' })} />
      <main>
        <section class="left" aria-label="What to make">
          <Inputs needs={needs} masks={maskInputs(filled)} inputs={inputs} onFiles={take} size={settings.size} />
          <Controls settings={settings} own={own} locked={running} onChange={change} />
          {recipe.net !== undefined && (
            <Nets
              nets={state.nets}
              chosen={settings.net}
              fetching={state.fetching}
              worker={worker}
              onFiles={take}
              onChoose={(net) => choose({ net })}
            />
          )}
        </section>
        <Stage bitmaps={view} size={state.size} tile={settings.tile}>
          <RunControls
            state={state}
            recipe={recipe}
            worker={worker}
            missing={needs.filter((name) => !inputs[name] && !isSpare(filled, name))}
            said={said}
            name={preset.name ?? ''}
            onStart={start}
          />
        </Stage>
        <section class="right" aria-label="While it runs">
          <Weights recipe={preset} settings={settings} onChange={choose} />
          <Losses curves={state.curves} borders={bordersOf(state)} />
          <History snapshots={state.snapshots} stages={state.stages} onBack={goBack} />
          {methodsOf(preset).optimises && (
            <Profile
              report={state.profile}
              ready={state.run !== null && state.run !== 'closed' && !running}
              onAsk={() => worker.send({ type: 'profile' })}
              onClose={() => dispatch({ type: 'close profile' })}
            />
          )}
        </section>
      </main>
    </div>
  );
}

/** Listens to the worker: pictures go to the view, files to the downloads, everything into the state. */
function useWorkerState(
  worker: WorkerClient,
  view: BitmapView,
): [State, (action: Parameters<typeof reduce>[1] | Action) => void] {
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

interface ChosenSettings {
  readonly settings: Settings;
  /** The recipe that came in a picture, if one did. */
  readonly own: RecipeText | null;
  takeRecipe(recipe: RecipeText, its: Settings): void;
  /** Back to the presets. */
  leaveRecipe(): void;
  /** Sets some of them, and where they can change under way, changes the run. */
  choose(changes: Partial<Settings>): void;
}

/** Settings, kept in the page's address. */
function useSettings(worker: WorkerClient, state: State): ChosenSettings {
  const [settings, setSettings] = useState<Settings>(() => fromAddress(location.hash));
  // Two changes may come before the page is drawn again: the second is one of what the first has made.
  const latest = useRef(settings);
  const [own, setOwn] = useState<RecipeText | null>(null);
  useEffect(() => {
    const address = toAddress(settings);
    history.replaceState(null, '', address ? `#${address}` : location.pathname + location.search);
  }, [settings]);

  // Weights change while it runs: the run goes on with them from the step it is at. Not at every move of a slider.
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const choose = (changes: Partial<Settings>): void => {
    const [before, next] = [latest.current, { ...latest.current, ...changes }];
    const live = next.factors !== before.factors || next.steps !== before.steps;
    latest.current = next;
    setSettings(next);
    if (!live || (state.run !== 'running' && state.run !== 'paused') || state.starting) return;
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => worker.send({ type: 'change', recipe: recipeOf(next, own) }), 250);
  };
  const takeRecipe = (recipe: RecipeText, its: Settings): void => {
    setOwn(recipe);
    latest.current = its;
    setSettings(its);
  };
  return { settings, own, takeRecipe, leaveRecipe: () => setOwn(null), choose };
}
