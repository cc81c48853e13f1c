import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import type { Body } from '../bodies';
import type { OpenScene } from '../scene';
import type { Tile } from '../settings';
import type { Sun } from '../sun';
import { surfaceKey } from '../surface';
import type { SurfaceTools } from '../use_surface';

interface Props {
  readonly bitmaps: BitmapView;
  readonly body: Body;
  readonly repeat: number;
  readonly tile: Tile;
  readonly surface: SurfaceTools;
  readonly sun: Sun;
  onSun(change: (old: Sun) => Sun): void;
}

/** The picture on a body, with all its maps once it is finished. three.js comes when it is first asked for. */
export function Preview3d({ bitmaps, body, repeat, tile, surface, sun, onSun }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [scene, setScene] = useState<OpenScene | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { maps, look } = surface;
  const latest = useRef(maps);
  latest.current = maps;
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    let close = (): void => {};
    let gone = false;
    import('../scene')
      .then(({ openScene }) => {
        if (gone) return;
        const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
        const opened = openScene(parent, { turning: !calm, onSun });
        const end = bitmaps.watch((bitmap) => {
          opened.show(bitmap);
          opened.wear(latest.current);
        });
        setScene(opened);
        close = () => {
          end();
          setScene(null);
          opened.close();
        };
      })
      .catch(() => setFault('This browser cannot show bodies: it has no WebGL. The flat view needs none.'));
    return () => {
      gone = true;
      close();
    };
  }, [bitmaps]);
  useEffect(() => scene?.body(body), [scene, body]);
  useEffect(() => scene?.repeat(repeat, tile), [scene, repeat, tile]);
  useEffect(() => scene?.light(sun), [scene, sun]);
  useEffect(() => scene?.wear(maps), [scene, maps]);
  // Made for those who look, and not while another one is being made.
  const wanted = useRef('');
  useEffect(() => {
    const key = surface.surface ? surfaceKey(surface.surface) : '';
    if (!look || wanted.current === key) return;
    wanted.current = key; // what failed is not tried again and again
    look();
  }, [look]);
  return (
    <div class="space" ref={place} data-test={body} data-lit={maps !== null}>
      {fault && <p class="empty">{fault}</p>}
    </div>
  );
}
