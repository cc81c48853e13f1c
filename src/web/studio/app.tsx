import type { JSX } from 'preact';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { builtinRecipe } from '../../recipes/builtin';
import type { RecipeText } from '../../recipes/recipe';
import { BitmapView } from './bitmap_view';
import { download } from './download';
import { filesOf, kindOf } from './files';
import { Controls } from './parts/controls';
import { History } from './parts/history';
import { Inputs } from './parts/inputs';
import { Losses } from './parts/losses';
import { Nets } from './parts/nets';
import { Profile } from './parts/profile';
import { Stage } from './parts/stage';
import { Weights } from './parts/weights';
import type { Given } from './protocol';
import { recipeInside } from './record';
import { fromAddress, inputsOf, masksOf, recipeOf, type Settings, toAddress } from './settings';
import { initial, reduce, shareOf } from './state';
import type { WorkerClient } from './worker_client';

/** The whole page. What a person chose is in `settings` and `inputs`; what the worker told is in `state`. */
export function App({ link }: { link: WorkerClient }): JSX.Element {
  const [state, tell] = useReducer(reduce, initial);
  const [settings, setSettings] = useState<Settings>(() => fromAddress(location.hash));
  const [own, setOwn] = useState<RecipeText | null>(null);
  const [inputs, setInputs] = useState<Readonly<Record<string, Given>>>({});
  const [said, say] = useState('');
  const screen = useMemo(() => new BitmapView(), []);
  const recipe = useMemo(() => recipeOf(settings, own), [settings, own]);
  const running = state.run === 'running';
  const needs = inputsOf(recipe);
  const missing = needs.filter((name) => !inputs[name]);
  const began = state.run !== null && state.run !== 'closed';

  useEffect(() => {
    link.listen((news) => {
      if (news.is === 'picture') screen.show(news.bitmap);
      if (news.is === 'saved') download(news.file, news.name);
      tell(news);
    });
    link.send({ do: 'open' });
    const look = (): void => link.send({ do: 'look', on: document.visibilityState === 'visible' });
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [link, screen]);

  useEffect(() => {
    const address = toAddress(settings);
    history.replaceState(null, '', address ? `#${address}` : location.pathname + location.search);
  }, [settings]);

  // Weights change while it runs: the run goes on with them from the step it is at. Not at every move of a slider.
  const changed = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const choose = (next: Settings): void => {
    const live = next.factors !== settings.factors || next.steps !== settings.steps;
    setSettings(next);
    if (!live || (state.run !== 'running' && state.run !== 'paused') || state.starting) return;
    clearTimeout(changed.current);
    changed.current = setTimeout(() => link.send({ do: 'change', recipe: recipeOf(next, own) }), 250);
  };

  const start = (): void => {
    tell({ is: 'start' });
    const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => needs.includes(name)));
    link.send({ do: 'start', recipe, inputs: given });
  };

  /** Takes what was dropped, pasted or chosen: pictures go to the first input that lacks one, or to the one named. */
  const take = async (files: readonly File[], name?: string): Promise<void> => {
    for (const file of files) {
      const kind = await kindOf(file);
      if (kind === 'net') {
        link.send({ do: 'addNet', file, name: file.name });
        say(`Adding the network ${file.name}`);
        continue;
      }
      if (kind === 'other') {
        tell({
          is: 'error',
          code: 'PictureError',
          text: `${file.name || 'What you dropped'} is no picture that this browser can read.\nDrop a PNG, JPEG, WebP, GIF or AVIF picture, or an ONNX network.`,
        });
        continue;
      }
      const inside = name === undefined ? await recipeInside(file) : null;
      if (inside) {
        setOwn(inside.recipe);
        setSettings(inside.settings);
        setInputs((old) => ({ ...old, canvas: { name: file.name, file } }));
        say(`Going on from ${file.name}: it starts as the canvas, and its recipe is loaded`);
        continue;
      }
      setInputs((old) => {
        const at = name ?? needs.find((n) => !old[n]) ?? needs[0] ?? 'style';
        say(`${file.name || 'The picture'} is the ${at} now`);
        return { ...old, [at]: { name: file.name || 'pasted picture', file } };
      });
    }
  };

  useEffect(() => {
    const paste = (e: ClipboardEvent): void => {
      const files = filesOf(e.clipboardData);
      if (files.length > 0) void take(files);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  });

  const drop = (e: DragEvent): void => {
    e.preventDefault();
    void take(filesOf(e.dataTransfer));
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the whole page takes drops; every other way in is a control
    <div class="studio" onDragOver={(e) => e.preventDefault()} onDrop={drop}>
      <header>
        <h1>
          toroid <span>studio</span>
        </h1>
        <p class="quiet" data-test="adapter">
          {state.adapter
            ? `${state.adapter.name}${state.adapter.software ? ': no GPU, so this is slow' : ''}`
            : 'Opening WebGPU'}
        </p>
      </header>
      {state.error && (
        <div class="fault" role="alert">
          <p>{state.error.text}</p>
          <button type="button" onClick={() => tell({ is: 'dismiss' })}>
            Dismiss
          </button>
        </div>
      )}
      <main>
        <section class="left" aria-label="What to make">
          <Inputs needs={needs} masks={masksOf(recipe)} inputs={inputs} onFiles={take} size={settings.size} />
          <Controls
            settings={settings}
            own={own}
            locked={running}
            onChange={(next) => {
              if (next.preset !== settings.preset) {
                setOwn(null);
                choose({ ...next, factors: {}, steps: null });
              } else choose(next);
            }}
          />
          {recipe.net !== undefined && (
            <Nets
              nets={state.nets}
              chosen={settings.net}
              fetching={state.fetching}
              link={link}
              onFiles={take}
              onChoose={(net) => choose({ ...settings, net })}
            />
          )}
        </section>
        <Stage screen={screen} size={state.size} tile={settings.tile}>
          <div class="go">
            {running ? (
              <button type="button" class="main" onClick={() => link.send({ do: 'pause' })} disabled={state.starting}>
                {state.starting ? 'Preparing' : 'Pause'}
              </button>
            ) : state.run === 'paused' || state.run === 'failed' ? (
              <button type="button" class="main" onClick={() => link.send({ do: 'resume' })}>
                Go on
              </button>
            ) : (
              <button type="button" class="main" onClick={start} disabled={!state.adapter || missing.length > 0}>
                {state.run === 'done' ? 'Run again' : 'Run'}
              </button>
            )}
            {began && !running && state.run !== 'done' && (
              <button type="button" onClick={start} disabled={missing.length > 0}>
                Start anew
              </button>
            )}
            <button type="button" onClick={() => link.send({ do: 'save' })} disabled={!state.size}>
              Download PNG
            </button>
            <button
              type="button"
              onClick={() =>
                download(
                  new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' }),
                  `${recipe.name ?? 'recipe'}.json`,
                )
              }
            >
              Download recipe
            </button>
          </div>
          <progress aria-label="Share of the work done" max={1} value={shareOf(state)} />
          <p class="status" role="status" data-test="status">
            {statusOf(state, missing, said, own?.name ?? builtinRecipe(settings.preset).name ?? '')}
          </p>
          {state.warnings.length > 0 && (
            <ul class="notices" aria-label="Notes">
              {state.warnings.map((n) => (
                <li key={n}>{n}</li>
              ))}
            </ul>
          )}
        </Stage>
        <section class="right" aria-label="While it runs">
          <Weights recipe={own ?? builtinRecipe(settings.preset)} settings={settings} onChange={choose} />
          <Losses curves={state.curves} />
          <History
            moments={state.moments}
            sizes={state.sizes}
            onBack={(moment) => {
              link.send({ do: 'back', id: moment.id });
              tell({ is: 'back', moment });
            }}
          />
          <Profile
            report={state.profile}
            ready={began && !running}
            onAsk={() => link.send({ do: 'profile' })}
            onClose={() => tell({ is: 'close profile' })}
          />
        </section>
      </main>
    </div>
  );
}

/** One line for people, and for screen readers: it changes at tenths, not at steps. */
function statusOf(state: ReturnType<typeof reduce>, missing: readonly string[], said: string, name: string): string {
  if (state.run === 'failed') return 'Stopped by an error. Nothing is lost: go on from the last moment kept.';
  if (state.run === 'done') return 'Done.';
  if (state.starting) return `Preparing ${name}`;
  const p = state.progress;
  if (p && (state.run === 'running' || state.run === 'paused')) {
    const tenth = Math.floor(shareOf(state) * 10) * 10;
    const what = `stage ${p.stage + 1} of ${p.stages}, ${p.width} x ${p.height}, ${tenth} % done`;
    return state.run === 'paused' ? `Paused: ${what}` : `Running: ${what}`;
  }
  if (missing.length > 0) return `${said ? `${said}. ` : ''}Needed: ${missing.join(', ')}.`;
  return said || 'Ready.';
}
