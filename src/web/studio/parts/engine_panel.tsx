import type { JSX } from 'preact';
import type { RecipeText } from '../../../recipes/recipe';
import type { WorkerClient } from '../protocol';
import { methodsOf } from '../settings';
import { type Action, bordersOf, type State } from '../state';
import { Losses } from './losses';
import { Profile } from './profile';

interface Props {
  readonly state: State;
  readonly recipe: RecipeText;
  readonly worker: WorkerClient;
  dispatch(action: Action): void;
}

/** For those who want to see the engine: curves, and where the time goes. */
export function EnginePanel({ state, recipe, worker, dispatch }: Props): JSX.Element | null {
  const { optimises } = methodsOf(recipe);
  if (state.curves.length === 0 && !optimises) return null;
  return (
    <details class="engine">
      <summary>Engine</summary>
      <Losses curves={state.curves} borders={bordersOf(state)} />
      {optimises && (
        <Profile
          report={state.profile}
          ready={state.run !== null && state.run !== 'closed' && state.run !== 'running'}
          onAsk={() => worker.send({ type: 'profile' })}
          onClose={() => dispatch({ type: 'close profile' })}
        />
      )}
    </details>
  );
}
