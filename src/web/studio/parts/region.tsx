import type { JSX } from 'preact';
import type { Corners } from '../../../copy/rectify';
import type { Pair } from '../pose';
import { areInOrder } from '../straighten';

interface Props {
  readonly corners: Corners;
  /** Of the picture, pixels. */
  readonly size: Pair;
}

/** What is between four corners; all else is dimmed. */
export function Region({ corners, size: [w, h] }: Props): JSX.Element {
  const outline = `M${[0, 2, 4, 6].map((k) => `${corners[k]} ${corners[k + 1]}`).join('L')}z`;
  return (
    <svg class="region" viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="outside" d={`M0 0H${w}V${h}H0z${outline}`} />
      <path class="dark" d={outline} />
      <path class="light" d={outline} />
    </svg>
  );
}

const NAMES = ['Top left', 'Top right', 'Bottom right', 'Bottom left'] as const;

const ARROWS: Readonly<Record<string, Pair>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Four corners to drag, or to move by arrow keys, with Shift in tens. Where they would cross, they stay. */
export function CornerHandles({ corners, size, onMove }: Props & { onMove(to: Corners): void }): JSX.Element {
  const move = (k: number, to: Pair): void => {
    const at = to.map((v, axis) => Math.min(size[axis] as number, Math.max(0, Math.round(v))));
    const moved = corners.map((v, i) => (i >> 1 === k ? (at[i & 1] as number) : v));
    if (areInOrder(moved)) onMove(moved);
  };
  return (
    <>
      {NAMES.map((name, k) => {
        const [x = 0, y = 0] = corners.slice(2 * k, 2 * k + 2);
        return (
          <button
            key={name}
            type="button"
            class="corner"
            aria-label={`${name} corner, ${x} across, ${y} down`}
            data-test={`corner-${k}`}
            style={{ left: `${(100 * x) / size[0]}%`, top: `${(100 * y) / size[1]}%` }}
            onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
            onPointerMove={(e) => {
              if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
              const box = e.currentTarget.parentElement?.getBoundingClientRect();
              if (!box) return;
              move(k, [((e.clientX - box.left) / box.width) * size[0], ((e.clientY - box.top) / box.height) * size[1]]);
            }}
            onKeyDown={(e) => {
              const by = ARROWS[e.key];
              if (!by) return;
              e.preventDefault();
              const far = e.shiftKey ? 10 : 1;
              move(k, [x + far * by[0], y + far * by[1]]);
            }}
          />
        );
      })}
    </>
  );
}
