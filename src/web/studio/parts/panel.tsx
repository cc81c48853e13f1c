import type { JSX } from 'preact';
import type { Recipe, RecipeText } from '../../../recipes/recipe';
import type { Kept } from '../keep';
import type { WorkerClient } from '../protocol';
import type { Settings } from '../settings';
import type { Action, State } from '../state';
import type { Pictures } from '../use_pictures';
import type { Runs } from '../use_runs';
import type { SurfaceTools } from '../use_surface';
import { Controls } from './controls';
import { EnginePanel } from './engine_panel';
import { Inputs } from './inputs';
import { MadeNotice } from './made_notice';
import { Nets } from './nets';
import { Notes, RunControls } from './run_controls';
import { SurfaceChoice } from './surface_choice';
import { Tasks } from './tasks';
import { Weights } from './weights';

interface Props {
  readonly state: State;
  readonly worker: WorkerClient;
  dispatch(action: Action): void;
  readonly settings: Settings;
  readonly own: RecipeText | null;
  /** The recipe that the settings change, and what they make of it. */
  readonly base: RecipeText;
  readonly filled: Recipe;
  choose(change: Partial<Settings>): void;
  readonly pictures: Pictures;
  /** Names of the pictures that the recipe wants, and those among them that are masks. */
  readonly needs: readonly string[];
  readonly masks: readonly string[];
  readonly runs: Runs;
  readonly surface: SurfaceTools;
  /** The result in the view; null: the run itself. */
  readonly shown: Kept | null;
  readonly canSave: boolean;
  onSave(): void;
  onExport(): void;
}

/** What to make, of what, how, and the buttons that make it. */
export function Panel(props: Props): JSX.Element {
  const { state, worker, dispatch, settings, own, base, filled, choose, pictures, runs, surface, shown, canSave } =
    props;
  return (
    <section class="panel" aria-label="What to make">
      <div class="settings">
        <Inputs
          recipe={filled}
          needs={props.needs}
          masks={props.masks}
          inputs={pictures.inputs}
          onFiles={pictures.take}
          onGiven={pictures.give}
          painting={pictures.painting}
          onPaint={pictures.paint}
        />
        <MadeNotice made={pictures.made} onUse={pictures.use} />
        <Tasks settings={settings} own={own} about={base.about ?? ''} onChoose={choose} />
        {settings.material !== null && <SurfaceChoice {...surface} />}
        {runs.recipe.net !== undefined && (
          <Nets
            nets={state.nets}
            chosen={settings.net}
            fetching={state.fetching}
            worker={worker}
            onFiles={pictures.take}
            onChoose={(net) => choose({ net })}
          />
        )}
        <Controls settings={settings} base={base} next={runs.next} onChange={choose} />
        <Weights recipe={base} settings={settings} onChange={choose} />
        <EnginePanel state={state} recipe={base} worker={worker} dispatch={dispatch} />
      </div>
      <RunControls
        {...{ state, worker, shown, canSave, missing: runs.missing, next: runs.next, more: runs.more }}
        onMaterial={settings.material === null ? undefined : () => surface.make?.(surface.target)}
        canMake={surface.make !== null}
        onStart={() => runs.vary(0)}
        onVary={() => runs.vary(3)}
        onSave={props.onSave}
        onExport={props.onExport}
      />
      {state.warnings.length > 0 && (shown === null || shown.id === state.result?.id) && <Notes {...state} />}
    </section>
  );
}
