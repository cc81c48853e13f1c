import { createElement, type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Curve, latest, lossChart } from '../../../app/charts/loss_chart';
import { lossName } from '../presets';

interface Props {
  readonly curves: readonly Curve[];
  /** Steps after which a stage begins. */
  readonly borders: readonly number[];
}

/** The loss and its terms by step; of a run that only copies, the share of cuts. */
export function Losses({ curves, borders }: Props): JSX.Element | null {
  const [flipped, flip] = useState<ReadonlySet<string>>(new Set());
  if (curves.length === 0) return null;
  // A total of one term is that term.
  const all = (curves.length === 2 ? curves.filter((c) => c.name !== 'total') : curves).map((c, k) => ({
    ...c,
    words: lossName(c.name),
    look: `c${k % 8}`,
  }));
  const copying = all.every((c) => c.name === 'cuts');
  // Of many, as of a network's layers, the total is shown until others are asked for.
  const isShown = (name: string): boolean => (all.length <= 5 || name === 'total') !== flipped.has(name);
  const shown = all.filter((c) => isShown(c.name)).map((c) => ({ ...c, name: c.words }));
  return (
    <div class="losses">
      <h3>{copying ? 'Cuts' : 'Loss'}</h3>
      {lossChart<JSX.Element>(createElement, shown, { size: [320, 160], borders })}
      <ul class="legend">
        {all.map((c) => (
          <li key={c.name}>
            <label>
              <input
                type="checkbox"
                checked={isShown(c.name)}
                onChange={() => {
                  const next = new Set(flipped);
                  if (!next.delete(c.name)) next.add(c.name);
                  flip(next);
                }}
              />
              <span class={`swatch ${c.look}`} />
              {c.words} <span class="value">{latest(c.points)}</span>
            </label>
          </li>
        ))}
      </ul>
    </div>
  );
}
