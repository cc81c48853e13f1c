import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Curve, plot, short } from '../plot';

const [WIDTH, HEIGHT] = [320, 140];

/** The loss and its terms by step. */
export function Losses({ curves }: { curves: readonly Curve[] }): JSX.Element | null {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  if (curves.length === 0) return null;
  // A total of one term is that term.
  const all = curves.length === 2 ? curves.filter((c) => c.name !== 'total') : curves;
  const drawn = plot(
    all.filter((c) => !hidden.has(c.name)),
    WIDTH,
    HEIGHT,
  );
  const colour = (name: string): string => `c${all.findIndex((c) => c.name === name) % 8}`;
  const about = all.map((c) => `${c.name} ${short(c.points.at(-1)?.[1] ?? Number.NaN)}`).join(', ');
  return (
    <div class="losses">
      <h2>Loss</h2>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Loss by step, now ${about}`}>
        {drawn.rules.map((r) => (
          <g key={r.text}>
            <path class="grid" d={`M0 ${r.y.toFixed(1)}H${WIDTH}`} />
            <text class="tick" x={2} y={r.y - 3}>
              {r.text}
            </text>
          </g>
        ))}
        {drawn.paths.map((p) => (
          <path key={p.name} class={`curve ${colour(p.name)}`} d={p.d} />
        ))}
      </svg>
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
              <span class={`swatch ${colour(c.name)}`} />
              {c.name} <output>{short(c.points.at(-1)?.[1] ?? Number.NaN)}</output>
            </label>
          </li>
        ))}
      </ul>
    </div>
  );
}
