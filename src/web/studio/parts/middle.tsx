import type { JSX } from 'preact';
import type { Recipe } from '../../../recipes/recipe';
import type { BitmapView } from '../bitmap_view';
import type { Kept } from '../keep';
import { inputWords } from '../presets';
import type { SnapshotSeen } from '../protocol';
import { recipeOf } from '../settings';
import type { Action, State } from '../state';
import type { Pictures } from '../use_pictures';
import type { Runs } from '../use_runs';
import type { SurfaceTools } from '../use_surface';
import type { Results as KeptResults } from '../use_worker';
import { FirstView } from './first_view';
import { Fault } from './header';
import { Moments, Results } from './results';
import { Stage } from './stage';

interface Props {
  readonly state: State;
  dispatch(action: Action): void;
  readonly view: BitmapView;
  readonly filled: Recipe;
  /** Names of the masks that the recipe wants. */
  readonly masks: readonly string[];
  readonly pictures: Pictures;
  readonly runs: Runs;
  readonly surface: SurfaceTools;
  readonly kept: KeptResults;
  readonly thumbs: ReadonlyMap<number, Blob>;
  onShow(kept: Kept): void;
  onGo(moment: SnapshotSeen): void;
}

/** The picture, and what was made before it. */
export function Middle(props: Props): JSX.Element {
  const { state, dispatch, view, filled, masks, pictures, runs, surface, kept, thumbs, onShow, onGo } = props;
  const [lacking] = runs.lacking;
  const what = kept.shown ?? state.made;
  const compared = what?.inputs[filled.content ?? filled.styles[0]?.input ?? ''];
  const sample = async (name: string): Promise<void> => {
    if (await pictures.takeSample(name)) runs.tryOut();
  };
  return (
    <div class="middle">
      <Fault error={state.error} onDismiss={() => dispatch({ type: 'dismiss' })} />
      <Stage
        bitmaps={view}
        surface={surface}
        size={state.size}
        tile={(what ? recipeOf(what.settings, what.own) : runs.recipe).tile ?? 'both'}
        before={compared ? { given: compared, same: filled.content !== undefined } : null}
      >
        {!state.size && !state.noGpu && (
          <FirstView
            wanted={lacking === undefined ? null : inputWords(filled, lacking).title}
            given={Object.values(runs.given)[0]}
            onFiles={pictures.take}
            onSample={(name) => void sample(name)}
            onPaint={lacking !== undefined && masks.includes(lacking) ? () => pictures.paint(lacking) : null}
          />
        )}
      </Stage>
      <div class="strips">
        <Results results={kept.results} shown={kept.shown?.id ?? null} onShow={onShow} onForget={kept.forget} />
        <Moments state={state} thumbs={thumbs} onGo={onGo} />
      </div>
    </div>
  );
}
