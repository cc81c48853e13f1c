import type { JSX } from 'preact';
import { shortNumber } from '../../../app/charts/svg';
import type { RecipeText } from '../../../recipes/recipe';
import { lossName } from '../presets';
import { type Settings, termsOf } from '../settings';
import { Slider } from './slider';

interface Props {
  readonly recipe: RecipeText;
  readonly settings: Settings;
  onChange(changes: Partial<Settings>): void;
}

/** Sliders go from a 16th to 16 times, by eighths of an octave; the far left is nothing at all. */
const LEAST = -33;
const factorOf = (at: number): number => (at <= LEAST ? 0 : 2 ** (at / 8));
const placeOf = (factor: number): number => (factor <= 0 ? LEAST : Math.round(8 * Math.log2(factor)));

/**
 * A slider for the weight of each loss. They work while it runs. The weight of a loss that is alone in its stage changes
 * nothing: optimisers do not care for its scale.
 */
export function Weights({ recipe, settings, onChange }: Props): JSX.Element | null {
  const terms = termsOf(recipe);
  if (terms.length === 0) return null;
  const set = (key: string, factor: number): void => onChange({ factors: { ...settings.factors, [key]: factor } });
  return (
    <details class="weights" open>
      <summary>Weights</summary>
      {terms.map(({ key, kind, stage, weight }) => {
        const factor = settings.factors[key] ?? 1;
        return (
          <Slider
            key={key}
            label={`${stage === null ? '' : `${stage}: `}${lossName(kind)}`}
            text={factor === 0 ? 'off' : shortNumber(weight * factor)}
            min={LEAST}
            max={32}
            step={1}
            value={placeOf(factor)}
            test={`weight-${key}`}
            onInput={(at) => set(key, factorOf(at))}
          />
        );
      })}
      {Object.values(settings.factors).some((f) => f !== 1) && (
        <button type="button" onClick={() => onChange({ factors: {} })}>
          As the method has them
        </button>
      )}
    </details>
  );
}
