import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import type { Body } from '../scene';
import type { Tile } from '../settings';

interface Props {
  readonly bitmaps: BitmapView;
  readonly body: Body;
  readonly repeat: number;
  readonly tile: Tile;
}

/** The picture on a body, to be turned by dragging and by arrows. three.js comes when it is first asked for. */
export function Preview3d({ bitmaps, body, repeat, tile }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    let close = (): void => {};
    let gone = false;
    import('../scene')
      .then(({ openScene }) => {
        if (gone) return;
        const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
        const scene = openScene(parent, { body, repeat, tile, turning: !calm });
        const end = bitmaps.watch((bitmap) => scene.show(bitmap));
        close = () => {
          end();
          scene.close();
        };
      })
      .catch(() => setFault('This browser cannot show bodies: it has no WebGL. The flat view needs none.'));
    return () => {
      gone = true;
      close();
    };
  }, [bitmaps, body, repeat, tile]);
  return (
    <div class="space" ref={place} data-test={body}>
      {fault && <p class="empty">{fault}</p>}
    </div>
  );
}
