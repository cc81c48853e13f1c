import type { JSX } from 'preact';
import { builtinRecipes } from '../../../recipes/builtin';
import { copySchema, type RecipeText } from '../../../recipes/recipe';
import { methodsOf, type Settings, SIZES, TILES, type Tile } from '../settings';

interface Props {
  readonly settings: Settings;
  /** A recipe that came in a picture. */
  readonly own: RecipeText | null;
  /** While it runs, what shapes the canvas stays. */
  readonly locked: boolean;
  onChange(changes: Partial<Settings>): void;
}

const TILE_WORDS: Readonly<Record<Tile, string>> = {
  both: 'both ways',
  x: 'left to right',
  y: 'top to bottom',
  none: 'not',
};

/** Films need a place for many pictures: that is the command line's. */
const shown = builtinRecipes.filter((r) => r.zoom === undefined);

/** Preset, size, seed, tiling; steps where it optimises, variety where it copies. */
export function Controls({ settings, own, locked, onChange }: Props): JSX.Element {
  const preset = own ?? shown.find((r) => r.name === settings.preset);
  const { copies, optimises } = preset ? methodsOf(preset) : { copies: false, optimises: true };
  return (
    <div class="controls">
      <label>
        Preset
        <select
          value={own ? '' : settings.preset}
          disabled={locked}
          data-test="preset"
          onChange={(e) => onChange({ preset: e.currentTarget.value })}
        >
          {own && <option value="">{own.name ?? 'recipe'} (from the picture)</option>}
          <optgroup label="No network needed">{shown.filter((r) => r.net === undefined).map(option)}</optgroup>
          <optgroup label="With a network">{shown.filter((r) => r.net !== undefined).map(option)}</optgroup>
        </select>
      </label>
      <p class="quiet about">{preset?.about}</p>
      <div class="pair">
        <WholeNumber
          label="Size, pixels"
          least={SIZES.least}
          most={SIZES.most}
          value={settings.size}
          disabled={locked}
          test="size"
          onChange={(size) => onChange(size === null ? {} : { size })}
        />
        <WholeNumber
          label="Seed"
          least={0}
          most={2 ** 32 - 1}
          value={settings.seed}
          disabled={locked}
          test="seed"
          onChange={(seed) => onChange(seed === null ? {} : { seed })}
        />
      </div>
      <div class="pair">
        <label>
          Tiles
          <select
            value={settings.tile}
            disabled={locked}
            onChange={(e) => onChange({ tile: e.currentTarget.value as Tile })}
          >
            {TILES.map((t) => (
              <option key={t} value={t}>
                {TILE_WORDS[t]}
              </option>
            ))}
          </select>
        </label>
        {optimises && (
          <WholeNumber
            label="Steps"
            least={1}
            most={10_000}
            value={settings.steps}
            placeholder="preset's"
            test="steps"
            onChange={(steps) => onChange({ steps })}
          />
        )}
      </div>
      {copies && preset && (
        <Variety
          value={settings.variety ?? varietyOf(preset)}
          disabled={locked}
          onChange={(variety) => onChange({ variety })}
        />
      )}
    </div>
  );
}

const varietyOf = ({ stages }: RecipeText): number =>
  copySchema.parse(stages.find((s) => s.method === 'copy')?.copy ?? {}).variety;

interface VarietyProps {
  /** 0..1 */
  readonly value: number;
  readonly disabled: boolean;
  onChange(value: number): void;
}

/** How often a piece of the picture ends, from as seldom as can be to as often. */
function Variety({ value, disabled, onChange }: VarietyProps): JSX.Element {
  return (
    <label class="slider">
      <span class="name">Variety, at more cuts</span>
      <output>{value}</output>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={value}
        disabled={disabled}
        data-test="variety"
        onInput={(e) => onChange(Number(e.currentTarget.value))}
      />
    </label>
  );
}

interface WholeNumberProps {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  /** Null: left to the preset. */
  readonly value: number | null;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  /** What tests find it by. */
  readonly test: string;
  /** Null when the field is emptied; what is no number leaves the value as it is. */
  onChange(value: number | null): void;
}

/** A field for a whole number within bounds. */
function WholeNumber(props: WholeNumberProps): JSX.Element {
  const { label, least, most, value, placeholder = '', disabled = false, test, onChange } = props;
  const read = (text: string): void => {
    const n = Math.round(Number(text));
    if (text === '') onChange(null);
    else onChange(Number.isFinite(n) ? Math.min(most, Math.max(least, n)) : value);
  };
  return (
    <label>
      {label}
      <input
        type="number"
        min={least}
        max={most}
        step={1}
        value={value ?? ''}
        placeholder={placeholder}
        disabled={disabled}
        data-test={test}
        onChange={(e) => read(e.currentTarget.value)}
      />
    </label>
  );
}

const option = (r: RecipeText): JSX.Element => (
  <option key={r.name} value={r.name}>
    {r.name}
  </option>
);
