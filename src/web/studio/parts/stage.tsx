import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import { type Given, seenOf } from '../given';
import { fitSpan, HOME, type Pair, zoomed } from '../pose';
import type { Tile } from '../settings';
import { useShortcuts } from '../shortcuts';
import { MORNING } from '../sun';
import type { SurfaceTools } from '../use_surface';
import { Icon, type IconName } from './icons';
import { Preview3d } from './preview_3d';
import { TiledView } from './tiled_view';

interface Props {
  readonly bitmaps: BitmapView;
  readonly size: Pair | null;
  readonly tile: Tile;
  readonly surface: SurfaceTools;
  /** What the picture was made from; `same`: it is a change of that. */
  readonly before: { readonly given: Given; readonly same: boolean } | null;
  /** Shown in place of a picture, and under it. */
  readonly children: ComponentChildren;
}

const VIEWS = ['flat', 'plane', 'sphere', 'cube', 'cylinder', 'cloth'] as const;
type View = (typeof VIEWS)[number];

/** The picture: flat, or on a body, with the tools to look at it. */
export function Stage({ bitmaps, size, tile, surface, before, children }: Props): JSX.Element {
  const [view, setView] = useState<View>('flat');
  const [repeat, setRepeat] = useState(2);
  const [sun, setSun] = useState(MORNING);
  const [pose, setPose] = useState(HOME);
  const [room, setRoom] = useState<Pair>([1, 1]);
  const [offset, setOffset] = useState(false);
  const [comparing, compare] = useState(false);
  const [share, setShare] = useState(0.5);
  const shown = useBitmap(comparing ? before && seenOf(before.given) : null);
  const tiles = tile !== 'none';

  const zoom = (factor: number): void => {
    if (size) setPose((p) => zoomed(p, factor, [0, 0], room, size, tile));
  };
  const span = pose.span ?? (size ? fitSpan(room, size, tile) : 1);
  const actual = (): void => {
    if (size) setPose((p) => ({ ...p, span: size[0] }));
  };
  useShortcuts({
    '1': () => setView('flat'),
    '2': () => setView('plane'),
    '3': () => setView('sphere'),
    '4': () => setView('cube'),
    '5': () => setView('cylinder'),
    '6': () => setView('cloth'),
    f: () => setPose(HOME),
    p: actual,
    h: () => setOffset((on) => tiles && !on),
    c: () => compare((on) => before !== null && !on),
  });

  return (
    <section class="stage" aria-label="The picture">
      <div class="view">
        {view === 'flat' ? (
          <TiledView
            {...{ bitmaps, size, tile, pose, setPose }}
            offset={offset}
            before={shown && before && { bitmap: shown, share, same: before.same }}
            onView={setRoom}
          />
        ) : (
          <Preview3d {...{ bitmaps, repeat, tile, surface, sun }} body={view} onSun={setSun} />
        )}
        {shown && view === 'flat' && (
          <input
            class="wipe"
            type="range"
            min={0}
            max={1}
            step={0.005}
            value={share}
            aria-label="How much of the view is the picture that it was made from"
            data-test="wipe"
            onInput={(e) => setShare(Number(e.currentTarget.value))}
          />
        )}
        {children}
      </div>
      {size && (
        <fieldset class="tools" aria-label="How to look at it">
          <fieldset class="tabs">
            <legend class="hidden">Shown</legend>
            {VIEWS.map((v) => (
              <label key={v} class={v === view ? 'on' : ''}>
                <input type="radio" name="view" value={v} checked={v === view} onChange={() => setView(v)} />
                {v}
              </label>
            ))}
          </fieldset>
          {view === 'flat' ? (
            <>
              <Tool icon="minus" label="Zoom out" onClick={() => zoom(0.8)} />
              <button type="button" class="tool" onClick={actual} data-test="percent" title="Pixel for pixel (P)">
                <span class="hidden">Pixel for pixel; now </span>
                {Math.round((100 * span) / size[0])} %
              </button>
              <Tool icon="plus" label="Zoom in" onClick={() => zoom(1.25)} />
              <Tool icon="fit" label="Fit (F)" onClick={() => setPose(HOME)} />
              {tiles && (
                <Tool icon="seam" label="Joins in the middle (H)" on={offset} onClick={() => setOffset(!offset)} />
              )}
              {before && <Tool icon="compare" label="Compare (C)" on={comparing} onClick={() => compare(!comparing)} />}
            </>
          ) : (
            <>
              <Turner label="Repeat" range={[1, 8]} value={repeat} test="repeat" onInput={setRepeat} />
              <Turner
                label="Turn light"
                range={[0, 359]}
                value={sun.azimuth}
                test="azimuth"
                onInput={(azimuth) => setSun({ ...sun, azimuth })}
              />
              <Turner
                label="Raise light"
                range={[5, 90]}
                value={sun.height}
                test="sun-height"
                onInput={(height) => setSun({ ...sun, height })}
              />
            </>
          )}
        </fieldset>
      )}
    </section>
  );
}

interface TurnerProps {
  readonly label: string;
  readonly range: Pair;
  readonly value: number;
  readonly test: string;
  onInput(value: number): void;
}

const Turner = ({ label, range: [min, max], value, test, onInput }: TurnerProps): JSX.Element => (
  <label class="turner">
    {label}
    <input
      type="range"
      {...{ min, max }}
      value={Math.round(value)}
      data-test={test}
      onInput={(e) => onInput(Number(e.currentTarget.value))}
    />
  </label>
);

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  /** Of a tool that stays in use. */
  readonly on?: boolean;
  onClick(): void;
}

const Tool = ({ icon, label, on, onClick }: ToolProps): JSX.Element => (
  <button type="button" class="tool" aria-label={label} title={label} aria-pressed={on} onClick={onClick}>
    <Icon name={icon} />
  </button>
);

/** The pixels of a file, for as long as it is shown. */
function useBitmap(file: Blob | null): ImageBitmap | null {
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  useEffect(() => {
    if (!file) return;
    let made: ImageBitmap | null = null;
    let gone = false;
    createImageBitmap(file).then(
      (b) => {
        made = b;
        if (gone) b.close();
        else setBitmap(b);
      },
      () => {}, // a TIFF: there is nothing to show
    );
    return () => {
      gone = true;
      setBitmap(null);
      made?.close();
    };
  }, [file]);
  return bitmap;
}
