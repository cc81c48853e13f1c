import type { JSX } from 'preact';
import { builtinRecipes } from '../../../recipes/builtin';
import type { RecipeText } from '../../../recipes/recipe';
import { type Settings, SIZES, TILES, type Tile } from '../settings';

interface Props {
  readonly settings: Settings;
  /** A recipe that came in a picture. */
  readonly own: RecipeText | null;
  /** While it runs, what shapes the canvas stays. */
  readonly locked: boolean;
  onChange(next: Settings): void;
}

const TILE_WORDS: Readonly<Record<Tile, string>> = {
  both: 'both ways',
  x: 'left to right',
  y: 'top to bottom',
  none: 'not',
};

/** Films need a place for many pictures: that is the command line's. */
const shown = builtinRecipes.filter((r) => r.zoom === undefined);

/** Preset, size, seed, tiling, steps. */
export function Controls({ settings, own, locked, onChange }: Props): JSX.Element {
  const preset = own ?? shown.find((r) => r.name === settings.preset);
  const whole = (text: string, low: number, high: number, otherwise: number): number => {
    const n = Math.round(Number(text));
    return text !== '' && Number.isFinite(n) ? Math.min(high, Math.max(low, n)) : otherwise;
  };
  return (
    <div class="controls">
      <label>
        Preset
        <select
          value={own ? '' : settings.preset}
          disabled={locked}
          data-test="preset"
          onChange={(e) => onChange({ ...settings, preset: e.currentTarget.value })}
        >
          {own && <option value="">{own.name ?? 'recipe'} (from the picture)</option>}
          <optgroup label="No network needed">{shown.filter((r) => r.net === undefined).map(option)}</optgroup>
          <optgroup label="With a network">{shown.filter((r) => r.net !== undefined).map(option)}</optgroup>
        </select>
      </label>
      <p class="quiet about">{preset?.about}</p>
      <div class="pair">
        <label>
          Size, pixels
          <input
            type="number"
            min={SIZES.least}
            max={SIZES.most}
            step={1}
            value={settings.size}
            disabled={locked}
            data-test="size"
            onChange={(e) =>
              onChange({ ...settings, size: whole(e.currentTarget.value, SIZES.least, SIZES.most, settings.size) })
            }
          />
        </label>
        <label>
          Seed
          <input
            type="number"
            min={0}
            max={2 ** 32 - 1}
            step={1}
            value={settings.seed}
            disabled={locked}
            data-test="seed"
            onChange={(e) =>
              onChange({ ...settings, seed: whole(e.currentTarget.value, 0, 2 ** 32 - 1, settings.seed) })
            }
          />
        </label>
      </div>
      <div class="pair">
        <label>
          Tiles
          <select
            value={settings.tile}
            disabled={locked}
            onChange={(e) => onChange({ ...settings, tile: e.currentTarget.value as Tile })}
          >
            {TILES.map((t) => (
              <option key={t} value={t}>
                {TILE_WORDS[t]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Steps
          <input
            type="number"
            min={1}
            max={10000}
            step={1}
            value={settings.steps ?? ''}
            placeholder="preset's"
            data-test="steps"
            onChange={(e) => {
              const text = e.currentTarget.value;
              onChange({ ...settings, steps: text === '' ? null : whole(text, 1, 10_000, settings.steps ?? 100) });
            }}
          />
        </label>
      </div>
    </div>
  );
}

const option = (r: RecipeText): JSX.Element => (
  <option key={r.name} value={r.name}>
    {r.name}
  </option>
);
