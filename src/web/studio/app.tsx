import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { maskInputs, wantedInputs } from '../../app/inputs';
import { builtinRecipe } from '../../recipes/builtin';
import { fillRecipe } from '../../recipes/recipe';
import { isSpare } from '../../recipes/resolve';
import { download } from '../download';
import { BitmapView } from './bitmap_view';
import type { Kept } from './keep';
import { anySeed, Controls } from './parts/controls';
import { EnginePanel } from './parts/engine_panel';
import { ExportDialog } from './parts/export_dialog';
import { FirstView } from './parts/first_view';
import { Fault, Header, ShortcutSheet } from './parts/header';
import { Inputs } from './parts/inputs';
import { MadeNotice } from './parts/made_notice';
import { Nets } from './parts/nets';
import { Moments, Results } from './parts/results';
import { deedsOf, RunControls } from './parts/run_controls';
import { Stage } from './parts/stage';
import { SurfaceChoice } from './parts/surface_choice';
import { Tasks } from './parts/tasks';
import { Weights } from './parts/weights';
import { inputWords } from './presets';
import type { SnapshotSeen, WorkerClient } from './protocol';
import { changedSince, recipeOf, straightening } from './settings';
import { useShortcuts } from './shortcuts';
import { redoOf, type State, shareOf, undoOf } from './state';
import { useDragging } from './use_dragging';
import { usePictures } from './use_pictures';
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
  const [needs, masks] = [wantedInputs(filled), maskInputs(filled)];
  const word = (name: string): string => inputWords(filled, name).title;
  const pictures = usePictures({
    worker,
    needs,
    masks,
    word,
    dispatch,
    onRecipe: takeRecipe,
    onSession: (file) => session.open(file),
  });
  const { inputs, take } = pictures;
  const thumbs = useThumbs(state, view);
  const { results, shown, show, forget, add } = useResults(state);
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

  const lacking = needs.filter((name) => !inputs[name] && !isSpare(filled, name)).map(word);
  const missing = chosen.net !== undefined && state.nets.length === 0 ? [...lacking, 'network'] : lacking;
  const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => needs.includes(name)));
  const recipe = straightening(chosen, given);
  const next = state.made ? changedSince(state.made, { settings, own, inputs: given }) : [];

  const start = (): void => {
    if (missing.length > 0) return;
    show(null);
    dispatch({ type: 'start', made: { settings, own, inputs: given } });
    worker.send({ type: 'start', recipe, inputs: given });
  };
  const { more, vary } = useVariations(state, () => {
    choose({ seed: anySeed() });
    tryOut();
  });
  const surface = useSurface({ settings, shown, state, worker, dispatch, choose });
  const canSave = shown !== null || (state.size !== null && state.run !== null);
  const save = (): void => {
    if (shown) download(shown.file, shown.name);
    else if (canSave) worker.send({ type: 'save' });
  };
  const tryOut = useStartSoon(missing.length === 0 && state.adapter !== null, start);
  const sample = async (name: string): Promise<void> => {
    const answer = await fetch(new URL(`samples/${name}.png`, location.href)).catch(() => null);
    if (!answer?.ok)
      return dispatch({ type: 'error', code: 'PictureError', text: `${name}.png could not be fetched.` });
    await take([new File([await answer.blob()], `${name}.png`, { type: 'image/png' })]);
    tryOut();
  };
  const goTo = (moment: SnapshotSeen | undefined): void => {
    if (!moment) return;
    show(null);
    worker.send({ type: 'back', id: moment.id });
  };
  const showResult = async (kept: Kept): Promise<void> => {
    if (state.run === 'running') worker.send({ type: 'pause' }); // its next picture would take the view
    const bitmap = await createImageBitmap(kept.file);
    view.show(bitmap);
    dispatch({ type: 'picture', bitmap, width: kept.width, height: kept.height });
    show(kept);
    restore(kept.settings, kept.own);
    pictures.setInputs((old) => ({ ...old, ...kept.inputs }));
  };
  const { over, ...drops } = useDragging(take, say);
  useQuestionBeforeClosing(state.run === 'running');
  useEffect(() => {
    const percent = state.run === 'running' ? `${Math.floor(100 * shareOf(state))} % - ` : '';
    document.title = `${percent}toroid studio`;
  }, [state]);
  const { main } = deedsOf({ state, worker, missing, onStart: () => vary(0, start) });
  useShortcuts({
    ' ': () => main.deed?.(),
    r: () => vary(0, start),
    v: () => vary(3, start),
    s: save,
    e: () => askExport(true),
    d: () => choose({ seed: anySeed() }),
    'ctrl-z': () => goTo(undoOf(state)),
    'ctrl-y': () => goTo(redoOf(state)),
    'ctrl-shift-z': () => goTo(redoOf(state)),
    '?': () => askHelp(true),
  });

  const what = shown ?? state.made;
  const compared = what?.inputs[filled.content ?? filled.styles[0]?.input ?? ''];
  return (
    <div class={over ? 'studio dropping' : 'studio'} {...drops}>
      <Header adapter={state.adapter} noGpu={state.noGpu} onHelp={() => askHelp(true)} />
      <main>
        <section class="panel" aria-label="What to make">
          <div class="settings">
            <Inputs
              recipe={filled}
              needs={needs}
              masks={masks}
              inputs={inputs}
              onFiles={take}
              onGiven={pictures.give}
            />
            <MadeNotice made={pictures.made} onUse={pictures.use} />
            <Tasks settings={settings} own={own} about={base.about ?? ''} onChoose={choose} />
            {settings.material !== null && <SurfaceChoice {...surface} />}
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
            <Controls settings={settings} base={base} next={next} onChange={choose} />
            <Weights recipe={base} settings={settings} onChange={choose} />
            <EnginePanel state={state} recipe={base} worker={worker} dispatch={dispatch} />
          </div>
          <RunControls
            {...{ state, worker, missing, next, more, canSave }}
            onMaterial={settings.material === null ? undefined : () => surface.make?.(surface.target)}
            canMake={surface.make !== null}
            onStart={() => vary(0, start)}
            onVary={() => vary(3, start)}
            onSave={save}
            onExport={() => askExport(true)}
          />
        </section>
        <div class="middle">
          <Fault error={state.error} onDismiss={() => dispatch({ type: 'dismiss' })} />
          <Stage
            bitmaps={view}
            surface={surface}
            size={state.size}
            tile={(what ? recipeOf(what.settings, what.own) : recipe).tile ?? 'both'}
            before={compared ? { given: compared, same: filled.content !== undefined } : null}
          >
            {!state.size && !state.noGpu && (
              <FirstView
                wanted={lacking[0] ?? null}
                given={Object.values(given)[0]}
                onFiles={take}
                onSample={(name) => void sample(name)}
              />
            )}
          </Stage>
          <div class="strips">
            <Results results={results} shown={shown?.id ?? null} onShow={(k) => void showResult(k)} onForget={forget} />
            <Moments state={state} thumbs={thumbs} onGo={goTo} />
          </div>
        </div>
      </main>
      {over && <p class="drop-here">Drop it: a picture, a recipe, a session or a network</p>}
      {exporting && (
        <ExportDialog
          {...{ state, shown, view, recipe, worker, surface, session, dispatch }}
          results={results.length}
          onSave={canSave ? save : null}
          onClose={() => askExport(false)}
        />
      )}
      {help && <ShortcutSheet onClose={() => askHelp(false)} />}
    </div>
  );
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
): { readonly more: number; vary(more: number, start: () => void): void } {
  const [more, setMore] = useState(0);
  useEffect(() => {
    if (!result || run !== 'done' || more === 0) return;
    setMore(more - 1);
    another();
  }, [result]);
  return {
    more,
    vary: (further, start) => {
      setMore(further);
      start();
    },
  };
}

function useQuestionBeforeClosing(running: boolean): void {
  useEffect(() => {
    if (!running) return;
    const ask = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [running]);
}
