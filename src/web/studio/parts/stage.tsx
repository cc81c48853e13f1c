import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import type { Tile } from '../settings';
import { Preview3d } from './preview_3d';
import { TiledView } from './tiled_view';

interface Props {
  readonly bitmaps: BitmapView;
  readonly size: readonly [number, number] | null;
  readonly tile: Tile;
  readonly children: ComponentChildren;
}

const VIEWS = ['flat', 'plane', 'sphere'] as const;
type View = (typeof VIEWS)[number];

/** The picture in the middle of the page: flat, or on a body. */
export function Stage({ bitmaps, size, tile, children }: Props): JSX.Element {
  const [view, setView] = useState<View>('flat');
  const [repeat, setRepeat] = useState(2);
  return (
    <section class="stage" aria-label="The picture">
      <div class="view">
        {!size && <p class="empty">Drop a picture of a surface here: pebbles, bark, cloth, paint. Then press Run.</p>}
        {view === 'flat' ? (
          <TiledView bitmaps={bitmaps} size={size} tile={tile} repeat={repeat} />
        ) : (
          <Preview3d bitmaps={bitmaps} body={view} repeat={repeat} tile={tile} />
        )}
      </div>
      <div class="bar">
        <fieldset class="tabs">
          <legend class="hidden">How to look at it</legend>
          {VIEWS.map((v) => (
            <label key={v} class={v === view ? 'on' : ''}>
              <input type="radio" name="view" value={v} checked={v === view} onChange={() => setView(v)} />
              {v}
            </label>
          ))}
        </fieldset>
        <label class="repeat">
          Repeat
          <input
            type="range"
            min={1}
            max={8}
            step={1}
            value={repeat}
            data-test="repeat"
            onInput={(e) => setRepeat(Number(e.currentTarget.value))}
          />
          <output>{repeat}</output>
        </label>
      </div>
      {children}
    </section>
  );
}
