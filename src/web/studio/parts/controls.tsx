import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { USUAL_VARIETY } from '../../../copy/striking';
import { copySchema, type RecipeText } from '../../../recipes/recipe';
import { longerOf, methodsOf, type Settings, SIZES, TILES, type Tile } from '../settings';
import { Icon } from './icons';
import { Slider } from './slider';

interface Props {
  readonly settings: Settings;
  /** The preset's recipe, or one that came in a file: what is used where nothing is chosen. */
  readonly base: RecipeText;
  /** Names of settings that count from the next run on. */
  readonly next: readonly string[];
  onChange(changes: Partial<Settings>): void;
}

const TILE_WORDS: Readonly<Record<Tile, string>> = {
  both: 'both ways',
  x: 'left to right',
  y: 'top to bottom',
  none: 'no',
};
const CHIPS = [256, 512, 1024, 2048];

export const anySeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;

/** Size, seed, tiling; steps where it optimises, variety where it copies. */
export function Controls({ settings, base, next, onChange }: Props): JSX.Element {
  const { copies, optimises } = methodsOf(base);
  const size = settings.size ?? longerOf(base);
  const variety = settings.variety ?? varietyOf(base);
  const mark = (word: string): string => (next.includes(word) ? 'next' : '');
  return (
    <div class="controls">
      <fieldset class={`chips ${mark('size')}`}>
        <legend>{typeof base.size === 'object' || base.content !== undefined ? 'Longer side' : 'Size'}</legend>
        {CHIPS.map((n) => (
          <button key={n} type="button" aria-pressed={size === n} onClick={() => onChange({ size: n })}>
            {n}
          </button>
        ))}
        <WholeNumber
          label="Pixels"
          least={SIZES.least}
          most={SIZES.most}
          value={size}
          test="size"
          onChange={(to) => onChange({ size: to })}
        />
      </fieldset>
      <div class="row">
        <div class={`grows ${mark('seed')}`}>
          <WholeNumber
            label="Seed"
            shown
            least={0}
            most={2 ** 32 - 1}
            value={settings.seed}
            test="seed"
            onChange={(seed) => onChange({ seed: seed ?? 1 })}
          />
        </div>
        <button
          type="button"
          class="square"
          aria-label="Another seed (D)"
          title="Another seed (D)"
          data-test="dice"
          onClick={() => onChange({ seed: anySeed() })}
        >
          <Icon name="dice" />
        </button>
        <label class={`grows ${mark('tiling')}`}>
          Tiles
          <select
            value={settings.tile ?? base.tile ?? 'both'}
            data-test="tile"
            onChange={(e) => onChange({ tile: e.currentTarget.value as Tile })}
          >
            {TILES.map((t) => (
              <option key={t} value={t}>
                {TILE_WORDS[t]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {optimises && (
        <div class={mark('steps')}>
          <WholeNumber
            label="Steps at each size"
            shown
            least={1}
            most={10_000}
            value={settings.steps}
            placeholder={`as usual: ${base.stages.map((s) => s.steps ?? 100).join(', ')}`}
            test="steps"
            onChange={(steps) => onChange({ steps })}
          />
        </div>
      )}
      {copies && (
        <div class={mark('variety')}>
          <Slider
            label="Variety, at more cuts"
            text={variety === 'auto' ? 'as usual' : `${variety}`}
            min={0}
            max={1}
            step={0.05}
            value={variety === 'auto' ? USUAL_VARIETY : variety}
            test="variety"
            onInput={(v) => onChange({ variety: v })}
          />
        </div>
      )}
    </div>
  );
}

const varietyOf = ({ stages }: RecipeText): number | 'auto' =>
  copySchema.parse(stages.find((s) => s.method === 'copy')?.copy ?? {}).variety;

interface WholeNumberProps {
  readonly label: string;
  /** Whether the label can be seen. */
  readonly shown?: boolean;
  readonly least: number;
  readonly most: number;
  /** Null: left to the preset. */
  readonly value: number | null;
  readonly placeholder?: string;
  /** What tests find it by. */
  readonly test: string;
  /** Null when the field is emptied; what is no number leaves the value as it is. */
  onChange(value: number | null): void;
}

/** A field for a whole number within bounds. */
function WholeNumber(props: WholeNumberProps): JSX.Element {
  const { label, shown = false, least, most, value, placeholder = '', test, onChange } = props;
  // What is being typed: the page may be drawn again meanwhile.
  const [typed, setTyped] = useState<string | null>(null);
  const read = (text: string): void => {
    setTyped(null);
    const n = Math.round(Number(text));
    if (text === '') onChange(null);
    else onChange(Number.isFinite(n) ? Math.min(most, Math.max(least, n)) : value);
  };
  return (
    <label>
      <span class={shown ? '' : 'hidden'}>{label}</span>
      <input
        type="number"
        min={least}
        max={most}
        step={1}
        value={typed ?? value ?? ''}
        placeholder={placeholder}
        data-test={test}
        onInput={(e) => setTyped(e.currentTarget.value)}
        onChange={(e) => read(e.currentTarget.value)}
      />
    </label>
  );
}
