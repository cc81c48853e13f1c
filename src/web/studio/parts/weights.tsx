import type { JSX } from 'preact';
import { shortNumber } from '../../../app/charts/svg';
import type { RecipeText } from '../../../recipes/recipe';
import { type Settings, termsOf } from '../settings';

interface Props {
  readonly recipe: RecipeText;
  readonly settings: Settings;
  onChange(changes: Partial<Settings>): void;
}

/** Sliders go from a 16th to 16 times, by eighths of an octave; the far left is nothing at all. */
const LEAST = -33;
const factorOf = (at: number): number => (at <= LEAST ? 0 : 2 ** (at / 8));
const placeOf = (factor: number): number => (factor <= 0 ? LEAST : Math.round(8 * Math.log2(factor)));

/** A slider for the weight of each loss. They work while it runs. */
export function Weights({ recipe, settings, onChange }: Props): JSX.Element | null {
  const terms = termsOf(recipe);
  if (terms.length === 0) return null;
  const set = (key: string, factor: number): void => onChange({ factors: { ...settings.factors, [key]: factor } });
  return (
    <div class="weights">
      <h2>Weights</h2>
      {terms.map(({ key, name, weight }) => {
        const factor = settings.factors[key] ?? 1;
        const text = factor === 0 ? 'off' : shortNumber(weight * factor);
        return (
          <label key={key} class="slider">
            <span class="name">{name}</span>
            <output>{text}</output>
            <input
              type="range"
              min={LEAST}
              max={32}
              step={1}
              value={placeOf(factor)}
              aria-valuetext={text}
              data-test={`weight-${key}`}
              onInput={(e) => set(key, factorOf(Number(e.currentTarget.value)))}
            />
          </label>
        );
      })}
      {terms.length > 1 && Object.values(settings.factors).some((f) => f !== 1) && (
        <button type="button" onClick={() => onChange({ factors: {} })}>
          Back to the preset's
        </button>
      )}
    </div>
  );
}
