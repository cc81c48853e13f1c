import { createElement, type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Curve, latest, lossChart } from '../../../app/charts/loss_chart';

interface Props {
  readonly curves: readonly Curve[];
  /** Steps after which a stage begins. */
  readonly borders: readonly number[];
}

/** The loss and its terms by step; of a run that only copies, the share of cuts. */
export function Losses({ curves, borders }: Props): JSX.Element | null {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  if (curves.length === 0) return null;
  // A total of one term is that term.
  const all = (curves.length === 2 ? curves.filter((c) => c.name !== 'total') : curves).map((c, k) => ({
    ...c,
    look: `c${k % 8}`,
  }));
  const copying = all.every((c) => c.name === 'cuts');
  const shown = all.filter((c) => !hidden.has(c.name));
  return (
    <div class="losses">
      <h2>{copying ? 'Cuts' : 'Loss'}</h2>
      {lossChart<JSX.Element>(createElement, shown, { size: [320, 160], borders })}
      <ul class="legend">
        {all.map((c) => (
          <li key={c.name}>
            <label>
              <input
                type="checkbox"
                checked={!hidden.has(c.name)}
                onChange={() => {
                  const next = new Set(hidden);
                  if (!next.delete(c.name)) next.add(c.name);
                  hide(next);
                }}
              />
              <span class={`swatch ${c.look}`} />
              {c.name} <output>{latest(c.points)}</output>
            </label>
          </li>
        ))}
      </ul>
    </div>
  );
}
